/** `useCollection` with 5,000 rows in an order and a hundred changes a second, in a real browser: what renders, and what it blocks. */
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import type { RowsSeen } from './harness/rows-page.tsx';
import { ADMIN_KEY, TestServer } from './harness/server.ts';

const RECORDS = 5_000;
const CHANGES_PER_SECOND = 100;
const SECONDS = 10;
/** The machine has other things to do: the quietest of these is what the page itself costs. */
const ROUNDS = 4;

let server: TestServer;
let browser: Browser;
let out: string;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'statewire-rows-'));
  [server, browser] = await Promise.all([TestServer.start(), launchBrowser({ isWhole: true }), bundle(out)]);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(out, { recursive: true, force: true });
});

async function bundle(outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    // A test runner says NODE_ENV=test, and would get the slow kind of JSX.
    oxc: { jsx: { runtime: 'automatic', development: false } },
    resolve: { conditions: ['source', 'module', 'browser', 'production'] },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir,
      target: 'es2022',
      lib: {
        entry: fileURLToPath(new URL('harness/rows-page.tsx', import.meta.url)),
        formats: ['es'],
        fileName: () => 'rows.js',
      },
    },
  });
}

const named = (n: number): string => `agent-${String(n).padStart(4, '0')}`;

async function report(ids: readonly string[], activity: string): Promise<void> {
  const items = ids.map((id) => ({ collection: 'agents', id, name: id, phase: 'idle', activity }));
  expect((await server.api('POST', '/v1/reports', items)).status).toBe(200);
}

test(`${RECORDS} rows at ${CHANGES_PER_SECOND} changes/s: no task over 50 ms, and only changed rows render`, async () => {
  for (let from = 0; from < RECORDS; from += 1_000) {
    await report(
      Array.from({ length: 1_000 }, (_, i) => named(from + i)),
      'starting',
    );
  }
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.route(`${server.url}/rows/*`, (route) =>
    route.request().url().includes('rows.js')
      ? route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(out, 'rows.js'), 'utf8') })
      : route.fulfill({
          contentType: 'text/html',
          body: '<!doctype html><meta charset="utf-8"><body><script type="module" src="rows.js"></script>',
        }),
  );
  await page.goto(`${server.url}/rows/?key=${ADMIN_KEY}`);
  await page
    .getByText(`${named(0)} starting`)
    .waitFor({ timeout: 15_000 })
    .catch((error: unknown) => expect.fail(`${String(error)}\n${errors.join('\n')}`));
  const read = (): Promise<RowsSeen> => page.evaluate(() => Reflect.get(globalThis, 'seen') as RowsSeen);
  await expect.poll(async () => (await read()).rows).toBe(RECORDS);

  const rounds: { long: number[]; fps: number; renders: number; repeats: number; visible: number; updates: number }[] =
    [];
  for (let round = 0; round < ROUNDS; round++) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const before = await read();
    const startedAt = performance.now();
    let visible = 0;
    // Ten times a second ten changes, one of them of a row that is on the screen.
    for (let i = 0; i < SECONDS * 10; i++) {
      const ids = Array.from({ length: 9 }, (_, n) =>
        named(60 + ((round * 1_013 + i * 97 + n * 541) % (RECORDS - 60))),
      );
      await report([named(i % 20), ...ids], `tick ${round}.${i}`);
      visible += 1;
      const due = startedAt + ((i + 1) * 1_000) / 10;
      if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    }
    await page
      .getByText(`tick ${round}.${SECONDS * 10 - 1}`)
      .first()
      .waitFor();
    const after = await read();
    const seconds = (performance.now() - startedAt) / 1_000;
    rounds.push({
      long: after.long.slice(before.long.length),
      fps: (after.frames - before.frames) / seconds,
      renders: after.renders - before.renders,
      repeats: after.repeats - before.repeats,
      updates: after.updates - before.updates,
      visible,
    });
  }
  for (const { long, fps, renders, visible, updates } of rounds) {
    const worst = Math.max(0, ...long).toFixed(0);
    console.log(
      `${RECORDS} rows, ${CHANGES_PER_SECOND} changes/s: ${long.length} tasks over 50 ms (worst ${worst} ms), ${fps.toFixed(1)} frames/s, ${renders} renders of rows for ${visible} changes of visible ones, ${updates} updates of the list`,
    );
  }
  for (const { renders, repeats, visible } of rounds) {
    expect(repeats, 'a row that had not changed rendered').toBe(0);
    expect(renders).toBeLessThanOrEqual(visible);
    expect(renders).toBeGreaterThan(visible / 2);
  }
  expect(Math.min(...rounds.map(({ long }) => long.length))).toBe(0);
  expect(Math.max(...rounds.map(({ fps }) => fps))).toBeGreaterThan(57);
}, 240_000);
