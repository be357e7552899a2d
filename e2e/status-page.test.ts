/** A public status page on a real server: in a real browser, over real mail, kept current by push and never called live when it is not. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { violations, windows } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let browser: Browser;
let target: Target;
let mail: Mailbox;

beforeAll(async () => {
  server = await TestServer.start();
  browser = await launchBrowser();
  target = await startTarget();
  mail = await startMailbox();
  await fill();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  target?.close();
  mail?.close();
});

describe('in a browser', () => {
  for (const [scheme, width] of windows) {
    test(`${scheme}, ${width} px: accessible, nothing wider than the screen, nothing loaded from elsewhere`, async () => {
      const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } });
      const page = await context.newPage();
      const troubles: string[] = [];
      const hosts = new Set<string>();
      page.on('console', (message) => void (message.type() === 'error' && troubles.push(message.text())));
      page.on('pageerror', (error) => void troubles.push(error.message));
      page.on(
        'request',
        (request) => void (request.url().startsWith('http') && hosts.add(new URL(request.url()).host)),
      );
      await page.goto(`${server.url}/status/acme`);
      await isLive(page);
      expect(
        (await violations(page)).map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
      ).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      expect(troubles).toEqual([]);
      expect([...hosts]).toEqual([new URL(server.url).host]);
      await context.close();
    });
  }

  test('without a script the page is complete', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${server.url}/status/acme`);
    expect(await page.locator('.sentence').textContent()).toBe('All services are up');
    expect(await page.locator('.row').count()).toBe(2);
    expect(await page.locator('.bar').first().getAttribute('aria-label')).toMatch(/^Shop, last 90 days: /);
    expect(await page.locator('.asof').innerText()).toMatch(/^As of \d\d:\d\d:\d\d UTC$/);
    await context.close();
  });

  test('[PG9] an outage and an incident appear without a reload, within a second of the server knowing', async () => {
    const page = await open();
    await target.stop();
    await until('the server to see the outage', async () => (await statusOf('shop')) === 'down');
    const knewAt = performance.now();
    await page.locator('#s-shop .status[data-tone=down]').waitFor({ timeout: 30_000 });
    expect(performance.now() - knewAt).toBeLessThan(1_000);
    expect(await page.locator('.sentence').textContent()).toBe('Shop is down');
    expect(await page.title()).toBe('Down: Acme');

    const saidAt = performance.now();
    const made = await server.api('POST', '/v1/incidents', FIRE);
    expect(made.status).toBe(201);
    await page.getByRole('heading', { name: 'Shop does not answer' }).waitFor({ timeout: 30_000 });
    expect(performance.now() - saidAt).toBeLessThan(1_000);

    await target.start();
    await page.locator('#s-shop .status[data-tone=up]').waitFor({ timeout: 30_000 });
    expect(await page.locator('.sentence').textContent()).toBe('One incident is open');
    await isSamePage(page);
    await page.close();
  });

  test('[PG10] when the server is gone nothing is called live, after a while the page says so, and it comes back by itself', async () => {
    const page = await browser.newPage();
    await page.clock.install();
    await page.goto(`${server.url}/status/acme`);
    await isLive(page);
    await page.evaluate(() => Object.assign(window, { isSame: true }));
    await server.kill();
    await page.locator('#pill:not([data-is=live])').waitFor({ timeout: 30_000 });
    expect(await page.locator('html.is-stale').count()).toBe(1);
    await page.clock.fastForward(20_000);
    await page.locator('#stale:not([hidden])').waitFor({ timeout: 30_000 });
    expect(await page.locator('#stale').textContent()).toMatch(
      /^Not live: the server was last heard at \d\d:\d\d:\d\d UTC\./,
    );
    expect(await page.locator('#pill').textContent()).toBe('Not live');
    await server.launch();
    await until('the page to be live again', async () => {
      await page.clock.fastForward(3_000);
      return (await page.locator('#pill').getAttribute('data-is')) === 'live';
    });
    expect(await page.locator('#stale').isHidden()).toBe(true);
    await isSamePage(page);
    await page.close();
  });

  test('[PG11] where push is refused the page asks instead, and calls itself current', async () => {
    const page = await browser.newPage();
    await page.route('**/status/acme/live*', (route) => route.fulfill({ status: 503, body: '' }));
    await page.goto(`${server.url}/status/acme`);
    await until('the page to be current', async () => (await page.locator('#pill').textContent()) === 'Current');
    await page.evaluate(() => Object.assign(window, { isSame: true }));
    await server.api('POST', '/v1/incidents/fire/update', { text: 'A word for those who ask.' });
    await page.getByText('A word for those who ask.').waitFor({ timeout: 20_000 });
    await isSamePage(page);
    await page.close();
  });

  test('a day is told by its bar, for the pointer and for the arrow keys', async () => {
    const page = await open();
    await page.locator('#s-shop .bar').focus();
    await page.locator('#card:not([hidden])').waitFor();
    const today = await page.locator('#card').textContent();
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('#card').textContent()).not.toBe(today);
    await page.keyboard.press('Escape');
    expect(await page.locator('#card').isHidden()).toBe(true);
    await page.locator('#s-shop .bar rect').last().hover();
    expect(await page.locator('#card').textContent()).toBe(today);
    expect(today).toContain('Shop does not answer');
    await page.close();
  });

  test('[PG8] a page of a listed origin may frame the embed, and nobody else; the page itself nobody may', async () => {
    const host = await startHost(`<iframe src="${server.url}/embed/acme" width="400" height="150"></iframe>`);
    const other = await startHost(`<iframe src="${server.url}/status/acme"></iframe>`);
    try {
      const page = await browser.newPage();
      await page.goto(host.url);
      expect((await shown(page)).includes('Acme')).toBe(false);
      await server.api('PATCH', '/v1/pages/acme', { frames: [host.url] });
      await until('the frame to be shown', async () => {
        await page.reload();
        return (await shown(page)).includes('Acme');
      });
      await page.goto(other.url);
      expect((await shown(page)).includes('Acme')).toBe(false);
      await page.close();
    } finally {
      host.close();
      other.close();
    }
  });

  test('[PG6] a page with a password lets in who knows it, and puts them out when it changes', async () => {
    await server.api('POST', '/v1/pages', { ...ACME, id: 'staff', slug: 'staff', access: 'password' });
    expect((await server.api('POST', '/v1/pages/staff/secure', { password: 'tell nobody' })).status).toBe(200);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${server.url}/status/staff`);
    await page.getByLabel('Password').fill('wrong one');
    await page.getByRole('button').click();
    await page.getByText('That was not the password.').waitFor();
    await page.getByLabel('Password').fill('tell nobody');
    await page.getByRole('button').click();
    await isLive(page);
    expect((await violations(page)).map(({ id }) => id)).toEqual([]);
    await server.api('POST', '/v1/pages/staff/secure', { password: 'another one' });
    await page.getByText('This page asks for a password').waitFor({ timeout: 30_000 });
    await context.close();
  });
});

test('[PG13, PG14] signing up, confirming, being told once and leaving, over real mail', async () => {
  // There already, unless this test runs alone.
  expect([201, 409]).toContain((await server.api('POST', '/v1/incidents', FIRE)).status);
  const page = await browser.newPage();
  await page.goto(`${server.url}/status/acme`);
  await page.getByLabel('E-mail address').fill('ada@example.org');
  await page.getByRole('button', { name: 'Subscribe' }).first().click();
  await page.getByText('Nearly there').waitFor();
  await until('the question to arrive', () => mail.letters.length === 1);
  const [question = ''] = mail.letters;
  expect(question).toContain('To: ada@example.org');

  // Not confirmed: told nothing.
  await server.api('POST', '/v1/incidents/fire/update', { text: 'Not for those who only asked.' });
  const link = linksOf(question).find((each) => each.includes('/status/-/confirm')) ?? '';
  await page.goto(link);
  await page.getByRole('button', { name: 'Yes, subscribe' }).click();
  await page.getByText('Every message has a link to leave').waitFor();
  await page.close();
  expect((await server.api('GET', '/v1/subscribers')).body.rows).toMatchObject([
    { kind: 'email', target: 'a...@example.org', state: 'confirmed', nextAt: null },
  ]);

  await server.api('POST', '/v1/incidents/fire/update', { text: 'For those who confirmed.', phase: 'identified' });
  await until('the news to arrive', () => mail.letters.length === 2);
  const letter = mail.letters[1] ?? '';
  expect(letter).toContain('For those who confirmed.');
  expect(letter).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m);

  // What was sent and not yet noted would be sent once more: that is the outbox's promise, not what is shown here.
  await until('the news to be noted as sent', async () => {
    const { rows } = (await server.api('GET', '/v1/deliveries')).body;
    return rows.every(({ state }: { state: string }) => state === 'delivered');
  });
  // Killed and started again, nothing is told twice and nothing is lost.
  await server.kill();
  await server.launch();
  await server.api('POST', '/v1/incidents/fire/update', { text: 'After the start.' });
  await until('the next news to arrive', () => mail.letters.length === 3);
  expect(mail.letters[2]).toContain('After the start.');

  const leave = linksOf(letter).find((each) => each.includes('/status/-/leave')) ?? '';
  const left = await fetch(leave, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) });
  expect(left.status).toBe(200);
  expect((await server.api('GET', '/v1/subscribers')).body.rows).toEqual([]);
  await server.api('POST', '/v1/incidents/fire/resolve', { text: 'Over.' });
  const state = await (await fetch(`${server.url}/status/acme.json`)).json();
  expect(JSON.stringify(state)).toContain('Over.');
  const deliveries = await server.api('GET', '/v1/deliveries');
  expect(deliveries.body.rows.filter(({ kind }: { kind: string }) => kind === 'incident')).toHaveLength(2);
  expect(mail.letters).toHaveLength(3);
});

const FIRE = {
  id: 'fire',
  title: 'Shop does not answer',
  text: 'We are looking.',
  impact: 'major',
  affected: [{ ref: 'services/shop', impact: 'down' }],
  isPublished: true,
};

const ACME = {
  title: 'Acme',
  isPublished: true,
  refreshMs: 5_000,
  groups: [
    { name: 'Shop', services: [{ id: 'shop', isNumbered: true }] },
    { name: 'Rest', services: [{ id: 'docs', name: 'Documentation' }] },
  ],
};

async function fill(): Promise<void> {
  const check = { intervalMs: 1_000, timeoutMs: 900, failAfter: 2, recoverAfter: 1 };
  for (const [id, name] of [
    ['shop', 'Shop'],
    ['docs', 'internal name of the docs'],
  ]) {
    const url = id === 'shop' ? target.url : `${server.url}/health`;
    const made = await server.api('POST', '/v1/services', { id, name, kind: 'http', target: url, check });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
  }
  const channel = await server.api('POST', '/v1/channels', {
    id: 'mail',
    name: 'Mail',
    kind: 'email',
    settings: {
      host: '127.0.0.1',
      port: mail.port,
      tls: 'none',
      from: 'status@acme.example',
      to: ['ops@acme.example'],
    },
  });
  expect(channel.status, JSON.stringify(channel.body)).toBe(201);
  const page = await server.api('POST', '/v1/pages', { ...ACME, id: 'acme', slug: 'acme', channel: 'mail' });
  expect(page.status, JSON.stringify(page.body)).toBe(201);
  for (const id of ['shop', 'docs']) await until(`${id} to be up`, async () => (await statusOf(id)) === 'up');
}

async function statusOf(id: string): Promise<string> {
  return (await server.api('GET', `/v1/services/${id}`)).body.status;
}

async function open(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${server.url}/status/acme`);
  await isLive(page);
  await page.evaluate(() => Object.assign(window, { isSame: true }));
  return page;
}

