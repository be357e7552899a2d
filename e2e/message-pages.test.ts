/** Messages in real browsers: their life on the dashboard, and words of which nothing runs, is asked for or dressed up, whatever a writer types. */
import { MessageBody } from '@statewire/react';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { hostileMarkdown, wordsAlone } from './harness/hostile-markdown.ts';
import { listen, openWindow, seriousViolations, settled, shot } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

let browser: Browser;
let server: TestServer;
/** One sign-in for all: signing in has its own rate limit, and is not what is looked at here. */
let context: BrowserContext;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), TestServer.start()]);
  context = await openWindow(browser, 'light', 1440);
  await signIn(context, server);
  for (const id of ['acme', 'beta']) {
    expect((await server.api('POST', '/v1/customers', { id, name: `${id} Ltd` })).status).toBe(201);
  }
  expect((await server.api('POST', '/v1/users', { id: 'ana', name: 'Ana', customer: 'acme' })).status).toBe(201);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function visit(path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}${path}`);
  await settled(page);
  return page;
}

/** `2026-11-29T14:05`, as the platform's picker takes it, some minutes from now. */
function ahead(minutes: number): string {
  const at = new Date(Date.now() + minutes * 60_000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const message = async (id: string) => (await server.api('GET', `/v1/messages/${id}`)).body;

test('[MS1] [MS9] the life of a message on its page: drafted, scheduled, active in another tab, put away, withdrawn', async () => {
  const troubles: string[] = [];
  const reader = await visit('/services');
  // The newest tab is in front: behind it a page is drawn once a second, and every press takes two.
  const writer = await visit('/messages');
  listen(writer, troubles);
  await writer.getByRole('button', { name: 'New message' }).first().click();
  const form = writer.getByRole('dialog', { name: 'New message' });
  const save = form.getByRole('button', { name: 'Save as a draft' });

  // What is wrong is said while it is written, in the server's own words where they are plain, and nothing is sent.
  await save.click();
  await form.getByText('Say in a few words what it is about').waitFor();
  await form.getByRole('textbox', { name: 'Title' }).fill('Payments are slow');
  await form.getByText('Say in a few words what it is about').waitFor({ state: 'detached' });
  await form.getByRole('textbox', { name: 'Text' }).fill('We **see it**. <img src=x onerror=alert(1)>');
  await form.getByLabel('Link', { exact: true }).fill('More');
  await form.getByLabel('Where it leads').fill('javascript:alert(1)');
  await form.getByText(/Expected an address such as/u).waitFor();
  await form.getByLabel('Where it leads').fill('https://status.example.org/');
  await form.getByText(/Expected an address such as/u).waitFor({ state: 'detached' });
  await form.getByLabel('Begins').fill(ahead(90));
  await form.getByLabel('Ends').fill(ahead(60));
  await form.getByText('It ends before it begins').waitFor();
  expect((await server.api('GET', '/v1/messages')).body.rows).toEqual([]);
  await form.getByLabel('Ends').fill(ahead(120));
  await form.getByText('It ends before it begins').waitFor({ state: 'detached' });

  // To whom it goes, counted as it stands.
  await form.getByText(/Reaches 1 person here and all 2 customers \(1 user\)/u).waitFor();
  await form.getByLabel('For whom').selectOption('Customers');
  await form.getByText('Reaches all 2 customers (1 user)').waitFor();
  await form.getByLabel('These alone').check();
  await form.getByText('Reaches nobody yet').waitFor();
  await form.getByRole('combobox', { name: 'Add a customer' }).fill('acm');
  await form.getByRole('option', { name: /acme Ltd/u }).click();
  await form.getByText('Reaches 1 customer (1 user)').waitFor();
  await form.getByRole('button', { name: 'Without acme Ltd' }).click();
  await form.getByLabel('For whom').selectOption('Everyone');
  await form.getByLabel('Priority').selectOption('Warning');

  // As it will look: emphasis is drawn, a tag is words.
  const preview = form.getByLabel('Preview');
  await preview.locator('strong', { hasText: 'see it' }).waitFor();
  expect(await preview.locator('img').count()).toBe(0);
  expect(await seriousViolations(writer)).toEqual([]);
  await shot(writer, 'messages-compose');
  await save.click();
  await form.waitFor({ state: 'detached' });
  const [{ id }] = (await server.api('GET', '/v1/messages')).body.rows;
  expect(await message(id)).toMatchObject({
    state: 'draft',
    priority: 'warning',
    audience: 'everyone',
    customers: null,
  });

  await writer.getByRole('tab', { name: /Drafts/u }).click();
  await writer.getByRole('row', { name: /Payments are slow/u }).waitFor();
  await writer.getByRole('link', { name: 'Payments are slow' }).click();
  await writer.getByRole('heading', { level: 1, name: 'Payments are slow' }).waitFor();
  await writer.getByRole('button', { name: 'Schedule' }).click();
  await writer.getByText('Scheduled', { exact: true }).first().waitFor();
  expect(await message(id)).toMatchObject({ state: 'scheduled' });

  // Somebody else changes the title while this person does: the same field asks.
  await writer.keyboard.press('e');
  const edit = writer.getByRole('dialog').first();
  await edit.getByRole('textbox', { name: 'Title' }).fill('Payments are slow today');
  await server.api('PATCH', `/v1/messages/${id}`, { title: 'Payments are late' });
  await edit.getByRole('button', { name: 'Save', exact: true }).click();
  const asked = writer.getByRole('dialog', { name: 'Somebody changed this too' });
  await asked.getByText('Payments are late', { exact: true }).waitFor();
  await asked.getByLabel(/^Yours/u).check();
  await asked.getByRole('button', { name: 'Save these' }).click();
  await asked.waitFor({ state: 'detached' });
  await writer.getByRole('heading', { level: 1, name: 'Payments are slow today' }).waitFor();

  // Its beginning comes: nobody has reloaded anything.
  const banner = reader.locator('.sw-message', { hasText: 'Payments are slow today' });
  expect(await banner.count()).toBe(0);
  expect((await server.api('PATCH', `/v1/messages/${id}`, { startsAt: Date.now() + 1_000 })).status).toBe(200);
  await banner.waitFor();
  await until('it to count as seen', async () => (await message(id)).shown === 1);
  await reader.bringToFront();
  await banner.getByRole('button', { name: /^Put away/u }).click();
  await banner.waitFor({ state: 'detached' });
  await writer.bringToFront();
  const numbers = writer.getByLabel('Statistics');
  await numbers.getByText('100 % of them').waitFor();
  await writer.getByText('by the clock').waitFor();
  await shot(writer, 'message-active');

  await writer.getByRole('button', { name: 'Withdraw', exact: true }).click();
  await writer.getByRole('button', { name: 'Withdraw it' }).click();
  await writer.getByText('Withdrawn', { exact: true }).first().waitFor();
  expect(await message(id)).toMatchObject({ state: 'withdrawn', shown: 1, dismissed: 1 });
  // What is over is written again from what it said, without its times.
  await writer.getByRole('button', { name: /^More for/u }).click();
  await writer.getByRole('menuitem', { name: 'Duplicate' }).click();
  const again = writer.getByRole('dialog', { name: 'New message' });
  await until(
    'its words',
    async () => (await again.getByRole('textbox', { name: 'Title' }).inputValue()) === 'Payments are slow today',
  );
  expect(await again.getByLabel('Begins').inputValue()).toBe('');
  expect(troubles).toEqual([]);
  await Promise.all([writer.close(), reader.close()]);
});

test('[UI30] no script of a message runs, no request leaves, no handler and no strange address is in the page', async () => {
  const page = await browser.newPage();
  const asked: string[] = [];
  await page.route('**/*', async (route) => {
    asked.push(route.request().url());
    await route.abort();
  });
  const bodies = hostileMarkdown.map((text) => renderToStaticMarkup(createElement(MessageBody, { text })));
  // The corpus can do harm: one payload as it is, in the same page, does.
  await page.setContent('<img src=x onerror="window.owned=1"><img src="http://192.0.2.1/a.png">');
  await page.waitForFunction(() => Reflect.get(window, 'owned') === 1);
  expect(asked.length).toBeGreaterThan(0);
  await page.setContent('<p>clean</p>');
  await page.evaluate(() => Reflect.deleteProperty(window, 'owned'));
  asked.length = 0;
  await page.setContent(`<main>${bodies.join('<hr class="between">')}</main>`);
  for (const link of await page.locator('main a').all()) await link.hover();
  const found = await page.evaluate(() => {
    const all = [...document.querySelectorAll('main *')];
    return {
      owned: Reflect.get(window, 'owned') ?? null,
      tags: [...new Set(all.map((each) => each.tagName.toLowerCase()))],
      attributes: [...new Set(all.flatMap((each) => each.getAttributeNames()))],
      hrefs: all.flatMap((each) => each.getAttribute('href') ?? []),
      separators: document.querySelectorAll('main > hr.between').length,
    };
  });
  expect(found.owned).toBeNull();
  expect(asked).toEqual([]);
  wordsAlone(found);
  // No message closed what is around it.
  expect(found.separators).toBe(hostileMarkdown.length - 1);
  await page.close();
});
