/** A table of a real PostgreSQL becomes live records: from the first snapshot on, through kills of either side, exactly. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@statewire/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Database } from '../packages/server/src/collect/capture/database.ts';
import { systemClock as clock } from '../packages/server/src/lib/clock.ts';
import { makeCertificate } from '../packages/server/src/testing/peers/certificate.ts';
import { TestDatabase } from './harness/postgres.ts';
import { ADMIN_KEY, TestServer, type Reply } from './harness/server.ts';
import { newest } from './harness/supabase-clients.ts';
import { until } from './harness/until.ts';

let folder = '';
let db: TestDatabase;
let server: TestServer;

const SECRET = 'a shared secret of at least 32 characters';

/** The captures of the example, and ours. */
const CONFIG = `${readFileSync('examples/postgres-live/statewire.yaml', 'utf8')}
  - id: shop
    url: { env: SHOP_URL }
    tables:
      - table: orders
        collection: orders
        columns: { state: text, total: number, paid: boolean, placed_at: time, detail: json, note: text }
      - table: mcp_servers
        pack: mcp_servers
  - id: polled
    url: { env: SHOP_URL }
    mode: poll
    pollMs: 250
    reconcileMs: 1000
    tables:
      - table: orders
        collection: polled
        cursor: updated_at
        columns: { state: text, total: number, paid: boolean, placed_at: time, detail: json, note: text }
  - id: gated
    url: { env: GATED_URL }
    tables:
      - { table: gated, collection: gated, columns: { n: number, large: text } }
  - id: lost
    org: nobody
    url: { env: SHOP_URL }
    mode: poll
    tables:
      - { table: ticks, collection: lost-ticks, columns: { n: number } }
  - id: seldom
    url: { env: SHOP_URL }
    mode: poll
    pollMs: 250
    reconcileMs: 86400000
    tables:
      - { table: ticks, collection: ticks, cursor: at, columns: { n: number, at: time } }
  - id: owned
    url: { env: SHOP_URL }
    tables:
      - table: notes
        collection: notes
        columns: { owner: text, team: text, text: text }
        sees: [or, [eq, owner, { claim: sub }], [in, team, { claim: app_metadata.teams }]]
auth: { jwt: [{ issuer: test, audience: app, secret: ${SECRET} }] }
`;

/** Of the database: known to nobody. */
const VALID = { notBefore: new Date(0), notAfter: new Date('2099-01-01') };
const AUTHORITY = makeCertificate({ name: 'authority', isAuthority: true, ...VALID });
const OWN = makeCertificate({ name: 'own', hosts: ['127.0.0.1'], issuer: AUTHORITY, ...VALID });

beforeAll(async () => {
  db = await TestDatabase.start({ ssl: 'on' }, OWN);
  await db.query(readFileSync('examples/postgres-live/schema.sql', 'utf8'));
  await db.query(`
    CREATE TABLE orders (id int PRIMARY KEY, state text, total numeric(10,2), paid boolean, placed_at timestamptz, detail jsonb, note text, hidden text, updated_at timestamptz DEFAULT clock_timestamp());
    CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = clock_timestamp(); RETURN NEW; END $$;
    CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touched();
    CREATE TABLE notes (id int PRIMARY KEY, owner text, team text, text text);
    INSERT INTO notes VALUES (1, 'ada', 'red', 'a'), (2, 'bob', 'red', 'b'), (3, 'bob', 'blue', 'c');
    CREATE TABLE ticks (id int PRIMARY KEY, n int, at timestamptz DEFAULT clock_timestamp());
    INSERT INTO ticks SELECT i, 0 FROM generate_series(1, 450) i;
    INSERT INTO orders SELECT i, 'open', i * 1.5, i % 2 = 0, '2026-01-01 00:00:00+00', '{"a": 1}', 'n', 'x' FROM generate_series(1, 1000) i;
    CREATE TABLE gated (id int PRIMARY KEY, n int, large text);
    ALTER TABLE gated ALTER large SET STORAGE EXTERNAL;
    INSERT INTO gated SELECT i, 0, CASE WHEN i > 590 THEN repeat('g', 4000) END FROM generate_series(1, 600) i;
    -- Whoever reads a row as this user waits until the lock is free: so long does a snapshot last.
    CREATE FUNCTION passes() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN true; END $$;
    CREATE ROLE gate LOGIN REPLICATION;
    GRANT SELECT ON gated TO gate;
    CREATE POLICY gate ON gated USING (passes());
    ALTER TABLE gated ENABLE ROW LEVEL SECURITY;
    CREATE PUBLICATION statewire_gated FOR TABLE gated WITH (publish_via_partition_root = true);
    SELECT pg_advisory_lock(7);
    CREATE TABLE mcp_servers (id text PRIMARY KEY, name text, url text, description text, status text, last_status_update timestamptz);
    INSERT INTO mcp_servers VALUES ('search', 'Search', 'https://search.example.org/mcp', null, 'active', now());`);
  folder = mkdtempSync(join(tmpdir(), 'statewire-capture-'));
  const file = join(folder, 'statewire.yaml');
  writeFileSync(file, CONFIG);
  server = await TestServer.start({
    STATEWIRE_CONFIG: file,
    SHOP_URL: db.url,
    GATED_URL: db.url.replace('postgres@', 'gate@'),
    TICKETS_DATABASE_URL: db.url,
  });
});

