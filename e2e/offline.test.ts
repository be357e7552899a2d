/**
 * A page without a network, in a real browser against a real server: what it shows, what it keeps, what it sends afterwards.
 * The page brings its own shell by a service worker, as apps do that open without a network.
 */
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let pages: Server;
let browser: Browser;
let context: BrowserContext;
let origin: string;

const AGENTS = 20;

/** How long nobody is reached, s: longer than the first waits of a client that tries again; `OFFLINE_S=120` in the nightly run. */
const OFFLINE_S = Number(process.env['OFFLINE_S'] ?? 12);

const SHELL = `
  const FILES = ['/', '/client.js', '/page.js'];
  addEventListener('install', (event) => event.waitUntil(caches.open('shell').then((cache) => cache.addAll(FILES)).then(() => skipWaiting())));
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  addEventListener('fetch', (event) => {
    if (FILES.includes(new URL(event.request.url).pathname)) event.respondWith(caches.match(event.request.url));
  });
`;

/** Shows the view as an app would, and hands the client to the test. */
const PAGE = (url: string): string => `
  import { createClient } from '/client.js';
  const sw = createClient({ url: ${JSON.stringify(url)}, token: ${JSON.stringify(ADMIN_KEY)}, offline: true });
  const firsts = [];
  sw.agents.subscribe((state) => {
    const view = { status: state.status, asOf: state.asOf, rows: state.rows.map((row) => [row.id, row.name]), pending: [...state.pending] };
    if (state.hasData) firsts.push({ ...view, at: performance.now() });
    globalThis.view = view;
    document.body.textContent = state.asOf === null ? 'live' : 'as of ' + new Date(state.asOf).toISOString();
  });
  Object.assign(globalThis, { client: sw, firsts, results: [] });
  await navigator.serviceWorker.register('/shell.js');
`;

beforeAll(async () => {
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  server = await TestServer.start({ STATEWIRE_ORIGINS: origin });
  const items = Array.from({ length: AGENTS }, (_, i) => ({
    collection: 'agents',
    id: `agent-${i}`,
    name: `Agent ${i}`,
  }));
  expect((await server.api('POST', '/v1/reports', items)).status).toBe(200);
  const bundled = await build({
    logLevel: 'silent',
    configFile: false,
    resolve: { conditions: ['source'] },
    build: { write: false, lib: { entry: 'packages/client/src/index.ts', formats: ['es'] }, minify: false },
  });
  const output = Array.isArray(bundled) ? bundled[0] : bundled;
  const files: Readonly<Record<string, string>> = {
    '/client.js': output !== undefined && 'output' in output ? output.output[0].code : '',
    '/page.js': PAGE(server.url),
    '/shell.js': SHELL,
    '/': '<!doctype html><title>offline</title><body></body><script type="module" src="/page.js"></script>',
  };
  pages = createServer((request, response) => {
    const body = files[request.url ?? ''];
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': request.url?.endsWith('.js') === true ? 'text/javascript' : 'text/html',
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => pages.listen(port, '127.0.0.1', resolve));
  browser = await launchBrowser();
});

afterEach(async () => {
  await context?.close();
});

afterAll(async () => {
  await browser?.close();
  pages?.close();
  await server?.close();
});

interface View {
  readonly status: string;
  readonly asOf: number | null;
  readonly rows: readonly (readonly [id: string, name: string])[];
  readonly pending: readonly string[];
}

/** What the page shows now. */
function viewOf(page: Page): Promise<View> {
  return page.evaluate(() => Reflect.get(globalThis, 'view') as View);
}

/** A page that is live, has its shell, and has had its rows written down. */
async function livePage(): Promise<Page> {
  context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(origin);
  await until('the page to be live', async () => (await viewOf(page))?.status === 'live');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await until('the rows to be kept', async () => (await keptTexts(page)).some((text) => text.includes('"Agent 15"')));
  return page;
}

/** Every text in every database of the page's origin. */
function keptTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result));
        request.addEventListener('error', () => reject(new Error('the look into the database failed')));
      });
    const texts: string[] = [];
    for (const { name = '' } of await indexedDB.databases()) {
      const db = await done(indexedDB.open(name));
      for (const store of db.objectStoreNames) {
        const found: unknown[] = await done(db.transaction(store).objectStore(store).getAll());
        texts.push(...found.map((each) => JSON.stringify(each).replaceAll('\\"', '"')));
      }
      db.close();
    }
    return texts;
  });
}

/** Gives a command in the page; how it ends is noted there. */
async function give(page: Page, op: 'patch' | 'create' | 'delete', id: string, name: string): Promise<void> {
  await page.evaluate(
    ([what, key, title]) => {
      const { agents } = Reflect.get(globalThis, 'client');
      const options = { optimistic: true };
      if (what === 'patch') agents.patch(key, { name: title }, options);
      else if (what === 'create') agents.create({ name: title }, { id: key, ...options });
      else agents.delete(key, options);
    },
    [op, id, name] as const,
  );
}

/** Rows as one text, in an order of their own. */
function textOf(rows: View['rows']): string {
  return rows
    .map((row) => row.join(' '))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join('\n');
}

async function truth(): Promise<readonly (readonly [string, string])[]> {
  const { body } = await server.api('GET', '/v1/agents?limit=1000');
  return body.rows.map((row: { id: string; name: string }) => [row.id, row.name]);
}

