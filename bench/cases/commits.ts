/** How many durable writes per second, and how long each waits for its acknowledgement, at a number of writers at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../child.ts';
import { median, type CaseResult, type Row } from '../report.ts';
import type { CommitCalls, Committing } from '../servers/commit.ts';
import type { Case, CaseOptions } from './case.ts';

export const commits: Case = {
  name: 'commit',
  async run(options) {
    const rows: Row[] = [];
    for (const variant of ['sqlite', 'memory'] as const) {
      const dir = mkdtempSync(join(tmpdir(), 'statewire-bench-'));
      const child = new Child<CommitCalls>('./servers/commit.ts', { args: [variant, dir] });
      try {
        await child.ask('run', { inFlight: 100, ms: 500 });
        for (const inFlight of [1, 100, 1_000]) {
          const all: Committing[] = [];
          for (let i = 0; i < Math.min(options.repeats, 3); i += 1)
            all.push(await child.ask('run', { inFlight, ms: 1_200 }));
          rows.push({
            name: `${variant === 'sqlite' ? 'SQLite, each flushed to disk' : 'memory'}, ${inFlight.toLocaleString('en-US')} in flight`,
            values: [
              median(all.map(({ perSecond }) => perSecond)),
              median(all.map(({ p50Ms }) => p50Ms)),
              median(all.map(({ p99Ms }) => p99Ms)),
              median(all.map(({ cpuMicros }) => cpuMicros)),
            ],
          });
        }
      } finally {
        await child.close();
        rmSync(dir, { recursive: true, force: true });
      }
    }
    return [
      await audited(options),
      {
        title: 'Commit: durable writes of one record of 300 bytes each, over 2,000 records',
        headings: ['writes/s', 'ack p50 ms', 'ack p99 ms', 'CPU us each'],
        rows,
        targets: [],
        notes: [
          'acknowledged after the flush to disk; one transaction per write, grouped by natural batching; no limit was promised',
        ],
      },
    ];
  },
};

/** The same write with its row of the audit log in the same transaction, in alternation with the write alone. */
async function audited({ repeats }: CaseOptions): Promise<CaseResult> {
  const dir = mkdtempSync(join(tmpdir(), 'statewire-bench-'));
  const child = new Child<CommitCalls>('./servers/commit.ts', { args: ['sqlite', dir] });
  const rows: Row[] = [];
  try {
    await child.ask('run', { inFlight: 100, ms: 500, isAudited: true });
    for (const inFlight of [1, 100, 1_000]) {
      const pairs: (readonly [plain: Committing, told: Committing])[] = [];
      for (let i = 0; i < Math.max(3, repeats); i += 1) {
        const plain = await child.ask('run', { inFlight, ms: 800 });
        pairs.push([plain, await child.ask('run', { inFlight, ms: 800, isAudited: true })]);
      }
      const ratio = (of: (run: Committing) => number): number =>
        median(pairs.map(([plain, told]) => of(told) / of(plain)));
      rows.push({
        name: `SQLite, ${inFlight.toLocaleString('en-US')} in flight`,
        values: [
          ratio(({ perSecond }) => perSecond),
          ratio(({ p50Ms }) => p50Ms),
          ratio(({ cpuMicros }) => cpuMicros),
          median(pairs.map(([plain, told]) => told.cpuMicros - plain.cpuMicros)),
        ],
      });
    }
  } finally {
    await child.close();
    rmSync(dir, { recursive: true, force: true });
  }
  return {
    title: 'Commit: what a row of the audit log costs a write (ratio to the same write without one)',
    headings: ['writes/s x', 'ack p50 x', 'CPU x', 'CPU us more'],
    rows,
    targets: [],
    notes: ['changed fields compared, row chained by SHA-256 and stored in the same transaction, flushed together'],
  };
}
