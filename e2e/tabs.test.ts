/** Several tabs of a real browser on one connection to a real server: crash, freeze, cache, other people, other releases. */
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let pages: Server;
let origin: string;
let browser: Browser;
let context: BrowserContext;
const keys: string[] = [];

/** What a page of the test shows of itself. */
interface Seen {
  readonly titles: readonly string[];
  readonly status: string;
  readonly state: string;
  readonly role: string;
  /** The page came back from the back-forward cache. */
  readonly persisted: boolean;
  /** When it last became live again, epoch ms. */
  readonly liveAt: number;
}

const PAGE = `
  const params = new URLSearchParams(location.search);
  const { createClient } = await import(params.get('sdk') ?? '/client.js');
  const worker = (name) => new SharedWorker('/worker.js', { type: 'module', name });
  const tabs = params.get('tabs') ?? 'auto';
  const client = createClient({ url: params.get('server'), token: params.get('key'), tabs, worker });
  const seen = { titles: [], status: '', state: '', role: '', persisted: false, liveAt: 0 };
  addEventListener('pageshow', (event) => { seen.persisted = event.persisted; });
  client.jobs.where({ kind: 'tabs' }).every(0).subscribe((view) => {
    if (view.status === 'live' && seen.status !== 'live') seen.liveAt = Date.now();
    seen.status = view.status;
    seen.titles = view.rows.map((row) => row.title);
  });
  client.connection.subscribe(() => {
    const { state, role } = client.connection.get();
    Object.assign(seen, { state, role });
  });
  window.sw = client;
  window.seen = seen;
`;