afterAll(async () => {
  await server?.close();
  await db?.close();
  rmSync(folder, { recursive: true, force: true });
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
    cursor = body.next;
    if (cursor === null) return all;
  }
}

/** The records are what the table holds now, whichever way it is followed: by its log and by asking. */
async function sameOrders(): Promise<boolean> {
  const want = await db.query(
    `SELECT id::text, state, total::float8, paid, (extract(epoch FROM placed_at) * 1000)::float8 AS placed_at, detail, note FROM orders`,
  );
  const line = ({ id, state, total, paid, placed_at, detail, note }: Readonly<Record<string, unknown>>): string =>
    JSON.stringify([id, state, total, paid, placed_at, detail, note]);
  const wanted = JSON.stringify(want.map(line).toSorted());
  for (const collection of ['orders', 'polled']) {
    if (JSON.stringify((await rows(collection)).map(line).toSorted()) !== wanted) return false;
  }
  return true;
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
  await until('it to be live', async () => (await captured()).state === 'live');
  expect((await captured()).asOf).toBeGreaterThan(Date.UTC(2026, 0, 1));
  await db.query(`UPDATE mcp_servers SET status = 'error'`);
  await until('it to be down', async () => (await server.api('GET', '/v1/services/search')).body.status === 'down');
});

test('[CP14] what changes while a snapshot is read is seen at once, and stays; large values that no change said come with the snapshot', async () => {
  const gated = async (): Promise<boolean> => {
    const line = ({ id, n, large }: Readonly<Record<string, unknown>>): string =>
      JSON.stringify([String(id), n, large]);
    const want = (await db.query('SELECT id, n, large FROM gated')).map(line).toSorted();
    return JSON.stringify((await rows('gated')).map(line).toSorted()) === JSON.stringify(want);
  };
  const state = async (): Promise<string> => (await server.api('GET', '/v1/captures/gated')).body.state;
  await until(
    'the snapshot to be under way',
    async () =>
      (await state()) === 'snapshot' &&
      (await db.query(`SELECT FROM pg_replication_slots WHERE slot_name = 'statewire_gated' AND active`)).length === 1,
  );
  await db.query(
    'UPDATE gated SET n = 1 WHERE id = 5; UPDATE gated SET n = 2 WHERE id = 5; DELETE FROM gated WHERE id = 6',
  );
  await db.query(
    'UPDATE gated SET id = 700 WHERE id = 7; INSERT INTO gated VALUES (800, 8), (801, 8); DELETE FROM gated WHERE id = 801',
  );
  await until('the last change', async () => (await server.api('GET', '/v1/gated/800')).status === 200);
  expect((await rows('gated')).map(({ id, n }) => `${id}:${String(n)}`).toSorted()).toEqual(['5:2', '700:0', '800:8']);
  expect(await state()).toBe('snapshot');
  const { version } = (await server.api('GET', '/v1/gated/5')).body;
  await db.query(
    'UPDATE gated SET n = 3 WHERE id = 595; UPDATE gated SET id = 901 WHERE id = 596; UPDATE gated SET n = 4 WHERE id = 901',
  );
  await db.query('SELECT pg_advisory_unlock(7)');
  await until('the same', gated);
  await until('it to be live', async () => (await state()) === 'live');
  expect((await server.api('GET', '/v1/gated/5')).body.version).toBe(version);
  expect((await server.api('GET', '/v1/gated/901')).body).toMatchObject({ n: 4, large: 'g'.repeat(4_000) });
});

