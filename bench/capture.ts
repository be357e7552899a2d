/**
 * A large table becomes records while it changes: how long the snapshot takes, how soon a subscriber sees a commit meanwhile and
 * afterwards, what memory it takes, and whether the records are the rows in the end. BENCH_PROFILE=<folder>: a profile of the server.
 *
 *     node --conditions=source bench/capture.ts 1000000 1000
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
/** Programs that change rows, one commit at a time each. */
const WRITERS = 4;
/** Rows that somebody looks at: each of them changes often. */
const WATCHED = 20;

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
const profile = process.env['BENCH_PROFILE'];
let server: TestServer | null = null;
const over = new AbortController();
try {
  await db.query('CREATE TABLE t (id int PRIMARY KEY, n int, state text, at float8)');
  await db.query(`INSERT INTO t SELECT i, 0, 'state-' || i % 7, 0 FROM generate_series(1, ${rows}) i`);
  const changing = Array.from({ length: WRITERS }, (_, writer) => change(writer));
  server = await TestServer.start({
    STATEWIRE_CONFIG: config,
    BENCH_URL: db.url,
    ...(profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` }),
  });
  const { pid } = server;
  const started = performance.now();
  const client = createClient({ url: server.url, token: ADMIN_KEY });
  const seen = new Map<string, unknown>();
  let times: number[] = [];
  client
    .collection('rows')
    .where(['in', 'id', Array.from({ length: WATCHED }, (_, i) => `${i + 1}`)])
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
  let rssMax = 0;
  const look = (): void => {
    rssMax = Math.max(rssMax, rssOf(pid));
  };
  const stands = (what: string, states: readonly string[]): Promise<void> =>
    until(
      what,
      async () => {
        look();
        return states.includes((await server?.api('GET', '/v1/captures/bench'))?.body.state);
      },
      LIMIT_MS,
    );
  await stands('the snapshot', ['behind', 'live']);
  const snapshotMs = performance.now() - started;
  const cpuSnapshot = cpuOf(pid);
  const during = told(times);
  times = [];
  await stands('to be live', ['live']);
  const liveMs = performance.now() - started;
  await new Promise((resolve) => setTimeout(resolve, MEASURE_MS));
  look();
  const afterwards = told(times);
  client.close();
  over.abort();
  const rates = await Promise.all(changing);
  const [want] = await db.query(`SELECT count(*)::int AS count, sum(n)::int AS sum FROM t`);
  await until('the same', () => same(want), LIMIT_MS);
  console.log(
    JSON.stringify({
      rows,
      changesPerSecond: Math.round(rates.reduce((sum, rate) => sum + rate, 0)),
      snapshotSeconds: Math.round(snapshotMs / 100) / 10,
      rowsPerSecond: Math.round((rows / snapshotMs) * 1_000),
      liveSeconds: Math.round(liveMs / 100) / 10,
      cpuSeconds: { snapshot: cpuSnapshot, afterwards: Math.round((cpuOf(pid) - cpuSnapshot) * 10) / 10 },
      commitToSubscriberMs: { during, afterwards },
      rssMiB: { max: rssMax, last: rssOf(pid) },
      isExact: true,
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
  over.abort();
  await server?.close();
  await db.close();
}

interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

function told(all: readonly number[]): Times {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (part: number): number => Math.round((sorted[Math.floor((sorted.length - 1) * part)] ?? 0) * 10) / 10;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Changes rows one commit at a time, every tenth of them one that somebody looks at. How many a second. */
async function change(writer: number): Promise<number> {
  const client = await db.connect();
  let count = 0;
  const began = performance.now();
  while (!over.signal.aborted) {
    const due = Math.floor(((performance.now() - began) / 1_000) * (perSecond / WRITERS));
    if (count >= due) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const nth = count * WRITERS + writer;
    const id = count % 10 === 0 ? 1 + (Math.floor(nth / 10) % WATCHED) : 1 + ((nth * 7_919) % rows);
    await client.query(`UPDATE t SET n = n + 1, at = $2 WHERE id = $1`, [
      id,
      performance.timeOrigin + performance.now(),
    ]);
    count += 1;
  }
  const rate = (count / (performance.now() - began)) * 1_000;
  await client.end();
  return rate;
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

/** Processor time that a process has taken, seconds: on a machine that others use it says more than the time that passed. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
