/** The page of one service, on a real server and in a real browser: its past, what keeps it quiet, and what people say of it. */
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { givePast, type PastChange } from './harness/past.ts';
import { looks, openWindow, seriousViolations, settled, shot, type Theme } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let server: TestServer;
let browser: Browser;
let target: { readonly url: string; close(): void };
/** When the past that the services were given ends. */
let now = 0;

beforeAll(async () => {
  server = await TestServer.start();
  browser = await launchBrowser();
  target = await startTarget();
  await fill();
  await server.stop();
  now = Date.now();
  givePast(server, 'shop', { bornAgoMs: 60 * DAY_MS, changes: shopPast(), now, slower: 4 });
  givePast(server, 'billing', {
    bornAgoMs: 5 * DAY_MS,
    changes: [{ agoMs: 3 * HOUR_MS, to: 'down', text: 'HTTP 500' }],
    now,
  });
  await server.launch();
  await say();
  // What follows from the past that was given is worked out after the start.
  await until('the uptime of the past', async () => {
    const { uptime, bar } = (await server.api('GET', '/v1/services/shop')).body;
    return uptime?.d30 !== undefined && bar.endsWith('u');
  });
});

afterAll(async () => {
  target?.close();
  await browser?.close();
  await server?.close();
});

const states = [
  ['up, with a past', 'shop'],
  ['down, with an acknowledged alert', 'billing'],
  ['under maintenance', 'search'],
  ['muted, several observers', 'edge'],
  ['behind a failed dependency', 'cart'],
  ['no data yet', 'nightly'],
  ['a group', 'store'],
] as const;