test(`[OF2] [OF3] [OF8] ${OFFLINE_S} s offline: commands wait through a reload, the page says as of when; then all is exact`, async () => {
  const page = await livePage();
  const cutAt = Date.now();
  await context.setOffline(true);
  await server.kill();
  await until('the page to say that it is not live', async () => (await viewOf(page)).asOf !== null);

  await give(page, 'create', 'agent-new', 'Made offline');
  await give(page, 'delete', 'agent-19', '');
  await give(page, 'patch', 'agent-2', 'Ours');
  for (let i = 0; i < 6; i += 1) await give(page, 'patch', `agent-${i + 4}`, `Named ${i}`);
  expect((await viewOf(page)).pending).toHaveLength(9);
  await until('the commands to be written down', async () =>
    (await keptTexts(page)).some((text) => text.includes('Named 5')),
  );

  await page.reload();
  await until('the kept rows', async () => (await viewOf(page))?.rows.length === AGENTS);
  const first = await page.evaluate(() => (Reflect.get(globalThis, 'firsts') as (View & { at: number })[])[0]);
  // Honest: not live, and true as of no later than the cut.
  expect(first?.status).not.toBe('live');
  expect(first?.asOf ?? Infinity).toBeLessThanOrEqual(cutAt + 1_000);
  expect(await page.textContent('body')).toMatch(/^as of 20/);
  await until('what waits to be shown over them', async () => (await viewOf(page)).pending.length === 9);
  expect(Object.fromEntries((await viewOf(page)).rows)).toMatchObject({
    'agent-new': 'Made offline',
    'agent-2': 'Ours',
    'agent-9': 'Named 5',
  });
  expect((await viewOf(page)).rows.map(([id]) => id)).not.toContain('agent-19');

  // The server comes back, and somebody else changes what waits here to be changed.
  await server.launch();
  expect((await server.api('PATCH', '/v1/agents/agent-2', { name: 'Theirs' })).status).toBe(200);
  expect((await server.api('PATCH', '/v1/agents/agent-3', { name: 'Untouched here' })).status).toBe(200);
  // Commands go on being given until the time is over.
  for (let i = 0; Date.now() - cutAt < OFFLINE_S * 1_000; i += 1) {
    if (i % 20 === 0) await give(page, 'patch', 'agent-0', `Tick ${i}`);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 250)));
  }
  await give(page, 'patch', 'agent-0', 'Last');
  expect((await viewOf(page)).status).toBe('offline');

  await context.setOffline(false);
  await until('the page to be live', async () => (await viewOf(page)).status === 'live');
  await until('nothing to wait any more', () =>
    page.evaluate(() => Reflect.get(globalThis, 'client').commands.get().pending.length === 0),
  );
  await until('what is shown to be exact', async () => textOf((await viewOf(page)).rows) === textOf(await truth()));
  const rows = Object.fromEntries(await truth());
  expect(rows).toMatchObject({
    'agent-0': 'Last',
    'agent-2': 'Theirs',
    'agent-3': 'Untouched here',
    'agent-9': 'Named 5',
    'agent-new': 'Made offline',
  });
  expect(rows['agent-19']).toBeUndefined();
  expect((await viewOf(page)).pending).toEqual([]);
  const { conflicted, failed } = await page.evaluate(() => {
    const { conflicted: met, failed: other } = Reflect.get(globalThis, 'client').commands.get();
    return {
      conflicted: met.map(({ key, conflict }: { key: string; conflict: object }) => [
        key,
        JSON.parse(JSON.stringify(conflict)),
      ]),
      failed: other.length,
    };
  });
  expect(failed).toBe(0);
  expect(conflicted).toMatchObject([
    ['agent-2', { fields: ['name'], yours: { name: 'Ours' }, theirs: { name: 'Theirs' }, base: { name: 'Agent 2' } }],
  ]);
  await until(
    'no command to be left on the disk',
    async () => !(await keptTexts(page)).some((text) => text.includes('"command"') && !text.includes('"failure"')),
  );
}, 240_000);

test('[OF10] commands of a closed tab are sent by the next one', async () => {
  const page = await livePage();
  await context.setOffline(true);
  await server.kill();
  await until('the page to say that it is not live', async () => (await viewOf(page)).asOf !== null);
  await give(page, 'patch', 'agent-1', 'By a tab that is gone');
  await until('the command to be written down', async () =>
    (await keptTexts(page)).some((text) => text.includes('By a tab')),
  );
  await page.close();
  await server.launch();
  await context.setOffline(false);
  const next = await context.newPage();
  await next.goto(origin);
  await until(
    'the command to be carried out',
    async () => Object.fromEntries(await truth())['agent-1'] === 'By a tab that is gone',
  );
  await until(
    'the page to show it',
    async () => Object.fromEntries((await viewOf(next)).rows)['agent-1'] === 'By a tab that is gone',
  );
});

test('[OF6] signing out leaves nothing in IndexedDB', async () => {
  const page = await livePage();
  await page.evaluate(() => Reflect.get(globalThis, 'client').forget());
  expect(await keptTexts(page)).toEqual([]);
  expect((await viewOf(page)).rows).toEqual([]);
  await page.reload();
  await until('the page to be live again', async () => (await viewOf(page))?.status === 'live');
  const first = await page.evaluate(() => (Reflect.get(globalThis, 'firsts') as View[])[0]);
  // Told afresh, not kept.
  expect(first?.status).toBe('live');
});
