/** How many durable writes per second, and how long each waits for its acknowledgement, at a number of writers at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../child.ts';
import { median, type Row } from '../report.ts';
import type { CommitCalls, Committing } from '../servers/commit.ts';
import type { Case } from './case.ts';

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
