import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { freeze } from './freeze.ts';
import { waitFor } from './peer.ts';

/** A server of the system, run for a test on a fresh folder and a free port. Ends with `stop`. */
export interface Program {
  readonly port: number;
  readonly pid: number;
  /** The end of what it printed. */
  readonly output: () => string;
  /** Ends it and waits until it is gone; its folder goes too. */
  stop(): Promise<void>;
  /** Stops it from doing anything, without ending it, and lets it go on. */
  freeze(): Promise<void>;
  thaw(): void;
}

/** PostgreSQL with one superuser `postgres` and a password; it asks for it over TCP. */
export async function startPostgres(options: { readonly password: string }): Promise<Program> {
  const bin = postgresBin();
  const user = userOf('postgres');
  const folder = folderOf(user);
  const secret = join(folder, 'password');
  writeFileSync(secret, options.password, { mode: 0o644 });
  const data = join(folder, 'data');
  const init = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${secret}`, '-E', 'UTF8', '--no-sync'];
  once(join(bin, 'initdb'), init, user);
  const port = await freePort();
  const args = [
    '-D',
    data,
    '-p',
    `${port}`,
    '-h',
    '127.0.0.1',
    '-k',
    folder,
    '-c',
    'fsync=off',
    '-c',
    'shared_buffers=16MB',
  ];
  return run({ command: join(bin, 'postgres'), args, user, folder, port, ready: /ready to accept connections/ });
}

/** MariaDB with `probe`, who has a password and may read the database `shop`. */
export async function startMariaDb(options: { readonly password: string }): Promise<Program> {
  const user = userOf('mysql');
  const folder = folderOf(user);
  const data = join(folder, 'data');
  const own = [`--datadir=${data}`, '--no-defaults', ...(user === null ? [] : ['--user=mysql'])];
  once(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    user,
  );
  const start = join(folder, 'start.sql');
  const sql = [
    'CREATE DATABASE shop;',
    'CREATE TABLE shop.orders (id INT PRIMARY KEY, state VARCHAR(20), price DECIMAL(8,2));',
    "INSERT INTO shop.orders VALUES (1, 'paid', 12.50), (2, 'open', 3.00);",
    `CREATE USER probe@'%' IDENTIFIED BY '${options.password}';`,
    "GRANT ALL ON shop.* TO probe@'%';",
  ];
  writeFileSync(start, sql.join('\n'), { mode: 0o644 });
  const port = await freePort();
  const args = [
    '--no-defaults',
    ...own.filter((arg) => arg !== '--no-defaults'),
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${join(folder, 'mysql.sock')}`,
    `--pid-file=${join(folder, 'mysql.pid')}`,
    `--init-file=${start}`,
    '--innodb-buffer-pool-size=16M',
    '--innodb-flush-log-at-trx-commit=0',
  ];
  return run({ command: '/usr/sbin/mariadbd', args, user, folder, port, ready: /ready for connections/ });
}

/** Redis, with a password when one is given. Nothing is saved. */
export async function startRedis(options: { readonly password?: string } = {}): Promise<Program> {
  const folder = folderOf(null);
  const port = await freePort();
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const login = options.password === undefined ? [] : ['--requirepass', options.password];
  return run({
    command: 'redis-server',
    args: [...args, ...login],
    user: null,
    folder,
    port,
    ready: /Ready to accept/,
  });
}

/** NATS, with whatever options are given. */
export async function startNats(args: readonly string[] = []): Promise<Program> {
  const folder = folderOf(null);
  const port = await freePort();
  const own = ['-a', '127.0.0.1', '-p', `${port}`];
  return run({ command: 'nats-server', args: [...own, ...args], user: null, folder, port, ready: /Server is ready/ });
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly user: User | null;
  readonly folder: string;
  readonly port: number;
  readonly ready: RegExp;
}

async function run({ command, args, user, folder, port, ready }: Start): Promise<Program> {
  const child = spawn(command, [...args], { ...user, cwd: folder, env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_MAX);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => keep(Buffer.from(String(error))));
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const isUp = await waitFor(
    async () => child.exitCode !== null || child.pid === undefined || (ready.test(output) && (await answers(port))),
    START_MS,
  );
  if (!isUp || child.exitCode !== null || child.pid === undefined) {
    await stop();
    throw new Error(`${command} did not start within ${START_MS} ms; is it installed? It said:\n${output}`);
  }
  const { pid } = child;
  return {
    port,
    pid,
    output: () => output,
    stop,
    freeze: () => freeze(pid),
    thaw: () => void child.kill('SIGCONT'),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGCONT');
  // SIGQUIT is PostgreSQL's "now": its children go with it, which a kill would leave behind.
  child.kill('SIGQUIT');
  const isGone = await waitFor(() => child.exitCode !== null || child.signalCode !== null, 5_000);
  if (!isGone) child.kill('SIGKILL');
  await gone;
}

function once(command: string, args: readonly string[], user: User | null): void {
  const done = spawnSync(command, [...args], { ...user, cwd: tmpdir(), env: ENV, encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`${command} failed; is it installed? ${done.error?.message ?? ''}\n${done.stdout}\n${done.stderr}`);
  }
}

/** Databases refuse to run as root; root may run them as their own user. */
export function userOf(name: string): User | null {
  if (process.getuid?.() !== 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`found no user ${name}; install its server`);
  return { uid: Number(uid), gid: Number(gid) };
}

function folderOf(user: User | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'statewire-peer-'));
  if (user !== null) chownSync(folder, user.uid, user.gid);
  return folder;
}

/** Debian keeps each version's programs apart; the newest is taken. */
export function postgresBin(): string {
  const root = '/usr/lib/postgresql';
  const [newest] = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return newest === undefined ? '' : join(root, newest, 'bin');
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

const ENV = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/bin`, LC_ALL: 'C', HOME: tmpdir() };
const START_MS = 60_000;
const OUTPUT_MAX = 16_384;