for (const [theme, width] of looks) {
  describe(`${theme}, ${width} px`, () => {
    let context: BrowserContext;
    let page: Page;
    beforeAll(async () => {
      context = await open(theme, width);
      await signIn(context, server);
      page = await context.newPage();
    });
    afterAll(async () => {
      await context?.close();
    });
    for (const [name, id] of states) {
      test(`${name}: no error, nothing serious for axe, no sideways scrolling`, async () => {
        const troubles: string[] = [];
        const hear = (text: string): void => void troubles.push(text);
        page.removeAllListeners();
        page.on('console', (message) => message.type() === 'error' && hear(message.text()));
        page.on('pageerror', (error) => hear(error.message));
        await page.goto(`${server.url}/services/${id}`);
        await settled(page);
        await shot(page, `service ${name} ${width} ${theme}`);
        expect(troubles).toEqual([]);
        expect(await seriousViolations(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      });
    }
  });
}

describe('what the page tells and does', () => {
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    context = await open('light', 1440);
    await signIn(context, server);
    page = await context.newPage();
  });
  afterAll(async () => {
    await context?.close();
  });

  test('uptime is what the server says, cut and not rounded, and pale where little was counted', async () => {
    const { body } = await server.api('GET', '/v1/services/shop');
    await page.goto(`${server.url}/services/shop`);
    await settled(page);
    const uptime = page.getByRole('region', { name: 'Uptime' });
    // Two hours of thirty days were down, four more of ninety; sixty days of it were watched.
    expect(body.uptime.d30.pct).toBeLessThan(100);
    expect(body.uptime.d90.pct).toBeLessThan(body.uptime.d30.pct);
    for (const key of ['d30', 'd90'] as const)
      await uptime.getByText(`${body.uptime[key].pct.toFixed(3)} %`).waitFor({ timeout: 10_000 });
    await uptime.getByText('66 % of this time was counted').waitFor({ state: 'attached' });
    await page.goto(`${server.url}/services/nightly`);
    await settled(page);
    await uptime.getByText('–').first().waitFor();
  });

  test('[HI17] the overview says which service became slow, beside what is usual for it', async () => {
    await until('the shift', async () => (await server.api('GET', '/v1/services/shop')).body.latencyShift !== null);
    await page.goto(server.url);
    const movers = page.locator('section', { has: page.getByRole('heading', { name: 'Latency movers' }) });
    const line = movers.getByRole('listitem').filter({ hasText: 'Shop' });
    await line.getByText(/× slower$/u).waitFor();
    await line.getByText(/^\d+ ms, usually \d+ ms/u).waitFor();
    await line.getByText(/of the last half hour beside that of/u).waitFor({ state: 'attached' });
    await shot(page, 'overview with a mover');
    await line.getByRole('link').click();
    await page.waitForURL(`${server.url}/services/shop`);
  });

  test('the days are told by keyboard and pointer, each with its own uptime', async () => {
    await page.goto(`${server.url}/services/shop`);
    await settled(page);
    const days = page.getByRole('slider', { name: 'Day' });
    await days.focus();
    await until('today to be known', async () => (await days.getAttribute('aria-valuetext'))?.endsWith(' Up') === true);
    for (let i = 0; i < 20; i += 1) await page.keyboard.press('ArrowLeft');
    expect(await days.getAttribute('aria-valuetext')).toMatch(/: Down$/u);
    await page.getByText('1 outage, longest 2 h').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('1 outage, longest 2 h').waitFor({ state: 'detached' });
    await page.keyboard.press('Home');
    expect(await days.getAttribute('aria-valuetext')).toMatch(/: Not watched yet$/u);
    const box = await days.boundingBox();
    if (box === null) throw new Error('the bar has no place on the page');
    await page.mouse.move(box.x + (box.width * 69.5) / 90, box.y + box.height / 2);
    await page.getByText('1 outage, longest 2 h').waitFor();
  });

  test('the chart shows an hour by checks and ninety days by buckets', async () => {
    await page.goto(`${server.url}/services/shop`);
    await settled(page);
    const chart = page.getByRole('img', { name: /Response time/u });
    for (const [span, points, word] of [
      ['24 h', 200, 'no downtime'],
      ['30 d', 600, '1 time down'],
      ['90 d', 50, '11 times down'],
    ] as const) {
      await page.getByRole('button', { name: span, exact: true }).click();
      await expect
        .poll(async () => Number(/([\d,]+) point/u.exec((await chart.getAttribute('aria-label')) ?? '')?.[1] ?? 0))
        .toBeGreaterThan(points);
      await expect.poll(() => chart.getAttribute('aria-label')).toContain(word);
    }
  });

  test('the timeline goes back to the beginning, and a note stands in it', async () => {
    await page.goto(`${server.url}/services/shop`);
    await settled(page);
    const timeline = page.locator('section', { has: page.getByRole('heading', { name: 'Timeline' }) });
    const { body } = await server.api('GET', '/v1/services/shop/history?from=0');
    expect(body.transitions.length).toBeGreaterThan(30);
    expect(await timeline.getByRole('listitem').count()).toBe(15);
    await timeline.getByRole('button', { name: 'Older' }).click();
    await expect.poll(() => timeline.getByRole('listitem').count()).toBeGreaterThan(15);
    await timeline.getByRole('button', { name: 'Older', disabled: false }).waitFor();
    await timeline.getByRole('button', { name: 'Older' }).click();
    await expect.poll(() => timeline.getByRole('listitem').count()).toBe(body.transitions.length);
    await timeline.getByRole('button', { name: 'Older' }).waitFor({ state: 'detached' });

    await timeline.getByRole('button', { name: 'Say' }).click();
    await page.getByRole('menuitem', { name: 'Add note' }).click();
    await page.getByRole('button', { name: 'Add note' }).click();
    await page.getByText('Say it in a few words').waitFor();
    await page.getByLabel('What is to be known').fill('Moved to the new rack');
    await page.getByRole('button', { name: 'Add note' }).click();
    await timeline.getByText('Moved to the new rack').waitFor();
    await timeline.getByText(/by Ada/u).waitFor();
  });

  test('a span that is excluded counts no more, and counts again when that is taken back', async () => {
    const pct = async (): Promise<number> => (await server.api('GET', '/v1/services/shop')).body.uptime.d30.pct;
    const before = await pct();
    const { body } = await server.api('POST', '/v1/annotations', {
      subject: 'services/shop',
      kind: 'exclude',
      from: now - noon(20),
      to: now - noon(20) + 2 * HOUR_MS,
      text: 'Our own link was cut',
    });
    await page.goto(`${server.url}/services/shop`);
    await settled(page);
    const uptime = page.getByRole('region', { name: 'Uptime' });
    await expect.poll(pct, { timeout: 15_000 }).toBe(100);
    await uptime.getByText('100 %').first().waitFor();
    const timeline = page.locator('section', { has: page.getByRole('heading', { name: 'Timeline' }) });
    await timeline.getByRole('button', { name: 'Older' }).waitFor();
    await timeline
      .getByRole('button', { name: /Remove not counted/u })
      .first()
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
    await expect.poll(pct, { timeout: 15_000 }).toBe(before);
    await uptime.getByText(`${before.toFixed(3)} %`).waitFor();
    expect((await server.api('GET', `/v1/annotations/${body.id}`)).status).toBe(404);
  });

  test('muted from the page it is told to nobody; a failure after that is held back', async () => {
    await page.goto(`${server.url}/services/quiet`);
    await settled(page);
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await page.getByRole('menuitem', { name: 'With a reason…' }).click();
    await page.getByLabel('Why').fill('Being rebuilt');
    await page.getByRole('button', { name: 'Mute it' }).click();
    await page.getByText(/Muted by Ada until .*: Being rebuilt\. Nobody is told of it\./u).waitFor();
    await report('quiet', 'unhealthy');
    const alerts = page.locator('section', { has: page.getByRole('heading', { name: 'Open alerts' }) });
    await alerts.getByText(/Suppressed, muted/u).waitFor();
    await page.getByRole('button', { name: 'Unmute' }).click();
    await page.getByText('Nobody is told of it.').waitFor({ state: 'detached' });
    expect((await server.api('GET', '/v1/services/quiet')).body).toMatchObject({ mutedUntil: null });
  });

  test('maintenance from the page turns it blue without a reload, and ends from there', async () => {
    await page.goto(`${server.url}/services/shop`);
    await settled(page);
    await page.evaluate(() => Reflect.set(window, 'isSame', true));
    await page.getByRole('button', { name: 'Maintenance' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Now, for 30 min' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText(/Under maintenance until .*: Maintenance of Shop/u).waitFor();
    await page.locator('header .text-maintenance', { hasText: 'Maintenance' }).first().waitFor();
    await page.getByText('Measured now: healthy').waitFor();
    await page.getByRole('button', { name: 'End it now' }).click();
    await page.getByText(/Under maintenance until/u).waitFor({ state: 'detached' });
    expect(await page.evaluate(() => Reflect.get(window, 'isSame'))).toBe(true);
  });

  test('what depends on what is told on both sides, with its status now', async () => {
    await page.goto(`${server.url}/services/billing`);
    await settled(page);
    const links = page.locator('section', { has: page.getByRole('heading', { name: 'Dependencies' }) });
    await links.getByRole('heading', { name: /Depended on by/u }).waitFor();
    await links.getByRole('link', { name: 'Cart' }).click();
    await page.getByRole('heading', { name: 'Cart', level: 1 }).waitFor();
    await page.getByText('It fails because').waitFor();
    await page.getByRole('link', { name: 'Billing' }).first().waitFor();
  });

  test('[HO13] columns are chosen, stand in the address and in a saved view, and give way where there is no room', async () => {
    await page.goto(`${server.url}/services`);
    const row = page.getByRole('row', { name: /Shop/u });
    await row.waitFor();
    const heads = (): Promise<string[]> => page.getByRole('columnheader').allInnerTexts();
    expect(await heads()).not.toContain('90 d');
    await page.getByRole('button', { name: 'Columns' }).click();
    // The menu stays open for the next choice.
    for (const name of ['Last 30 checks', 'Latency, p95', 'Uptime 24 h', 'Uptime 7 d', 'Uptime 90 d', 'Observers'])
      await page.getByRole('menuitemcheckbox', { name }).click();
    await page.keyboard.press('Escape');
    const { uptime } = (await server.api('GET', '/v1/services/shop')).body;
    for (const [window, key] of [
      ['90 d', 'd90'],
      ['7 d', 'd7'],
    ] as const) {
      await page.getByRole('button', { name: `Uptime ${window}` }).waitFor();
      const shown = uptime[key].pct === 100 ? '100 %' : `${uptime[key].pct.toFixed(3).slice(0, -1)} %`;
      await row.getByText(shown).first().waitFor();
    }
    await page.getByRole('row', { name: /Edge/u }).getByText('1 of 3 bad').waitFor();
    await shot(page, 'services with all uptimes');
    await page.getByRole('button', { name: 'Uptime 90 d' }).click();
    await page.waitForURL(/sort=d90/u);
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view' }).click();
    await page.getByLabel('Name').fill('Uptimes');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Saved views: Uptimes' }).waitFor();
    await page.goto(`${server.url}/services`);
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('menuitem', { name: 'Uptimes' }).click();
    await page.getByRole('button', { name: 'Uptime 90 d' }).waitFor();
    expect((await heads()).join(' ')).toMatch(/24 h.*7 d.*30 d.*90 d.*Observers/su);
    // What says least gives way; no line is wider than the table.
    await page.setViewportSize({ width: 1000, height: 900 });
    await page.getByRole('button', { name: 'Uptime 90 d' }).waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1000);
    await page.getByRole('row', { name: /Edge/u }).getByText('1 of 3 bad').waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await page
      .getByText(/^30 d \d/u)
      .first()
      .waitFor();
    await shot(page, 'services on a phone with uptime');
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test('[HO14] the list: a group, those that are muted, and several at once, from the bar and the palette', async () => {
    await page.goto(`${server.url}/services?group=store`);
    await settled(page);
    await page.getByText('2 of 8').waitFor();
    await page.goto(`${server.url}/services?quiet=muted`);
    await settled(page);
    await page.getByRole('table').getByText('Edge').waitFor();
    await page.goto(`${server.url}/services?group=store`);
    await settled(page);
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    const tools = page.getByRole('toolbar', { name: 'Selected services' });
    await tools.getByText('2 selected').waitFor();
    await tools.getByRole('button', { name: 'Mute' }).click();
    await page.getByRole('menuitem', { name: 'Mute 1 hour' }).click();
    await page.getByRole('region', { name: 'Bulk job' }).getByText('Succeeded').waitFor();
    for (const id of ['cart', 'shop'])
      expect((await server.api('GET', `/v1/services/${id}`)).body.overlay.muted).toBe(true);
    await tools.getByRole('button', { name: 'Maintenance' }).click();
    await page.getByRole('dialog').getByText('2 chosen').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // [HO14] What is selected can be acted on from the palette, by the same job, in two words.
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Search and commands' });
    await palette.getByText('Selected: 2 services').waitFor();
    await shot(page, 'palette for a selection');
    await page.keyboard.type('unmute selected');
    await page.keyboard.press('Enter');
    await palette.waitFor({ state: 'detached' });
    for (const id of ['cart', 'shop'])
      await until(
        `${id} to be told of again`,
        async () => !(await server.api('GET', `/v1/services/${id}`)).body.overlay.muted,
      );
    await page.keyboard.press('Escape');
    await tools.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await palette.getByRole('group', { name: 'Actions' }).or(palette.getByText('Actions')).first().waitFor();
    expect(await palette.getByText(/^Selected/u).count()).toBe(0);
    await page.keyboard.press('Escape');
    await shot(page, 'services selected');
  });
});

/** Ten short outages long ago, and one of two hours twenty days ago. */
/** How long ago the noon of a day is: an outage at noon lies within one day, whenever this runs. */
function noon(daysAgo: number): number {
  return (now % DAY_MS) - DAY_MS / 2 + daysAgo * DAY_MS;
}

function shopPast(): readonly PastChange[] {
  const short = Array.from({ length: 10 }, (_, i): readonly PastChange[] => [
    { agoMs: noon(50 - i), to: 'down', text: 'HTTP 502' },
    { agoMs: noon(50 - i) - 24 * 60_000, to: 'degraded', text: 'slow' },
    { agoMs: noon(50 - i) - 30 * 60_000, to: 'up', text: '' },
  ]);
  return [
    ...short.flat(),
    { agoMs: noon(20), to: 'down', text: 'Connection refused' },
    { agoMs: noon(20) - 2 * HOUR_MS, to: 'up', text: '' },
  ];
}

async function post(path: string, body: object): Promise<void> {
  const reply = await server.api('POST', path, body);
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
}

function report(id: string, health: string, more: object = {}): Promise<void> {
  return post('/v1/reports', { collection: 'services', id, health, final: true, latencyMs: 40, ...more });
}

async function fill(): Promise<void> {
  const check = { intervalMs: 3_600_000, timeoutMs: 2000, failAfter: 1, recoverAfter: 1 };
  const beat = { kind: 'heartbeat', check: { intervalMs: 3_600_000 } };
  const http = (id: string, name: string, path: string, more: object = {}): Promise<void> =>
    post('/v1/services', { id, name, kind: 'http', target: `${target.url}${path}`, check, ...more });
  await http('shop', 'Shop', '/ok', { group: 'store', labels: { env: 'prod' } });
  await http('billing', 'Billing', '/500');
  await http('search', 'Search', '/ok');
  await http('cart', 'Cart', '/500', { group: 'store', dependsOn: ['services/billing', 'services/search'] });
  await post('/v1/services', { id: 'edge', name: 'Edge', ...beat });
  await post('/v1/services', { id: 'nightly', name: 'Nightly backup', ...beat });
  await post('/v1/services', { id: 'quiet', name: 'Quiet', ...beat });
  await post('/v1/services', {
    id: 'store',
    name: 'Store',
    kind: 'group',
    members: { refs: ['services/shop', 'services/nothing'], where: ['eq', 'group', 'store'], rule: 'worst' },
  });
  for (const id of ['shop', 'search', 'billing', 'cart'])
    await until(
      `${id} to be looked at`,
      async () => (await server.api('GET', `/v1/services/${id}`)).body.status !== 'pending',
    );
}

/** What holds now, beside the past: a maintenance, a mute, observers, an alert that somebody has taken on. */
async function say(): Promise<void> {
  await post('/v1/maintenances', {
    id: 'upgrade',
    title: 'Index upgrade',
    selector: { collection: 'services', where: ['in', 'id', ['search']] },
    schedule: { kind: 'once', durationMs: 2 * HOUR_MS },
  });
  const observers = [
    ['zurich', 'healthy', 31],
    ['virginia', 'healthy', 118],
    ['sydney', 'unhealthy', 2400],
  ] as const;
  for (const [name, health, latencyMs] of observers) {
    const key = await server.api('POST', '/v1/keys', { name, scope: 'report' });
    expect(key.status).toBe(201);
    const reply = await server.api(
      'POST',
      '/v1/reports',
      {
        collection: 'services',
        id: 'edge',
        health,
        latencyMs,
        final: true,
        periodMs: 3_600_000,
        reason: health === 'healthy' ? { code: 'ok' } : { code: 'timeout', text: 'No answer in 2 s' },
      },
      { key: key.body.secret },
    );
    expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  }
  await post('/v1/services/edge/mute', { reason: 'New region, still being tuned' });
  await report('quiet', 'healthy');
  await until('the alert about billing', async () =>
    (await server.api('GET', '/v1/alerts')).body.rows.some(
      ({ subject, state }: { subject: string; state: string }) => subject === 'services/billing' && state === 'firing',
    ),
  );
  const { rows } = (await server.api('GET', '/v1/alerts')).body;
  const alert = rows.find(({ subject }: { subject: string }) => subject === 'services/billing');
  await post(`/v1/alerts/${alert.id}/ack`, { note: 'Rolling back the release' });
}

function open(theme: Theme, width: number): Promise<BrowserContext> {
  return openWindow(browser, theme, width);
}

async function startTarget(): Promise<typeof target> {
  const web: Server = createServer((request, response) => {
    response.statusCode = request.url === '/500' ? 500 : 200;
    response.end('hello');
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const address = web.address();
  if (address === null || typeof address === 'string') throw new Error('the target has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      web.closeAllConnections();
      web.close();
    },
  };
}