test('[CP4] the example: tickets are records until they are deleted softly, agents are up and down', async () => {
  await until('the agents', async () => (await server.api('GET', '/v1/agents/agent-8')).body.status === 'down');
  expect((await server.api('GET', '/v1/agents/agent-7')).body.status).toBe('up');
  await db.query(`UPDATE tickets SET state = 'done' WHERE id = 2; UPDATE tickets SET deleted_at = now() WHERE id = 3`);
  await until('the change', async () => {
    const found = (await rows('tickets')).map(({ id, state, points }) => `${id} ${String(state)} ${String(points)}`);
    return found.toSorted().join() === '1 open 2,2 done 0.5';
  });
});

test('[GC3] a look at it says what it lacks and what its tables may become, and a draft what to run for them', async () => {
  const place = { kind: 'postgres', url: db.url };
  const { body } = await server.api('POST', '/v1/captures/inspect', place);
  expect(body).toMatchObject({ trouble: null, version: expect.stringMatching(/^PostgreSQL \d/), mode: 'stream' });
  expect(body.conditions.map(({ is }: { is: boolean }) => is)).toEqual([true, true, true, true]);
  const found = body.tables.find(({ table }: { table: string }) => table === 'public.mcp_servers');
  expect(found).toMatchObject({ pack: 'mcp_servers', collection: 'services', key: ['id'], mayRead: true });
  const tables = [{ table: 'mcp_servers', pack: 'mcp_servers' }];
  const made = await server.api('POST', '/v1/captures/draft', { ...place, id: 'new-one', tables });
  expect(made.body).toMatchObject({
    trouble: null,
    sql: [expect.stringMatching(/^CREATE PUBLICATION "statewire_new_one" FOR TABLE "public"."mcp_servers"/)],
    previews: [{ rows: [{ id: 'search', fields: { name: 'Search' } }] }],
  });
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

/** Kills in one run: few here, 50 when asked; then the slower ways to lose a slot are tried, too. */
const KILLS = Number(process.env['CAPTURE_KILLS'] ?? 2);

test('[CP15] a capture for an organization that is not there makes none, and says so', async () => {
  await until('it to be said', () => server.output.includes('there is no organization nobody'));
  const { body } = await server.api('GET', '/v1/organizations');
  expect(JSON.stringify(body)).toContain('main');
  expect(JSON.stringify(body)).not.toContain('nobody');
});

test('[CP6] one transaction of theirs of 3,000 rows, cut by a kill of this server, goes on where it was', async () => {
  const { version } = (await server.api('GET', '/v1/orders/7')).body;
  await db.query(
    `INSERT INTO orders (id, state, note) SELECT i, 'bulk', repeat('x', 100) FROM generate_series(100001, 103000) i`,
  );
  await until('some of it', async () => (await server.api('GET', '/v1/orders/100500')).status === 200);
  await server.kill();
  await server.launch();
  await until('all of it', sameOrders);
  // Each process counts its own: at least one part, of 500, was done before the kill and not done again.
  expect((await captured()).changes).toBeLessThanOrEqual(2_500);
  expect((await server.api('GET', '/v1/orders/7')).body.version).toBe(version);
  expect((await captured()).epoch).toBe(1);
  await db.query('DELETE FROM orders WHERE id > 100000');
  await until('the same', sameOrders);
});

test('[CP7] large values that did not change stay, also when the key changes; a table that is emptied is empty', async () => {
  await db.query(`ALTER TABLE orders ALTER note SET STORAGE EXTERNAL`);
  await db.query(
    `INSERT INTO orders (id, state, note) VALUES (7000, 'big', repeat('y', 20000)), (7001, 'big', repeat('z', 20000))`,
  );
  await db.query(`UPDATE orders SET state = 'still' WHERE id = 7000`);
  await db.query(`UPDATE orders SET id = 7002 WHERE id = 7001`);
  await until('the same', sameOrders);
  expect((await server.api('GET', '/v1/orders/7002')).body.note).toHaveLength(20_000);
  expect((await server.api('GET', '/v1/orders/7000')).body).toMatchObject({ state: 'still', note: 'y'.repeat(20_000) });
  await db.query(`BEGIN; TRUNCATE orders; INSERT INTO orders (id, state) VALUES (1, 'after'), (2, 'after'); COMMIT`);
  await until('the same', sameOrders);
});

test('[CP8] a row that cannot be a record is counted and told, and stops nothing', async () => {
  const { refused } = await captured();
  await db.query(
    `INSERT INTO orders (id, note) VALUES (8000, repeat('w', 70000)); INSERT INTO orders (id, state) VALUES (8001, 'next')`,
  );
  await until('the next', async () => (await server.api('GET', '/v1/orders/8001')).status === 200);
  await until('it to be told', async () => (await captured()).refused === refused + 1);
  expect((await captured()).refusal).toMatch(
    /^public.orders: a row would be a record of 7\d,?\d+ characters, limit 65536/,
  );
  expect((await server.api('GET', '/v1/orders/8000')).status).toBe(404);
  await db.query(`DELETE FROM orders WHERE id = 8000`);
  await until('the same', sameOrders);
});

test('[CP9] columns that come and go make a new snapshot; a key that is gone is told, with what to do', async () => {
  const { epoch } = await captured();
  await db.query(`ALTER TABLE orders RENAME COLUMN total TO sum; UPDATE orders SET state = 'renamed' WHERE id = 1`);
  await until('the column to be missed', async () => (await captured()).tables[0].missing.join() === 'total');
  await until('no value of it', async () => (await rows('orders')).every(({ total }) => total === null));
  await db.query(
    `ALTER TABLE orders RENAME COLUMN sum TO total; ALTER TABLE orders ADD COLUMN more int DEFAULT 7; UPDATE orders SET total = 3 WHERE id = 1`,
  );
  await until('the same', sameOrders);
  expect((await captured()).epoch).toBe(epoch + 2);
  expect(await captured()).toMatchObject({ cause: 'changed' });
  // Gone and there again: what was told in between had other columns, whatever the tables look like now.
  await db.query(
    `BEGIN; ALTER TABLE orders DROP COLUMN paid; UPDATE orders SET state = 'between' WHERE id = 2; ALTER TABLE orders ADD COLUMN paid boolean; COMMIT`,
  );
  await until('the same', sameOrders);
  await db.query(`ALTER TABLE orders DROP CONSTRAINT orders_pkey`);
  // Without a key the database takes no update of a table that is followed: its users are told, and so are ours.
  await db.query(`INSERT INTO orders (id, state) VALUES (9, 'keyless')`);
  await db.stop();
  await db.launch();
  await until('it to say why', async () => (await captured()).reason?.code === 'no_identity');
  expect((await captured()).reason).toEqual({
    code: 'no_identity',
    text: expect.stringMatching(
      /primary key of these columns, or run ALTER TABLE "public"."orders" REPLICA IDENTITY FULL/,
    ),
  });
  await db.query(`ALTER TABLE orders ADD PRIMARY KEY (id)`);
  await until('the same', sameOrders);
});

test('[CP10] a slot that fell behind, one that is gone, one that others read: each makes a new snapshot, and what has no row any more goes', async () => {
  const lose: Readonly<Record<string, () => Promise<unknown>>> = {
    slot_lost: async () => {
      await db.query(`ALTER SYSTEM SET max_slot_wal_keep_size = '2MB'`);
      await db.query(`SELECT pg_reload_conf()`);
      await db.query(`CREATE TABLE filler AS SELECT repeat('f', 500) FROM generate_series(1, 40000)`);
      await db.query('CHECKPOINT');
      const [slot] = await db.query(`SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'statewire_shop'`);
      expect(slot).toEqual({ wal_status: 'lost' });
    },
    slot_ahead: () => db.query(`SELECT pg_replication_slot_advance('statewire_shop', pg_current_wal_lsn())`),
  };
  for (const [cause, losing] of Object.entries(lose).slice(0, KILLS > 2 ? 2 : 1)) {
    const { epoch } = await captured();
    const untouched = (await server.api('GET', '/v1/orders/2')).body.version;
    await server.kill();
    await db.query(
      `UPDATE orders SET state = '${cause}' WHERE id = 1; DELETE FROM orders WHERE id = (SELECT max(id) FROM orders)`,
    );
    await until(
      'the slot to be left',
      async () =>
        (await db.query(`SELECT FROM pg_replication_slots WHERE slot_name = 'statewire_shop' AND active`)).length === 0,
    );
    await losing();
    await server.launch();
    await until('the same', sameOrders);
    expect(await captured()).toMatchObject({ epoch: epoch + 1, cause });
    expect((await server.api('GET', '/v1/orders/2')).body.version).toBe(untouched);
  }
});

test('[CP10] a slot of this name that is somebody else’s is left alone, and it is said', async () => {
  await server.kill();
  await until(
    'the slot to be left',
    async () =>
      (await db.query(`SELECT FROM pg_replication_slots WHERE slot_name = 'statewire_shop' AND active`)).length === 0,
  );
  await db.query(`SELECT pg_drop_replication_slot('statewire_shop')`);
  await db.query(`SELECT pg_create_logical_replication_slot('statewire_shop', 'test_decoding')`);
  await db.query(
    'ALTER PUBLICATION statewire_gated SET TABLE gated WHERE (id > 100); UPDATE gated SET n = 77 WHERE id = 1',
  );
  await server.launch();
  await until('it to say why', async () => (await captured()).reason?.code === 'slot_in_use');
  expect(await db.query(`SELECT plugin FROM pg_replication_slots WHERE slot_name = 'statewire_shop'`)).toEqual([
    { plugin: 'test_decoding' },
  ]);
  await until(
    'the filter to be told',
    async () => (await server.api('GET', '/v1/captures/gated')).body.reason?.code === 'publication_filter',
  );
  await db.query('ALTER PUBLICATION statewire_gated SET TABLE gated');
  await db.query(`SELECT pg_drop_replication_slot('statewire_shop'); UPDATE orders SET state = 'later' WHERE id = 1`);
  await until('the same', sameOrders);
  await until('what was filtered', async () => (await server.api('GET', '/v1/gated/1')).body.n === 77);
});

test('[CP11] killed again and again, on either side, the records are the rows and every transition is there once', async () => {
  const seed = Number(process.env['CAPTURE_SEED'] ?? 7);
  const random = seeded(seed);
  // A slot that may be lost makes a snapshot, and what happened twice before it is not seen.
  await db.query('ALTER SYSTEM RESET max_slot_wal_keep_size');
  await db.query('SELECT pg_reload_conf()');
  const { epoch } = await captured();
  const before = (await server.api('GET', '/v1/services/search/history?limit=1000')).body.transitions.length;
  let flips = 0;
  let isDown = (await db.query(`SELECT status FROM mcp_servers`))[0]?.['status'] !== 'active';
  for (let kill = 0; kill < KILLS; kill++) {
    for (let i = 0; i < 60; i++) {
      const id = 1 + Math.floor(random() * 40);
      const sql = [
        `INSERT INTO orders (id, state, total) VALUES (${id}, 'k${kill}', ${i}) ON CONFLICT (id) DO UPDATE SET total = ${i}, note = orders.note || '.'`,
        `DELETE FROM orders WHERE id = ${id}`,
        `UPDATE orders SET id = id + 100 WHERE id = ${id} AND NOT EXISTS (SELECT FROM orders WHERE id = ${id + 100})`,
        `BEGIN; UPDATE orders SET state = 'all${i}'; ROLLBACK`,
        `UPDATE orders SET state = 'r${i}', note = repeat('n', 3000) WHERE id % 3 = 0`,
      ][Math.floor(random() * 5)];
      await db.query(sql ?? '');
      if (random() < 0.2) {
        isDown = !isDown;
        flips += 1;
        await db.query(`UPDATE mcp_servers SET status = '${isDown ? 'error' : 'active'}'`);
      }
      if (i === Math.floor(random() * 60)) break;
    }
    if (random() < 0.5) {
      await server.kill();
      await server.launch();
    } else {
      await db.kill();
      await db.launch();
    }
  }
  await until(`the same, seed ${seed}`, sameOrders);
  await until(`every transition once, seed ${seed}`, async () => {
    const { transitions } = (await server.api('GET', '/v1/services/search/history?limit=1000')).body;
    return transitions.length === before + flips;
  });
  expect((await captured()).epoch).toBe(epoch);
});

async function captured(): Promise<Reply['body']> {
  return (await server.api('GET', '/v1/captures/shop')).body;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

test('[CP12] by asking: each change is found by the column that grows, also when it committed late; deleted rows when all are compared', async () => {
  const ticks = async (): Promise<string> => (await rows('ticks')).map(({ id, n }) => `${id}:${String(n)}`).join(' ');
  const want = async (): Promise<string> =>
    (await db.query('SELECT id, n FROM ticks ORDER BY id'))
      .map((row) => `${String(row['id'])}:${String(row['n'])}`)
      .join(' ');
  const same = async (): Promise<boolean> => sorted(await ticks()) === sorted(await want());
  await until('the first look', same);
  // It took its time before the one that committed first.
  await db.query('BEGIN; UPDATE ticks SET n = 1, at = clock_timestamp() WHERE id = 1');
  const other = await db.connect();
  await other.query('UPDATE ticks SET n = 2, at = clock_timestamp() WHERE id > 10');
  await until('what committed first', async () => (await server.api('GET', '/v1/ticks/450')).body.n === 2);
  const { version } = (await server.api('GET', '/v1/ticks/450')).body;
  await db.query('COMMIT');
  await other.end();
  await until('what committed last', same);
  // Rows that are read again, because they are young, and say the same are not touched.
  expect((await server.api('GET', '/v1/ticks/450')).body.version).toBe(version);
  await db.query('DELETE FROM ticks WHERE id = 3; UPDATE ticks SET n = 9, at = clock_timestamp() WHERE id = 4');
  await until('the change', async () => (await server.api('GET', '/v1/ticks/4')).body.n === 9);
  expect((await server.api('GET', '/v1/ticks/3')).status).toBe(200);
  await server.kill();
  await server.launch();
  await until('the comparison of a start', same);
});

function sorted(words: string): string {
  return words.split(' ').toSorted().join(' ');
}

test('[CP20] what a caller sees of a table is a rule over its claims, through every door, and follows the rows', async () => {
  const tokenOf = (sub: string, teams: readonly string[] | undefined): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    const said = { iss: 'test', aud: 'app', sub, org: 'main', scope: 'read', exp, app_metadata: { teams } };
    const body = `${part({ alg: 'HS256' })}.${part(said)}`;
    return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
  };
  const ids = async (key: string, query = ''): Promise<string> =>
    (await server.api('GET', `/v1/notes?limit=10${query}`, undefined, { key })).body.rows
      .map(({ id }: { readonly id: string }) => id)
      .join('');
  await until('the snapshot', async () => (await ids(ADMIN_KEY)) === '123');
  const [ada, blue, nobody] = [tokenOf('ada', []), tokenOf('cleo', ['blue']), tokenOf('ada', undefined)];
  expect([await ids(ada), await ids(blue), await ids(nobody)]).toEqual(['1', '3', '']);
  expect((await server.api('GET', '/v1/notes/2', undefined, { key: ada })).status).toBe(404);
  expect((await server.api('GET', '/v1/notes/1', undefined, { key: ada })).body.text).toBe('a');
  expect(await ids(ada, `&filter=${encodeURIComponent('["eq","team","blue"]')}`)).toBe('');

  // An unmodified client of Supabase, by the table's own name. Two with equal claims are judged once.
  const [, open] = newest(1)[0] ?? [];
  const held = new Map<string, string>();
  const views = async (): Promise<number> =>
    Number(/^statewire_views (\d+)$/mu.exec(String((await server.api('GET', '/metrics')).body))?.[1]);
  const listen = async (token: string, into: Map<string, string>): Promise<void> => {
    const client = open?.(server.port, token);
    onTestFinished(() => client?.end());
    let isJoined = false;
    client
      ?.channel('notes')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'notes' }, ({ eventType, new: row, old }) => {
        if (eventType === 'DELETE') into.delete(old.id);
        else into.set(row.id, eventType);
      })
      .subscribe((told) => (isJoined = told === 'SUBSCRIBED'));
    await until('it to be joined', () => isJoined);
  };
  await listen(blue, held);
  const before = await views();
  await listen(tokenOf('dora', ['blue']), new Map());
  await listen(blue, new Map());
  expect(await views()).toBe(before + 1);
  await db.query(`INSERT INTO notes VALUES (4, 'eve', 'red', 'd'), (5, 'eve', 'blue', 'e')`);
  await until('the new row', () => held.has('5'));
  expect(held.has('4')).toBe(false);
  await db.query(`UPDATE notes SET team = 'red' WHERE id = 5; UPDATE notes SET team = 'blue' WHERE id = 4`);
  await until('the one that came', () => held.has('4'));
  await until('the one that went', () => !held.has('5'));
  expect([...held.keys()].includes('2')).toBe(false);
});