async function isLive(page: Page): Promise<void> {
  await page.locator('#pill[data-is=live]').waitFor({ timeout: 10_000 });
}

async function isSamePage(page: Page): Promise<void> {
  expect(await page.evaluate(() => Reflect.get(window, 'isSame'))).toBe(true);
}

/** What the frame of a page shows. */
async function shown(page: Page): Promise<string> {
  const frame = page.frames().at(-1);
  return (await frame?.locator('body').textContent({ timeout: 5_000 })) ?? '';
}

function linksOf(letter: string): readonly string[] {
  return letter.match(/http:\/\/[^\s<>"]+/g) ?? [];
}

interface Target {
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): void;
}

/** Something to watch that can be killed and started again on its port. */
async function startTarget(): Promise<Target> {
  let running: Server | null = null;
  let port = 0;
  const target = {
    url: '',
    start: async () => {
      const next = createServer((_, response) => void response.end('ok'));
      await new Promise<void>((resolve) => next.listen(port, '127.0.0.1', resolve));
      port = (next.address() as AddressInfo).port;
      running = next;
    },
    stop: async () => {
      const ending = running;
      running = null;
      ending?.closeAllConnections();
      await new Promise<void>((resolve) => (ending === null ? resolve() : ending.close(() => resolve())));
    },
    close: () => {
      running?.closeAllConnections();
      running?.close();
    },
  };
  await target.start();
  return { ...target, url: `http://127.0.0.1:${port}/` };
}

async function startHost(body: string): Promise<{ readonly url: string; close(): void }> {
  const host = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>host</title>${body}`);
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(host.address() as AddressInfo).port}`,
    close: () => {
      host.closeAllConnections();
      host.close();
    },
  };
}

interface Mailbox {
  readonly port: number;
  /** Whole messages as they came, soft line breaks undone. */
  readonly letters: string[];
  close(): void;
}

async function startMailbox(): Promise<Mailbox> {
  const letters: string[] = [];
  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        letters.push(text.replaceAll('=\r\n', '').replaceAll('=3D', '=').replaceAll('\r\n ', ' '));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()));
  return { port: (smtp.server.address() as AddressInfo).port, letters, close: () => smtp.close(() => undefined) };
}