beforeAll(async () => {
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  server = await TestServer.start({ STATEWIRE_ORIGINS: origin });
  for (const name of ['one', 'two']) {
    keys.push((await server.api('POST', '/v1/keys', { name, scope: 'read' })).body.secret);
  }
  const code = await bundled('packages/client/src/index.ts');
  const newer = code.replaceAll('"0.1"', '"0.2"');
  expect(newer).not.toBe(code);
  const files: Readonly<Record<string, string>> = {
    '/client.js': code,
    '/newer.js': newer,
    '/worker.js': await bundled('packages/client/src/worker.ts'),
    '/page.js': PAGE,
    '/tab': '<!doctype html><title>tab</title><script type="module" src="/page.js"></script>',
    '/elsewhere': '<!doctype html><title>elsewhere</title>',
  };
  pages = createServer((request, response) => {
    const path = new URL(request.url ?? '/', origin).pathname;
    const body = files[path];
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': path.endsWith('.js') ? 'text/javascript' : 'text/html',
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => pages.listen(port, '127.0.0.1', resolve));
  browser = await launchBrowser({ bfcache: true });
  await report('first');
});

afterAll(async () => {
  await browser?.close();
  pages?.close();
  await server?.close();
});

beforeEach(async () => {
  context = await browser.newContext();
});

afterEach(async () => {
  await context.close();
  await until('the server to be without connections', async () => (await connections()) === 0);
});

async function bundled(entry: string): Promise<string> {
  const built = await build({
    logLevel: 'silent',
    configFile: false,
    resolve: { conditions: ['source'] },
    build: { write: false, lib: { entry, formats: ['es'] }, minify: false },
  });
  const output = Array.isArray(built) ? built[0] : built;
  return output !== undefined && 'output' in output ? output.output[0].code : '';
}

async function report(title: string): Promise<void> {
  // A record of its own each time: one that is not heard of for a while is taken for lost and closed.
  const body = { collection: 'jobs', id: title.replaceAll(' ', '-'), kind: 'tabs', title, state: 'running' };
  expect((await server.api('POST', '/v1/reports', body)).status).toBe(200);
}

/** Live connections as the server counts them. */
async function connections(): Promise<number> {
  return (await server.api('GET', '/v1/system')).body.live.connections;
}

async function open(
  options: { readonly key?: number; readonly sdk?: string; readonly tabs?: 'worker' } = {},
): Promise<Page> {
  const page = await context.newPage();
  const query = new URLSearchParams({ server: server.url, key: keys[options.key ?? 0] ?? '' });
  if (options.sdk !== undefined) query.set('sdk', options.sdk);
  if (options.tabs !== undefined) query.set('tabs', options.tabs);
  await page.goto(`${origin}/tab?${query}`);
  await page.waitForFunction(() => 'seen' in window);
  return page;
}

async function seen(page: Page): Promise<Seen> {
  return await page.evaluate(() => ({ ...Reflect.get(window, 'seen') }));
}

async function sees(page: Page, title: string): Promise<void> {
  await until(`the tab to show ${title}`, async () => {
    const { titles, status } = await seen(page);
    return status === 'live' && titles.includes(title);
  });
}

async function leaderOf(tabs: readonly Page[]): Promise<Page> {
  let found: Page | undefined;
  await until('one tab to lead', async () => {
    const roles = await Promise.all(tabs.map(async (tab) => (await seen(tab)).role));
    found = tabs[roles.indexOf('leader')];
    return roles.filter((role) => role === 'leader').length === 1;
  });
  if (found === undefined) throw new Error('nobody leads');
  return found;
}

/** The others are live again within this, ms: the promise is a second, the machine of the tests may be busy. */
const AGAIN_MS_MAX = 1_000;

test('six tabs have one connection; when the one that holds it is closed or crashes, the others miss nothing', async () => {
  const tabs: Page[] = [];
  for (let i = 0; i < 6; i += 1) tabs.push(await open());
  await report('to six');
  for (const tab of tabs) await sees(tab, 'to six');
  await until('one connection', async () => (await connections()) === 1);

  const ends: readonly ((page: Page) => Promise<void>)[] = [
    (page) => page.close(),
    async (page) => {
      const cdp = await context.newCDPSession(page);
      // The answer never comes: who would give it is gone.
      void cdp.send('Page.crash').catch(() => undefined);
      await page.waitForEvent('crash');
    },
  ];
  for (const [i, end] of ends.entries()) {
    const leader = await leaderOf(tabs);
    tabs.splice(tabs.indexOf(leader), 1);
    const from = Date.now();
    await end(leader);
    await report(`after ${i}`);
    for (const tab of tabs) await sees(tab, `after ${i}`);
    const took = Date.now() - from;
    const liveAt = Math.max(...(await Promise.all(tabs.map(async (tab) => (await seen(tab)).liveAt))));
    console.log(
      `the others showed the next change ${took} ms after the end; live again after ${Math.max(0, liveAt - from)} ms`,
    );
    expect(liveAt - from).toBeLessThan(AGAIN_MS_MAX);
    await until('one connection', async () => (await connections()) === 1);
  }
  expect(tabs).toHaveLength(4);
});

test('a leader that stands still loses the lead to a visible tab, and comes back as one of many', async () => {
  const tabs = [await open(), await open(), await open()];
  for (const tab of tabs) await until('the tab to be live', async () => (await seen(tab)).status === 'live');
  const leader = await leaderOf(tabs);
  const rest = tabs.filter((tab) => tab !== leader);
  // Nothing of the page runs and nobody is told, as when the system suspends it. Its socket stays open meanwhile.
  const cdp = await context.newCDPSession(leader);
  await cdp.send('Debugger.enable');
  const paused = new Promise((resolve) => cdp.once('Debugger.paused', resolve));
  await cdp.send('Debugger.pause');
  await paused;
  await report('while it stood still');
  await leaderOf(rest);
  for (const tab of rest) await sees(tab, 'while it stood still');
  await cdp.send('Debugger.disable');
  await sees(leader, 'while it stood still');
  await until('the old leader to follow', async () => (await seen(leader)).role === 'follower');
  await leaderOf(tabs);
  await until('one connection', async () => (await connections()) === 1);
});

test('a leader that is told that it will be frozen lets go before it is', async () => {
  const tabs = [await open(), await open()];
  for (const tab of tabs) await until('the tab to be live', async () => (await seen(tab)).status === 'live');
  const leader = await leaderOf(tabs);
  const rest = tabs.filter((tab) => tab !== leader);
  // A browser freezes only what is hidden, and in this one every page is seen: the event alone is what it would say.
  await leader.evaluate(() => document.dispatchEvent(new Event('freeze')));
  await until('another to lead', async () => (await seen(rest[0] ?? leader)).role === 'leader');
  await report('after the freeze');
  for (const tab of tabs) await sees(tab, 'after the freeze');
  expect(await connections()).toBe(1);
});

test('a page goes to the back-forward cache and comes back from it as it was, with what it missed', async () => {
  const tabs = [await open(), await open()];
  for (const tab of tabs) await until('the tab to be live', async () => (await seen(tab)).status === 'live');
  const leader = await leaderOf(tabs);
  await leader.goto(`${origin}/elsewhere`);
  await report('while cached');
  for (const tab of tabs) if (tab !== leader) await sees(tab, 'while cached');
  expect(await connections()).toBe(1);
  // No load comes: the page is there as it was left.
  await leader.goBack({ waitUntil: 'commit' });
  await until('the page to come back from the cache', async () => (await seen(leader)).persisted);
  await sees(leader, 'while cached');
  expect(await connections()).toBe(1);
});

test('two people in two tabs have two connections; one that signs out takes nothing from the other tabs of hers', async () => {
  const [first, second, other] = [await open(), await open(), await open({ key: 1 })];
  for (const tab of [first, second, other])
    await until('the tab to be live', async () => (await seen(tab)).status === 'live');
  expect(await connections()).toBe(2);
  const leader = await leaderOf([first, second]);
  const rest = leader === first ? second : first;
  await leader.evaluate(() => Reflect.get(window, 'sw').close());
  await report('after the sign-out');
  for (const tab of [rest, other]) await sees(tab, 'after the sign-out');
  expect((await seen(leader)).titles).not.toContain('after the sign-out');
  await until('two connections', async () => (await connections()) === 2);
});

test('a tab with another release of the SDK has its own connection', async () => {
  const tabs = [await open(), await open(), await open({ sdk: '/newer.js' })];
  await report('to both');
  for (const tab of tabs) await sees(tab, 'to both');
  expect(await connections()).toBe(2);
  expect((await Promise.all(tabs.map(seen))).map(({ role }) => role)).toEqual(['leader', 'follower', 'leader']);
});

test('with a shared worker no tab holds the connection: any of them may end, and the others do not notice', async () => {
  const tabs = [await open({ tabs: 'worker' }), await open({ tabs: 'worker' }), await open({ tabs: 'worker' })];
  await report('over the worker');
  for (const tab of tabs) await sees(tab, 'over the worker');
  expect((await Promise.all(tabs.map(seen))).map(({ role }) => role)).toEqual(['follower', 'follower', 'follower']);
  expect(await connections()).toBe(1);
  const [first, ...rest] = tabs;
  await first?.close();
  await report('after the first');
  for (const tab of rest) await sees(tab, 'after the first');
  expect((await Promise.all(rest.map(seen))).map(({ role }) => role)).toEqual(['follower', 'follower']);
  expect(await connections()).toBe(1);
  // One that knows of no worker shares with them all the same.
  const plain = await open();
  await sees(plain, 'after the first');
  expect([(await seen(plain)).role, await connections()]).toEqual(['follower', 1]);
});

test('where the script of the worker does not load, tabs share as ever', async () => {
  await context.route('**/worker.js', (route) => route.fulfill({ status: 404, body: '' }));
  const tabs = [await open({ tabs: 'worker' }), await open({ tabs: 'worker' })];
  await report('without a worker');
  for (const tab of tabs) await sees(tab, 'without a worker');
  await leaderOf(tabs);
  expect(await connections()).toBe(1);
});
