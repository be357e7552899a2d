/** Every component in all its states, in a real browser: in both themes, on a phone, without motion, in the person's own colours. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { listen, seriousViolations } from './harness/look.ts';
import { serveFolder, type Site } from './harness/static.ts';

let browser: Browser;
let site: Site;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'statewire-gallery-'));
  const built = spawnSync('node_modules/.bin/vite', ['build', 'examples/gallery', '--outDir', dir, '--emptyOutDir'], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`the gallery does not build:\n${built.stdout}${built.stderr}`);
  site = await serveFolder(dir);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  site?.close();
  rmSync(dir, { recursive: true, force: true });
});

const looks = [
  { name: 'light', width: 1024, colorScheme: 'light', reducedMotion: 'no-preference' },
  { name: 'dark', width: 1024, colorScheme: 'dark', reducedMotion: 'no-preference' },
  { name: 'phone', width: 390, colorScheme: 'light', reducedMotion: 'no-preference' },
  { name: 'still', width: 1024, colorScheme: 'light', reducedMotion: 'reduce' },
] as const;

describe.each(looks)('$name', ({ name, width, colorScheme, reducedMotion }) => {
  let context: BrowserContext;
  let page: Page;
  const troubles: string[] = [];

  beforeAll(async () => {
    context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      reducedMotion,
      isMobile: width < 500,
      hasTouch: width < 500,
      locale: 'en-GB',
      timezoneId: 'UTC',
    });
    page = await open(context, troubles);
  });

  afterAll(async () => {
    await context?.close();
  });

  test('every component is there, and none is blank', async () => {
    const names = await page
      .locator('[data-shot]')
      .evaluateAll((all) => all.map((each) => each.getAttribute('data-shot')));
    expect(names.length).toBeGreaterThanOrEqual(18);
    for (const shotName of names) {
      const stage = page.locator(`[data-shot="${shotName}"]`);
      await stage.scrollIntoViewIfNeeded();
      const png = await stage.screenshot({ animations: 'disabled' });
      keep(`${shotName}-${name}`, png, name !== 'still' || shotName === 'ProgressBar' || shotName === 'Toaster');
      expect([shotName, await coloursOf(page, png)]).toEqual([shotName, expect.toSatisfy((n: number) => n >= 8)]);
    }
    expect(troubles).toEqual([]);
  });

  test('nothing serious for axe, no sideways scrolling', async () => {
    expect(await seriousViolations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  if (reducedMotion === 'reduce')
    test('[UI21] nothing moves, whatever changes', async () => {
      await page.getByRole('button', { name: 'Change it' }).click();
      await page.getByRole('button', { name: 'Show one' }).click();
      await page.getByText('Something happened').first().waitFor();
      expect(
        await page.evaluate(() => document.getAnimations().filter((one) => one.playState === 'running').length),
      ).toBe(0);
    });
});

describe('keys alone', () => {
  test('the pill opens, closes, and gives the focus back', async () => {
    const context = await browser.newContext({ viewport: { width: 1024, height: 900 } });
    const page = await open(context, []);
    const pill = page.locator('[data-shot="ConnectionStatus"] .sw-pill').first();
    await pill.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Check now' }).first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Check now');
    await page.keyboard.press('Escape');
    expect(await pill.evaluate((node) => node === document.activeElement)).toBe(true);
    expect(await pill.getAttribute('aria-expanded')).toBe('false');
    await context.close();
  });

  test('a bar of days and a chart are read cell by cell', async () => {
    const context = await browser.newContext({ viewport: { width: 1024, height: 900 } });
    const page = await open(context, []);
    const bar = page.getByRole('slider', { name: 'Search' }).first();
    await bar.focus();
    const today = await bar.getAttribute('aria-valuetext');
    await page.keyboard.press('ArrowLeft');
    expect(await bar.getAttribute('aria-valuetext')).not.toBe(today);
    await page.locator('[data-shot="UptimeBar"] .sw-tip').waitFor();
    keep(
      'UptimeBar-read',
      await page.screenshot({ clip: await around(page, page.locator('[data-shot="UptimeBar"]'), 60) }),
    );
    await page.keyboard.press('Home');
    expect(await bar.getAttribute('aria-valuetext')).toContain('nothing yet');
    const line = page.locator('[data-shot="LatencyChart"]').getByRole('slider').first();
    await line.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await line.getAttribute('aria-valuetext')).toMatch(/p50 .* p95 /u);
    await context.close();
  });

  test('the bell opens, a notification is marked read, and Escape gives the focus back', async () => {
    const context = await browser.newContext({ viewport: { width: 1024, height: 900 } });
    const page = await open(context, []);
    const center = page.locator('[data-shot="NotificationCenter"]');
    const bell = center.getByRole('button', { name: 'Notifications: 2 unread, 1 urgent' });
    await bell.focus();
    await page.keyboard.press('Enter');
    const list = center.locator('.sw-popover:not([hidden])');
    await list.getByText('Billing is down').waitFor();
    keep('NotificationCenter-open', await page.screenshot({ clip: await around(page, center) }));
    await list.getByRole('button', { name: 'Mark read: Billing is down' }).focus();
    await page.keyboard.press('Enter');
    await list.getByRole('button', { name: 'Mark unread: Billing is down' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await bell.evaluate((node) => node === document.activeElement)).toBe(true);
    await context.close();
  });

  test('[UI17] a toast stays while the focus is on it, and Escape puts it away', async () => {
    const context = await browser.newContext({ viewport: { width: 1024, height: 900 } });
    const page = await open(context, []);
    await page.clock.install();
    await page.getByRole('button', { name: 'Show one' }).focus();
    await page.keyboard.press('Enter');
    const close = page.getByRole('button', { name: 'Dismiss: Something happened' });
    await close.focus();
    await page.clock.runFor(30_000);
    expect(await close.isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await close.waitFor({ state: 'detached' });
    await context.close();
  });
});

test('[UI19] of two tabs the one that was looked at last shows toasts; when it goes, the other does', async () => {
  const context = await browser.newContext({ viewport: { width: 1024, height: 900 } });
  const first = await open(context, []);
  const second = await open(context, []);
  // Every tab of this browser believes that it is looked at: the event alone tells them apart.
  const look = (page: Page): Promise<void> => page.evaluate(() => void globalThis.dispatchEvent(new Event('focus')));
  const say = (page: Page): Promise<void> =>
    page.getByRole('button', { name: 'Show one' }).evaluate((node) => (node as HTMLElement).click());
  const toast = (page: Page): ReturnType<Page['locator']> =>
    page.locator('.sw-toast', { hasText: 'Something happened' });
  await look(first);
  await say(first);
  await say(second);
  await toast(first).waitFor();
  expect(await toast(second).count()).toBe(0);
  await first.close();
  await toast(second).waitFor();
  await context.close();
});

describe('the person’s own colours', () => {
  test('[UI22] shapes and words stay, and what was a ground has an edge', async () => {
    const context = await browser.newContext({ viewport: { width: 1024, height: 900 }, forcedColors: 'active' });
    const page = await open(context, []);
    const badge = page.locator('.sw-badge[data-variant="soft"][data-status="down"]').first();
    expect(await badge.textContent()).toBe('Down');
    expect(await badge.locator('path').count()).toBeGreaterThan(0);
    expect(await badge.evaluate((node) => getComputedStyle(node).borderTopColor)).not.toBe('rgba(0, 0, 0, 0)');
    for (const shotName of ['StatusBadge', 'ProgressBar', 'UptimeBar', 'LatencyChart']) {
      const png = await page.locator(`[data-shot="${shotName}"]`).screenshot();
      keep(`${shotName}-forced`, png, false);
      expect([shotName, await coloursOf(page, png)]).toEqual([shotName, expect.toSatisfy((n: number) => n >= 3)]);
    }
    // Cells of a canvas are painted in the person's colours, bad ones unlike good ones.
    const colours = await page
      .locator('[data-shot="UptimeBar"] canvas')
      .nth(1)
      .evaluate((canvas) => {
        if (!(canvas instanceof HTMLCanvasElement)) return [];
        const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        const seen = new Set<string>();
        for (let i = 0; i < data.length; i += 4)
          if (data[i + 3] === 255) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
        return [...seen];
      });
    expect(colours.length).toBeGreaterThanOrEqual(2);
    await context.close();
  });
});

async function open(context: BrowserContext, troubles: string[]): Promise<Page> {
  const page = await context.newPage();
  listen(page, troubles);
  await page.goto(`${site.url}/`);
  await page.getByRole('heading', { name: 'PresenceAvatars' }).waitFor();
  // Live ones have what they wait for: one pill lives, one is on its way back, and the inbox has come.
  await page.locator('.sw-pill', { hasText: 'Live' }).first().waitFor();
  await page.locator('.sw-pill', { hasText: 'Reconnecting' }).first().waitFor();
  await page.locator('.sw-pill', { hasText: 'Offline' }).first().waitFor();
  await page.getByText('Billing is down').first().waitFor();
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  return page;
}

/** How many colours a picture has: a blank one has one. */
function coloursOf(page: Page, png: Buffer): Promise<number> {
  return page.evaluate(async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const painter = canvas.getContext('2d');
    painter?.drawImage(image, 0, 0);
    const data = painter?.getImageData(0, 0, image.width, image.height).data ?? [];
    const seen = new Set<number>();
    for (let i = 0; i < data.length; i += 4)
      seen.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0));
    return seen.size;
  }, png.toString('base64'));
}

async function around(
  page: Page,
  stage: ReturnType<Page['locator']>,
  below = 0,
): Promise<{ x: number; y: number; width: number; height: number }> {
  await stage.scrollIntoViewIfNeeded();
  const box = await stage.boundingBox();
  const size = page.viewportSize();
  if (box === null || size === null) throw new Error('the stage is not to be seen');
  return {
    x: box.x,
    y: Math.max(0, box.y),
    width: box.width,
    height: Math.min(box.height + below, size.height - box.y),
  };
}

/** For the documentation with `UPDATE_SHOTS=1`; elsewhere with STATEWIRE_SHOTS, for people to look at. */
function keep(name: string, png: Buffer, isDocumented = true): void {
  const dirs = [
    ...(process.env['UPDATE_SHOTS'] === '1' && isDocumented ? [join('docs', 'images', 'components')] : []),
    ...(process.env['STATEWIRE_SHOTS'] === undefined ? [] : [process.env['STATEWIRE_SHOTS']]),
  ];
  for (const folder of dirs) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.png`), png);
  }
}
