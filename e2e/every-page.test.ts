/**
 * Every page of the dashboard, from one table: each in light and dark, on a desk and on a phone. `LOOKS=all` looks at all
 * of them; else each page is looked at twice. `STATEWIRE_SHOTS` keeps pictures for people.
 */
import { readFile } from 'node:fs/promises';
import { allows } from '@statewire/model';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { dashboardPages, fillEverything, leadsElsewhere, startTarget } from './harness/dashboard-pages.ts';
import { listen, openWindow, settled, shot, violations, windows } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { joinAs, signIn } from './harness/sign-in.ts';

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
  const inRail = await railPaths();
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
      expect(await complaints(page)).toEqual([]);
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

test('[HO12] who else has the dashboard open is seen on every page, with where they are, and a press leads there', async () => {
  const [first, second] = await Promise.all([openWindow(browser, 'light', 1440), openWindow(browser, 'light', 1440)]);
  await Promise.all([signIn(first, server), joinAs(second, server, 'operator', 'guest')]);
  const [mine, theirs] = await Promise.all([first.newPage(), second.newPage()]);
  await Promise.all([mine.goto(`${server.url}/jobs`), theirs.goto(`${server.url}/services/billing`)]);
  const crowd = mine.getByRole('button', { name: '1 other is here: A guest' });
  await crowd.press('Enter');
  await mine.getByRole('menuitem', { name: 'A guest · Services, billing' }).press('Enter');
  await mine.waitForURL((url) => url.pathname === '/services/billing');
  await theirs.getByRole('button', { name: '1 other is here: Ada' }).waitFor();
  await second.close();
  await crowd.waitFor({ state: 'detached' });
  await first.close();
});

describe('by role', () => {
  // A refused page is typed once, by the first role that may not read it: what refuses is the same for all.
  const typed = new Set<string>();

  test.each(['owner', 'admin', 'operator', 'viewer', 'support'])(
    '[HO11] %s is offered the pages they may read and no others, and a typed address of another is refused as what it is',
    async (role) => {
      if (role === 'support') await server.api('POST', '/v1/roles', SUPPORT);
      const context = await openWindow(browser, 'light', 1440);
      // The owner is who signed in first.
      await (role === 'owner' ? signIn(context, server) : joinAs(context, server, role));
      const page = await context.newPage();
      const troubles: string[] = [];
      listen(page, troubles);
      const mayRead = await readableTo(context);
      const readable = dashboardPages.filter((each) => mayRead(each.needs));
      const paths = readable.map(({ path }) => path);
      const rail = await railPaths();
      await page.goto(`${server.url}/inbox`);
      await settled(page);
      const offered = await hrefs(page, 'aside nav a');
      expect(offered.filter((path) => path !== '/settings')).toEqual(rail.filter((path) => paths.includes(path)));
      await page.keyboard.press('Control+k');
      const options = page.locator('[data-value^="page "]');
      await options.first().waitFor();
      const inPalette = await options.evaluateAll((all) => all.map((each) => each.getAttribute('data-value')));
      expect(inPalette.map((value) => value?.slice('page '.length))).toEqual(offered);
      const palette = page.getByRole('dialog', { name: 'Search and commands' });
      await palette.getByRole('combobox').press('Escape');
      await palette.waitFor({ state: 'detached' });
      // What is offered has something to show: nobody is led to a refusal. Those above the viewer see no less.
      for (const path of role === 'viewer' || role === 'support' ? offered : []) {
        await page.locator(`aside nav a[href="${path}"]`).click();
        await page.waitForURL((url) => url.pathname.startsWith(path));
        await settled(page);
        expect(await page.getByRole('heading', { level: 1, name: REFUSED }).count(), path).toBe(0);
      }
      if (role === 'viewer') {
        // What a critical message leads its readers to: its words, whoever they are.
        const said = { id: 'moving', title: 'We are moving', audience: 'everyone', publish: true };
        expect((await server.api('POST', '/v1/messages', said)).status).toBe(201);
        await page.goto(`${server.url}/messages/moving`);
        await page.getByRole('heading', { level: 1, name: 'We are moving' }).waitFor();
        await server.api('DELETE', '/v1/messages/moving');
      }
      const settings = dashboardPages.filter(({ path }) => path.startsWith('/settings/'));
      await page.goto(`${server.url}/settings/account`);
      await settled(page);
      expect((await hrefs(page, 'nav[aria-label="Settings"] a')).toSorted()).toEqual(
        settings
          .map(({ path }) => path)
          .filter((path) => paths.includes(path))
          .toSorted(),
      );
      for (const { path, needs } of dashboardPages) {
        if (mayRead(needs) || typed.has(path)) continue;
        typed.add(path);
        await page.goto(`${server.url}${path}`);
        await page.getByRole('heading', { level: 1, name: REFUSED }).waitFor();
        await page.getByText(needs ?? '').waitFor();
      }
      expect(troubles).toEqual([]);
      await context.close();
    },
  );

  test('[HO11] every page that asks for a permission was refused to somebody', () => {
    expect([...typed].toSorted()).toEqual(
      dashboardPages
        .filter(({ needs }) => needs !== null && !allows(SUPPORT.permissions, needs))
        .map(({ path }) => path)
        .toSorted(),
    );
  });
});

const REFUSED = 'This page is not for you';

/** A role as a team makes one for those who only talk with customers. */
const SUPPORT = {
  id: 'support',
  name: 'Support',
  description: 'Talks with customers',
  permissions: ['customers:read', 'customers:change', 'users:read', 'users:change'],
};

/** What the server lets this person read: asked at its doors, and of what has none in what it says of them. */
async function readableTo(context: BrowserContext): Promise<(needs: string | null) => boolean> {
  const {
    principal: { permissions },
  } = await (await context.request.get(`${server.url}/v1/me`)).json();
  const answers = new Map<string, boolean>();
  for (const { needs } of dashboardPages) {
    if (needs === null || answers.has(needs)) continue;
    const [name = '', operation] = needs.split(':');
    if (operation !== 'read') answers.set(needs, allows(permissions, needs));
    else {
      const status = (await context.request.get(`${server.url}/v1/${name}`)).status();
      expect([200, 403], `GET /v1/${name}`).toContain(status);
      answers.set(needs, status === 200);
    }
  }
  return (needs) => needs === null || answers.get(needs) === true;
}

/** The paths of the rail, in its order. */
async function railPaths(): Promise<string[]> {
  const source = await readFile('packages/dashboard/src/lib/pages.ts', 'utf8');
  return [...source.matchAll(/\{\s*path: '([^']+)'/gu)].map(([, path]) => path ?? '');
}

function hrefs(page: Page, selector: string): Promise<string[]> {
  return page.locator(selector).evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? ''));
}

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

/** Everything that axe finds. */
async function complaints(page: Page): Promise<readonly string[]> {
  return (await violations(page)).flatMap(({ id, impact, nodes }) =>
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
