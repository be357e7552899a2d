/** The web components as an app without React has them: one script tag, a strict content policy, and the real server. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { listen, seriousViolations, shot } from './harness/look.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { serveFolder, type Site } from './harness/static.ts';

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
