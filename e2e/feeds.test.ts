/** Rows that are sent to us, and rows of a document that is fetched, are live records: exactly, and over kills. */
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer, type Reply } from './harness/server.ts';
import { until } from './harness/until.ts';

const SECRET = `whsec_${Buffer.from('a-signing-key-of-thirty-two-byte').toString('base64')}`;

/** What the address with the document answers now. */
const source = { status: 200, body: '{"data": {"items": []}}', etag: '"0"', asked: 0, sent: 0, token: '' };
let folder = '';
let http: Server;
let server: TestServer;
let key = '';

beforeAll(async () => {
  http = createServer((request, response) => {
    source.asked += 1;
    source.token = request.headers.authorization ?? '';
    const isSame = request.headers['if-none-match'] === source.etag;
    if (!isSame) source.sent += 1;
    response.writeHead(source.status === 200 && isSame ? 304 : source.status, { etag: source.etag });
    response.end(isSame ? '' : source.body);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  folder = mkdtempSync(join(tmpdir(), 'statewire-feeds-'));
  const file = join(folder, 'statewire.yaml');
  writeFileSync(
    file,
    `capture:
  - id: hooks
    kind: webhook
    secret: { env: HOOKS_SECRET }
    tables:
      - { table: orders, collection: orders, cursor: at, columns: { state: text, total: number, paid: boolean, at: time, detail: json } }
      - { table: mcp_servers, pack: mcp_servers }
  - id: keyed
    kind: webhook
    tables:
      - { table: notes, collection: notes, columns: { text: text } }
  - id: items
    kind: json
    url: { env: ITEMS_URL }
    headers: { authorization: { env: ITEMS_TOKEN } }
    rows: $.data.items
    pollMs: 1000
    tables:
      - { table: items, collection: items, key: sku, columns: { price: number }, fields: { color: { column: look, path: [color] } } }
`,
  );
  server = await TestServer.start({
    STATEWIRE_CONFIG: file,
    HOOKS_SECRET: SECRET,
    ITEMS_URL: `http://127.0.0.1:${port}/items?token=hidden`,
    ITEMS_TOKEN: 'Bearer of-the-source',
  });
  key = (await server.api('POST', '/v1/keys', { name: 'rows', permissions: ['rows:report'] })).body.secret;
});

afterAll(async () => {
  await server?.close();
  http?.close();
  rmSync(folder, { recursive: true, force: true });
});

const put = (row: object, more: object = {}): object => ({
  type: 'UPDATE',
  table: 'orders',
  schema: 'public',
  record: row,
  old_record: null,
  ...more,
});

const send = (body: unknown, options: Parameters<TestServer['api']>[3] = { key }, id = 'hooks'): Promise<Reply> =>
  server.api('POST', `/v1/captures/${id}/rows`, body, options);

/** Sent as a sender signs it, with the published library. */
async function signed(
  body: unknown,
  { id = 'm-0', at = Date.now(), secret = SECRET, capture = 'hooks' } = {},
): Promise<Reply> {
  const when = new Date(at);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, when, JSON.stringify(body)),
  };
  return send(body, { key: null, headers }, capture);
}

const order = async (id: string): Promise<Reply['body']> => (await server.api('GET', `/v1/orders/${id}`)).body;

test('[HC1] changes in the words of Supabase become records: made, changed, moved, gone; ours go through the engine', async () => {
  const at = '2026-11-30T09:25:00.5+00:00';
  const made = await send({
    type: 'INSERT',
    table: 'orders',
    schema: 'public',
    record: { id: 7, state: 'open', total: 12.5, paid: false, at, detail: { a: [1] }, hidden: 'x' },
    old_record: null,
  });
  expect(made).toMatchObject({ status: 200, body: { ok: true, rows: 1, stale: 0, repeated: false } });
  expect(await order('7')).toMatchObject({
    state: 'open',
    total: 12.5,
    paid: false,
    at: Date.parse(at),
    detail: { a: [1] },
  });
  expect(await order('7')).not.toHaveProperty('hidden');
  // What is not said stays.
  await send(put({ id: 7, state: 'paid' }));
  expect(await order('7')).toMatchObject({ state: 'paid', total: 12.5 });
  await send([
    put({ id: 8, state: 'paid' }, { old_record: { id: 7 } }),
    put({ id: 9, state: 'new' }, { type: 'UPSERT' }),
  ]);
  expect((await server.api('GET', '/v1/orders/7')).status).toBe(404);
  expect(await order('8')).toMatchObject({ state: 'paid', total: 12.5 });
  await send({ type: 'DELETE', table: 'orders', schema: 'public', record: null, old_record: { id: 8, state: 'paid' } });
  expect((await server.api('GET', '/v1/orders/8')).status).toBe(404);
  const service = (status: string): object => ({
    type: 'INSERT',
    table: 'mcp_servers',
    record: { id: 'search', name: 'Search', url: null, description: null, status },
  });
  await send([service('active'), service('error')]);
  expect((await server.api('GET', '/v1/services/search')).body).toMatchObject({ status: 'down', name: 'Search' });
  expect((await server.api('GET', '/v1/captures/hooks')).body).toMatchObject({
    kind: 'webhook',
    mode: 'push',
    state: 'live',
  });
});

