/** The service editor, the import dialog, the overview and the palette, on a real server and in a real browser. */
import { createServer as createWeb } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { looks, openWindow, seriousViolations, settled, shot, type Theme } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let web: Target;
let redis: Target;
const troubles: string[] = [];

beforeAll(async () => {
  server = await TestServer.start();
  browser = await launchBrowser();
  [web, redis] = await Promise.all([startWeb(), startRedis()]);
  context = await open('light', 1440);
  await signIn(context, server);
  page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([web?.close(), redis?.close()]);
  await server?.close();
});

test('an empty page: a pasted URL opens the form with its kind, target and a name', async () => {
  await page.goto(`${server.url}/services`);
  await page.getByLabel('URL or address to watch').fill(`${web.url}/health`);
  await shot(page, 'editor-first');
  expect(await serious(page)).toEqual([]);
  await page.getByRole('button', { name: 'Watch it' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('radio', { name: 'HTTP' }).isChecked()).toBe(true);
  expect(await dialog.getByLabel('URL', { exact: true }).inputValue()).toBe(`${web.url}/health`);
  expect(page.url()).not.toContain('health');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
});

test('a condition is refused at its column while it is typed, mended, and judges the answer', async () => {
  await add('HTTP', 'Shop');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('URL', { exact: true }).fill(`${web.url}/health`);
  await dialog.getByRole('button', { name: 'json.status == "ok"' }).click();
  const line = dialog.getByLabel('Must hold, line 1');
  expect(await line.evaluate((element) => element === document.activeElement)).toBe(true);
  await line.fill('json.status = "ok"');
  await dialog.getByText('Column 13: found =, expected == to compare').waitFor();
  await shot(page, 'editor-condition');
  expect(await serious(page)).toEqual([]);
  // The mark stands under the column that is named.
  const [above = '', mark = ''] = ((await dialog.locator('pre').textContent()) ?? '').split('\n');
  expect(above[mark.indexOf('^')]).toBe('=');
  await dialog.getByRole('button', { name: 'Add and check now' }).click();
  await dialog.getByRole('alert').getByText('One field needs another look.').waitFor();
  expect((await server.api('GET', '/v1/services/shop')).status).toBe(404);
  await line.fill('json.status == "ok"');
  await line.press('Enter');
  await dialog.getByLabel('Must hold, line 2').fill('latency < 30s');
  await save(dialog);
  await shown('shop', 'up');
  const check = (await server.api('GET', '/v1/checks/shop')).body;
  expect(check.conditions).toEqual(['json.status == "ok"', 'latency < 30s']);
});

test('a database kind: settings and a secret that is never shown again, replaced and removed', async () => {
  await add('Redis', 'Cache');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Host and port').fill(redis.at);
  await dialog.getByLabel('Command').fill('FLUSHALL');
  await dialog.getByRole('button', { name: 'Add and check now' }).click();
  await dialog.getByText(/expected a command that reads/iu).waitFor();
  await dialog.getByLabel('Command').fill('LLEN jobs');
  await dialog.getByLabel('Password').fill('s3cret-of-cache');
  await dialog.getByRole('button', { name: 'value < 1000' }).click();
  await shot(page, 'editor-redis');
  await save(dialog);
  await shown('cache', 'up');
  expect(redis.seen).toContain('s3cret-of-cache');
  expect((await server.api('GET', '/v1/checks/cache')).body).toMatchObject({
    secrets: ['password'],
    probe: { kind: 'redis', command: ['LLEN', 'jobs'] },
    conditions: ['value < 1000'],
  });

  await page.goto(`${server.url}/services?edit=cache`);
  await dialog.getByText('Set. Empty keeps it, anything else replaces it.').waitFor();
  expect(await dialog.innerHTML()).not.toContain('s3cret-of-cache');
  await dialog.getByLabel('Command').fill('GET "a key"');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect((await server.api('GET', '/v1/checks/cache')).body).toMatchObject({
    secrets: ['password'],
    probe: { command: ['GET', 'a key'] },
  });
  await page.goto(`${server.url}/services?edit=cache`);
  await dialog.getByRole('button', { name: 'Remove Password' }).click();
  await dialog.getByText('Goes when you save.').waitFor();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect((await server.api('GET', '/v1/checks/cache')).body.secrets).toEqual([]);
});

test('a heartbeat by a cron pattern; what only the server can know is said at its field', async () => {
  await add('Heartbeat', 'Nightly backup');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Expected').selectOption('cron');
  await dialog.getByLabel('Cron pattern').fill('0 0 31 2 *');
  await dialog.getByLabel('Time zone').fill('Europe/Berlin');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  const pattern = dialog.getByLabel('Cron pattern');
  await until(
    'the pattern that never comes to be marked',
    async () => (await pattern.getAttribute('aria-invalid')) === 'true',
  );
  await pattern.fill('30 2 * * *');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  expect((await server.api('GET', '/v1/checks/nightly-backup')).body).toMatchObject({
    cron: '30 2 * * *',
    zone: 'Europe/Berlin',
    graceMs: 600_000,
  });
});

test('a port behind a balancer counts in a window and needs another service; a ring is refused at its field', async () => {
  await add('TCP port', 'Door');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Host and port').fill(new URL(web.url).host);
  await dialog.getByText('More settings').click();
  await dialog.getByLabel(/Count in a sliding window/u).check();
  await dialog.getByLabel('Down when').fill('9');
  await dialog.getByLabel('Of the last').fill('5');
  await dialog
    .getByRole('group', { name: /Needs these/u })
    .getByLabel(/Shop/u)
    .check();
  await dialog.getByRole('button', { name: 'Add and check now' }).click();
  await dialog.getByText('A whole number from 1 to the size of the window.').waitFor();
  await dialog.getByLabel('Down when').fill('2');
  await save(dialog);
  await shown('door', 'up');
  expect((await server.api('GET', '/v1/services/door')).body.dependsOn).toEqual(['services/shop']);
  expect((await server.api('GET', '/v1/checks/door')).body.window).toEqual({ bad: 2, size: 5 });

  await page.goto(`${server.url}/services?edit=shop`);
  await dialog.getByText('More settings').click();
  await dialog
    .getByRole('group', { name: /Needs these/u })
    .getByLabel(/Door/u)
    .check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog
    .locator('.text-down')
    .getByText(/services\/(?:shop|door)/u)
    .waitFor();
  expect((await server.api('GET', '/v1/services/shop')).body.dependsOn).toEqual([]);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
});

test('a group of chosen members becomes one state by its rule, and follows when members change', async () => {
  await add('Group', 'All of it');
  const dialog = page.getByRole('dialog');
  const members = dialog.getByRole('group', { name: /^Members/u });
  await members.getByLabel(/Shop/u).check();
  await members.getByLabel(/Cache/u).check();
  await dialog.getByLabel('Its state').selectOption('quorum');
  await dialog.getByLabel('Down when').fill('0');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByText('A whole number from 1 on.').waitFor();
  await dialog.getByLabel('Down when').fill('1');
  await shot(page, 'editor-group');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await shown('all-of-it', 'up');
  expect((await server.api('GET', '/v1/services/all-of-it')).body.members).toMatchObject({
    refs: ['services/shop', 'services/cache'],
    rule: 'quorum',
    bad: 1,
  });
  await page.goto(`${server.url}/services?edit=all-of-it`);
  await members.getByLabel(/Cache/u).uncheck();
  await dialog.getByLabel('And by themselves').selectOption('kind');
  await dialog.getByRole('group', { name: /Kinds/u }).getByLabel('TCP port').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect((await server.api('GET', '/v1/services/all-of-it')).body.members).toMatchObject({
    refs: ['services/shop'],
    where: ['in', 'kind', ['tcp']],
  });
});

test('what nobody touched is not sent: another person’s change meanwhile stays', async () => {
  await page.goto(`${server.url}/services?edit=shop`);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('The shop');
  expect((await server.api('PATCH', '/v1/services/shop', { description: 'by another' })).status).toBe(200);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect((await server.api('GET', '/v1/services/shop')).body).toMatchObject({
    name: 'The shop',
    description: 'by another',
  });
});

test('a Gatus file: the plan says what is taken and what is left and why; then it is taken, and the same again is no second one', async () => {
  const file = `endpoints:
  - name: front
    group: core
    url: ${web.url}/health
    interval: 60s
    conditions:
      - "[STATUS] == 200"
      - "[BODY].status == ok"
  - name: expiry
    url: https://example.org
    conditions:
      - "[DOMAIN_EXPIRATION] > 720h"
`;
  for (const action of ['add', 'update']) {
    await page.goto(`${server.url}/services`);
    await page.getByRole('button', { name: 'Import and export' }).click();
    await page.getByRole('menuitem', { name: 'Import', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('File', { exact: true }).setInputFiles({
      name: 'config.yaml',
      mimeType: 'application/yaml',
      buffer: Buffer.from(file),
    });
    // Whose file it is, it says itself.
    await dialog.getByText('1 to take, 1 left behind').waitFor();
    expect(await dialog.getByLabel('From').inputValue()).toBe('gatus');
    await dialog
      .getByRole('list', { name: 'What is left behind' })
      .getByText(/expiry/u)
      .waitFor();
    await dialog.getByRole('list', { name: 'What is taken' }).getByText(action, { exact: true }).waitFor();
    if (action === 'add') {
      expect((await server.api('GET', '/v1/services/gatus-core_front')).status).toBe(404);
      await shot(page, 'editor-import');
      expect(await serious(page)).toEqual([]);
    }
    await dialog.getByRole('button', { name: 'Import 1 service' }).click();
    await dialog.waitFor({ state: 'detached' });
    await shown('gatus-core_front', 'up');
  }
  expect((await server.api('GET', '/v1/checks/gatus-core_front')).body.conditions).toContain('status == 200');
});

test('a backup of Uptime Kuma is known by its words; a database is sent to the command line', async () => {
  await page.goto(`${server.url}/services?import=true`);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Content of the file').fill(
    JSON.stringify({
      version: '1.23.16',
      notificationList: [],
      monitorList: [
        { id: 2, name: 'Cart', type: 'http', url: `${web.url}/health`, interval: 60, active: 1 },
        { id: 4, name: 'Container', type: 'docker' },
      ],
    }),
  );
  await dialog.getByText('1 to take, 1 left behind').waitFor();
  expect(await dialog.getByLabel('From').inputValue()).toBe('uptime-kuma');
  await dialog
    .getByRole('list', { name: 'What is left behind' })
    .getByText(/docker/u)
    .waitFor();
  await dialog.getByRole('button', { name: 'Import 1 service' }).click();
  await dialog.waitFor({ state: 'detached' });
  await shown('kuma-2', 'up');
  await page.goto(`${server.url}/services?import=true`);
  await dialog.getByLabel('File', { exact: true }).setInputFiles({
    name: 'kuma.db',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('SQLite format 3\0rest of it'),
  });
  await dialog.getByText(/statewire import kuma\.db --dry-run/u).waitFor();
  expect(await dialog.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
});

test('the overview says what is open in a line each, and the palette acts on it', async () => {
  await post('/v1/incidents', { id: 'slow', title: 'Checkout is slow', affected: [] });
  await post('/v1/maintenances', {
    id: 'disks',
    title: 'New disks',
    selector: { collection: 'services', where: ['eq', 'id', 'door'] },
    schedule: { kind: 'once', durationMs: 3_600_000 },
  });
  await page.goto(server.url);
  const lines = page.getByRole('list', { name: 'Open now' });
  await lines.getByRole('link', { name: /Checkout is slow.*investigating/u }).waitFor();
  await lines.getByRole('link', { name: /New disks.*1 record, ends in/u }).waitFor();
  await shot(page, 'editor-overview');
  expect(await serious(page)).toEqual([]);

  await search('mute shop');
  await page.getByRole('option', { name: 'Mute The shop 1 h' }).click();
  await until('the shop to be muted', async () => (await server.api('GET', '/v1/services/shop')).body.overlay.muted);
  const { mutedUntil } = (await server.api('GET', '/v1/services/shop')).body;
  expect(mutedUntil - Date.now()).toBeGreaterThan(3_500_000);
  expect(mutedUntil - Date.now()).toBeLessThan(3_700_000);
  for (const [action, title] of [
    ['New incident', /incident/iu],
    ['Plan maintenance', /Plan maintenance/u],
  ] as const) {
    await search(action);
    await page.getByRole('option', { name: action }).click();
    await page.getByRole('dialog', { name: title }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  await search('checkout');
  await page.getByRole('option', { name: /Checkout is slow/u }).click();
  await page.waitForURL(/\/incidents\/slow/u);
  await page.getByRole('heading', { name: 'Checkout is slow' }).waitFor();
});

test('an alert that fires is a line of the overview, and is taken from the palette', async () => {
  web.isBroken = true;
  await server.api('PATCH', '/v1/services/gatus-core_front', { check: { failAfter: 1, intervalMs: 1000 } });
  await until('an alert to fire', async () => {
    const { body } = await server.api('GET', '/v1/metrics/fleet');
    return (body.values['alerts.firing'] ?? 0) > 0;
  });
  await page.goto(server.url);
  await page
    .getByRole('list', { name: 'Open now' })
    .getByRole('link', { name: /alerts? fires?/u })
    .waitFor();
  await search('acknowledge');
  const action = page.getByRole('option', { name: /^Acknowledge/u }).first();
  await shot(page, 'editor-palette');
  await action.click();
  await until('an alert to be acknowledged', async () => {
    const { body } = await server.api('GET', '/v1/alerts');
    return body.rows.some((alert: { state: string }) => alert.state === 'acknowledged');
  });
  web.isBroken = false;
});

describe('in light and dark, on a desk and a phone', () => {
  for (const [theme, width] of looks) {
    test(`${theme}, ${width} px: the dialogs have nothing serious for axe and nothing sideways`, async () => {
      const other = await open(theme, width);
      await signIn(other, server);
      const at = await other.newPage();
      for (const [name, path] of [
        ['import', '/services?import=true'],
        ['edit-group', '/services?edit=all-of-it'],
        ['edit-http', '/services?edit=shop'],
        ['edit-redis', '/services?edit=cache'],
        ['edit-heartbeat', '/services?edit=nightly-backup'],
        ['add', '/services?add=true'],
      ] as const) {
        await at.goto(`${server.url}${path}`);
        await at.getByRole('dialog').waitFor();
        const more = at.getByText('More settings');
        if ((await more.count()) > 0) await more.click();
        await settled(at);
        await shot(at, `editor-${name}-${width}-${theme}`);
        expect(await serious(at), name).toEqual([]);
        expect(await at.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(width);
      }
      await other.close();
    });
  }
});

test('nothing of all this made the browser complain', () => {
  expect(troubles.filter((text) => !/status of (?:404|409|422)/u.test(text))).toEqual([]);
});

async function add(kind: string, name: string): Promise<void> {
  await page.goto(`${server.url}/services?add=true`);
  const dialog = page.getByRole('dialog');
  await dialog.getByText(kind, { exact: true }).last().click();
  await dialog.getByLabel('Name').fill(name);
}

/** What is typed before the palette is there goes to the page. */
async function search(text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).fill(text);
}

async function save(dialog: Locator): Promise<void> {
  await dialog.getByRole('button', { name: 'Add and check now' }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function shown(id: string, status: string): Promise<void> {
  await until(
    `${id} to be ${status}`,
    async () => (await server.api('GET', `/v1/services/${id}`)).body.status === status,
  );
}

async function post(path: string, body: object): Promise<void> {
  const reply = await server.api('POST', path, body);
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
}

function open(theme: Theme, width: number): Promise<BrowserContext> {
  return openWindow(browser, theme, width);
}

/** What is serious once the page is at rest. */
async function serious(at: Page): Promise<readonly string[]> {
  await settled(at);
  return seriousViolations(at);
}

interface Target {
  readonly url: string;
  readonly at: string;
  /** Everything it was sent. */
  seen: string;
  isBroken: boolean;
  close(): Promise<void>;
}

async function startWeb(): Promise<Target> {
  return started('http', (target) =>
    createWeb((_request, response) => {
      response.statusCode = target.isBroken ? 500 : 200;
      response.setHeader('content-type', 'application/json');
      response.end('{"status":"ok"}');
    }),
  );
}

/** Speaks as much of Redis as a check asks of it. */
async function startRedis(): Promise<Target> {
  return started('redis', (target) =>
    createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk) => {
        target.seen += chunk.toString();
        for (const [command = ''] of chunk.toString().matchAll(/\b(?:AUTH|HELLO|PING|LLEN|GET)\b/giu))
          socket.write(REPLIES[command.toUpperCase()] ?? '-ERR unknown command\r\n');
      });
    }),
  );
}

const REPLIES: Readonly<Record<string, string>> = {
  AUTH: '+OK\r\n',
  HELLO: '-ERR unknown command\r\n',
  PING: '+PONG\r\n',
  LLEN: ':3\r\n',
  GET: ':7\r\n',
};

async function started(scheme: string, make: (target: Target) => Server): Promise<Target> {
  const sockets = new Set<Socket>();
  const target: Target = { url: '', at: '', seen: '', isBroken: false, close: () => Promise.resolve() };
  const listener = make(target);
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const at = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return Object.assign(target, {
    url: `${scheme}://${at}`,
    at,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        listener.close(() => resolve());
      }),
  });
}
