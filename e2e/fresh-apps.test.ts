/**
 * The packages as people get them: packed, installed by npm into fresh apps outside this repository, built by Vite and by
 * Next.js, opened in a browser beside a real server; and their types, read by each TypeScript that we say works.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const PACKED = ['protocol', 'model', 'client', 'react'];
/** Installing and building a fresh app takes a minute where npm has nothing in its cache. */
const BUILD_MS = 300_000;

/** Next.js adds these by itself to an app in TypeScript that lacks them. */
const NEXT_TYPES = { typescript: '5.9.3', '@types/react': '19.3.0', '@types/node': '26.6.6' };

let folder: string;
let tarballs: Record<string, string>;
let server: TestServer;
let browser: Browser;
let ports: readonly [number, number, number];
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'statewire-fresh-'));
  const packs = join(folder, 'packs');
  mkdirSync(packs);
  await run('.', 'tsc', ['-b']);
  const workspaces = PACKED.flatMap((name) => ['-w', `packages/${name}`]);
  await run('.', 'npm', ['pack', ...workspaces, '--pack-destination', packs, '--loglevel=error']);
  tarballs = Object.fromEntries(
    PACKED.map((name) => {
      const file = readdirSync(packs).find((each) => each.startsWith(`statewire-${name}-`));
      if (file === undefined) throw new Error(`npm pack made no tarball of ${name}`);
      return [`@statewire/${name}`, `file:${join(packs, file)}`];
    }),
  );
  ports = [await freePort(), await freePort(), await freePort()];
  server = await TestServer.start({ STATEWIRE_ORIGINS: ports.map((port) => `http://127.0.0.1:${port}`).join(',') });
  // One for each app: what changes too often is not believed.
  for (const id of ['vite', 'next', 'react-18', 'deno', 'edge']) {
    const made = await server.api('POST', '/v1/services', { id, name: `Shop of ${id}`, kind: 'heartbeat' });
    expect(made.status).toBe(201);
  }
  browser = await launchBrowser();
}, BUILD_MS);

