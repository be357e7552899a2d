/** Rows that are sent to us, and rows of a document that is fetched, are live records: exactly, and over kills. */
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { MysqlDatabase } from '../packages/server/src/collect/capture/mysql-database.ts';
import { loadConfig } from '../packages/server/src/config.ts';
import { systemClock } from '../packages/server/src/lib/clock.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { looks, seriousViolations, settled, shot } from './harness/look.ts';
import { TestMariaDb } from './harness/mariadb.ts';
import { TestServer, type Reply } from './harness/server.ts';
import { joinAs, signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

const SECRET = `whsec_${Buffer.from('a-signing-key-of-thirty-two-byte').toString('base64')}`;

const SCHEMA = `
  CREATE DATABASE shop; USE shop;
  CREATE TABLE sales (id BIGINT UNSIGNED PRIMARY KEY, price DECIMAL(10,2), paid TINYINT(1), hidden TINYINT(1) NOT NULL DEFAULT 0,
    placed DATETIME, touched TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), day DATE,
    detail JSON, state ENUM('open', 'paid'), note VARCHAR(40), KEY (touched)) CHARACTER SET latin1;
  CREATE TABLE parts (code BINARY(2), lot VARCHAR(20) COLLATE utf8mb4_general_ci, n INT, PRIMARY KEY (code, lot));
  CREATE TABLE ticks (id INT PRIMARY KEY, n INT, at DATETIME NOT NULL, KEY (at));
  INSERT INTO sales (id, price, paid, placed, touched, day, detail, state, note) VALUES
    (18446744073709551615, 12.50, 1, '2026-07-01 12:00:00', '2026-11-30 10:00:00.25', '2026-11-30', '{"a": [1]}', 'paid', 'größer''\\\\'),
    (18446744073709551614, NULL, 0, '0000-00-00 00:00:00', '2026-11-30 10:00:00', NULL, NULL, 'open', NULL);
  INSERT INTO sales (id, hidden) VALUES (3, 1);
  INSERT INTO parts SELECT UNHEX(LPAD(HEX(seq), 4, '0')), CONCAT('l', seq % 7), seq FROM seq_1_to_1200;
  INSERT INTO ticks SELECT seq, 0, '2026-11-30 09:00:00' FROM seq_1_to_1100;
  CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON shop.* TO reader@'127.0.0.1';
`;

/** What the address with the document answers now. */
const source = { status: 200, body: '{"data": {"items": []}}', etag: '"0"', asked: 0, sent: 0, token: '' };
let folder = '';
let http: Server;
let server: TestServer;
let key = '';
let db: TestMariaDb;

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
  - id: shop
    kind: mysql
    url: { env: SHOP_URL }
    timeZone: Europe/Berlin
    pollMs: 250
    reconcileMs: 1000
    tables:
      - table: sales
        collection: sales
        cursor: touched
        only: { hidden: [false] }
        columns: { price: number, paid: boolean, placed: time, touched: time, day: time, detail: json, state: text, note: text }
      - { table: parts, collection: parts, key: [code, lot], columns: { n: number } }
  - id: seldom
    kind: mysql
    url: { env: SHOP_URL }
    pollMs: 250
    reconcileMs: 86400000
    tables:
      - { table: ticks, collection: ticks, cursor: at, columns: { n: number } }
`,
  );
  db = await TestMariaDb.start();
  await db.query(SCHEMA);
  server = await TestServer.start({
    STATEWIRE_CONFIG: file,
    SHOP_URL: `mysql://reader:secret@127.0.0.1:${db.port}/shop`,
    HOOKS_SECRET: SECRET,
    ITEMS_URL: `http://127.0.0.1:${port}/items?token=hidden`,
    ITEMS_TOKEN: 'Bearer of-the-source',
  });
  key = (await server.api('POST', '/v1/keys', { name: 'rows', permissions: ['rows:report'] })).body.secret;
});