test('[HC2] a message is taken whole or not at all, and what is refused says where, what was found and what to do', async () => {
  const { version } = await order('9');
  const bad = await send([put({ id: 9, state: 'half' }), put({ id: 10, total: 'much' })]);
  expect(bad).toMatchObject({
    status: 422,
    body: {
      code: 'bad_field',
      detail:
        '[1] public.orders.total: found a text of 4 characters, expected number for total; none of the 2 changes was taken',
    },
  });
  expect(await order('9')).toMatchObject({ state: 'new', version });
  for (const [body, status, detail] of [
    [
      put({ id: 1 }, { table: 'other' }),
      422,
      /found "public.other", expected one of public.orders, public.mcp_servers; add it/,
    ],
    [put({ id: null }), 422, /public.orders.id: found NULL, expected a key/],
    [put({ state: 'x' }), 422, /without its key column id/],
    [{ type: 'UPDATE', table: 'orders' }, 422, /found no record/],
    [{ type: 'DELETE', table: 'orders' }, 422, /a DELETE says in old_record which row it was/],
    [{ type: 'TRUNCATE', table: 'orders' }, 422, /type/],
    [[], 422, /./],
    [Array.from({ length: 501 }, (_, i) => put({ id: i })), 422, /./],
    [put({ id: 1, detail: 'x'.repeat(1_100_000) }), 413, /./],
    [put({ id: 1, detail: { a: 'b' }, state: 'y'.repeat(70_000) }), 413, /70\d\d\d characters, limit 65536/],
  ] as const) {
    const refused = await send(body);
    expect({ status: refused.status, detail: refused.body.detail }).toEqual({
      status,
      detail: expect.stringMatching(detail),
    });
  }
  expect(await order('9')).toMatchObject({ state: 'new', version });
});

test('[HC3] a key of the organization with rows:report, or the signature of the capture; nothing else opens it, and strangers learn nothing', async () => {
  const body = put({ id: 20, state: 'signed' });
  expect(await signed(body, { id: 'm-1' })).toMatchObject({ status: 200, body: { repeated: false } });
  const reader = (await server.api('POST', '/v1/keys', { name: 'reader', scope: 'read' })).body.secret;
  const reporter = (await server.api('POST', '/v1/keys', { name: 'reporter', scope: 'report' })).body.secret;
  const jobs = (await server.api('POST', '/v1/keys', { name: 'jobs', permissions: ['jobs:report'] })).body.secret;
  await server.api('POST', '/v1/organizations', { id: 'other', name: 'Other' });
  const elsewhere = (
    await server.api(
      'POST',
      '/v1/keys',
      { name: 'x', scope: 'admin' },
      { headers: { 'statewire-organization': 'other' } },
    )
  ).body.secret;
  expect((await send(body, { key: reporter })).status).toBe(200);
  for (const [options, status, id = 'hooks'] of [
    [{ key: reader }, 403],
    [{ key: jobs }, 403],
    [{ key: elsewhere }, 404],
    [{ key: reporter }, 404, 'none'],
    [{ key: reporter }, 404, 'items'],
    [{ key: 'swk_nobody' }, 401],
  ] as const) {
    expect((await send(body, options, id)).status).toBe(status);
  }
  const other = `whsec_${Buffer.from('another-signing-key-of-32-bytes!').toString('base64')}`;
  const away = await signed(body, { id: 'm-2', secret: other });
  expect(away).toMatchObject({ status: 401, body: { code: 'auth_invalid' } });
  // Of a capture without a secret, and of none at all, the same is said.
  for (const capture of ['keyed', 'none', 'items']) {
    expect((await signed(body, { id: 'm-2', capture })).body).toEqual(away.body);
    expect((await send(body, { key: null }, capture)).body).toEqual((await send(body, { key: null })).body);
  }
  expect(await signed(body, { id: 'm-2', at: Date.now() - 400_000 })).toMatchObject({
    status: 401,
    body: { detail: expect.stringMatching(/40\d s away/) },
  });
  expect(await signed(body, { id: 'm-2', at: Date.now() + 400_000 })).toMatchObject({ status: 401 });
});

