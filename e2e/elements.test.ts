/** The web components as an app without React has them: one script tag, a strict content policy, and the real server. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { hostileMarkdown, wordsAlone } from './harness/hostile-markdown.ts';
import { listen, openWindow, seriousViolations, shot } from './harness/look.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { serveFolder, type Site } from './harness/static.ts';
import { until } from './harness/until.ts';

let browser: Browser;
let server: TestServer;
let site: Site;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'statewire-elements-'));
  const built = spawnSync('node_modules/.bin/vite', ['build', 'packages/elements', '--outDir', dir], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`the elements do not build:\n${built.stdout}${built.stderr}`);
  site = await serveFolder(dir);
  server = await TestServer.start({ STATEWIRE_ORIGINS: site.url });
  writeFileSync(join(dir, 'setup.js'), setup(server.url));
  writeFileSync(join(dir, 'page.css'), 'body { background: light-dark(white, black); font-family: sans-serif; }');
  writeFileSync(join(dir, 'index.html'), page(server.url));
  writeFileSync(join(dir, 'banner.html'), BANNER);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  site?.close();
  rmSync(dir, { recursive: true, force: true });
});

test('one file of at most 32 kB compressed has all of it', () => {
  const file = join(dir, 'statewire-elements.js');
  expect(statSync(file).size).toBeGreaterThan(10_000);
  expect(gzipSync(readFileSync(file)).length).toBeLessThanOrEqual(32_000);
});

test('[UI24] live records come, change and survive a crash of the server, under a strict content policy', async () => {
  const made = await server.api('POST', '/v1/jobs', {
    id: 'scan',
    title: 'Nightly scan',
    state: 'running',
    done: 30,
    total: 500,
    unit: 'files',
  });
  expect([made.status, made.body]).toEqual([201, expect.anything()]);
  const context = await browser.newContext({ viewport: { width: 800, height: 600 }, colorScheme: 'dark' });
  const tab = await context.newPage();
  const troubles: string[] = [];
  listen(tab, troubles);
  await tab.goto(`${site.url}/`);
  const bar = tab.getByRole('progressbar', { name: 'Nightly scan' });
  await tab.getByRole('button', { name: 'Live' }).waitFor();
  await has(tab, '6 %');
  await tab.locator('sw-feed').getByText('Nightly scan').waitFor();
  await tab.locator('sw-badge[record]').getByText('Running').waitFor();
  const patched = await server.api('PATCH', '/v1/jobs/scan', { done: 250 });
  expect(patched.status).toBe(200);
  await has(tab, '50 %');
  expect(await bar.getAttribute('aria-valuetext')).toBe('50 %, 250 of 500 files');
  expect(await seriousViolations(tab)).toEqual([]);
  await shot(tab, 'elements');
  expect(troubles).toEqual([]);
  await server.kill();
  await tab.getByRole('button', { name: /Reconnecting/u }).waitFor();
  await server.launch();
  await tab.getByRole('button', { name: /Live|Reconnecting/u }).click();
  await tab.getByRole('button', { name: 'Live' }).waitFor();
  await server.api('PATCH', '/v1/jobs/scan', { done: 400 });
  await has(tab, '80 %');
  await context.close();
});

test('without a server plain attributes are shown, and a page that is dark has them dark', async () => {
  const context = await browser.newContext({ viewport: { width: 390, height: 600 } });
  const tab = await context.newPage();
  await tab.goto(`${site.url}/`);
  const badge = tab.locator('sw-badge[status="down"]');
  await badge.getByText('Down').waitFor();
  const colour = (): Promise<string> =>
    badge.evaluate((node) => {
      const word = node.shadowRoot?.querySelector('[part="badge"]');
      return word == null ? '' : getComputedStyle(word).color;
    });
  const light = await colour();
  await badge.evaluate((node) => node.setAttribute('theme', 'dark'));
  expect(await colour()).not.toBe(light);
  await badge.evaluate((node) => document.documentElement.style.setProperty('--sw-down', 'rgb(1, 2, 3)') ?? node);
  expect(await colour()).toBe('rgb(1, 2, 3)');
  await context.close();
});

const message = async (id: string) => (await server.api('GET', `/v1/messages/${id}`)).body;

async function say(fields: object): Promise<void> {
  const said = await server.api('POST', '/v1/messages', { publish: true, ...fields });
  expect(said.status, JSON.stringify(said.body)).toBe(201);
}

test('[UI31] a banner comes without a reload, is put away on this browser alone, and is counted once', async () => {
  const [one, other] = await Promise.all([openWindow(browser, 'light', 1440), openWindow(browser, 'dark', 390)]);
  const [tab, phone] = await Promise.all([one.newPage(), other.newPage()]);
  const troubles: string[] = [];
  listen(tab, troubles);
  await Promise.all([tab, phone].map((each) => each.goto(`${site.url}/banner.html`)));
  await Promise.all([tab, phone].map((each) => each.getByRole('button', { name: 'Live' }).waitFor()));
  await say({
    id: 'slow',
    title: 'Payments are slow',
    body: 'We **see it**:\n\n- cards\n- invoices',
    priority: 'warning',
    link: { text: 'More', url: 'https://status.example.org/' },
  });
  await say({ id: 'stays', title: 'The office is closed', dismissible: false });
  const slow = (page: Page) => page.locator('sw-banner .message', { hasText: 'Payments are slow' });
  for (const page of [tab, phone]) {
    await slow(page).locator('strong', { hasText: 'see it' }).waitFor();
    await page.locator('sw-banner .message', { hasText: 'The office is closed' }).waitFor();
    expect(await page.getByRole('button', { name: 'Put away: The office is closed' }).count()).toBe(0);
    expect(await seriousViolations(page)).toEqual([]);
  }
  await shot(tab, 'banner-desk');
  await shot(phone, 'banner-phone');
  await tab.getByRole('button', { name: 'Put away: Payments are slow' }).click();
  await slow(tab).waitFor({ state: 'detached' });
  await until('two readers, one of whom put it away', async () => {
    const { shown, dismissed } = await message('slow');
    return shown === 2 && dismissed === 1;
  });
  // Away for good here, and there it stands.
  await tab.reload();
  await tab.locator('sw-banner .message', { hasText: 'The office is closed' }).waitFor();
  expect(await slow(tab).count()).toBe(0);
  expect(await slow(phone).count()).toBe(1);
  expect(await message('slow')).toMatchObject({ shown: 2, dismissed: 1 });
  await server.api('POST', '/v1/messages/slow/withdraw', {});
  await slow(phone).waitFor({ state: 'detached' });
  await server.api('POST', '/v1/messages/stays/withdraw', {});
  expect(troubles).toEqual([]);
  await Promise.all([one.close(), other.close()]);
});

test('[UI30] a banner in a page without a policy runs, loads and dresses up nothing of what a writer typed', async () => {
  // The server takes no control characters: those texts never get this far.
  const texts = hostileMarkdown.filter((text) => !/[^\P{Cc}\n\t]/u.test(text));
  expect(texts.length).toBeGreaterThan(40);
  for (const [i, body] of texts.entries()) await say({ id: `hostile-${i}`, title: `<b>${i}</b>`, body });
  const context = await browser.newContext();
  const tab = await context.newPage();
  const asked: string[] = [];
  tab.on('request', (request) => asked.push(request.url()));
  await tab.goto(`${site.url}/banner.html`);
  const all = tab.locator('sw-banner .message');
  await until('every message', async () => (await all.count()) === texts.length);
  for (const link of await tab.locator('sw-banner .prose a').all()) await link.hover();
  const found = await tab.evaluate(() => {
    const root = document.querySelector('sw-banner')?.shadowRoot;
    const nodes = [...(root?.querySelectorAll('.prose *') ?? [])];
    return {
      owned: Reflect.get(window, 'owned') ?? null,
      tags: [...new Set(nodes.map((each) => each.tagName.toLowerCase()))],
      attributes: [...new Set(nodes.flatMap((each) => each.getAttributeNames()))],
      hrefs: nodes.flatMap((each) => each.getAttribute('href') ?? []),
      titles: root?.querySelectorAll('.message-title b').length,
    };
  });
  expect(found.owned).toBeNull();
  wordsAlone(found);
  expect(found.hrefs.length).toBeGreaterThan(3);
  expect(found.titles).toBe(0);
  expect(asked.filter((url) => !url.startsWith(site.url) && !url.startsWith(server.url))).toEqual([]);
  await context.close();
});

async function has(tab: Page, text: string): Promise<void> {
  await tab.locator('sw-progress').getByText(text, { exact: true }).waitFor();
}

function setup(url: string): string {
  return `import { configure } from './statewire-elements.js';\nconfigure({ url: '${url}', token: '${ADMIN_KEY}' });\n`;
}

function page(url: string): string {
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src ${url} ${url.replace('http', 'ws')}; img-src data:`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <title>Elements</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/page.css" />
    <script type="module" src="/setup.js"></script>
  </head>
  <body>
    <main>
      <h1>Elements</h1>
      <p><sw-connection></sw-connection></p>
      <p><sw-badge status="down" variant="soft"></sw-badge> <sw-badge collection="jobs" record="scan"></sw-badge></p>
      <p><sw-uptime bar="uuuuuguuddu" label="Search"></sw-uptime></p>
      <p><sw-progress record="scan"></sw-progress></p>
      <sw-feed collection="jobs" status-field="state"></sw-feed>
    </main>
  </body>
</html>
`;
}

const BANNER = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Banner</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/page.css" />
    <script type="module" src="/setup.js"></script>
  </head>
  <body>
    <main>
      <h1>An app</h1>
      <sw-banner max="50"></sw-banner>
      <p><sw-connection></sw-connection></p>
    </main>
  </body>
</html>
`;
