/** The checks of databases and brokers against the real programs, and against their refusals, hangs and deaths. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProbeObservation } from '../packages/server/src/collect/observation.ts';
import type { CheckPlan } from '../packages/server/src/collect/probes/plan.ts';
import { planOf } from '../packages/server/src/testing/peers/plan.ts';
import { createProbing } from '../packages/server/src/testing/peers/probing.ts';
import {
  startMariaDb,
  startNats,
  startPostgres,
  startRedis,
  type Program,
} from '../packages/server/src/testing/peers/program.ts';

const PASSWORD = 'correct-horse-7';
const { probers } = createProbing();

type Kind = 'mysql' | 'nats' | 'postgres' | 'redis';

async function probe(kind: Kind, port: number, more: Partial<CheckPlan> = {}): Promise<ProbeObservation> {
  const { observation } = await probers.probe(planOf(kind, `127.0.0.1:${port}`, more));
  expect(JSON.stringify(observation), 'a secret in an observation').not.toContain(PASSWORD);
  return observation;
}

const said = ({ verdict, reason, facts }: ProbeObservation): string =>
  `${verdict} ${reason.code} ${Object.entries(facts)
    .map(([name, { v }]) => `${name}:${v}`)
    .join(' ')}`;

const credentials = { password: PASSWORD };
const wrong = { password: 'not-the-password' };

/** How many probes per kind leave nothing behind. */
const MANY = 200;

async function leavesNothing(kind: Kind, port: number, more: Partial<CheckPlan>): Promise<void> {
  const count = (): number =>
    process.getActiveResourcesInfo().filter((name) => /TCP|Process|UDP|TLS/.test(name)).length;
  await probe(kind, port, more);
  const before = count();
  for (let i = 0; i < MANY; i += 1) await probe(kind, port, more);
  await expect.poll(count, { timeout: 30_000 }).toBeLessThanOrEqual(before);
}

describe('[CK4] PostgreSQL', () => {
  let server: Program;
  const sql = (query: string, more: object = {}): CheckPlan['probe'] => ({
    kind: 'postgres',
    user: 'postgres',
    database: 'postgres',
    encryption: 'off',
    query,
    ...more,
  });
  beforeAll(async () => {
    server = await startPostgres({ password: PASSWORD });
  });
  afterAll(() => server.stop());

  test('login and a query whose first column is judged', async () => {
    expect(said(await probe('postgres', server.port, { credentials }))).toBe('healthy ok reach:ok protocol:ok auth:ok');
    const query = sql('SELECT count(*) AS n, true AS yes, \'{"a":[1]}\'::json AS j, now()::text AS t FROM pg_database');
    const conditions = ['value >= 3 && row.n == value && row.yes && row.j.a[0] == 1 && len(rows) == 1 && latency < 5s'];
    const well = await probe('postgres', server.port, { credentials, probe: query, conditions });
    expect(said(well)).toBe('healthy ok reach:ok protocol:ok auth:ok query:ok conditions:ok');
    const ill = await probe('postgres', server.port, { credentials, probe: query, conditions: ['value > 1000'] });
    expect(said(ill)).toBe('unhealthy condition_failed reach:ok protocol:ok auth:ok query:ok conditions:fail');
    expect(ill.reason.text).toMatch(/^Expected value > 1000, found \d+\.$/);
    const worn = await probe('postgres', server.port, {
      credentials,
      probe: query,
      degradedConditions: ['value == 0'],
    });
    expect(said(worn)).toContain('degraded condition_degraded');
  });

  test.each([
    ['a wrong password', { credentials: wrong }, 'degraded credentials_rejected reach:ok protocol:ok auth:fail'],
    ['no password', {}, 'degraded needs_auth reach:ok protocol:ok auth:fail'],
    [
      'an unknown database',
      { credentials, probe: sql('SELECT 1', { database: 'nowhere' }) },
      'unhealthy no_database reach:ok protocol:ok database:fail',
    ],
    [
      'an unknown table',
      { credentials, probe: sql('SELECT * FROM nowhere') },
      'unhealthy query_failed reach:ok protocol:ok auth:ok query:fail',
    ],
    [
      'a query that writes',
      { credentials, probe: sql('SELECT * FROM pg_class FOR UPDATE') },
      'unhealthy query_writes reach:ok protocol:ok auth:ok query:fail',
    ],
    [
      'two statements',
      { credentials, probe: sql('SELECT 1; DROP TABLE x') },
      'unhealthy query_failed reach:ok protocol:ok auth:ok query:fail',
    ],
    [
      'a query that takes too long',
      { credentials, probe: sql('SELECT pg_sleep(30)'), timeoutMs: 2_500 },
      /^unhealthy (timeout|query_timeout) reach:ok protocol:ok auth:ok query:fail$/,
    ],
    [
      'encryption it does not offer',
      { credentials, probe: sql('SELECT 1', { encryption: 'on' }) },
      'unhealthy tls_unavailable reach:ok protocol:fail',
    ],
  ])('%s', async (_name, more, expected) => {
    expect(said(await probe('postgres', server.port, more))).toMatch(
      typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected,
    );
  });

  test('an answer larger than the limit is cut', async () => {
    const { probers: small } = createProbing({ probeBodyBytesMax: 100_000 });
    const plan = planOf('postgres', `127.0.0.1:${server.port}`, {
      credentials,
      probe: sql("SELECT repeat('x', 1000) FROM generate_series(1, 10000)"),
    });
    expect((await small.probe(plan)).observation.reason.code).toBe('too_large');
  });

  test('a server that hangs, and goes on', async () => {
    await server.freeze();
    const hung = await probe('postgres', server.port, { credentials, timeoutMs: 500 });
    server.thaw();
    expect(said(hung)).toBe('unhealthy timeout reach:ok protocol:fail');
    expect(said(await probe('postgres', server.port, { credentials }))).toContain('healthy ok');
  });

  test('what a query changes all the same is rolled back', async () => {
    const made = await probe('postgres', server.port, { credentials, probe: sql('SELECT lo_create(4711)') });
    expect(made.facts['query']).toBeDefined();
    const conditions = ['value == 0'];
    const count = sql('SELECT count(*) FROM pg_largeobject_metadata');
    expect((await probe('postgres', server.port, { credentials, probe: count, conditions })).verdict).toBe('healthy');
  });

  test('nothing is left behind', () => leavesNothing('postgres', server.port, { credentials, probe: sql('SELECT 1') }));
});