afterAll(async () => {
  await server?.close();
  await db?.close();
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

const shop = async (): Promise<Reply['body']> => (await server.api('GET', '/v1/captures/shop')).body;
const sale = (id: string): Promise<Reply> => server.api('GET', `/v1/sales/${id}`);

/** The records of two tables are their rows. */
async function sameShop(): Promise<boolean> {
  const parts = await db.query("SELECT CONCAT(LOWER(HEX(code)), ':', lot, ' ', n) AS line FROM shop.parts");
  const sales = await db.query(
    "SELECT CONCAT(id, ' ', COALESCE(price, 'null'), ' ', COALESCE(state, 'null')) AS line FROM shop.sales WHERE hidden = 0",
  );
  const lines = (all: readonly Readonly<Record<string, unknown>>[]): string =>
    all
      .map(({ line }) => String(line))
      .toSorted()
      .join();
  const [gotParts, gotSales] = [await rowsOf('parts'), await rowsOf('sales')];
  return (
    lines(parts) ===
      gotParts
        .map(({ id, n }) => `${String(id)} ${String(n)}`)
        .toSorted()
        .join() &&
    lines(sales) ===
      gotSales
        .map(
          ({ id, price, state }) =>
            `${String(id)} ${typeof price === 'number' ? price.toFixed(2) : 'null'} ${String(state)}`,
        )
        .toSorted()
        .join()
  );
}

async function rowsOf(collection: string): Promise<Readonly<Record<string, unknown>>[]> {
  const all: Readonly<Record<string, unknown>>[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await server.api('GET', `/v1/${collection}?limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`);
    all.push(...body.rows);
    cursor = body.next;
  }
  return all;
}

test('[MY1] each type is read as what it is: decimals, flags, JSON, times of zones, keys of any size and of bytes', async () => {
  await until('the rows', sameShop);
  expect((await sale('18446744073709551615')).body).toMatchObject({
    price: 12.5,
    paid: true,
    placed: Date.UTC(2026, 6, 1, 10),
    touched: Date.UTC(2026, 10, 30, 10, 0, 0, 250),
    day: Date.UTC(2026, 10, 30),
    detail: { a: [1] },
    state: 'paid',
    note: "größer'\\",
  });
  expect((await sale('18446744073709551614')).body).toMatchObject({
    price: null,
    paid: false,
    placed: null,
    day: null,
    detail: null,
  });
  expect((await sale('3')).status).toBe(404);
  expect((await rowsOf('parts')).length).toBe(1_200);
});

test('[MY2] what changed is found by the column that grows, also when others had the same time; what went, when all is compared', async () => {
  await until('the first look', async () => (await rowsOf('ticks')).length === 1_100);
  const { version } = (await server.api('GET', '/v1/ticks/900')).body;
  const tick = async (id: number): Promise<unknown> => (await server.api('GET', `/v1/ticks/${id}`)).body.n;
  await db.query("UPDATE shop.ticks SET n = 1, at = '2026-11-30 09:00:07' WHERE id = 1");
  await until('the first of that second', async () => (await tick(1)) === 1);
  await db.query("UPDATE shop.ticks SET n = 1, at = '2026-11-30 09:00:07' WHERE id = 2");
  await until('the second of that second', async () => (await tick(2)) === 1);
  // Its transaction took the time before, and was committed after.
  await db.query(
    "UPDATE shop.ticks SET n = 1, at = '2026-11-30 09:00:01' WHERE id = 3; DELETE FROM shop.ticks WHERE id = 4",
  );
  await until('the late one', async () => (await tick(3)) === 1);
  // More rows of one time than one page has.
  await db.query("UPDATE shop.ticks SET n = 2, at = '2026-11-30 09:01:00' WHERE id > 10 AND id <> 900");
  await until('all of them', async () => (await rowsOf('ticks')).filter(({ n }) => n === 2).length === 1_089);
  expect((await server.api('GET', '/v1/ticks/900')).body.version).toBe(version);
  expect((await server.api('GET', '/v1/ticks/4')).status).toBe(200);
  await db.query(
    "DELETE FROM shop.parts WHERE n % 3 = 0; UPDATE shop.parts SET lot = 'X' WHERE n = 1; UPDATE shop.sales SET hidden = 1 WHERE state = 'open'",
  );
  await until('the same', sameShop);
});

test('[MY3] killed on either side it goes on where it was: nothing is missing, nothing is touched that says the same', async () => {
  await until('it to be live', async () => (await shop()).state === 'live');
  const { epoch } = await shop();
  const { version } = (await sale('18446744073709551615')).body;
  await server.kill();
  await db.query(
    "UPDATE shop.parts SET n = 7 WHERE n < 10; DELETE FROM shop.parts WHERE n BETWEEN 20 AND 30; INSERT INTO shop.sales (id, price, state) VALUES (5, 1, 'open')",
  );
  await server.launch();
  await until('the same', sameShop);
  await db.kill();
  await until('it to wait', async () => (await shop()).state === 'waiting');
  expect((await shop()).reason.text).toMatch(/127\.0\.0\.1|cut/);
  expect((await sale('5')).status).toBe(200);
  await db.launch();
  await db.query('UPDATE shop.sales SET price = 2 WHERE id = 5');
  await until('the same', sameShop);
  expect((await sale('18446744073709551615')).body.version).toBe(version);
  expect(await shop()).toMatchObject({ kind: 'mysql', mode: 'poll', epoch });
});

test('[MY4] what keeps it from going on is told by what to do: a column that is gone, a key, a right, a login', async () => {
  const says = (code: string, text: RegExp): Promise<void> =>
    until(`it to say ${code}`, async () => {
      const { reason } = await shop();
      return reason?.code === code && text.test(reason.text);
    });
  const { epoch } = await shop();
  await db.query('ALTER TABLE shop.sales RENAME COLUMN price TO sum');
  await until('the column to be missed', async () => (await shop()).tables[0].missing.join() === 'price');
  await until('no value of it', async () => (await sale('5')).body.price === null);
  await db.query('ALTER TABLE shop.sales RENAME COLUMN sum TO price');
  await until('the same', sameShop);
  expect((await shop()).epoch).toBe(epoch + 2);
  await db.query('ALTER TABLE shop.parts DROP PRIMARY KEY');
  await says('no_key', /two rows may have the same code, lot/);
  await db.query(
    'ALTER TABLE shop.parts ADD PRIMARY KEY (code, lot); ALTER TABLE shop.sales RENAME COLUMN touched TO moved',
  );
  await says('no_key', /sales has no column touched/);
  await db.query(
    "ALTER TABLE shop.sales RENAME COLUMN moved TO touched; REVOKE ALL ON shop.* FROM reader@'127.0.0.1'; GRANT SELECT ON shop.parts TO reader@'127.0.0.1'",
  );
  await says('no_table', /GRANT SELECT ON `shop`\.`sales` TO/);
  await db.query(
    "GRANT SELECT ON shop.* TO reader@'127.0.0.1'; ALTER USER reader@'127.0.0.1' IDENTIFIED BY 'other'; UPDATE shop.sales SET price = 3",
  );
  await db.kill();
  await db.launch();
  await says('credentials', /does not accept the user or the password.*1045/);
  expect(JSON.stringify(await shop())).not.toContain('secret');
  await db.query("ALTER USER reader@'127.0.0.1' IDENTIFIED BY 'secret'");
  await until('the same', sameShop);
});

test('[MY5] nothing can be written through its connection; encryption that is asked for and not there, and a stranger, are told', async () => {
  const open = (url: string, connectMs = 10_000) =>
    MysqlDatabase.open({ clock: systemClock, url, name: 'test', connectMs, statementMs: 10_000 });
  const opened = await open(`mysql://root@127.0.0.1:${db.port}/shop`);
  if (!opened.ok) throw new Error(opened.message);
  const mine = opened.value;
  expect(await mine.query('DELETE FROM parts')).toMatchObject({
    ok: false,
    code: 'internal',
    message: expect.stringMatching(/the server refused it/),
  });
  expect(await mine.query('SELECT SLEEP(0)')).toMatchObject({ ok: true, value: [['0']] });
  const pending = mine.query('SELECT SLEEP(60)');
  mine.close();
  expect(await pending).toMatchObject({ ok: false, code: 'cut' });
  expect(await mine.query('SELECT 1')).toMatchObject({ ok: false, code: 'cut' });
  expect(await open(`mysql://root@127.0.0.1:${db.port}/none`)).toMatchObject({ ok: false, code: 'no_database' });
  expect(await open(`mysql://root@127.0.0.1:${db.port}/shop?sslmode=verify-full`)).toMatchObject({
    ok: false,
    code: 'tls_unavailable',
  });
  expect(await open(`mysql://root@127.0.0.1:${server.port}/shop`, 500)).toMatchObject({ ok: false });
});

test('[GC2] whoever may change the configuration looks at a database: tables and what they may become; what keeps it away is told, and no password', async () => {
  const url = `mysql://reader:secret@127.0.0.1:${db.port}/shop`;
  const look = (body: object, options = {}): Promise<Reply> =>
    server.api('POST', '/v1/captures/inspect', body, options);
  const { body } = await look({ kind: 'mysql', url });
  expect(body).toMatchObject({
    trouble: null,
    version: expect.stringMatching(/^MariaDB 10/),
    database: 'shop',
    mode: 'poll',
  });
  expect(body.tables.map(({ table }: { table: string }) => table)).toEqual(['parts', 'sales', 'ticks']);
  expect(body.tables[1]).toMatchObject({ collection: 'sales', key: ['id'], cursor: null, pack: null });
  expect(body.tables[1].columns).toContainEqual({ name: 'paid', type: 'tinyint(1)', as: 'boolean' });
  const away = await look({ kind: 'mysql', url: url.replace('secret', 'wrong-word') });
  expect(away.body).toEqual({ trouble: { code: 'credentials', text: expect.stringMatching(/1045/) } });
  const odd = await look({ kind: 'postgres', url });
  expect(odd).toMatchObject({
    status: 422,
    body: { detail: 'url: expected postgres://user:password@host:5432/database' },
  });
  expect(JSON.stringify([away.body, odd.body, body])).not.toMatch(/wrong-word|secret/);
  const operator = (await server.api('POST', '/v1/keys', { name: 'o', permissions: ['captures:read', 'rows:report'] }))
    .body.secret;
  expect((await look({ kind: 'mysql', url }, { key: operator })).status).toBe(403);
});

test('[GC3] a draft is what the configuration takes: first rows as records, its lines, and what is wrong with it', async () => {
  const url = `mysql://reader:secret@127.0.0.1:${db.port}/shop`;
  const draft = (more: object): Promise<Reply> =>
    server.api('POST', '/v1/captures/draft', { kind: 'mysql', url, id: 'new-shop', ...more });
  const tables = [
    { table: 'sales', collection: 'sales', columns: { price: 'number', nothing: 'text' }, cursor: 'touched' },
  ];
  const { body } = await draft({ tables });
  expect(body).toMatchObject({ trouble: null, sql: [], variable: 'NEW_SHOP_DATABASE_URL' });
  expect(body.previews).toMatchObject([{ table: 'sales', missing: ['nothing'], refusals: [] }]);
  expect(body.previews[0].rows).toContainEqual({
    id: '18446744073709551615',
    fields: { price: expect.any(Number), nothing: null },
  });
  expect(body.yaml).not.toContain('secret');
  const { captures } = loadConfig({
    env: { STATEWIRE_CONFIG: 'c.yaml', NEW_SHOP_DATABASE_URL: url },
    read: () => body.yaml,
    cwd: '/',
  });
  expect(captures).toMatchObject([
    { id: 'new-shop', kind: 'mysql', url, tables: [{ table: 'sales', cursor: 'touched' }] },
  ]);
  expect(
    await draft({ tables: [{ table: 'sales', collection: 'alerts', columns: { price: 'number' } }] }),
  ).toMatchObject({
    status: 422,
    body: { detail: expect.stringMatching(/tables\.0.*a collection of your own/) },
  });
  expect(
    await draft({ tables: [{ table: 'sales', collection: 'sales', columns: { version: 'number' } }] }),
  ).toMatchObject({
    status: 422,
    body: { detail: expect.stringMatching(/version: every record has this field already/) },
  });
  expect((await draft({ tables: [{ table: 'none', collection: 'none', columns: { a: 'text' } }] })).body).toMatchObject(
    {
      trouble: { code: 'no_table' },
      previews: [],
    },
  );
});

test('[GC4] a person is led from a connection over a table and its columns to the lines of the configuration; who may only read is not', async () => {
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
  context.setDefaultTimeout(60_000);
  await signIn(context, server);
  const page = await context.newPage();
  await page.goto(`${server.url}/system/captures`);
  await page.getByText('MySQL or MariaDB, asked again and again').first().waitFor();
  await page.getByRole('button', { name: 'Connect a database' }).click();
  await page.getByLabel('Database', { exact: true }).selectOption('mysql');
  await page.getByLabel('Connection').fill(`mysql://reader:wrong@127.0.0.1:${db.port}/shop`);
  await page.getByRole('button', { name: 'Look' }).click();
  await page
    .getByText(/does not accept the user or the password/u)
    .first()
    .waitFor();
  await page.getByLabel('Connection').fill(`mysql://reader:secret@127.0.0.1:${db.port}/shop`);
  await page.getByRole('button', { name: 'Look' }).click();
  await page.getByText(/MariaDB 10.* shop · as reader@/u).waitFor();
  await page.getByRole('checkbox', { name: /^sales/u }).check();
  await page.getByRole('checkbox', { name: /^hidden/u }).uncheck();
  await page.getByLabel('Changes are found by').selectOption('touched');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByRole('cell', { name: '18446744073709551615' }).waitFor();
  const lines = await page.getByText('SHOP_DATABASE_URL').first().textContent();
  expect(lines).toContain('kind: mysql');
  expect(lines).toContain('cursor: touched');
  expect(lines).not.toContain('hidden');
  expect(await page.content()).not.toContain('reader:secret');
  await shot(page, 'captures light 1440');
  for (const [theme, width] of looks) {
    await page.setViewportSize({ width, height: 1000 });
    await page.emulateMedia({ colorScheme: theme });
    await settled(page);
    await shot(page, `captures ${theme} ${width}`);
    expect(await seriousViolations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  }
  const other = await browser.newContext();
  other.setDefaultTimeout(60_000);
  await joinAs(other, server, 'operator');
  const theirs = await other.newPage();
  await theirs.goto(`${server.url}/system/captures`);
  await theirs.getByText('MySQL or MariaDB, asked again and again').first().waitFor();
  expect(await theirs.getByRole('button', { name: 'Connect a database' }).count()).toBe(0);
});
