/** The write path alone: commit on a store, with nobody watching. */
import { join } from 'node:path';
import { collections } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { entryOf, seenIn, type Asked } from '../../packages/server/src/collect/audit/entry.ts';
import { MemoryStore } from '../../packages/server/src/keep/memory-store.ts';
import { openKeep } from '../../packages/server/src/keep/open.ts';
import { SqliteStore } from '../../packages/server/src/keep/sqlite/sqlite-store.ts';
import { systemClock as clock } from '../../packages/server/src/lib/clock.ts';
import { createLog } from '../../packages/server/src/lib/log.ts';
import { answer } from '../child.ts';
import { micros } from '../clock.ts';
import { fieldsOf, idOf, STATUS } from '../workload.ts';

export interface Committing {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time per write, all threads. */
  readonly cpuMicros: number;
}

export type CommitCalls = {
  readonly run: (args: {
    readonly inFlight: number;
    readonly ms: number;
    /** Each write is told to the audit log, too. Default no. */
    readonly isAudited?: boolean | undefined;
  }) => Promise<Committing>;
};

const { metrics } = collections;
const [, , variant, dir = '.'] = process.argv;
const store = variant === 'sqlite' ? new SqliteStore({ path: join(dir, 'statewire.db') }) : new MemoryStore();
const keep = await openKeep({ clock, store, log: createLog({ level: 'warn' }), onCommitted: () => {} });
let k = 0;
/** As a person's change of a record is told: who, what, and the fields before and after. */
const asked = (i: number): Asked => ({ collection: 'metrics', id: idOf(i), op: 'patch', fields: {} });

const calls: CommitCalls = {
  async run({ inFlight, ms, isAudited = false }) {
    const took: number[] = [];
    const start = micros();
    const until = start + ms * 1_000;
    const cpu = process.cpuUsage();
    await Promise.all(Array.from({ length: inFlight }, () => writer(until, took, isAudited)));
    const spent = process.cpuUsage(cpu);
    const seconds = (micros() - start) / 1e6;
    took.sort((a, b) => a - b);
    return {
      perSecond: took.length / seconds,
      p50Ms: (took[Math.floor(took.length * 0.5)] ?? 0) / 1_000,
      p99Ms: (took[Math.floor(took.length * 0.99)] ?? 0) / 1_000,
      cpuMicros: (spent.user + spent.system) / took.length,
    };
  },
};
answer(calls, () => keep.close());

/** Writes, waits for the answer, writes again. */
async function writer(until: number, took: number[], isAudited: boolean): Promise<void> {
  while (micros() < until) {
    const mine = k;
    k += 1;
    const i = mine % STATUS.records;
    const start = micros();
    const written = await keep.commit.write('main', 'bench', (draft) => {
      const was = isAudited ? seenIn(draft, 'metrics', idOf(i)) : null;
      draft.put('metrics', idOf(i), fieldsOf('gauge', i, mine));
      if (was !== null) draft.audit(entryOf(metrics, asked(i), idOf(i), was, seenIn(draft, 'metrics', idOf(i)), null));
      return ok(null);
    });
    if (!written.ok) throw new Error(written.message);
    took.push(micros() - start);
  }
}
