/**
 * Memory stays flat over a working day of 100 changes a second. Twice: the client alone over 2.88 million changes of driven
 * time (fewer in the daily run), and the dashboard in a real browser for as long as there is time, with pages opened and
 * left, the network gone and back, and a second tab that comes and goes. Garbage is collected before each look.
 */
import { spawnSync } from 'node:child_process';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';

/** `SOAK=day`: all changes of eight hours, and minutes in the browser. */
const isDay = process.env['SOAK'] === 'day';
const CHANGES = isDay ? 2_880_000 : 80_000;
const ROUNDS = isDay ? 12 : 4;
const GROWTH_MAX = 0.05;
const FILLING = 60;

test(`the client alone: ${CHANGES} changes, heap growth under 5 %`, () => {
  const args = ['--expose-gc', '--conditions=source', 'e2e/harness/soaker.ts', String(CHANGES)];
  const done = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(done.stderr).toBe('');
  const { changes, told, heaps, isTrue, left } = JSON.parse(done.stdout) as {
    changes: number;
    told: number;
    heaps: number[];
    isTrue: boolean;
    left: unknown;
  };
  // In the first quarter the code is compiled and every row was told once.
  const growth = growthOf(heaps.slice(1));
  console.log(
    `client: ${changes} changes, ${told} times told, heap ${heaps.map((bytes) => (bytes / 1e6).toFixed(2)).join(', ')} MB, growth after the first quarter ${(growth * 100).toFixed(2)} %`,
  );
  expect(changes).toBe(CHANGES);
  expect(told).toBeGreaterThan(CHANGES / 20);
  expect(isTrue).toBe(true);
  expect(left).toEqual({ timers: 0, listeners: 0 });
  expect(growth).toBeLessThan(GROWTH_MAX);
}, 900_000);

describe('in a browser', () => {
  const SERVICES = 300;
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await TestServer.start();
    // Code that becomes hot is compiled for minutes on end, and counts as heap: what is looked for here is what people leave behind.
    browser = await launchBrowser({ isWhole: true, compiles: false });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test(`the dashboard at 100 changes a second: ${ROUNDS} rounds of pages, cuts and tabs, heap growth under 5 %`, async () => {
    const ids = Array.from({ length: SERVICES }, (_, i) => `service-${i}`);
    const lines = ids.map((id) => ({
      op: 'create',
      fields: { id, name: `${id} of the shop`, kind: 'heartbeat', check: { intervalMs: 86_400_000 } },
    }));
    expect((await server.api('POST', '/v1/services/bulk', { lines })).status).toBe(200);
    // Every row has a whole bar and a whole sparkline from the start: else they are what grows.
    for (let look = 0; look < FILLING; look++) {
      const reports = ids.map((id, i) => ({
        collection: 'services',
        id,
        health: 'healthy',
        latencyMs: 20 + ((i * 7 + look * 13) % 400) / 10,
      }));
      expect((await server.api('POST', '/v1/reports', reports)).status).toBe(200);
    }
    const writer = writing(server, ids);

    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await signIn(context, server);
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await page.goto(`${server.url}/services`);
    await shown(page);
    const heaps: number[] = [];
    // Two rounds more: in the first everything is seen for the first time, in the second what lingers of it is let go of.
    for (let round = 0; round < ROUNDS + 2; round++) {
      for (const name of ['Jobs', 'Alerts', 'Services']) {
        await page.getByRole('navigation').getByRole('link', { name, exact: false }).first().click();
        await page.getByRole('heading', { name, level: 1 }).waitFor();
      }
      await shown(page);
      await context.setOffline(true);
      await page.waitForTimeout(1_500);
      await context.setOffline(false);
      const other = await context.newPage();
      await other.goto(`${server.url}/services`);
      await shown(other);
      await other.close();
      await page.bringToFront();
      await page.waitForTimeout(isDay ? 6_000 : 2_000);
      await shown(page);
      heaps.push(await heapOf(cdp));
    }
    const changes = await writer.stop();
    const growth = growthOf(heaps.slice(1));
    console.log(
      `browser: ${changes.count} changes at ${changes.perS.toFixed(0)}/s, heap ${heaps.map((bytes) => (bytes / 1e6).toFixed(2)).join(', ')} MB, growth after the first two rounds ${(growth * 100).toFixed(2)} %`,
    );
    expect(growth).toBeLessThan(GROWTH_MAX);
    await context.close();
  }, 600_000);
});

/** How much more is held at the end than after the warm-up; of the last two looks the lower one. */
function growthOf(heaps: readonly number[]): number {
  const [first = Number.NaN] = heaps;
  return Math.min(...heaps.slice(-2)) / first - 1;
}

async function heapOf(cdp: CDPSession): Promise<number> {
  // What the first one lets go of, the second one collects.
  await cdp.send('HeapProfiler.collectGarbage');
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize;
}

async function shown(page: Page): Promise<void> {
  await page
    .getByText(/of the shop/)
    .first()
    .waitFor();
}

/** Reports ten services each 100 ms until stopped, never two batches at once. */
function writing(
  server: TestServer,
  ids: readonly string[],
): { readonly stop: () => Promise<{ readonly count: number; readonly perS: number }> } {
  const startedAt = performance.now();
  let count = 0;
  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const from = count;
      const batch = Array.from({ length: 10 }, (_, i) => ({
        collection: 'services',
        id: ids[(from + i) % ids.length],
        health: (from + i) % 97 === 0 ? 'unhealthy' : 'healthy',
        latencyMs: 20 + ((from + i) % 400) / 10,
      }));
      expect((await server.api('POST', '/v1/reports', batch)).status).toBe(200);
      count += batch.length;
      const waitMs = startedAt + count * 10 - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  };
  const running = run();
  return {
    async stop() {
      stopped.abort();
      await running;
      return { count, perS: (count * 1_000) / (performance.now() - startedAt) };
    },
  };
}
