// The only file that must run on Node 20: `npm start` and `npm test` begin here. It installs what is missing,
// builds what changed, and hands over to the project's own Node, which came with the install.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [, , task = 'serve', ...rest] = process.argv;
// Read first: whoever started us may be gone before the installing is done.
const starter = startedBy();

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`found Node ${process.versions.node}, expected 20 or newer on PATH: install a current Node and run this again`);
}
install();
const node = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
if (task === 'build') {
  dashboard();
} else if (task === 'test') {
  chromium();
  peers();
  run([join(root, 'tools', 'check.ts'), ...rest]);
} else {
  dashboard();
  run(['--conditions=source', join(root, 'packages', 'cli', 'src', 'main.ts'), task, ...rest]);
}

/** Installs exactly the lock file, once per lock file. */
function install() {
  const lock = hash([join(root, 'package-lock.json')]);
  const stamp = join(root, 'node_modules', '.statewire-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing dependencies (once)');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0)
    fail('npm ci failed; its output is above. Check the network and the registry, then run this again');
  writeFileSync(stamp, lock);
}

/** Builds the dashboard when its sources changed since the last build. */
function dashboard() {
  const dist = join(root, 'packages', 'dashboard', 'dist');
  const inputs = ['dashboard', 'react', 'elements', 'client', 'model', 'protocol'].flatMap((name) =>
    files(join(root, 'packages', name)),
  );
  const want = hash(inputs);
  const stamp = join(dist, '.stamp');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  say('building the dashboard');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const done = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'packages', 'dashboard'),
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0) fail('the dashboard did not build; the reason is above');
  writeFileSync(stamp, want);
}

/**
 * Finds a Chromium for the browser tests, or installs Debian's where that is allowed; with it its engine without windows,
 * in which most of them take half as long and without which they go in the whole browser.
 */
function chromium() {
  const isThere = (path) => path && existsSync(path);
  if (isThere(process.env.STATEWIRE_CHROMIUM)) return;
  const [debians, shell] = ['/usr/bin/chromium', '/usr/bin/chromium-headless-shell'];
  const known = [
    debians,
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  const isComplete = known.some(isThere) && (isThere(shell) || !isThere(debians));
  if (!isComplete && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('installing Chromium for the browser tests (once)');
    const options = { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    const apt = (...args) => spawnSync('apt-get', args, options).status === 0;
    const add = (...names) => apt('install', '-y', '-q', '--no-install-recommends', ...names);
    apt('update', '-q');
    // Of one version: what they share is there once.
    if (!add('chromium', 'chromium-headless-shell') && !known.some(isThere)) add('chromium');
  }
  if (!known.some(isThere))
    fail('found no Chromium: install one, or set STATEWIRE_CHROMIUM to its path, and run this again');
}

/** Finds what checks and examples are tested with (databases, brokers, Python, curl), or installs Debian's where that is allowed. */
function peers() {
  const missing = Object.entries({
    postgresql: ['/usr/lib/postgresql'],
    'mariadb-server': ['/usr/sbin/mariadbd'],
    'redis-server': ['/usr/bin/redis-server'],
    'nats-server': ['/usr/sbin/nats-server', '/usr/bin/nats-server'],
    'iputils-ping': ['/usr/bin/ping', '/bin/ping'],
    python3: onPath('python3'),
    curl: onPath('curl'),
  })
    .filter(([, paths]) => !paths.some((path) => existsSync(path)))
    .map(([name]) => name);
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say(`installing ${missing.join(', ')} for the tests (once)`);
    // The programs are started by the tests alone: none may begin to run as a service of this machine.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const options = { stdio: ['ignore', 2, 2], env };
    spawnSync('apt-get', ['update', '-q'], options);
    if (spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], options).status === 0)
      return;
  }
  fail(`found no ${missing.join(', no ')}: install what these Debian packages hold, and run this again`);
}

/** Where a program may be. */
function onPath(name) {
  return (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
}

/** Runs the project's Node in the foreground; signals go through, and it ends when we or npm end. */
function run(args) {
  const child = spawn(node, args, { cwd: root, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: path() });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGTERM' ? 0 : 1)));
  const watch = setInterval(() => {
    if (startedBy() === starter) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 100);
}

/**
 * The shell that npm started us with, and npm itself where that can be seen; null when npm did not start us. npm
 * hands a signal to its shell, and many shells die of it without handing it on: that their parents are others now is
 * then all that tells us to stop.
 */
function startedBy() {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script } = process.env;
  if (process.platform === 'win32' || event === undefined) return null;
  const shell = process.ppid;
  try {
    // A shell that replaced itself with us leaves npm as our parent, and who is above npm may leave.
    if (!readFileSync(`/proc/${shell}/cmdline`, 'utf8').includes(script)) return `${shell}`;
    const stat = readFileSync(`/proc/${shell}/stat`, 'utf8');
    return `${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]} ${shell}`;
  } catch {
    // No /proc here (macOS), or not any more.
    return `${shell}`;
  }
}

/** PATH with the project's own tools first. */
function path() {
  const separator = process.platform === 'win32' ? ';' : ':';
  return { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${separator}${process.env.PATH ?? ''}` };
}

function files(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      if (name === 'dist' || name === 'node_modules' || name.endsWith('.test.ts') || name.endsWith('.test.tsx'))
        return [];
      const full = join(folder, name);
      return statSync(full).isDirectory() ? files(full) : [full];
    });
}

function hash(paths) {
  const sum = createHash('sha256');
  for (const file of paths) sum.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  return sum.digest('hex');
}

function say(text) {
  process.stderr.write(`statewire: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
