/** The page that explains the live connection by breaking it: what is missed comes back, and both readers end alike. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { listen, seriousViolations, shot } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  [server, browser] = await Promise.all([TestServer.start(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test('[HO10] a reader that is cut, kept away or slow ends with what the other one has, and says how it got there', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await signIn(context, server);
  const page = await context.newPage();
  const troubles: string[] = [];
  listen(page, troubles);
  await page.goto(`${server.url}/demo`);
  const [first, second] = [reader(page, 'This reader'), reader(page, 'Another reader')];
  const both = async (value: string): Promise<void> => {
    await first.getByLabel('Value').getByText(value, { exact: true }).waitFor();
    await second.getByLabel('Value').getByText(value, { exact: true }).waitFor();
  };
  const change = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  await change('One change');
  await both('1');
  // Kept away: the other one goes on, this one says that it does not.
  await first.getByLabel('Keep it away').check();
  await first.getByText('Reconnecting').waitFor();
  await change('20 changes');
  await second.getByLabel('Value').getByText('21', { exact: true }).waitFor();
  expect(await first.getByLabel('Value').innerText()).toBe('1');
  await shot(page, 'realtime-away');
  await first.getByLabel('Keep it away').uncheck();
  await both('21');
  // Twenty versions went by, and one change brings them: the newest state.
  await expect
    .poll(() => first.locator('dd').nth(6).innerText(), { timeout: 10_000 })
    .toMatch(/by delta: [2-9]\d versions passed, 1 change replayed/u);
  await first.getByRole('button', { name: 'Cut the connection' }).click();
  await expect.poll(() => first.locator('dd').nth(5).innerText(), { timeout: 60_000 }).toBe('3');
  await first.getByLabel(/^Slow/u).check();
  await change('A flood of 200');
  await both('221');
  await first.getByLabel(/^Slow/u).uncheck();
  await both('221');
  expect(await page.getByRole('list', { name: 'Messages' }).getByRole('listitem').count()).toBeGreaterThan(3);
  expect(await seriousViolations(page)).toEqual([]);
  await shot(page, 'realtime');
  expect(troubles.filter((text) => !text.includes('404'))).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot(page, 'realtime-phone');
  await context.close();
});

function reader(page: Page, name: string): ReturnType<Page['locator']> {
  return page.locator('section').filter({ has: page.getByRole('heading', { name, exact: true }) });
}
