/** Every page of the dashboard, on a real server and in a real browser: nothing broken, nothing out of reach, nothing that jumps. */
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { listen, looks, openWindow, seriousViolations, settled, shot } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { ADMIN, signIn } from './harness/sign-in.ts';

let server: TestServer;
let browser: Browser;
let target: { readonly url: string; isBroken: boolean; close(): void };

beforeAll(async () => {
  server = await TestServer.start();
  browser = await launchBrowser();
  target = await startTarget();
  await fill();
});

afterAll(async () => {
  target?.close();
  await browser?.close();
  await server?.close();
});

const pages = [
  ['overview', '/'],
  ['services', '/services'],
  ['services, filtered to nothing', '/services?q=nothing-is-called-so'],
  ['add a service', '/services?add=true'],
  ['edit a service', '/services?edit=search-api'],
  ['one service that is up', '/services/search-api'],
  ['one service that is down', '/services/billing'],
  ['a service that is not there', '/services/nobody'],
  ['agents', '/agents'],
  ['one connection', '/agents?edge=agent-1%3Abilling'],
  ['jobs', '/jobs'],
  ['ended jobs', '/jobs?tab=ended'],
  ['one execution', '/jobs?open=executions%2Frun-1'],
  ['system', '/system'],
  ['no such page', '/nowhere'],
] as const;

for (const [theme, width] of looks) {
  describe(`${theme}, ${width} px`, () => {
    let context: BrowserContext;
    let page: Page;
    const troubles: string[] = [];
    beforeAll(async () => {
      context = await open(theme, width);
      await signIn(context, server);
      page = await context.newPage();
      listen(page, troubles);
    });
    afterAll(async () => {
      await context?.close();
    });
    for (const [name, path] of pages) {
      test(`${name}: no error, nothing serious for axe, no sideways scrolling`, async () => {
        troubles.length = 0;
        await page.goto(`${server.url}${path}`);
        if (/[?&](?:add|edit|edge|open)=/u.test(path)) await page.getByRole('dialog').waitFor();
        await settled(page);
        await shot(page, `${name}-${width}-${theme}`);
        expect(troubles).toEqual([]);
        expect(await seriousViolations(page)).toEqual([]);
        // Against the width that was asked for: a phone's window grows with what overflows.
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      });
    }
  });
}

