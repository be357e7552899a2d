/** How a page is looked at: a window, its console, its being at rest, and what a person with a screen reader meets. */
import { AxeBuilder } from '@axe-core/playwright';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';

export type Theme = 'light' | 'dark';

type Window = readonly [theme: Theme, width: number];

/** Where each page is opened: two windows that together show both themes and both sizes; all of them with `LOOKS=all`. */
export const windows: readonly Window[] =
  process.env['LOOKS'] === 'all'
    ? [
        ['light', 1440],
        ['light', 1024],
        ['light', 390],
        ['dark', 1440],
        ['dark', 390],
      ]
    : [
        ['light', 1440],
        ['dark', 390],
      ];

/**
 * Where the states of a page are looked at that every-page.test.ts does not open: the narrowest window, all of them with
 * `LOOKS=all`, as `npm run nightly` does. What is wrong in one theme at one size alone is rare, and each look costs a minute.
 */
export const looks: readonly Window[] = process.env['LOOKS'] === 'all' ? windows : [['dark', 390]];

/** A window of that width: below 500 px a phone. */
export async function openWindow(browser: Browser, theme: 'light' | 'dark', width: number): Promise<BrowserContext> {
  const isPhone = width < 500;
  const context = await browser.newContext({
    viewport: { width, height: isPhone ? 844 : 900 },
    colorScheme: theme,
    isMobile: isPhone,
    hasTouch: isPhone,
  });
  // As long as `until` waits: on a machine that does other things too, 30 s were seen to be short.
  context.setDefaultTimeout(60_000);
  return context;
}

/** Collects what the console complains of. */
export function listen(page: Page, troubles: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
}

/** Live, and nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.getByText('Connection: Live').waitFor({ state: 'attached' });
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"], .bone') === null);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  // A dialog that is still coming in is not yet in front of the page for axe.
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        (animation) =>
          animation.playState === 'finished' || animation.effect?.getComputedTiming().iterations === Infinity,
      ),
  );
}

/** The dialog that was opened has the focus: only then do its keys work. A dialog that is seen may not be there yet. */
export async function inDialog(page: Page): Promise<void> {
  await page.waitForFunction(() => document.activeElement?.closest('[role="dialog"]') !== null);
}

type Violations = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'];

/** Everything that axe finds in the page and in its frames of the same origin, however light it is said to be. */
export async function violations(page: Page): Promise<Violations> {
  // Else it puts the results of frames together in a page of its own: as long again, for frames that we do not have.
  return (await new AxeBuilder({ page }).setLegacyMode().analyze()).violations;
}

/** What axe finds serious or critical. */
export async function seriousViolations(page: Page): Promise<readonly string[]> {
  return (await violations(page))
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`));
}

/** For people to look at, where they asked for it. */
export async function shot(page: Page, name: string): Promise<void> {
  const dir = process.env['STATEWIRE_SHOTS'];
  if (dir === undefined) return;
  mkdirSync(dir, { recursive: true });
  await page.screenshot({ path: join(dir, `${name.replaceAll(/[^a-z\d]+/gu, '-')}.png`) });
}