describe('[CK4] MySQL', () => {
  let server: Program;
  const sql = (query: string | null, more: object = {}): CheckPlan['probe'] => ({
    kind: 'mysql',
    user: 'probe',
    database: 'shop',
    encryption: 'off',
    query,
    ...more,
  });
  beforeAll(async () => {
    server = await startMariaDb({ password: PASSWORD });
  });
  afterAll(() => server.stop());

  test('login and a query whose first column is judged', async () => {
    const query = sql('SELECT price, state, id FROM orders ORDER BY id');
    const conditions = ['value == 12.5 && row.state == "paid" && len(rows) == 2 && rows[1][1] == "open"'];
    const well = await probe('mysql', server.port, { credentials, probe: query, conditions });
    expect(said(well)).toBe('healthy ok reach:ok protocol:ok auth:ok query:ok conditions:ok');
  });

  test.each([
    ['nothing but a login', { credentials, probe: sql(null) }, 'healthy ok reach:ok protocol:ok auth:ok'],
    [
      'a wrong password',
      { credentials: wrong, probe: sql(null) },
      'degraded credentials_rejected reach:ok protocol:ok auth:fail',
    ],
    ['no password', { probe: sql(null) }, 'degraded needs_auth reach:ok protocol:ok auth:fail'],
    [
      'an unknown database',
      { credentials, probe: sql(null, { database: 'shops' }) },
      /^(unhealthy no_database reach:ok protocol:ok database:fail|degraded forbidden reach:ok protocol:ok auth:fail)$/,
    ],
    [
      'an unknown table',
      { credentials, probe: sql('SELECT * FROM nowhere') },
      'unhealthy query_failed reach:ok protocol:ok auth:ok query:fail',
    ],
    [
      'a query that writes',
      { credentials, probe: sql('WITH x AS (SELECT 1) DELETE FROM orders') },
      /^unhealthy query_(writes|failed) reach:ok protocol:ok auth:ok query:fail$/,
    ],
    [
      'two statements',
      { credentials, probe: sql('SELECT 1; DELETE FROM orders') },
      'unhealthy query_failed reach:ok protocol:ok auth:ok query:fail',
    ],
    [
      'a query that takes too long',
      { credentials, probe: sql('SELECT SLEEP(30)'), timeoutMs: 2_500 },
      /^unhealthy (timeout|query_timeout) reach:ok protocol:ok auth:ok query:fail$/,
    ],
    [
      'a query that the server itself ends',
      { credentials, probe: sql('SET STATEMENT max_statement_time=0.1 FOR SELECT SLEEP(30)') },
      'unhealthy query_timeout reach:ok protocol:ok auth:ok query:fail',
    ],
    [
      'a fault that only MariaDB knows',
      { credentials, probe: sql('SET ROLE nowhere') },
      'unhealthy query_failed reach:ok protocol:ok auth:ok query:fail',
    ],
    [
      'encryption it does not offer',
      { credentials, probe: sql(null, { encryption: 'on' }) },
      /^unhealthy tls_(unavailable|untrusted|self_signed) reach:ok protocol:fail$/,
    ],
  ])('%s', async (_name, more, expected) => {
    expect(said(await probe('mysql', server.port, more))).toMatch(
      typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected,
    );
  });

  test('what a query cannot do: the rows are all still there', async () => {
    for (const query of [
      'SELECT 1; DROP TABLE orders',
      'EXPLAIN DELETE FROM orders',
      'SELECT * FROM orders FOR UPDATE',
    ]) {
      await probe('mysql', server.port, { credentials, probe: sql(query) });
    }
    const conditions = ['value == 2'];
    const left = await probe('mysql', server.port, {
      credentials,
      probe: sql('SELECT COUNT(*) FROM orders'),
      conditions,
    });
    expect(left.verdict).toBe('healthy');
  });

  test('a server that hangs', async () => {
    await server.freeze();
    const hung = await probe('mysql', server.port, { credentials, probe: sql(null), timeoutMs: 500 });
    server.thaw();
    expect(said(hung)).toBe('unhealthy timeout reach:ok protocol:fail');
  });

  test('nothing is left behind', () => leavesNothing('mysql', server.port, { credentials, probe: sql('SELECT 1') }));
});

