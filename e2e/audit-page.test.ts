/** The audit page as a person meets it: rows that come by themselves, filters in the address, the difference, the chain. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { listen, looks, openWindow, seriousViolations, settled, shot } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await TestServer.start();
  browser = await launchBrowser();
  const shop = {
    id: 'shop',
    name: 'Shop',
    kind: 'http',
    target: 'https://shop.example/',
    check: { intervalMs: 600_000 },
  };
  expect((await server.api('POST', '/v1/services', shop)).status).toBe(201);
  for (let n = 0; n < 70; n++) {
    await server.api('PATCH', '/v1/services/shop', {
      name: `Shop ${n}`,
      labels: { env: n % 2 === 0 ? 'prod' : 'test' },
    });
  }
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function openPage(context: BrowserContext, path: string): Promise<{ page: Page; troubles: string[] }> {
  await signIn(context, server);
  const page = await context.newPage();
  const troubles: string[] = [];
  listen(page, troubles);
  await page.goto(`${server.url}${path}`);
  await settled(page);
  return { page, troubles };
}

for (const [theme, width] of looks) {
  describe(`${theme}, ${width} px`, () => {
    test('no error, nothing serious for axe, no sideways scrolling: the list, a row opened, the chain looked at', async () => {
      const context = await openWindow(browser, theme, width);
      const { page, troubles } = await openPage(context, '/audit');
      await page.getByRole('button', { name: 'Is it whole?' }).click();
      await page.getByText(/^Whole:/u).waitFor();
      await settled(page);
      await shot(page, `audit ${theme} ${width}`);
      expect(await seriousViolations(page)).toEqual([]);
      const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(await sideways()).toBeLessThanOrEqual(0);
      await page
        .getByRole('button', { name: /services\/shop/u })
        .first()
        .click();
      await page.getByRole('dialog').getByText('What changed').waitFor();
      await settled(page);
      await shot(page, `audit opened ${theme} ${width}`);
      expect(await seriousViolations(page)).toEqual([]);
      expect(await sideways()).toBeLessThanOrEqual(0);
      expect(troubles).toEqual([]);
      await context.close();
    });
  });
}

test('[AT6] new rows appear by themselves, filters stand in the address, and everything is done by keyboard', async () => {
  const context = await openWindow(browser, 'light', 1440);
  const { page } = await openPage(context, '/audit?action=services:change');
  const rows = page.getByRole('list', { name: /Rows of the log/u }).getByRole('listitem');
  const headers = { 'statewire-why': 'a reason of its own' };
  const changed = await context.request.patch(`${server.url}/v1/services/shop`, {
    data: { name: 'Boutique' },
    headers: { ...headers, origin: server.url },
  });
  expect(changed.status()).toBe(200);
  await rows.filter({ hasText: 'a reason of its own' }).waitFor();
  // The search: focus by its key, typed, in the address, and the row is what is left.
  await page.keyboard.press('/');
  await page.keyboard.type('reason of its own');
  await page.waitForURL(/q=reason/u);
  await expect.poll(() => rows.count(), { timeout: 30_000 }).toBe(1);
  // Enter on the focused row opens it; Escape closes it.
  await rows.first().getByRole('button').focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('removed: Shop 69').waitFor({ state: 'attached' });
  await dialog.getByText('added: Boutique').waitFor({ state: 'attached' });
  await page.waitForURL(/open=\d+/u);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  // The address alone brings it back.
  await page.goto(`${server.url}/audit?target=services%2Fshop&outcome=ok`);
  await settled(page);
  await page.getByRole('button', { name: 'Remove the filter target services/shop' }).waitFor();
  await page.getByRole('button', { name: 'Show older rows' }).click();
  await expect.poll(() => rows.count(), { timeout: 30_000 }).toBe(72);
  await context.close();
});
