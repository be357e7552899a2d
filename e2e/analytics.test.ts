/** Trends over a real past, on a real server and in a real browser; and the same after a restart. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { listen, looks, openWindow, seriousViolations, settled, shot } from './harness/look.ts';
import { givePast } from './harness/past.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await TestServer.start();
  browser = await launchBrowser();
  for (const [id, name, env] of [
    ['shop', 'Shop', 'prod'],
    ['billing', 'Billing', 'prod'],
    ['lab', 'Laboratory', 'test'],
  ] as const) {
    const made = await server.api('POST', '/v1/services', {
      id,
      name,
      kind: 'heartbeat',
      group: env === 'prod' ? 'Storefront' : '',
      labels: { env },
      check: { intervalMs: 7 * DAY_MS },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
  }
  await server.stop();
  const now = Date.now();
  givePast(server, 'shop', {
    bornAgoMs: 60 * DAY_MS,
    changes: [
      { agoMs: 30 * HOUR_MS, to: 'down', text: 'HTTP 500' },
      { agoMs: 28 * HOUR_MS, to: 'up', text: '' },
    ],
    now,
  });
  givePast(server, 'billing', { bornAgoMs: 5 * DAY_MS, changes: [], now });
  await server.launch();
  for (const id of ['shop', 'billing', 'lab'])
    await report({ collection: 'services', id, health: id === 'lab' ? 'unhealthy' : 'healthy', final: true });
  await report({ collection: 'jobs', id: 'export', title: 'Export', kind: 'bulk', state: 'succeeded' });
  await report({ collection: 'jobs', id: 'import', title: 'Import', kind: 'bulk', state: 'failed' });
  await report({ collection: 'metrics', id: 'orders', title: 'Orders', set: 128, unit: 'orders', target: 150 });
  await until('the past to be worked out and the alert of the laboratory', async () => {
    const { uptime, alerts } = (await server.api('GET', '/v1/analytics?window=7d&label=env')).body;
    return alerts.now > 0 && uptime.values.filter((value: number | null) => value !== null).length >= 5;
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function report(body: object): Promise<void> {
  const told = await server.api('POST', '/v1/reports', body);
  expect(told.status, JSON.stringify(told.body)).toBeLessThan(300);
}

test('[DM5] a real past is counted by day, an outage where it was, and a restart changes nothing', async () => {
  const asked = '/v1/analytics?window=7d&kind=heartbeat';
  await until('the outage to be in its days', async () => {
    const { services } = (await server.api('GET', '/v1/analytics?window=7d&group=Storefront')).body;
    return services.some((line: { readonly id: string; readonly downMs: number }) => line.downMs === 2 * HOUR_MS);
  });
  const { body: before } = await server.api('GET', asked);
  const shop = before.services.find(({ id }: { readonly id: string }) => id === 'shop');
  expect(shop).toMatchObject({ outages: 1, downMs: 2 * HOUR_MS });
  expect(before.at).toHaveLength(7);
  expect(before.groups).toMatchObject([{ name: 'Storefront', services: 2 }]);
  const { body: narrow } = await server.api('GET', '/v1/analytics?window=30d&label=env%3Dprod');
  expect(narrow.counted).toMatchObject({ services: 2, of: 2 });
  expect(narrow.uptime.before).not.toBeNull();
  await server.kill();
  await server.launch();
  await until('the same to be answered', async () => {
    const { body: after } = await server.api('GET', asked);
    const again = after.services.find(({ id }: { readonly id: string }) => id === 'shop');
    return again?.downMs === 2 * HOUR_MS && again.outages === 1 && after.uptime.values[0] === before.uptime.values[0];
  });
});

for (const [theme, width] of looks) {
  describe(`${theme}, ${width} px`, () => {
    let context: BrowserContext;
    let page: Page;
    beforeAll(async () => {
      context = await openWindow(browser, theme, width);
      await signIn(context, server);
      page = await context.newPage();
    });
    afterAll(async () => {
      await context?.close();
    });
    test.each([
      ['all', ''],
      ['90 days', '?window=90d'],
      ['nothing passes', '?kind=mqtt'],
    ])('%s: no error, nothing serious for axe, no sideways scrolling', async (name, query) => {
      const troubles: string[] = [];
      page.removeAllListeners();
      listen(page, troubles);
      await page.goto(`${server.url}/analytics${query}`);
      await settled(page);
      await page
        .getByText(name === 'nothing passes' ? 'Nothing to count yet' : 'Noisiest services')
        .first()
        .waitFor();
      await shot(page, `analytics ${name} ${width} ${theme}`);
      expect(troubles).toEqual([]);
      expect(await seriousViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  });
}

describe('what the page tells and does', () => {
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    context = await openWindow(browser, 'light', 1440);
    await signIn(context, server);
    page = await context.newPage();
  });
  afterAll(async () => {
    await context?.close();
  });

  test('[DM7] the window and the filter stand in the URL, by keyboard too', async () => {
    await page.goto(`${server.url}/analytics`);
    await settled(page);
    await page.getByRole('button', { name: '30 d' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/window=30d/u);
    const label = page.getByRole('textbox', { name: 'Label' });
    await label.fill('env=test');
    await label.press('Enter');
    await page.waitForURL(/label=/u);
    await page.getByRole('link', { name: 'Laboratory' }).waitFor();
    await page.getByRole('link', { name: 'Shop', exact: true }).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('link', { name: 'Laboratory' }).waitFor();
    expect(await page.getByRole('button', { name: '30 d' }).getAttribute('aria-pressed')).toBe('true');
  });

  test('[DM5] each chart has its numbers as a table, in which a gap says that nothing was counted', async () => {
    await page.goto(`${server.url}/analytics?window=90d&label=env%3Dprod`);
    await settled(page);
    await page.getByRole('img', { name: /^Uptime: \d+ of 90 counted\./u }).waitFor();
    await page.getByText('As a table').first().click();
    const table = page.getByRole('region', { name: 'Uptime as a table' });
    expect(await table.getByRole('row').count()).toBe(91);
    expect(await table.getByText('not counted').count()).toBeGreaterThan(20);
  });

  test('[DM1] a metric of the app is a chart with its target, and moves while somebody looks at it', async () => {
    await page.goto(`${server.url}/monitoring?tab=system`);
    await settled(page);
    const tile = page.getByRole('listitem').filter({ hasText: 'Orders' });
    await tile.getByText('128').waitFor();
    await report({ collection: 'metrics', id: 'orders', increment: 200 });
    await tile.getByText('328').first().waitFor();
    await tile.getByText('moved from 128 to 328').waitFor();
    await page.goto(`${server.url}/analytics`);
    await page.getByRole('heading', { name: 'Orders' }).waitFor();
    await page.getByText(/target 150/u).waitFor();
  });

  test('[DM9] a metric that nobody reports any more is deleted from its tile', async () => {
    await report({ collection: 'metrics', id: 'stray', title: 'Stray', set: 1 });
    await page.goto(`${server.url}/monitoring?tab=system`);
    await settled(page);
    await page.getByRole('button', { name: 'Delete Stray' }).click();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Delete it' }).click();
    // While the dialog is open the page behind it has no roles: only after it is the tile's absence its own.
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Delete Stray' }).waitFor({ state: 'detached' });
    await shot(page, 'business tiles');
    await until('the metric to be gone', async () => (await server.api('GET', '/v1/metrics/stray')).status === 404);
  });
});
