/**
 * A large table becomes records while it changes: how long the snapshot takes, how soon a subscriber sees a commit after it, what
 * memory it takes, and whether the records are the rows in the end.
 *
 *     node --conditions=source bench/capture.ts 1000000 1000
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@statewire/client';
import { TestDatabase } from '../e2e/harness/postgres.ts';
import { ADMIN_KEY, TestServer } from '../e2e/harness/server.ts';
import { until } from '../e2e/harness/until.ts';

const rows = Number(process.argv[2] ?? 100_000);
const perSecond = Number(process.argv[3] ?? 1_000);
/** How long commits are timed after everything was caught up with. */
const MEASURE_MS = 20_000;
const LIMIT_MS = 1_800_000;

const db = await TestDatabase.start({ shared_buffers: '128MB', max_wal_size: '4GB' });
const folder = mkdtempSync(join(tmpdir(), 'statewire-bench-'));
const config = join(folder, 'statewire.yaml');
writeFileSync(
  config,
  JSON.stringify({
    capture: [
      {
        id: 'bench',
        url: { env: 'BENCH_URL' },
        tables: [{ table: 't', collection: 'rows', columns: { n: 'number', state: 'text', at: 'number' } }],
      },
    ],
  }),
);
let server: TestServer | null = null;
const over = new AbortController();
try {
  await db.query('CREATE TABLE t (id int PRIMARY KEY, n int, state text, at float8)');
  await db.query(`INSERT INTO t SELECT i, 0, 'state-' || i % 7, 0 FROM generate_series(1, ${rows}) i`);
  const began = performance.now();
  const changing = change();
  server = await TestServer.start({ STATEWIRE_CONFIG: config, BENCH_URL: db.url });
  const { pid } = server;
  const started = performance.now();
  const state = async (): Promise<Readonly<Record<string, unknown>>> =>
    (await server?.api('GET', '/v1/captures/bench'))?.body ?? {};
  let rssMax = 0;
  const look = (): void => {
    rssMax = Math.max(rssMax, rssOf(pid));
  };
  await until(
    'the snapshot',
    async () => (look(), ['behind', 'live'].includes(String((await state())['state']))),
    LIMIT_MS,
  );
  const snapshotMs = performance.now() - started;
  await until('to be live', async () => (look(), (await state())['state'] === 'live'), LIMIT_MS);
  const liveMs = performance.now() - started;
  const rss = rssOf(pid);

  const client = createClient({ url: server.url, token: ADMIN_KEY });
  const seen = new Map<string, unknown>();
  const times: number[] = [];
  client
    .collection('rows')
    .where(['in', 'id', Array.from({ length: 20 }, (_, i) => `${i + 1}`)])
    .every(0)
    .subscribe(({ rows: all }) => {
      const now = performance.timeOrigin + performance.now();
      for (const row of all) {
        const at = row['at'];
        if (typeof at !== 'number' || seen.get(row.id) === at) continue;
        if (seen.has(row.id) && at > 0) times.push(now - at);
        seen.set(row.id, at);
      }
    });
  await new Promise((resolve) => setTimeout(resolve, MEASURE_MS));
  look();
  client.close();
  over.abort();
  const changes = await changing;
  const [want] = await db.query(`SELECT count(*)::int AS count, sum(n)::int AS sum FROM t`);
  await until('the same', () => same(want), LIMIT_MS);
  times.sort((a, b) => a - b);
  const at = (part: number): number => Math.round((times[Math.floor(times.length * part)] ?? 0) * 10) / 10;
  console.log(
    JSON.stringify({
      rows,
      changesPerSecond: Math.round((changes / (performance.now() - began)) * 1_000),
      snapshotSeconds: Math.round(snapshotMs / 100) / 10,
      rowsPerSecond: Math.round((rows / snapshotMs) * 1_000),
      liveSeconds: Math.round(liveMs / 100) / 10,
      commitToSubscriberMs: {
        count: times.length,
        p50: at(0.5),
        p99: at(0.99),
        max: at(1 - 1 / Math.max(1, times.length)),
      },
      rssMiB: { max: rssMax, live: rss },
      isExact: true,
    }),
  );
} finally {
  over.abort();
  await server?.close();
  await db.close();
}

/** Changes rows one commit at a time; the first twenty often, so that somebody sees it. */
async function change(): Promise<number> {
  const client = await db.connect();
  let count = 0;
  const began = performance.now();
  while (!over.signal.aborted) {
    const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
    if (count >= due) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const id = count % 10 === 0 ? 1 + (Math.floor(count / 10) % 20) : 1 + ((count * 7_919) % rows);
    await client.query(`UPDATE t SET n = n + 1, at = $2 WHERE id = $1`, [
      id,
      performance.timeOrigin + performance.now(),
    ]);
    count += 1;
  }
  await client.end();
  return count;
}

/** Reads everything by pages: as many records as rows, and the same sum. */
async function same(want: Readonly<Record<string, unknown>> | undefined): Promise<boolean> {
  let [count, sum] = [0, 0];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = (await server?.api('GET', `/v1/rows?limit=1000${query}`)) ?? { body: { rows: [], next: null } };
    for (const row of body.rows) {
      count += 1;
      sum += row.n;
    }
    cursor = body.next;
  }
  return count === want?.['count'] && sum === want['sum'];
}

function rssOf(pid: number): number {
  const pages = /^VmRSS:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(pages?.[1] ?? 0) / 1_024);
}