test('[HC4] a message that comes again is answered and not carried out again, also after a kill; the same id with another body is refused', async () => {
  expect(await signed(put({ id: 30, state: 'first' }), { id: 'again' })).toMatchObject({ body: { repeated: false } });
  await send(put({ id: 30, state: 'second' }));
  expect(await signed(put({ id: 30, state: 'first' }), { id: 'again' })).toMatchObject({
    status: 200,
    body: { repeated: true },
  });
  expect(await order('30')).toMatchObject({ state: 'second' });
  await until('a document', () => source.sent > 0);
  const { sent } = source;
  await until('it to be taken', async () => (await server.api('GET', '/v1/captures/items')).body.state === 'live');
  await server.kill();
  await server.launch();
  expect(await signed(put({ id: 30, state: 'first' }), { id: 'again' })).toMatchObject({
    status: 200,
    body: { repeated: true },
  });
  expect(await order('30')).toMatchObject({ state: 'second' });
  expect((await signed(put({ id: 30, state: 'other' }), { id: 'again' })).status).toBe(400);
  const options = { key, headers: { 'idempotency-key': 'mine' } };
  expect((await send(put({ id: 31, state: 'a' }), options)).body.repeated).toBe(false);
  expect((await send(put({ id: 31, state: 'a' }), options)).body.repeated).toBe(true);
  // What was fetched before the kill need not be sent again.
  const { asked } = source;
  await until('the document to be asked for', () => source.asked > asked);
  expect(source.sent).toBe(sent);
});

test('[HC5] a message that was overtaken does not take a row back, where a column says which is newer', async () => {
  const at = (second: number): string => `2026-11-30 10:00:0${second}+00`;
  await send(put({ id: 40, state: 'newer', at: at(5) }));
  expect((await send(put({ id: 40, state: 'older', at: at(3) }))).body).toMatchObject({ rows: 1, stale: 1 });
  expect((await send({ type: 'DELETE', table: 'orders', old_record: { id: 40, at: at(3) } })).body.stale).toBe(1);
  expect(await order('40')).toMatchObject({ state: 'newer' });
  expect((await send(put({ id: 40, state: 'same time', at: at(5) }))).body.stale).toBe(0);
  expect(await order('40')).toMatchObject({ state: 'same time' });
});

const items = async (): Promise<string> =>
  (await server.api('GET', '/v1/items?limit=1000')).body.rows
    .map(({ id, price, color }: Readonly<Record<string, unknown>>) => `${String(id)} ${String(price)} ${String(color)}`)
    .toSorted()
    .join(', ');

test('[HC6] a document is fetched again and again: its rows are the records, what it has no more goes, and it is sent once', async () => {
  source.body = JSON.stringify({
    data: {
      items: [
        { sku: 'a', price: 1, look: { color: 'red' } },
        { sku: 'b', price: '2.5' },
      ],
    },
  });
  source.etag = '"1"';
  await until('the rows', async () => (await items()) === 'a 1 red, b 2.5 null');
  const { version } = (await server.api('GET', '/v1/items/a')).body;
  expect(source.token).toBe('Bearer of-the-source');
  const { sent, asked } = source;
  await until('it to be asked again', () => source.asked > asked + 1);
  expect(source.sent).toBe(sent);
  source.body = JSON.stringify({
    data: {
      items: [
        { sku: 'a', price: 1, look: { color: 'red' } },
        { sku: 'c', price: 3 },
      ],
    },
  });
  source.etag = '"2"';
  await until('the change', async () => (await items()) === 'a 1 red, c 3 null');
  expect((await server.api('GET', '/v1/items/a')).body.version).toBe(version);
});

test('[HC7] an answer that is none takes nothing away and says what to do; the address is told without its query', async () => {
  const reason = async (): Promise<Reply['body']> => (await server.api('GET', '/v1/captures/items')).body.reason;
  const good = source.body;
  for (const [status, body, code, text] of [
    [401, '{}', 'credentials', /correct the URL or the headers/],
    [200, '{"data": {}}', 'no_rows', /nothing at \$\.data\.items; correct rows/],
  ] as const) {
    Object.assign(source, { status, body, etag: `"${body}"` });
    await until(`it to say ${code}`, async () => (await reason())?.code === code && text.test((await reason()).text));
    expect(JSON.stringify(await reason())).not.toContain('hidden');
  }
  expect(await items()).toBe('a 1 red, c 3 null');
  await send(put({ id: 1 }, { table: 'other' }));
  Object.assign(source, { status: 200, body: good, etag: '"good"' });
  await until('it to be live', async () => (await server.api('GET', '/v1/captures/items')).body.state === 'live');
  await until('what was taken and refused to be told', async () => {
    const { changes, refused, refusal } = (await server.api('GET', '/v1/captures/hooks')).body;
    return changes > 0 && refused > 0 && /expected one of/.test(refusal);
  });
});
