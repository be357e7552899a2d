/** A table of a real PostgreSQL becomes live records: from the first snapshot on, through kills of either side, exactly. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@statewire/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { TestDatabase } from './harness/postgres.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let db: TestDatabase;
let server: TestServer;

const CONFIG = `
capture:
  - id: shop
    url: { env: SHOP_URL }
    tables:
      - table: orders
        collection: orders
        columns: { state: text, total: number, paid: boolean, placed_at: time, detail: json, note: text }
      - table: mcp_servers
        pack: mcp_servers
`;

beforeAll(async () => {
  db = await TestDatabase.start();
  await db.query(`
    CREATE TABLE orders (id int PRIMARY KEY, state text, total numeric(10,2), paid boolean, placed_at timestamptz, detail jsonb, note text, hidden text);
    INSERT INTO orders SELECT i, 'open', i * 1.5, i % 2 = 0, '2026-01-01 00:00:00+00', '{"a": 1}', 'n', 'x' FROM generate_series(1, 1000) i;
    CREATE TABLE mcp_servers (id text PRIMARY KEY, name text, url text, description text, status text, last_status_update timestamptz);
    INSERT INTO mcp_servers VALUES ('search', 'Search', 'https://search.example.org/mcp', null, 'active', now());`);
  const file = join(mkdtempSync(join(tmpdir(), 'statewire-capture-')), 'statewire.yaml');
  writeFileSync(file, CONFIG);
  server = await TestServer.start({ STATEWIRE_CONFIG: file, SHOP_URL: db.url });
});

afterAll(async () => {
  await server.close();
  await db.close();
});

interface Record_ {
  readonly id: string;
  readonly [field: string]: unknown;
}

async function rows(collection: string): Promise<Record_[]> {
  const all: Record_[] = [];
  for (let cursor: string | null = null; ;) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await server.api('GET', `/v1/${collection}?limit=1000${query}`);
    expect(status).toBe(200);
    all.push(...body.rows);
    cursor = body.nextCursor ?? body.cursor ?? null;
    if (cursor === null) return all;
  }
}

/** The records are what the table holds now. */
async function sameOrders(): Promise<boolean> {
  const want = await db.query(
    `SELECT id::text, state, total::float8, paid, (extract(epoch FROM placed_at) * 1000)::float8 AS placed_at, detail, note FROM orders`,
  );
  const found = await rows('orders');
  const line = ({ id, state, total, paid, placed_at, detail, note }: Readonly<Record<string, unknown>>): string =>
    JSON.stringify([id, state, total, paid, placed_at, detail, note]);
  return JSON.stringify(found.map(line).toSorted()) === JSON.stringify(want.map(line).toSorted());
}

test('[CP4] rows that are there and rows that come are records', async () => {
  await until('the snapshot', sameOrders);
  const client = createClient({ url: server.url, token: ADMIN_KEY });
  onTestFinished(() => client.close());
  let seen: readonly unknown[] = [];
  client.collection('orders').subscribe(({ rows: all }) => {
    seen = all.flatMap((row) => (row['state'] === 'paid' ? [row['total']] : []));
  });
  await db.query(`UPDATE orders SET state = 'paid', total = 9.25 WHERE id = 7`);
  await until('the change to be seen', () => seen.includes(9.25));
  await db.query(`DELETE FROM orders WHERE id < 5; INSERT INTO orders (id, state) VALUES (5000, 'new')`);
  await db.query(`UPDATE orders SET id = 6000 WHERE id = 9`);
  await until('the same', sameOrders);
  expect((await server.api('GET', '/v1/services/search')).body).toMatchObject({ status: 'up', name: 'Search' });
  await db.query(`UPDATE mcp_servers SET status = 'error'`);
  await until('it to be down', async () => (await server.api('GET', '/v1/services/search')).body.status === 'down');
});

test('[CP5] nobody writes the records of a captured table, and whoever reads the collection reads them', async () => {
  const reader = (await server.api('POST', '/v1/keys', { name: 'reader', scope: 'read' })).body.secret;
  expect((await server.api('GET', '/v1/orders/7', undefined, { key: reader })).body.state).toBe('paid');
  expect((await server.api('GET', '/v1/captures/shop', undefined, { key: reader })).status).toBe(403);
  expect((await server.api('POST', '/v1/orders', { id: 'mine' })).status).toBe(403);
  expect((await server.api('PATCH', '/v1/orders/7', { labels: { a: 'b' } })).status).toBe(403);
  expect((await server.api('DELETE', '/v1/orders/7')).status).toBe(403);
  expect((await server.api('POST', '/v1/captures', { id: 'mine' })).status).toBeGreaterThanOrEqual(400);
  expect((await server.api('DELETE', '/v1/captures/shop')).status).toBeGreaterThanOrEqual(400);
  expect(await sameOrders()).toBe(true);
});
