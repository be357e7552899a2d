/** What keeping history costs: reading 90 days of everybody, and a real server that checks 1,000 services. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { TestServer } from '../../e2e/harness/server.ts';
import { DAY_MS, floorTo } from '../../packages/server/src/derive/history/calendar.ts';
import { NO_TIME, tally } from '../../packages/server/src/derive/history/tally.ts';
import { replay } from '../../packages/server/src/derive/history/track.ts';
import { outagesOf, uptimeOf } from '../../packages/server/src/derive/history/uptime.ts';
import { NO_HISTORY } from '../../packages/server/src/keep/history-store.ts';
import { SqliteStore } from '../../packages/server/src/keep/sqlite/sqlite-store.ts';
import { micros } from '../clock.ts';
import { median, type CaseResult, type Row } from '../report.ts';
import type { Case } from './case.ts';

const SERVICES = 1_000;
const INTERVAL_MS = 30_000;
const BEATS_PER_DAY = (SERVICES * DAY_MS) / INTERVAL_MS;

export const history: Case = {
  name: 'history',
  async run({ repeats, minutes }) {
    return [await ninetyDays(Math.max(repeats, 5)), await thousandServices(minutes)];
  },
};

/** 90-day uptime of all services, from rows of days on disk. */
async function ninetyDays(repeats: number): Promise<CaseResult> {
  const dir = mkdtempSync(join(tmpdir(), 'statewire-bench-'));
  const store = new SqliteStore({ path: join(dir, 'statewire.db') });
  try {
    await store.open();
    const today = floorTo(1_790_000_000_000, DAY_MS);
    for (let i = 0; i < SERVICES; i += 20) {
      const rollups = Array.from({ length: 20 * 100 }, (_, n) => ({
        org: 'main',
        collection: 'services',
        id: `s${i + (n % 20)}`,
        resolution: '1d' as const,
        at: today - Math.floor(n / 20) * DAY_MS,
        time: { ...NO_TIME, up: DAY_MS - n, down: n },
        measure: null,
      }));
      await store.putHistory({ ...NO_HISTORY, rollups });
    }
    const q = {
      org: 'main',
      collection: 'services',
      resolution: '1d',
      from: today - 89 * DAY_MS,
      to: today + 1,
    } as const;
    const took: number[] = [];
    let answered = 0;
    for (let i = 0; i < repeats + 2; i += 1) {
      const start = micros();
      const rows = await store.times(q);
      answered = rows.map(({ time }) => uptimeOf(time, 90 * DAY_MS)).filter(({ pct }) => pct !== null).length;
      // The first two warm the cache of the file.
      if (i >= 2) took.push((micros() - start) / 1_000);
    }
    if (answered !== SERVICES) throw new Error(`${answered} of ${SERVICES} services were answered`);
    return {
      title: '90-day uptime of 1,000 services (on disk: 100,000 rows held, 90,000 read)',
      headings: ['median ms', 'worst ms'],
      rows: [
        { name: 'from days on disk, through the reading thread', values: [median(took), Math.max(...took)] },
        { name: 'from the log in memory, 100 changes each', values: fromMemory(repeats) },
      ],
      targets: [
        { what: '90-day uptime of 1,000 services', bound: 50, measured: median(took), better: 'at most', unit: 'ms' },
      ],
      notes: ['the server answers windows of up to 91 days from memory, longer ones from days on disk'],
    };
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The same from tracks as the server holds them: median and worst, ms. */
function fromMemory(repeats: number): readonly number[] {
  const now = 1_790_000_000_000;
  const from = now - 90 * DAY_MS;
  const tracks = Array.from({ length: SERVICES }, (_, i) =>
    replay(
      { at: from - DAY_MS, word: 'up' },
      Array.from({ length: 100 }, (__, n) => ({ at: from + n * 77_000_000 + i, word: n % 2 === 0 ? 'down' : 'up' })),
    ),
  );
  const took: number[] = [];
  for (let i = 0; i < repeats + 2; i += 1) {
    const start = micros();
    for (const track of tracks) {
      uptimeOf(tally(track, from, now), 90 * DAY_MS);
      outagesOf(track, { from, to: now, now, max: 100 });
    }
    if (i >= 2) took.push((micros() - start) / 1_000);
  }
  return [median(took), Math.max(...took)];
}

/** A real server process, real HTTP checks against a local target, in real time. */
async function thousandServices(minutes: number): Promise<CaseResult> {
  const arrivals = new Map<string, number[]>();
  const target = createServer((request, response) => {
    const path = request.url ?? '';
    const seen = arrivals.get(path) ?? [];
    seen.push(micros() / 1_000);
    arrivals.set(path, seen);
    response.end('ok');
  });
  const port = await listen(target);
  const server = await TestServer.start({ STATEWIRE_LOG_LEVEL: 'error' });
  try {
    for (let from = 0; from < SERVICES; from += 250) {
      const lines = Array.from({ length: 250 }, (_, i) => ({
        op: 'create',
        fields: {
          id: `s${from + i}`,
          name: `Service ${from + i}`,
          kind: 'http',
          target: `http://127.0.0.1:${port}/${from + i}`,
          check: { intervalMs: INTERVAL_MS },
        },
      }));
      const made = await server.api('POST', '/v1/services/bulk', { lines });
      if (made.status !== 200) throw new Error(`the services could not be made: ${made.status}`);
    }
    // Until every service was looked at once, and the burst of the beginning is over.
    const ready = micros() + 60e6;
    while (arrivals.size < SERVICES && micros() < ready) await sleep(250);
    await sleep(5_000);
    const start = usageOf(server.pid);
    const rssMb: number[] = [];
    const until = micros() + minutes * 60e6;
    while (micros() < until) {
      await sleep(1_000);
      rssMb.push(usageOf(server.pid).rssMb);
    }
    const end = usageOf(server.pid);
    const seconds = (end.at - start.at) / 1_000;
    const perDay = 86_400 / seconds;
    const gaps = [...arrivals.values()]
      .flatMap((seen) => seen.slice(1).map((at, i) => at - (seen[i] ?? at)))
      .sort((a, b) => a - b);
    // Checks are spread by up to a tenth of their interval: what is beyond that is late.
    const lags = gaps.map((gap) => Math.max(0, gap - INTERVAL_MS * 1.1));
    await server.stop();
    const rows = rowsOf(join(server.data, 'statewire.db'), start.at, end.at);
    const kuma = kumaPattern();
    const list: Row[] = [
      {
        name: `Statewire, ${minutes} min, whole process`,
        values: [
          (end.cpuMs - start.cpuMs) / 10 / seconds,
          Math.max(...rssMb),
          lags[Math.floor(lags.length * 0.99)] ?? null,
          (rows * perDay) / 1e6,
          ((end.writtenBytes - start.writtenBytes) * perDay) / 1e6,
        ],
      },
      {
        name: "Uptime Kuma's writes alone, node:sqlite",
        values: [
          (kuma.cpuMicros * BEATS_PER_DAY) / 86_400 / 1e4,
          null,
          null,
          (4 * BEATS_PER_DAY) / 1e6,
          (kuma.bytes * BEATS_PER_DAY) / 1e6,
        ],
      },
    ];
    return {
      title: `1,000 HTTP services at 30 s: ${gaps.length} intervals seen in ${Math.round(seconds)} s`,
      headings: ['CPU % of a core', 'RSS MB, most', 'probe lag p99 ms', 'M rows/day', 'MB written/day'],
      rows: list,
      targets: [],
      notes: [
        'rows: samples, changes, transitions and buckets that were inserted or written again in the window, scaled to a day; records that are updated in place are not counted',
        'MB written: what the process handed to the file system (write_bytes of the kernel), log and checkpoints included; 0 where the disk is memory',
        'lag: how much later than the interval and its tenth of spread a check reached the target',
        "Uptime Kuma's pattern: 1 insert, 3 upserts, 2 deletes, each its own transaction, per beat; WAL, synchronous NORMAL; no probing, no socket, no ORM in it, and nothing flushed, where ours is flushed at each commit",
      ],
    };
  } finally {
    await server.close();
    await new Promise<void>((resolve) => {
      target.close(() => resolve());
      target.closeAllConnections();
    });
  }
}

/** What a beat costs when it is written as Uptime Kuma writes it. */
function kumaPattern(): { readonly cpuMicros: number; readonly bytes: number } {
  const dir = mkdtempSync(join(tmpdir(), 'statewire-bench-'));
  const db = new DatabaseSync(join(dir, 'kuma.db'));
  try {
    db.exec('pragma journal_mode = wal; pragma synchronous = normal');
    db.exec(
      'create table heartbeat (id integer primary key, important integer, monitor_id integer, status integer, msg text, time text, ping integer, duration integer, down_count integer);' +
        'create index heartbeat_monitor on heartbeat (monitor_id, time);',
    );
    const kinds = ['minutely', 'hourly', 'daily'] as const;
    for (const kind of kinds)
      db.exec(
        `create table stat_${kind} (id integer primary key, monitor_id integer, timestamp integer, ping real, up integer, down integer, unique (monitor_id, timestamp))`,
      );
    const insert = db.prepare(
      "insert into heartbeat (important, monitor_id, status, msg, time, ping, duration, down_count) values (0, ?, 1, '200 - OK', ?, ?, 30, 0)",
    );
    const upserts = kinds.map((kind) =>
      db.prepare(
        `insert into stat_${kind} (monitor_id, timestamp, ping, up, down) values (?, ?, ?, 1, 0) on conflict do update set ping = excluded.ping, up = up + 1`,
      ),
    );
    const deletes = ['minutely', 'hourly'].map((kind) =>
      db.prepare(`delete from stat_${kind} where monitor_id = ? and timestamp < ?`),
    );
    const beats = 20_000;
    const before = usageOf(process.pid);
    const cpu = process.cpuUsage();
    for (let k = 0; k < beats; k += 1) {
      const monitor = k % SERVICES;
      const at = 1_790_000_000 + Math.floor(k / SERVICES) * 30;
      insert.run(monitor, new Date(at * 1_000).toISOString(), k % 300);
      for (const [i, width] of [60, 3_600, 86_400].entries()) upserts[i]?.run(monitor, at - (at % width), k % 300);
      for (const [i, kept] of [86_400, 2_592_000].entries()) deletes[i]?.run(monitor, at - kept);
    }
    const spent = process.cpuUsage(cpu);
    db.exec('pragma wal_checkpoint(truncate)');
    return {
      cpuMicros: (spent.user + spent.system) / beats,
      bytes: (usageOf(process.pid).writtenBytes - before.writtenBytes) / beats,
    };
  } finally {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Rows that history and the change log took in within a span, and what the samples of that span became. */
function rowsOf(path: string, from: number, to: number): number {
  const db = new DatabaseSync(path, { readOnly: true });
  const count = (sql: string): number => Number(db.prepare(sql).get(from, to)?.['n']);
  const rows =
    count('select count(*) as n from samples where at >= ? and at < ?') +
    count('select count(*) as n from changes where at >= ? and at < ?') +
    count('select count(*) as n from transitions where recorded_at >= ? and recorded_at < ?') +
    count("select count(*) as n from rollups where at + 300000 >= ? and at < ? and resolution = '5m'");
  db.close();
  return rows;
}

interface Usage {
  readonly at: number;
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly writtenBytes: number;
}

/** What the kernel says of a process. */
function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /u, '')
    .split(' ');
  const io = readFileSync(`/proc/${pid}/io`, 'utf8');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    at: Date.now(),
    // Ticks of a hundredth of a second.
    cpuMs: (Number(stat[11]) + Number(stat[12])) * 10,
    rssMb: Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1] ?? 0) / 1_024,
    writtenBytes: Number(/^write_bytes: (\d+)/mu.exec(io)?.[1] ?? 0),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