describe('[CK4] Redis', () => {
  let server: Program;
  let open: Program;
  const command = (...words: readonly string[]): CheckPlan['probe'] => ({
    kind: 'redis',
    user: '',
    encryption: 'off',
    command: words,
  });
  beforeAll(async () => {
    server = await startRedis({ password: PASSWORD });
    open = await startRedis();
  });
  afterAll(async () => {
    await server.stop();
    await open.stop();
  });

  test.each([
    ['PING', { credentials }, 'healthy ok reach:ok protocol:ok auth:ok'],
    ['a wrong password', { credentials: wrong }, 'degraded credentials_rejected reach:ok protocol:ok auth:fail'],
    ['no password', {}, 'degraded needs_auth reach:ok protocol:ok auth:fail'],
    [
      'a command whose reply is judged',
      { credentials, probe: command('DBSIZE'), conditions: ['value == 0'] },
      'healthy ok reach:ok protocol:ok auth:ok query:ok conditions:ok',
    ],
    [
      'a list',
      { credentials, probe: command('MGET', 'a', 'b'), conditions: ['len(value) == 2 && value[0] == null'] },
      'healthy ok reach:ok protocol:ok auth:ok query:ok conditions:ok',
    ],
    [
      'a command with too few words',
      { credentials, probe: command('GET') },
      'unhealthy query_failed reach:ok protocol:ok auth:ok query:fail',
    ],
  ])('%s', async (_name, more, expected) => {
    expect(said(await probe('redis', server.port, more))).toBe(expected);
  });

  test('a server without a password', async () => {
    expect(said(await probe('redis', open.port))).toBe('healthy ok reach:ok protocol:ok');
    expect(said(await probe('redis', open.port, { credentials }))).toContain('unhealthy query_failed');
  });

  test('a server that hangs', async () => {
    await server.freeze();
    const hung = await probe('redis', server.port, { credentials, timeoutMs: 300 });
    server.thaw();
    expect(said(hung)).toBe('unhealthy timeout reach:ok protocol:fail');
  });

  test('nothing is left behind', () => leavesNothing('redis', server.port, { credentials }));
});

describe('[CK4] NATS', () => {
  let server: Program;
  let open: Program;
  const as = (user: string): CheckPlan['probe'] => ({ kind: 'nats', user, encryption: 'off' });
  beforeAll(async () => {
    server = await startNats(['--user', 'probe', '--pass', PASSWORD]);
    open = await startNats();
  });
  afterAll(async () => {
    await server.stop();
    await open.stop();
  });

  test.each([
    ['login', { credentials, probe: as('probe') }, 'healthy ok reach:ok protocol:ok auth:ok'],
    [
      'a wrong password',
      { credentials: wrong, probe: as('probe') },
      'degraded credentials_rejected reach:ok protocol:ok auth:fail',
    ],
    ['no password', {}, 'degraded needs_auth reach:ok protocol:ok auth:fail'],
    [
      'encryption it does not offer',
      {
        credentials,
        probe: { kind: 'nats', user: 'probe', encryption: 'on' } satisfies CheckPlan['probe'],
        timeoutMs: 600,
      },
      /^unhealthy (timeout_connect|tls_failed|reset|tls_unavailable) reach:ok protocol:fail$/,
    ],
  ])('%s', async (_name, more, expected) => {
    expect(said(await probe('nats', server.port, more))).toMatch(
      typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected,
    );
  });

  test('what it says of itself is judged', async () => {
    const conditions = ['json.version matches /^2\\./ && json.max_payload >= 1024'];
    expect(said(await probe('nats', open.port, { conditions }))).toBe('healthy ok reach:ok protocol:ok conditions:ok');
  });

  test('a server that hangs', async () => {
    await server.freeze();
    const hung = await probe('nats', server.port, { credentials, timeoutMs: 300 });
    server.thaw();
    expect(said(hung)).toBe('unhealthy timeout reach:ok protocol:fail');
  });

  test('nothing is left behind', () => leavesNothing('nats', open.port, {}));
});