afterAll(async () => {
  for (const child of running) end(child);
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test(
  'a fresh Vite app',
  async () => {
    const app = await fresh('vite', { react: '19.3.1', 'react-dom': '19.3.1', vite: '8.3.8' });
    await run(app, 'npx', ['vite', 'build', '--logLevel', 'warn']);
    preview(app, ports[0]);
    await seesChanges(ports[0], 'vite');
  },
  BUILD_MS,
);

test(
  'a fresh Next.js app: rendered on the server, hydrated without a complaint, then live',
  async () => {
    const app = await fresh('next', { react: '19.3.1', 'react-dom': '19.3.1', next: '16.4.6', ...NEXT_TYPES });
    await run(app, 'npx', ['next', 'build']);
    serve(app, ['next', 'start', '--hostname', '127.0.0.1', '--port', String(ports[2])]);
    await until('Next.js to answer', async () => (await page(ports[2])) !== null);
    const html = await page(ports[2]);
    expect(html).toContain('Nightly scan');
    expect(html).toContain('data-testid="static"');
    await seesChanges(ports[2], 'next');
  },
  BUILD_MS,
);

test(
  'React 18 takes them too',
  async () => {
    const app = await fresh('vite', { react: '18.3.1', 'react-dom': '18.3.1', vite: '8.3.8' }, 'react-18');
    await run(app, 'npx', ['vite', 'build', '--logLevel', 'warn']);
    preview(app, ports[1]);
    await seesChanges(ports[1], 'react-18');
  },
  BUILD_MS,
);

test(
  'their types resolve for TypeScript 5.9, 6 and 7, for bundlers and for Node',
  async () => {
    const app = await fresh('types', {
      '@types/react': '19.3.0',
      react: '19.3.1',
      'typescript-5': 'npm:typescript@5.9.3',
      'typescript-6': 'npm:typescript@6.0.3',
      'typescript-7': 'npm:typescript@7.0.2',
    });
    for (const version of ['5', '6', '7'])
      for (const [module, moduleResolution] of [
        ['ESNext', 'Bundler'],
        ['NodeNext', 'NodeNext'],
      ]) {
        const tsc = join('node_modules', `typescript-${version}`, 'bin', 'tsc');
        const settings = ['--module', module ?? '', '--moduleResolution', moduleResolution ?? '', '--jsx', 'react-jsx'];
        const rest = ['--noEmit', '--strict', '--target', 'ES2023', '--lib', 'ES2023,DOM', '--skipLibCheck', 'false'];
        await run(app, process.execPath, [tsc, ...settings, ...rest, '--types', 'react', 'use.tsx']);
      }
  },
  BUILD_MS,
);

test(
  'Deno runs the client as it is',
  async () => {
    const app = await fresh('deno', { deno: '2.9.6' });
    writeFileSync(join(app, 'deno.json'), JSON.stringify({ nodeModulesDir: 'manual' }));
    const args = ['run', '--allow-net=127.0.0.1', '--allow-read', '--allow-env', 'watch.ts', server.url, ADMIN_KEY];
    const child = launch(join(app, 'node_modules', '.bin', 'deno'), args, { cwd: app, stdio: 'pipe' });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until('Deno to see that nothing is down', () => output.includes('down: nothing'), 60_000);
    await report('deno', 'unhealthy');
    await until('Deno to see the failure', () => output.includes('down: Shop of deno'));
    await report('deno', 'healthy');
    await until('the program to end by itself', () => child.exitCode !== null);
    expect(child.exitCode, output).toBe(0);
  },
  BUILD_MS,
);

test(
  'an edge worker asks for a view, answers and lets go',
  async () => {
    const app = await fresh('edge', { miniflare: '4.20260730.0', esbuild: '0.25.12' });
    await run(app, 'npx', [
      'esbuild',
      'worker.ts',
      '--bundle',
      '--format=esm',
      '--outfile=worker.js',
      '--log-level=error',
    ]);
    const port = await freePort();
    launch(process.execPath, ['serve.mjs', String(port), server.url, ADMIN_KEY], { cwd: app, stdio: 'ignore' });
    await until('the worker to answer', async () => (await page(port)) !== null, 60_000);
    await report('edge', 'unhealthy');
    expect(JSON.parse((await page(port)) ?? 'null')).toEqual({ down: ['Shop of edge'] });
    await report('edge', 'healthy');
    expect(JSON.parse((await page(port)) ?? 'null')).toEqual({ down: [] });
    await until('no connection to be left', async () => {
      const { live } = (await server.api('GET', '/v1/system')).body;
      return live.connections === 0;
    });
  },
  BUILD_MS,
);

/** A folder with nothing but an app's own files, its dependencies and our tarballs installed by npm. */
async function fresh(name: string, dependencies: Readonly<Record<string, string>>, as = name): Promise<string> {
  const app = join(folder, as);
  cpSync(join('e2e', 'fixtures', `fresh-${name}`), app, { recursive: true });
  const manifest = {
    name: `fresh-${as}`,
    private: true,
    type: 'module',
    dependencies: { ...dependencies, ...tarballs },
  };
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest));
  await run(app, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']);
  return app;
}

/** The app in a browser shows what the server says, then a change of it, and nothing complains. */
async function seesChanges(port: number, id: string): Promise<void> {
  await until('the app to be served', async () => (await page(port)) !== null);
  const context = await browser.newContext();
  const tab = await context.newPage();
  const complaints: string[] = [];
  tab.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  tab.on('pageerror', (error) => complaints.push(error.message));
  await tab.goto(`http://127.0.0.1:${port}/?server=${server.url}&key=${ADMIN_KEY}`);
  const row = tab.getByRole('listitem').filter({ hasText: `Shop of ${id}` });
  await row.waitFor();
  for (const health of ['unhealthy', 'healthy']) {
    await report(id, health);
    await row.filter({ hasText: health === 'healthy' ? 'Up' : 'Down' }).waitFor();
  }
  expect(await tab.getByTestId('view').textContent()).toBe('live');
  const token = await tab.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--sw-up'));
  expect(token, 'the style sheet came along').not.toBe('');
  // The browser asks for an icon by itself; these apps have none.
  expect(complaints.filter((text) => !text.includes('favicon') && !text.includes('404'))).toEqual([]);
  await context.close();
}

async function report(id: string, health: string): Promise<void> {
  const told = await server.api('POST', '/v1/reports', [{ collection: 'services', id, health, final: true }]);
  expect(told.body.results).toMatchObject([{ ok: true }]);
}

async function page(port: number): Promise<string | null> {
  const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
  return answer?.ok === true ? answer.text() : null;
}

function preview(cwd: string, port: number): void {
  serve(cwd, ['vite', 'preview', '--host', '127.0.0.1', '--port', String(port), '--strictPort']);
}

function serve(cwd: string, [name = '', ...args]: readonly string[]): void {
  launch(process.execPath, [bin(cwd, name), ...args], { cwd, stdio: 'ignore' });
}

/** Starts a program in a group of its own, so that what it starts itself ends with it. */
function launch(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly stdio: 'ignore' | 'pipe' },
): ChildProcess {
  const child = spawn(command, args, { ...options, env: outside(), detached: true });
  running.push(child);
  return child;
}

function end({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nobody of the group is there any more.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function bin(cwd: string, name: string): string {
  return join(cwd, 'node_modules', name, name === 'vite' ? 'bin/vite.js' : 'dist/bin/next');
}

/** Runs a command to its end; a failure carries everything that it printed. */
async function run(cwd: string, command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: outside() });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output.slice(-4_000)}`);
}

/** The surroundings of an app: this project's Node and how this machine reaches its registry, nothing of this run. */
function outside(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|TEST|NODE_ENV|NODE_OPTIONS|STATEWIRE_|npm_(?!config_registry|config_cafile))/u.test(name),
  );
  return { ...Object.fromEntries(kept), NEXT_TELEMETRY_DISABLED: '1', CI: '1', NODE_ENV: 'production' };
}
