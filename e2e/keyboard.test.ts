/** Everything the dashboard offers is reached and left by keyboard alone. */
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { dashboardPages, fillEverything, startTarget } from './harness/dashboard-pages.ts';
import { inDialog, openWindow, settled } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';

/** More stops than any page has with the records of the harness. */
const STOPS_MAX = 250;

let server: TestServer;
let browser: Browser;
let target: Awaited<ReturnType<typeof startTarget>>;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [server, browser, target] = await Promise.all([TestServer.start(), launchBrowser(), startTarget()]);
  context = await openWindow(browser, 'light', 1440);
  await signIn(context, server);
  await fillEverything(server, target.url);
  page = await context.newPage();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  target?.close();
});

test('[HO4] every page of the rail has a key of its own after g, which leads there, and the map of keys says so', async () => {
  const source = await readFile('packages/dashboard/src/lib/pages.ts', 'utf8');
  const rail = [...source.matchAll(/\{\s*path: '([^']+)',\s*title: '([^']+)',[^}]*?key: '(.)'/gu)];
  expect(rail.length).toBeGreaterThan(10);
  expect(new Set(rail.map(([, , , key]) => key)).size).toBe(rail.length);
  await page.goto(server.url);
  await settled(page);
  for (const [, path = '', , key = ''] of rail) {
    await page.keyboard.type(`g${key}`);
    // A page that is the first of several leads on.
    await page.waitForURL((url) => url.pathname === path || (path !== '/' && url.pathname.startsWith(`${path}/`)));
    await page.getByRole('heading', { level: 1 }).first().waitFor();
  }
  await page.keyboard.type('?');
  const map = page.getByRole('dialog', { name: 'Keys' });
  await map.waitFor();
  const shown = await map.locator('dt').allTextContents();
  expect(shown).toEqual(expect.arrayContaining(rail.map(([, , , key]) => `g ${key}`)));
  await inDialog(page);
  await page.keyboard.press('Escape');
  await map.waitFor({ state: 'detached' });
  // The palette knows the same pages.
  await page.keyboard.press('Control+k');
  for (const [, , title = ''] of rail) {
    await page.getByRole('dialog').getByRole('combobox').fill(title);
    await page.getByRole('option', { name: title }).first().waitFor();
  }
  await page.keyboard.press('Escape');
});

test.each(dashboardPages)(
  '[HO4] $route: Tab reaches all that can be used, shows where it is, and comes out again',
  async ({ path, shows }) => {
    await page.goto(`${server.url}${path}`);
    await page.getByText(shows).first().waitFor({ state: 'attached' });
    await settled(page);
    await page.evaluate(watchFocus);
    for (let stop = 0; stop < STOPS_MAX; stop += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement === document.body)) break;
    }
    const { isOut, missed, unseen } = await page.evaluate(readFocus);
    expect(missed).toEqual([]);
    expect(unseen).toEqual([]);
    expect(isOut).toBe(true);
  },
);

/** Lists, what their map of keys says beside moving, and what shows that the key did it. */
const lists = [
  ['/services', ['n', 'r']],
  ['/agents', ['n']],
  ['/alerts', ['a', 's']],
  ['/inbox', ['e']],
  ['/messages', ['e', 'n']],
  ['/customers', ['e', 'n']],
  ['/users', ['e', 'n']],
] as const;

test.each(lists)('[HO4] %s: the map lists the keys that work here, each once, and each works', async (path, own) => {
  await page.goto(`${server.url}${path}`);
  await page.locator('[role="row"][aria-rowindex="2"]').waitFor();
  await settled(page);
  await page.keyboard.type('?');
  const map = page.getByRole('dialog', { name: 'Keys' });
  await map.waitFor();
  const here = map.locator('section', { has: page.getByRole('heading', { name: 'On this page' }) });
  const listed = await here.locator('dt').allTextContents();
  const all = await map.locator('dt').allTextContents();
  expect(all.length).toBe(new Set(all).size);
  await inDialog(page);
  await page.keyboard.press('Escape');
  await map.waitFor({ state: 'detached' });
  const canSearch = listed.includes('/');
  const canSelect = listed.includes('x');
  expect(listed.toSorted()).toEqual(
    ['j', 'k', 'Enter', ...own, ...(canSearch ? ['/'] : []), ...(canSelect ? ['x', 'Esc'] : [])].toSorted(),
  );
  if (canSearch) {
    await page.keyboard.type('/');
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
    await page.keyboard.press('Enter');
  }
  const cursor = page.locator('[role="row"][data-cursor]');
  await page.keyboard.type('j');
  await cursor.waitFor();
  await page.keyboard.type('j');
  await page.keyboard.type('k');
  await expect.poll(() => cursor.getAttribute('aria-rowindex')).toBe('2');
  if (canSelect) {
    await page.keyboard.type('x');
    await expect.poll(() => cursor.getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('Escape');
    await expect.poll(() => cursor.getAttribute('aria-selected')).toBe('false');
  }
  const before = page.url();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url() !== before).toBe(true);
  await page.goto(`${server.url}${path}`);
  await page.locator('[role="row"][aria-rowindex="2"]').waitFor();
  await page.keyboard.type('j');
  await cursor.waitFor();
  for (const key of own) await works(path, key);
});

