/**
 * Every page of the dashboard, from one table: each in light and dark, on a desk and on a phone. `LOOKS=all` looks at all
 * of them; else each page is looked at twice. `STATEWIRE_SHOTS` keeps pictures for people.
 */
import { readFile } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { dashboardPages, fillEverything, leadsElsewhere, startTarget } from './harness/dashboard-pages.ts';
import { listen, openWindow, settled, shot, windows } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';

let server: TestServer;
let browser: Browser;
let target: Awaited<ReturnType<typeof startTarget>>;

beforeAll(async () => {
  [server, browser, target] = await Promise.all([TestServer.start(), launchBrowser(), startTarget()]);
  const context = await openWindow(browser, 'light', 1440);
  await signIn(context, server);
  await context.close();
  await fillEverything(server, target.url);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  target?.close();
});

test('[HO3] the table of pages has every route of the dashboard, and the rail leads to pages of the table alone', async () => {
  const router = await readFile('packages/dashboard/src/router.tsx', 'utf8');
  const routes = routesOf(router);
  expect(routes.length).toBeGreaterThan(20);
  const known = [...dashboardPages.map(({ route }) => route), ...Object.keys(leadsElsewhere)];
  expect(routes.toSorted()).toEqual(known.toSorted());
  const rail = await readFile('packages/dashboard/src/lib/pages.ts', 'utf8');
  const inRail = [...rail.matchAll(/\{\s*path: '([^']+)'/gu)].map(([, path]) => path ?? '');
  expect(inRail.length).toBeGreaterThan(10);
  expect(known).toEqual(expect.arrayContaining(inRail));
});

for (const [theme, width] of windows) {
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

    test.each(dashboardPages)('[HO3] $route', async ({ path, heading, title, shows }) => {
      troubles.length = 0;
      await page.goto(`${server.url}${path}`);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.getByText(shows).first().waitFor({ state: 'attached' });
      await settled(page);
      await shot(page, `${path}-${width}-${theme}`);
      const tab = (await page.title()).replace(/^\(\d+\) /u, '');
      expect(tab).toMatch(/ · Statewire$/u);
      const place = tab.replace(/ · Statewire$/u, '');
      if (typeof title === 'string') expect(place).toBe(title);
      else expect(place).toMatch(title);
      // Against the width that was asked for: a phone's window grows with what overflows.
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(await cutOff(page)).toEqual([]);
      expect(await violations(page)).toEqual([]);
      expect(troubles).toEqual([]);
    });
  });
}

test('[HO3] what has no page of its own leads to where it is shown', async () => {
  const context = await openWindow(browser, 'light', 1440);
  await signIn(context, server);
  const page = await context.newPage();
  for (const { from, to } of Object.values(leadsElsewhere)) {
    await page.goto(`${server.url}${from}`);
    await page.waitForURL((url) => url.pathname === to);
    // Behind what it opens, where it opens something.
    await page.locator('h1').first().waitFor();
  }
  await context.close();
});

/** The full path of every route of this source text that shows something: a parent with a first page counts once. */
function routesOf(source: string): readonly string[] {
  const made = source.matchAll(/const (\w+) = createRoute\(\{\s*getParentRoute: \(\) => (\w+),\s*path: '([^']*)'/gu);
  const paths = new Map([['root', '']]);
  for (const [, name = '', parent = '', path = ''] of made) {
    const above = paths.get(parent);
    if (above === undefined) throw new Error(`found the route ${name} below ${parent}, which is not above it`);
    paths.set(name, `${above}${path === '/' ? '' : path}`);
  }
  return [...new Set([...paths.values()].map((path) => path || '/'))];
}

/** Everything that axe finds, however light it is said to be. */
async function violations(page: Page): Promise<readonly string[]> {
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations.flatMap(({ id, impact, nodes }) =>
    nodes.map((node) => `${id} (${impact ?? 'no impact'}): ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
  );
}

/** Cards, buttons, links, fields and headings that reach over the edge of the window without a list that could be scrolled to them. */
function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const scrolls = (element: Element): boolean => {
      for (let up = element.parentElement; up !== null; up = up.parentElement)
        if (/auto|scroll/u.test(getComputedStyle(up).overflowX) && up.scrollWidth > up.clientWidth) return true;
      return false;
    };
    return [...document.querySelectorAll('a, button, input, select, textarea, h1, h2, h3, .pane')]
      .filter((element) => {
        const { left, right, width, height } = element.getBoundingClientRect();
        // What is there for screen readers alone, or inside of it, is cut off on purpose.
        const isSeen = width > 1 && height > 1 && getComputedStyle(element).visibility === 'visible';
        return (
          isSeen && element.closest('.sr-only') === null && (right > innerWidth + 1 || left < -1) && !scrolls(element)
        );
      })
      .map((element) => element.outerHTML.slice(0, 200));
  });
}
