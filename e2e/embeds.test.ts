/**
 * What the token of an embed opens, over real REST and real live connections: the view it names, and nothing else, for
 * pages of the origins it names, until it is taken back.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { collections } from '@statewire/model';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '@statewire/protocol';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { launchBrowser } from './harness/browser.ts';
import { listen, seriousViolations, shot } from './harness/look.ts';
import { TestServer } from './harness/server.ts';
import { signIn } from './harness/sign-in.ts';
import { serveFolder, type Site } from './harness/static.ts';
import { until } from './harness/until.ts';

const SECRET = 'not-for-strangers';
const HERE = 'https://www.acme.example';
const ELSEWHERE = 'https://evil.example';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
  for (const [id, group] of [
    ['shop', 'shop'],
    ['till', 'shop'],
    ['payroll', 'inside'],
  ]) {
    const made = await server.api('POST', '/v1/services', {
      id,
      group,
      name: `The ${id}`,
      kind: 'heartbeat',
      labels: { note: SECRET },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
  }
  await server.api('POST', '/v1/jobs', { id: 'scan', kind: 'scan', title: SECRET, leaseMs: 86_400_000 });
});

afterAll(async () => {
  await server.close();
});

test('[HO5] a token shows the records and fields that its embed names, live, and not one byte more', async () => {
  const { token } = await embed({});
  const caller = await Caller.open(token, { path: '/panels/live' });
  caller.say({ t: 'sub', s: 1, c: 'services' });
  await until('the view', () => caller.rows().length === 2);
  expect(caller.rows()).toEqual([
    ['shop', { name: 'The shop', status: 'pending' }],
    ['till', { name: 'The till', status: 'pending' }],
  ]);
  expect((await server.api('PATCH', '/v1/services/till', { group: 'inside' })).status).toBe(200);
  await until('one to leave', () => caller.all.some((text) => text.includes('"out"')));
  expect((await server.api('PATCH', '/v1/services/till', { group: 'shop' })).status).toBe(200);
  await until('it to come back', () =>
    caller.all.some((text) => text.startsWith('{"t":"d"') && text.includes('The till')),
  );
  expect(caller.all.join('\n')).not.toMatch(new RegExp(`${SECRET}|payroll|inside|labels|check|target`, 'u'));
  caller.close();
});

test('[HO5] every other collection, every question of one’s own and every write is refused on the same connection', async () => {
  const { token } = await embed({});
  const caller = await Caller.open(token, { path: '/panels/live' });
  let s = 0;
  for (const c of [...Object.keys(collections), 'none-such'].filter((name) => name !== 'services')) {
    caller.say({ t: 'sub', s: (s += 1), c });
    expect(await caller.answerTo(s), c).toMatchObject({ t: 'err', code: 'forbidden' });
  }
  for (const more of [
    { f: ['all'] },
    { f: ['eq', 'group', 'inside'] },
    { f: ['eq', 'labels.note', SECRET] },
    { fields: ['name', 'labels'] },
    { sort: [['name', 'asc']], limit: 1 },
    { agg: { count: true, by: 'group' } },
  ]) {
    caller.say({ t: 'sub', s: (s += 1), c: 'services', ...more });
    expect(await caller.answerTo(s), JSON.stringify(more)).toMatchObject({ t: 'err', code: 'forbidden' });
  }
  for (const [m, mut] of [
    { c: 'services', k: 'shop', op: 'patch', f: { name: 'x' } },
    { c: 'services', k: 'shop', op: 'call', name: 'refresh' },
    { c: 'presences', k: 'x', op: 'call', name: 'enter', f: { at: 'services/shop' } },
    { c: 'embeds', k: 'x', op: 'call', name: 'token' },
    { c: 'jobs', k: 'scan', op: 'put', f: { done: 1 } },
  ].entries()) {
    caller.say({ t: 'mut', m: `m${m}`, ...mut });
    expect(await caller.answerTo(`m${m}`), JSON.stringify(mut)).toMatchObject({
      t: 'mr',
      ok: false,
      code: 'forbidden',
    });
  }
  // A better credential does not mend it either.
  const key = await server.api('POST', '/v1/keys', { name: 'reader', scope: 'read' });
  caller.say({ t: 'auth', token: key.body.secret });
  await until('the refusal', () => caller.all.some((text) => text.includes('"auth_invalid"')));
  caller.say({ t: 'sub', s: (s += 1), c: 'jobs' });
  expect(await caller.answerTo(s)).toMatchObject({ t: 'err', code: 'forbidden' });
  caller.close();
});

test('[HO5] no route of the API and no other door takes it', async () => {
  const { token } = await embed({});
  const { paths } = (await server.api('GET', '/openapi.json')).body;
  const open: string[] = [];
  let kept = 0;
  for (const [path, methods] of Object.entries<Record<string, unknown>>(paths)) {
    if (path.startsWith('/panels/')) continue;
    for (const method of Object.keys(methods)) {
      const at = path.replaceAll(/\{\w+\}/gu, 'shop');
      const as = (key: string | null): ReturnType<TestServer['api']> =>
        server.api(method.toUpperCase(), at, method === 'get' ? undefined : {}, { key });
      const [mine, nobody] = [await as(token), await as(null)];
      kept += mine.status === 401 ? 1 : 0;
      // What is open to everybody is open to it as to nobody; from the rest it is kept like whoever has no credential.
      if (mine.status !== 401 && mine.status !== nobody.status) open.push(`${method} ${path}: ${mine.status}`);
      expect(JSON.stringify(mine.body), path).not.toContain(SECRET);
    }
  }
  expect(open).toEqual([]);
  expect(kept).toBeGreaterThan(150);
  const caller = await Caller.open(token, { path: '/live' });
  await until('the end', () => caller.closedWith !== null);
  expect(caller.closedWith).toBe(4401);
  expect(caller.all.join()).toContain('no other door');
});

test('[HO6] only the token of an embed counts below /panels: no key, and no cookie', async () => {
  const key = await server.api('POST', '/v1/keys', { name: 'admin', scope: 'admin' });
  for (const credential of [key.body.secret, undefined, 'sw_embed_x']) {
    const caller = await Caller.open(credential, { path: '/panels/live' });
    await until('the end', () => caller.closedWith !== null);
    expect(caller.closedWith).toBe(4401);
  }
});

test('[HO6] pages of other origins are refused where an embed names some, over a socket and over plain requests', async () => {
  const { token } = await embed({ origins: [HERE] });
  const path = '/panels/live';
  const ours = await Caller.open(token, { path, origin: HERE });
  await until('the welcome', () => ours.all.some((text) => text.startsWith('{"t":"welcome"')));
  ours.close();
  for (const origin of [ELSEWHERE, `${HERE}.evil.example`, `${HERE}:8443`, 'null', undefined]) {
    const caller = await Caller.open(token, { path, origin });
    await until('the end', () => caller.closedWith !== null);
    expect(caller.closedWith, origin).toBe(4503);
  }
  const view = (origin: string): ReturnType<TestServer['api']> =>
    server.api('GET', `/panels/live/v1/view?sub=${encodeURIComponent('{"c":"services"}')}`, undefined, {
      key: token,
      headers: { origin },
    });
  const seen = await view(HERE);
  expect(seen.status).toBe(200);
  expect(JSON.stringify(seen.body)).toContain('The shop');
  expect(seen.headers.get('access-control-allow-origin')).toBe(HERE);
  const refused = await view(ELSEWHERE);
  expect(refused.status).toBe(403);
  expect(JSON.stringify(refused.body)).not.toContain('The shop');
  // Elsewhere nothing is said to pages of others, as ever.
  const rest = await server.api('GET', '/v1/services', undefined, { headers: { origin: HERE } });
  expect(rest.headers.get('access-control-allow-origin')).toBeNull();
  const upgrade = await Caller.open(token, { path: '/live', origin: HERE });
  expect(upgrade.refusedWith).toBe(403);
});

test('[HO7] who is connected is cut off when the token is replaced, its embed disabled or deleted, and when it ends', async () => {
  const endings: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    renew: (id) => server.api('POST', `/v1/embeds/${id}/renew`),
    disable: (id) => server.api('PATCH', `/v1/embeds/${id}`, { isEnabled: false }),
    delete: (id) => server.api('DELETE', `/v1/embeds/${id}`),
    origins: (id) => server.api('PATCH', `/v1/embeds/${id}`, { origins: [HERE] }),
    expire: (id) => server.api('PATCH', `/v1/embeds/${id}`, { expiresAt: Date.now() - 60_000 }),
  };
  for (const [name, take] of Object.entries(endings)) {
    const { id, token } = await embed({});
    const caller = await Caller.open(token, { path: '/panels/live' });
    caller.say({ t: 'sub', s: 1, c: 'services' });
    await until('the view', () => caller.rows().length === 2);
    await take(id);
    await until(`the end by ${name}`, () => caller.closedWith !== null);
    expect(caller.closedWith, name).toBe(4401);
    const again = await Caller.open(token, { path: '/panels/live' });
    await until('the refusal', () => again.closedWith !== null);
    expect(again.all.join(), name).not.toContain('welcome');
  }
});

test('[HO7] an embed that shows less shows it to whoever is connected, and a restart forgets nothing of it', async () => {
  const { id, token } = await embed({});
  const caller = await Caller.open(token, { path: '/panels/live' });
  caller.say({ t: 'sub', s: 1, c: 'services' });
  await until('the view', () => caller.rows().length === 2);
  const views = [{ collection: 'services', filter: ['eq', 'id', 'shop'], fields: ['status'] }];
  expect((await server.api('PATCH', `/v1/embeds/${id}`, { views })).status).toBe(200);
  // Sent away to come back with nothing in its hands.
  await until('the end', () => caller.closedWith !== null);
  expect(caller.closedWith).toBe(4001);
  await server.kill();
  await server.launch();
  const back = await Caller.open(token, { path: '/panels/live' });
  back.say({ t: 'sub', s: 1, c: 'services' });
  await until('the view', () => back.rows().length > 0);
  expect(back.rows()).toEqual([['shop', { status: 'pending' }]]);
  expect((await server.api('POST', `/v1/embeds/${id}/token`)).body.token).toBe(token);
  back.close();
});

test('[HO5] nobody makes an embed of what they may not read, of what is not for strangers, or of fields that are not there', async () => {
  const views = (collection: string, fields = ['name'], filter: unknown = null): object => ({
    name: 'x',
    panel: 'list',
    views: [{ collection, filter, fields }],
  });
  for (const name of ['checks', 'channels', 'members', 'embeds', 'customers', 'messages', 'settings', 'nothing']) {
    expect((await server.api('POST', '/v1/embeds', views(name))).status, name).toBe(422);
  }
  for (const body of [
    views('services', ['name', 'secret']),
    views('services', ['name'], ['eq', 'nothing', 1]),
    views('services', ['labels.note']),
    { ...views('services'), origins: ['https://acme.example/path'] },
    { ...views('services'), origins: [] },
  ]) {
    expect((await server.api('POST', '/v1/embeds', body)).status, JSON.stringify(body)).toBe(422);
  }
});

describe('in pages of others', () => {
  let browser: Browser;
  let site: Site;
  let other: Site;
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'statewire-embeds-'));
    [site, other] = await Promise.all([serveFolder(dir), serveFolder(dir)]);
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    site?.close();
    other?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('[HO8] one tag shows a live panel under a strict content policy; pages of other origins get nothing', async () => {
    const { id, token } = await embed({ origins: [site.url] });
    writeFileSync(join(dir, 'index.html'), page(token));
    const tab = await (
      await browser.newContext({ colorScheme: 'dark', viewport: { width: 640, height: 480 } })
    ).newPage();
    const troubles: string[] = [];
    listen(tab, troubles);
    await tab.goto(`${site.url}/`);
    const panel = tab.locator('sw-panel[panel=list]');
    await panel.getByText('2 of 2 are not known yet').waitFor();
    await tab.locator('sw-panel[panel=connection]').getByRole('button', { name: 'Live' }).waitFor();
    await server.api('POST', '/v1/services/till/override', { status: 'down', reason: 'closed' });
    await panel.getByText('1 of 2 needs attention').waitFor();
    expect(await panel.locator('li').first().innerText()).toMatch(/The till\s+Down/u);
    expect(await tab.content()).not.toContain(SECRET);
    expect(await seriousViolations(tab)).toEqual([]);
    await shot(tab, 'embed');
    expect(troubles).toEqual([]);
    // The two tags share one connection, and the page holds nothing of ours: no cookie, no storage.
    expect(await tab.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length])).toEqual(['', 0, 0]);
    const stranger = await tab.context().newPage();
    await stranger.goto(`${other.url}/`);
    await stranger.locator('sw-panel[panel=list]').getByText('not shown here').waitFor();
    expect(await stranger.locator('sw-panel[panel=list]').innerText()).not.toContain('The till');
    await server.api('POST', `/v1/embeds/${id}/renew`);
    await panel.getByText('not shown here').waitFor();
    expect(await panel.innerText()).not.toContain('The till');
    await server.api('POST', '/v1/services/till/clear-override');
    await tab.context().close();
  });

  test('[HO8] it is made in the dashboard, where its tag is copied and seen at work, and taken back there', async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    await signIn(context, server);
    const tab = await context.newPage();
    const troubles: string[] = [];
    listen(tab, troubles);
    await tab.goto(`${server.url}/settings/embeds`);
    await tab.getByRole('button', { name: 'New embed' }).click();
    await tab.getByRole('textbox', { name: 'Name' }).fill('Payroll inside');
    await tab.getByRole('combobox', { name: 'Panel' }).selectOption({ label: 'Badge' });
    await tab.getByRole('combobox', { name: 'Which records' }).selectOption({ label: 'Those of a group' });
    await tab.getByRole('textbox', { name: 'Group' }).fill('inside');
    await tab.getByRole('textbox', { name: 'Pages' }).fill('https://www.acme.example/team\n');
    await shot(tab, 'embed-editor');
    await tab.getByRole('button', { name: 'Make embed' }).click();
    const dialog = tab.getByRole('dialog', { name: 'Payroll inside' });
    // In our own page it is seen, whatever pages it is for.
    await dialog.locator('sw-panel').getByText('Pending').waitFor();
    const tag = await dialog.getByLabel('Script tag').locator('code').innerText();
    expect(tag).toMatch(
      new RegExp(
        `^<script async src="${server.url}/embed.js" data-panel="badge" data-token="sw_embed_[\\w-]{43}"></script>$`,
        'u',
      ),
    );
    expect((await server.api('GET', '/v1/embeds/payroll-inside')).body).toMatchObject({
      views: [{ collection: 'services', filter: ['eq', 'group', 'inside'], fields: ['name', 'reason', 'status'] }],
      origins: [HERE],
    });
    expect(await seriousViolations(tab)).toEqual([]);
    await shot(tab, 'embed-snippet');
    await dialog.getByRole('button', { name: 'New token' }).click();
    await tab.getByRole('button', { name: 'Make a new token' }).click();
    await expect.poll(() => dialog.getByLabel('Script tag').locator('code').innerText()).not.toBe(tag);
    await dialog.locator('sw-panel').getByText('Pending').waitFor();
    expect(troubles).toEqual([]);
    await context.close();
  });

  test('[HO8] the script weighs at most 24 kB compressed, may be kept for five minutes, and is for every page', async () => {
    const response = await fetch(`${server.url}/embed.js`, { headers: { 'accept-encoding': 'identity' } });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      'cache-control': expect.stringContaining('max-age=300'),
    });
    const { length } = gzipSync(await response.bytes(), { level: 9 });
    expect(length).toBeGreaterThan(10_000);
    expect(length).toBeLessThanOrEqual(24_000);
    // Nothing else of the dashboard is.
    expect((await fetch(`${server.url}/favicon.svg`)).headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  function page(token: string): string {
    const policy = `default-src 'none'; script-src ${server.url}; connect-src ${server.url.replace('http', 'ws')}; style-src 'self'; img-src data:`;
    return `<!doctype html><html lang="en"><head><title>Acme</title><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"></head><body><main><h1>Acme</h1>
<script async src="${server.url}/embed.js" data-panel="list" data-token="${token}"></script>
<p>Connection: <script async src="${server.url}/embed.js" data-panel="connection" data-token="${token}"></script></p>
</main></body></html>`;
  }
});

async function embed(more: object): Promise<{ readonly id: string; readonly token: string }> {
  const made = await server.api('POST', '/v1/embeds', {
    name: 'Shop on www',
    panel: 'list',
    views: [{ collection: 'services', filter: ['eq', 'group', 'shop'], fields: ['name', 'status'] }],
    ...more,
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const { token } = (await server.api('POST', `/v1/embeds/${made.body.id}/token`)).body;
  expect(token).toMatch(/^sw_embed_[\w-]{43}$/u);
  expect(JSON.stringify(made.body)).not.toContain(token);
  return { id: made.body.id, token };
}

/** A live connection as a page of an origin would open it. */
class Caller {
  readonly all: string[] = [];
  closedWith: number | null = null;
  refusedWith: number | null = null;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.all.push(data.toString()));
    socket.on('close', (code) => (this.closedWith = code));
    socket.on('unexpected-response', (_, { statusCode = 0 }) => {
      this.refusedWith = statusCode;
      socket.terminate();
    });
    socket.on('error', () => {});
  }

  static async open(
    token: string | undefined,
    { path, origin }: { readonly path: string; readonly origin?: string | undefined },
  ): Promise<Caller> {
    const socket = new WebSocket(
      `${server.url.replace('http', 'ws')}${path}`,
      SUBPROTOCOL,
      origin === undefined ? {} : { origin },
    );
    const caller = new Caller(socket);
    await until('an answer', () => socket.readyState !== WebSocket.CONNECTING);
    if (socket.readyState === WebSocket.OPEN) caller.say({ t: 'hello', p: PROTOCOL_VERSION, client: 'test', token });
    return caller;
  }

  say(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** What a frame of this number was answered with. */
  async answerTo(number: number | string): Promise<unknown> {
    const key = typeof number === 'number' ? `"s":${number}` : `"m":"${number}"`;
    let found: string | undefined;
    await until(`an answer to ${number}`, () => {
      found = this.all.find((text) => text.includes(key));
      return found !== undefined;
    });
    return JSON.parse(found ?? 'null');
  }

  /** Records of the snapshots, by id. */
  rows(): readonly (readonly [id: string, fields: object])[] {
    return this.all
      .filter((text) => text.startsWith('{"t":"s"'))
      .flatMap((text): { r: [number, string, number, object][] }['r'] => JSON.parse(text).r)
      .map(([, id, , fields]) => [id, fields] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  close(): void {
    this.#socket.close();
  }
}