test('[CP10] a replica takes over that lacks the slot and the end of the log: a new snapshot, and the records are its rows', async () => {
  await until('the same', sameOrders);
  const { epoch } = await captured();
  const untouched = (await rows('orders')).find(({ id }) => id !== '2');
  await db.failOver(async () => {
    await db.query(
      `INSERT INTO orders (id, state) VALUES (7777, 'lost'); UPDATE orders SET state = 'lost' WHERE id = 2`,
    );
    await until('what will be lost', sameOrders);
  });
  await db.query(`INSERT INTO orders (id, state) VALUES (7778, 'new')`);
  await until('the same', sameOrders);
  expect((await server.api('GET', '/v1/orders/7777')).status).toBe(404);
  expect((await server.api('GET', `/v1/orders/${untouched?.id ?? ''}`)).body.version).toBe(untouched?.['version']);
  await until('the next epoch', async () => (await captured()).epoch > epoch);
  expect(await captured()).toMatchObject({ cause: 'other_database', epoch: epoch + 1 });
});

test('[CP17] a connection is encrypted as the URL says, to whoever the authority of the URL knows; what is wrong is told', async () => {
  const authority = join(folder, 'authority.pem');
  writeFileSync(authority, AUTHORITY.cert);
  const root = `&sslrootcert=${encodeURIComponent(authority)}`;
  const open = async (query: string, host = '127.0.0.1'): Promise<string> => {
    const url = `postgres://postgres@${host}:${db.port}/postgres${query}`;
    const opened = await Database.open({
      clock,
      url,
      name: 'test',
      isReplication: false,
      connectMs: 60_000,
      statementMs: 60_000,
    });
    if (!opened.ok) return opened.code;
    const used = await opened.value.query('SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    opened.value.close();
    return used.ok ? `encrypted: ${used.value[0]?.[0] ?? ''}` : used.code;
  };
  const cases: Readonly<Record<string, readonly [query: string, host?: string]>> = {
    'the authority and the name are right': [`?sslmode=verify-full${root}`],
    'nobody knows the authority': ['?sslmode=verify-full'],
    'another name': [`?sslmode=verify-full${root}`, 'localhost'],
    'another name, and only the authority counts': [`?sslmode=verify-ca${root}`, 'localhost'],
    'whoever it is': ['?sslmode=require'],
    'no file': ['?sslmode=verify-full&sslrootcert=/nowhere.pem'],
    'within this machine': [''],
  };
  const found = await Promise.all(
    Object.entries(cases).map(async ([what, [query, host]]) => [what, await open(query, host)] as const),
  );
  expect(Object.fromEntries(found)).toEqual({
    'the authority and the name are right': 'encrypted: true',
    'nobody knows the authority': 'certificate',
    'another name': 'certificate',
    'another name, and only the authority counts': 'encrypted: true',
    'whoever it is': 'encrypted: true',
    'no file': 'certificate',
    'within this machine': 'encrypted: false',
  });
  await db.stop();
  await db.launch({ ssl: 'off' });
  expect(await open('?sslmode=require')).toBe('tls_unavailable');
});

test('[CP16] records of a table that is named no more go, and those of the others stay', async () => {
  await server.kill();
  writeFileSync(
    join(folder, 'statewire.yaml'),
    CONFIG.replace(/ {6}- table: mcp_servers\n {8}pack: mcp_servers\n/u, ''),
  );
  await server.launch();
  await until('the service to go', async () => (await server.api('GET', '/v1/services/search')).status === 404);
  await until('the next epoch', async () => (await captured()).cause === 'changed');
  await until('the same', sameOrders);
});