/** Presses a key on the row under the cursor, and waits for what it does. */
async function works(path: string, key: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  if (key === 'n' || (key === 'e' && path !== '/inbox')) {
    await page.keyboard.type(key);
    await dialog.waitFor();
    // It came in and has loaded: only then do its keys work.
    await settled(page);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    return;
  }
  if (key === 'e') {
    const rows = page.locator('[role="row"][aria-rowindex]');
    const before = await rows.count();
    await page.keyboard.type(key);
    await expect.poll(() => rows.count()).toBeLessThan(before);
    return;
  }
  const collection = path.slice(1);
  const read = async (): Promise<string> => JSON.stringify((await server.api('GET', `/v1/${collection}`)).body.rows);
  const says = { a: /"acknowledged"/u, s: /"snoozedUntil":\d/u }[key];
  const before = await read();
  await page.keyboard.type(key);
  await expect.poll(async () => (says === undefined ? (await read()) !== before : says.test(await read()))).toBe(true);
}

/** What opens something in front of the page, and where. */
const openers = [
  ['/services', 'Add service'],
  ['/services/billing', 'Edit'],
  ['/agents', 'New agent'],
  ['/agents/agent-1', 'Message'],
  ['/incidents', 'New incident'],
  ['/maintenance', 'Plan maintenance'],
  ['/customers', 'Add customer'],
  ['/users', 'Add user'],
  ['/notifications', 'New channel'],
  ['/settings/keys', 'New key'],
  ['/settings/embeds', 'New embed'],
  ['/settings/members', 'Invite'],
] as const;

test.each(openers)('[HO4] %s: Escape closes what %s opened, and the focus is where it was', async (path, name) => {
  await page.goto(`${server.url}${path}`);
  await settled(page);
  const opener = page.getByRole('main').getByRole('button', { name }).first();
  await opener.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  // The focus comes inside, and Tab stays there.
  await inDialog(page);
  for (let stop = 0; stop < 3; stop += 1) {
    expect(await page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null)).toBe(true);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => opener.evaluate((element) => document.activeElement === element)).toBe(true);
});

/** Remembers each element that gets the focus, and whether that could be seen. */
function watchFocus(): void {
  const seen = new Map<Element, boolean>();
  document.addEventListener('focusin', ({ target: element }) => {
    if (!(element instanceof Element)) return;
    // A row of tabs hands the focus on to the open one.
    if (document.activeElement !== element) {
      seen.set(element, true);
      return;
    }
    const isMarked = (at: Element): boolean => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
      return (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    };
    // A field inside a frame of its own is marked by that frame.
    seen.set(
      element,
      [element, element.parentElement].some((at) => at !== null && isMarked(at)),
    );
  });
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter(
    (element) => {
      if (!(element instanceof HTMLElement) || element.tabIndex < 0 || element.matches(':disabled')) return false;
      if (element.closest('[inert], [aria-hidden="true"]') !== null) return false;
      // Of a group of radio buttons one is a stop, and the arrows lead to the others.
      if (element instanceof HTMLInputElement && element.type === 'radio') return false;
      return element.checkVisibility({ visibilityProperty: true });
    },
  );
  Object.assign(globalThis, { focusSeen: seen, focusWanted: all });
}

function readFocus(): { isOut: boolean; missed: readonly string[]; unseen: readonly string[] } {
  const seen: Map<Element, boolean> = Reflect.get(globalThis, 'focusSeen');
  const wanted: readonly Element[] = Reflect.get(globalThis, 'focusWanted');
  const say = (element: Element): string => element.outerHTML.slice(0, 200);
  return {
    isOut: document.activeElement === document.body,
    // What went away meanwhile, as live rows do, is not missed.
    missed: wanted.filter((element) => element.isConnected && !seen.has(element)).map(say),
    unseen: [...seen].filter(([, isMarked]) => !isMarked).map(([element]) => say(element)),
  };
}