test('signed out: the door is shown, a wrong password is told, a right one opens', async () => {
  const context = await open('light', 1440);
  const page = await context.newPage();
  await page.goto(`${server.url}/services`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await seriousViolations(page)).toEqual([]);
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password').fill('not the password');
  await page.keyboard.press('Enter');
  await page
    .getByRole('alert')
    .getByText(/address or the password/u)
    .waitFor();
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.keyboard.press('Enter');
  // The page that was asked for, not the first one.
  await page.getByRole('heading', { name: 'Services' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/services');
  await context.close();
});

test('an invitation makes an account, leaves nothing of itself in the address, and works once', async () => {
  const admin = await open('light', 1440);
  await signIn(admin, server);
  const page = await admin.newPage();
  await page.goto(`${server.url}/settings/members`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByLabel('E-mail').fill('grace@example.org');
  await page.getByRole('button', { name: 'Make the link' }).click();
  const link = await page.getByRole('dialog').locator('code').textContent();
  await admin.close();

  const guest = await open('dark', 390);
  const join = await guest.newPage();
  await join.goto(link ?? '');
  await join.getByRole('heading', { name: 'You are invited' }).waitFor();
  expect(await seriousViolations(join)).toEqual([]);
  await join.getByLabel('Your name').fill('Grace');
  await join.getByLabel('Password').fill('short');
  await join.getByRole('button', { name: 'Join' }).click();
  await join.getByText('At least 10 characters, please.').waitFor();
  await join.getByLabel('Password').fill('a long enough password');
  await join.getByRole('button', { name: 'Join' }).click();
  await join.getByRole('heading', { level: 1, name: /need/u }).waitFor();
  expect(join.url()).toBe(`${server.url}/`);
  // A viewer looks and does not touch.
  await join.goto(`${server.url}/services`);
  await join.getByRole('table', { name: 'Services' }).waitFor();
  expect(await join.getByRole('button', { name: 'Add service' }).count()).toBe(0);
  await guest.close();

  const late = await open('light', 1440);
  const again = await late.newPage();
  await again.goto(link ?? '');
  await again.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  await late.close();
});

test('a service is added, refused where it is wrong, paused, found by filter and removed', async () => {
  const context = await open('light', 1440);
  await signIn(context, server);
  const page = await context.newPage();
  await page.goto(`${server.url}/services`);
  await page.getByRole('button', { name: 'Add service' }).click();
  // Of the kinds: services that it may depend on say theirs, too, as soon as they are there.
  await page
    .getByRole('dialog')
    .locator('label')
    .filter({ hasText: /^HTTP$/u })
    .click();
  await page.getByLabel('Name').fill('Fresh one');
  await page.getByLabel('URL').fill('ftp://nowhere');
  await page.getByRole('button', { name: 'Add and check now' }).click();
  await page.getByText(/needs a URL/u).waitFor();
  await page.getByLabel('URL').fill(`${target.url}/ok`);
  await page.getByRole('button', { name: 'Add and check now' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await page.keyboard.press('/');
  await page.keyboard.type('fresh');
  await page.waitForURL(/q=fresh/u);
  const row = page.getByRole('row').filter({ hasText: 'Fresh one' });
  await row.getByText('Up', { exact: true }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[role="row"]').length === 2);

  await row.getByRole('checkbox').check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Pause' }).click();
  await row.getByText('Paused', { exact: true }).waitFor();
  await page.getByRole('toolbar').getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
  await page.getByText('No service matches these filters').waitFor();
  await context.close();
});

test('YAML: mistakes are told with their line before anything is written, then it is imported', async () => {
  const context = await open('light', 1440);
  await signIn(context, server);
  const page = await context.newPage();
  await page.goto(`${server.url}/services`);
  await page.getByRole('button', { name: 'Import and export' }).click();
  await page.getByRole('menuitem', { name: 'Import', exact: true }).click();
  const text = page.getByLabel('Content of the file');
  const good = `services:\n  - id: from-yaml\n    name: From YAML\n    kind: http\n    target: ${target.url}/ok\n`;
  await text.fill(`${good}  - id: broken\n    name: Broken\n    kind: nonsense\n`);
  await page.getByText('line 8').waitFor();
  expect(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
  expect((await server.api('GET', '/v1/services/from-yaml')).status).toBe(404);
  await text.fill(good);
  await page.getByRole('button', { name: 'Import 1 service' }).click();
  // The list is windowed and a healthy service sorts to its end: ask for it.
  await page.getByLabel('Filter services by text').fill('From YAML');
  await page.getByRole('link', { name: 'From YAML' }).waitFor();
  expect((await server.api('GET', '/v1/services/from-yaml')).body.name).toBe('From YAML');
  await context.close();
});

test('keyboard: go, move, open, search, help; and Escape closes', async () => {
  const context = await open('light', 1440);
  await signIn(context, server);
  const page = await context.newPage();
  await page.goto(server.url);
  await settled(page);
  await page.keyboard.type('gs');
  await page.getByRole('heading', { name: 'Services' }).waitFor();
  await page.getByRole('table', { name: 'Services' }).waitFor();
  await page.keyboard.type('jj');
  await page.locator('[data-cursor]').waitFor();
  await page.keyboard.type('k');
  const name = await page.locator('[data-cursor] a').first().textContent();
  await page.keyboard.type('x');
  await page.getByRole('toolbar').getByText('1 selected').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: name ?? '' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('jobs');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
  await page.keyboard.type('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.type('gn');
  await page.getByRole('heading', { name: 'Agents & connections' }).waitFor();
  // Focus can be seen, and the way past the rail is the first stop.
  await page.goto(server.url);
  await settled(page);
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
  await context.close();
});

test('a killed target turns red in place: no layout shift, the same row, the tab says so', async () => {
  const context = await open('light', 1440);
  await signIn(context, server);
  const page = await context.newPage();
  await page.goto(`${server.url}/services?sort=name&down=true`);
  await settled(page);
  const row = page.getByRole('row').filter({ hasText: 'Search API' });
  await row.getByText('Up', { exact: true }).waitFor();
  // Only shifts from now on: what a page does while it loads is another matter.
  await page.evaluate(() => {
    const seen: string[] = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        // What moved, so that a failing test says it.
        const moved: { node: Node | null }[] = Reflect.get(entry, 'sources') ?? [];
        // Toasts lie over the page and make room for each other; what lies under them may not move.
        const isToast = ({ node }: { node: Node | null }): boolean =>
          (node instanceof Element ? node : node?.parentElement)?.closest('[role="region"] ol.fixed') !== null;
        // A time that is said anew stands at the right of its cell and grows to the left, over nothing.
        const isClock = ({ node }: { node: Node | null }): boolean => node?.parentElement?.closest('time') !== null;
        if (moved.length > 0 && moved.every((each) => isToast(each) || isClock(each))) continue;
        const names = moved.map(({ node }) => (node instanceof Element ? node.outerHTML : (node?.textContent ?? '')));
        seen.push(`${String(Reflect.get(entry, 'value'))} ${names.join(' | ').slice(0, 500)}`);
      }
    }).observe({ type: 'layout-shift', buffered: false });
    Object.assign(globalThis, { seen });
  });
  const before = await row.elementHandle();
  target.isBroken = true;
  await row.getByText('Down', { exact: true }).waitFor();
  await page.waitForFunction(() => document.title.startsWith('(2) '));
  expect(await page.evaluate((node) => node?.isConnected, before)).toBe(true);
  expect(await page.evaluate(() => Reflect.get(globalThis, 'seen'))).toEqual([]);
  expect(await page.locator('#favicon').getAttribute('href')).toContain('data:image/svg');
  target.isBroken = false;
  await row.getByText('Up', { exact: true }).waitFor();
  expect(await page.evaluate(() => Reflect.get(globalThis, 'seen'))).toEqual([]);
  await context.close();
});

test('a stopped server: the pill counts down, the data greys out and says of when it is; then all comes back by itself', async () => {
  const context = await open('light', 1440);
  await signIn(context, server);
  const page = await context.newPage();
  await page.goto(`${server.url}/services`);
  await settled(page);
  await server.kill();
  const pill = page.getByRole('button', { name: /data as of \d\d:\d\d:\d\d/u });
  await pill.waitFor();
  await page.locator('.is-stale').waitFor();
  // What was known stays readable.
  expect(await page.getByRole('link', { name: 'Billing' }).count()).toBe(1);
  await shot(page, 'offline-1440-light');
  await server.launch();
  await pill.waitFor({ state: 'detached' });
  await page.locator('.is-stale').waitFor({ state: 'detached' });
  await context.close();
});

function open(theme: 'light' | 'dark', width: number): Promise<BrowserContext> {
  return openWindow(browser, theme, width);
}

/** A web service that answers well until it is told not to; `/500` never does. */
async function startTarget(): Promise<typeof target> {
  const state = { isBroken: false };
  const web: Server = createServer((request, response) => {
    response.statusCode = state.isBroken || request.url === '/500' ? 500 : 200;
    response.end('hello');
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const address = web.address();
  if (address === null || typeof address === 'string') throw new Error('the target has no port');
  return Object.assign(state, {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      web.closeAllConnections();
      web.close();
    },
  });
}

async function fill(): Promise<void> {
  const check = { intervalMs: 1000, timeoutMs: 1000, failAfter: 1, recoverAfter: 1 };
  const post = async (path: string, body: object): Promise<void> => {
    const reply = await server.api('POST', path, body);
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
  };
  await post('/v1/services', {
    id: 'search-api',
    name: 'Search API',
    kind: 'http',
    target: `${target.url}/ok`,
    labels: { env: 'prod' },
    check,
  });
  await post('/v1/services', {
    id: 'billing',
    name: 'Billing',
    kind: 'http',
    target: `${target.url}/500`,
    check: { ...check, intervalMs: 60_000 },
  });
  await post('/v1/services', {
    id: 'backup',
    name: 'Nightly backup',
    kind: 'heartbeat',
    check: { intervalMs: 3_600_000 },
  });
  for (let i = 0; i < 30; i += 1) {
    await post('/v1/services', {
      id: `beat-${i}`,
      name: `Cron job ${i}`,
      kind: 'heartbeat',
      labels: { team: 'ops' },
      check: { intervalMs: 3_600_000 },
    });
    await server.api('GET', `/v1/heartbeats/beat-${i}`);
  }
  for (const i of [0, 1, 2]) {
    await post('/v1/reports', {
      collection: 'agents',
      id: `agent-${i}`,
      name: `Agent ${i}`,
      phase: i === 2 ? 'failed' : 'running',
      health: i === 2 ? 'unhealthy' : 'healthy',
      final: true,
      activity: 'Reading',
      ...(i === 1 ? { currentExecution: 'run-1' } : {}),
    });
    await post('/v1/reports', {
      collection: 'connections',
      id: `agent-${i}:billing`,
      agent: `agent-${i}`,
      service: 'billing',
      phase: 'connected',
      health: 'healthy',
      final: true,
      calls: 12,
      errors: 1,
    });
    await post('/v1/reports', {
      collection: 'connections',
      id: `agent-${i}:search-api`,
      agent: `agent-${i}`,
      service: 'search-api',
      phase: i === 0 ? 'failed' : 'connected',
      health: i === 0 ? 'unhealthy' : 'healthy',
      final: true,
    });
  }
  await post('/v1/executions', {
    id: 'run-1',
    agent: 'agent-1',
    title: 'Collect sources',
    total: 10,
    done: 4,
    unit: 'papers',
    stage: 'reading',
    steps: [
      { id: 'a', title: 'Plan', state: 'succeeded', startedAt: 1, endedAt: 2 },
      { id: 'b', title: 'Read', state: 'running', startedAt: 3 },
    ],
    leaseMs: 3_600_000,
  });
  await post('/v1/jobs', {
    id: 'scan',
    title: 'Nightly scan',
    kind: 'scan',
    total: 500,
    done: 120,
    unit: 'images',
    leaseMs: 3_600_000,
  });
  await post('/v1/jobs', {
    id: 'stream',
    title: 'Orders to warehouse',
    kind: 'stream',
    done: 1234,
    unit: 'events',
    leaseMs: 3_600_000,
  });
  await post('/v1/jobs', { id: 'bulk', title: 'Import prices', kind: 'bulk', total: 10, done: 3 });
  await post('/v1/reports', {
    collection: 'jobs',
    id: 'bulk',
    state: 'failed',
    reason: { code: 'bad_row', text: 'Row 4 has no price' },
  });
}
