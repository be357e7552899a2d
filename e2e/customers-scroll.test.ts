/** A hundred thousand customers in a real browser: scrolled for seconds while fifty a second change. */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { openWindow, settled } from './harness/look.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

const CUSTOMERS = 100_000;
const PER_FILE = 20_000;
const SCROLL_MS = 6_000;
const CHANGES_PER_SECOND = 50;

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await TestServer.start();
  browser = await launchBrowser({ isWhole: true });
  for (let from = 0; from < CUSTOMERS; from += PER_FILE) {
    const lines = Array.from(
      { length: PER_FILE },
      (_, i) => `{"id":"${idOf(from + i)}","name":"Customer ${idOf(from + i)}","plan":"team"}`,
    );
    const reply = await fetch(`${server.url}/v1/customers/import?format=jsonl`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    expect(await reply.json()).toMatchObject({ create: PER_FILE, failed: 0 });
  }
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const idOf = (n: number): string => `c${String(n).padStart(6, '0')}`;

/** Changes rows in and around what is seen, until it is stopped. */
function disturb(from: () => number): { stop: () => Promise<number> } {
  const stopped = new AbortController();
  let changed = 0;
  const run = (async () => {
    while (!stopped.signal.aborted) {
      const first = from();
      const lines = Array.from({ length: CHANGES_PER_SECOND / 10 }, (_, i) => {
        const id = idOf((first + (((changed + i) * 7) % 40)) % CUSTOMERS);
        return { op: 'patch', id, fields: { plan: `plan ${changed + i}` } };
      });
      const [reply] = await Promise.all([server.api('POST', '/v1/customers/bulk', { lines }), pause(100)]);
      expect(reply.status).toBe(200);
      changed += lines.length;
    }
    return changed;
  })();
  return {
    stop() {
      stopped.abort();
      return run;
    },
  };
}

test('[BO14] 100,000 customers scroll while 50 a second change, each frame computed within its 16.7 ms, in bounded memory', async () => {
  const context = await openWindow(browser, 'light', 1440);
  await signIn(context, server);
  const page = await context.newPage();
  await page.goto(`${server.url}/customers`);
  await settled(page);
  await page.getByText('100,000', { exact: true }).waitFor();
  const cdp = await context.newCDPSession(page);
  // What the page's thread computed, not how long it waited for a core: others may use this machine.
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const parts = ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration'] as const;
  const computed = async (): Promise<readonly number[]> => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    return parts.map((part) => (metrics.find(({ name }) => name === part)?.value ?? 0) * 1_000);
  };
  const heap = async (): Promise<number> => {
    await cdp.send('HeapProfiler.collectGarbage');
    return (await cdp.send('Runtime.getHeapUsage')).usedSize;
  };
  const still = await plainScroll(context);
  const heapBefore = await heap();
  let first = 0;
  const changes = disturb(() => first);
  const profiled = process.env['STATEWIRE_PROFILE'];
  if (profiled !== undefined) {
    await cdp.send('Profiler.enable');
    await cdp.send('Profiler.start');
  }
  const before = await computed();
  const seen = await page.evaluate(scroll, SCROLL_MS);
  const after = await computed();
  const [perFrame = Infinity, script = 0, style = 0, layout = 0] = after.map(
    (ms, i) => (ms - (before[i] ?? 0)) / seen.frames.length,
  );
  if (profiled !== undefined) writeFileSync(profiled, JSON.stringify((await cdp.send('Profiler.stop')).profile));
  first = await page.evaluate(() => Math.round(scrollY / 44));
  const changed = await changes.stop();
  await until('the rows to be there again', () => page.evaluate(() => document.querySelector('.bone') === null));
  const heapAfter = await heap();
  const fps = (seen.frames.length / seen.ms) * 1_000;
  const slow = seen.frames.toSorted((a, b) => b - a);
  console.log(
    `${seen.frames.length} frames in ${Math.round(seen.ms)} ms: ${fps.toFixed(1)} a second, 99 of 100 within ${slow[Math.floor(slow.length / 100)]?.toFixed(0)} ms; ${perFrame.toFixed(1)} ms computed for each (script ${script.toFixed(1)}, style ${style.toFixed(1)}, layout ${layout.toFixed(1)}); long tasks ${seen.long.map(Math.round).join(', ') || 'none'}; a page of plain text beside it: ${still.fps.toFixed(1)} a second, long tasks ${still.long.map(Math.round).join(', ') || 'none'}; ${changed} changes; heap ${(heapBefore / 1e6).toFixed(1)} -> ${(heapAfter / 1e6).toFixed(1)} MB`,
  );
  // What a frame has at 60 a second. 7 to 10 were measured, the same code, as this machine's cores were faster or slower.
  expect(perFrame).toBeLessThan(16.7);
  expect(changed).toBeGreaterThan(100);
  expect(heapAfter - heapBefore).toBeLessThan(30_000_000);
  // What is on screen is true: the newest change of a row that is seen.
  const shown = await page.locator('[data-id]').nth(14).getAttribute('data-id');
  await server.api('PATCH', `/v1/customers/${shown}`, { plan: 'the last one' });
  await page.locator(`[data-id="${shown}"]`).getByText('the last one').waitFor();
  await context.close();
}, 180_000);

/** The same scroll over a page of plain lines without a script: what this machine shows at best at this moment. */
async function plainScroll(
  context: BrowserContext,
): Promise<{ readonly fps: number; readonly long: readonly number[] }> {
  const page = await context.newPage();
  const lines = Array.from({ length: 2_000 }, (_, i) => `<div style="height:44px">Customer ${i} active team</div>`);
  await page.setContent(`<body style="height:4400000px;margin:0;font:13px sans-serif">${lines.join('')}</body>`);
  const seen = await page.evaluate(scroll, SCROLL_MS / 2);
  await page.close();
  return { fps: (seen.frames.length / seen.ms) * 1_000, long: seen.long };
}

/** Scrolls as fast as somebody who still reads names, and now and then far away. Runs in the page. */
async function scroll(ms: number): Promise<{ frames: number[]; long: number[]; ms: number }> {
  const frames: number[] = [];
  const long: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) long.push(entry.duration);
  });
  observer.observe({ type: 'longtask' });
  const begun = performance.now();
  let last = begun;
  let jumps = 0;
  await new Promise<void>((resolve) => {
    const frame = (now: number): void => {
      if (now > last) frames.push(now - last);
      last = now;
      if (now - begun > ms) return resolve();
      if (now - begun > (jumps + 1) * 2_000) {
        jumps += 1;
        window.scrollTo(0, jumps * 1_000_000);
      } else window.scrollBy(0, 36);
      requestAnimationFrame(frame);
      return undefined;
    };
    requestAnimationFrame(frame);
  });
  observer.disconnect();
  return { frames, long, ms: performance.now() - begun };
}
