/** `/monitoring`: all that moves on one page, on a real server and in a real browser. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { listen, looks, openWindow, seriousViolations, settled, shot } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';

const TABS = ['streams', 'scans', 'agents', 'alerts', 'system'] as const;

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await TestServer.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function report(body: object): Promise<void> {
  const told = await server.api('POST', '/v1/reports', body);
  expect(told.status, JSON.stringify(told.body)).toBeLessThan(300);
}

async function fill(): Promise<void> {
  await report({
    collection: 'jobs',
    id: 'ingest',
    title: 'Ingest orders',
    kind: 'stream',
    goal: 'Everything since Monday',
    leaseMs: 3_600_000,
    done: 40,
    total: 100,
  });
  await report({ collection: 'jobs', id: 'scan', title: 'Nightly scan', kind: 'scan', leaseMs: 3_600_000, done: 3 });
  await report({ collection: 'agents', id: 'agent-7', phase: 'running', health: 'healthy', final: true });
  const made = await server.api('POST', '/v1/services', {
    id: 'shop',
    name: 'Shop',
    kind: 'heartbeat',
    check: { intervalMs: 3_600_000 },
  });
  expect(made.status).toBe(201);
  await report({ collection: 'services', id: 'shop', health: 'unhealthy', final: true });
}

for (const [theme, width] of looks) {
  describe(`${theme}, ${width} px`, () => {
    let context: BrowserContext;
    let page: Page;
    const troubles: string[] = [];
    beforeAll(async () => {
      context = await openWindow(browser, theme, width);
      await signIn(context, server);
      page = await context.newPage();
      listen(page, troubles);
    });
    afterAll(async () => {
      await context?.close();
    });

    test.each(TABS)('%s: no error, nothing serious for axe, no sideways scrolling', async (tab) => {
      await fillOnce();
      await page.goto(`${server.url}/monitoring${tab === 'streams' ? '' : `?tab=${tab}`}`);
      await settled(page);
      await shot(page, `monitoring ${tab} ${width} ${theme}`);
      expect(troubles).toEqual([]);
      expect(await seriousViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  });
}

describe('what the page tells', () => {
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    context = await openWindow(browser, 'light', 1440);
    await signIn(context, server);
    page = await context.newPage();
    await fillOnce();
    await page.goto(`${server.url}/`);
    await settled(page);
  });
  afterAll(async () => {
    await context?.close();
  });

  test('[DM8] the item of the rail leads there, and its tab stands in the URL, by keyboard', async () => {
    await page
      .getByRole('link', { name: /Live monitoring|Monitoring/u })
      .first()
      .click();
    await page.waitForURL(/\/monitoring$/u);
    await page.getByRole('tab', { name: /Streams/u }).focus();
    for (const tab of ['scans', 'agents', 'alerts', 'system']) {
      await page.keyboard.press('ArrowRight');
      await page.waitForURL(new RegExp(`tab=${tab}`, 'u'));
    }
    await page.reload();
    expect(await page.getByRole('tab', { name: 'System' }).getAttribute('aria-selected')).toBe('true');
  });

  test('[DM8] a card moves with its job by a transition, and its counters with the fleet', async () => {
    await page.goto(`${server.url}/monitoring`);
    await settled(page);
    const card = page.getByRole('article', { name: 'Ingest orders' });
    const bar = card.getByRole('progressbar');
    expect(await bar.getAttribute('aria-valuenow')).toBe('40');
    // What glides does so by the stylesheet, and nothing on the page beats.
    const glides = await card.evaluate((node) =>
      Array.from(node.querySelectorAll('*')).some((each) => getComputedStyle(each).transitionDuration !== '0s'),
    );
    expect(glides).toBe(true);
    const endless = await page.evaluate(
      () => document.getAnimations().filter((each) => each.effect?.getComputedTiming().iterations === Infinity).length,
    );
    expect(endless).toBe(0);
    const counters = page.getByLabel('Live counters');
    await counters.getByText('2', { exact: true }).first().waitFor();
    await report({ collection: 'jobs', id: 'ingest', done: 80 });
    await page.waitForFunction(() => document.querySelector('[aria-valuenow="80"]') !== null);
    await report({ collection: 'jobs', id: 'second', title: 'Second stream', kind: 'stream' });
    await page.getByRole('article', { name: 'Second stream' }).waitFor();
    await counters.getByText('3', { exact: true }).first().waitFor();
    await report({ collection: 'jobs', id: 'second', state: 'succeeded' });
    await page.getByRole('article', { name: 'Second stream' }).waitFor({ state: 'detached' });
  });
});

let filled: Promise<void> | null = null;

function fillOnce(): Promise<void> {
  return (filled ??= fill());
}
