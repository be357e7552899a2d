import { collectionOf, type RunRow } from '@statewire/model';
import { assert, ok, type Row } from '@statewire/protocol';
import type { WriteDeps } from '../reports/deps.ts';

/** The records that are there when we start. */
export interface Sleepers {
  orgs(): Iterable<string>;
  entries(org: string, collection: string): Iterable<{ readonly id: string; readonly row: Row }>;
}

/**
 * We were away, and what we did not hear in our own gap says nothing about anybody: every deadline is moved before the
 * first one can fire. Writes no transition. Called once at start, before deadlines, probes and doors open.
 */
export async function awake(
  deps: Pick<WriteDeps, 'commit' | 'clock' | 'limits' | 'engine' | 'observeIn'>,
  live: Sleepers,
): Promise<number> {
  const boot = deps.clock.now();
  let count = 0;
  const orgs = Array.from(live.orgs());
  for (const org of orgs) {
    for (const collection of COLLECTIONS) {
      const ids = [...live.entries(org, collection)].filter(({ row }) => isAwaited(row)).map(({ id }) => id);
      for (let from = 0; from < ids.length; from += deps.limits.rowsPerAwakeningMax) {
        const slice = ids.slice(from, from + deps.limits.rowsPerAwakeningMax);
        const written = await deps.commit.write(org, 'boot', (draft) => {
          for (const id of slice) {
            if (collectionOf(collection)?.kind === 'status') {
              deps.observeIn(draft, { collection, id, observation: { kind: 'boot', at: boot } });
              continue;
            }
            // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of a collection of kind run are RunRow.
            const row = draft.get(collection, id) as RunRow | null;
            if (row !== null) draft.put(collection, id, deps.engine.awakeRun(row, boot));
          }
          return ok(null);
        });
        // Without this write the first thing we would say is that everybody is dead.
        assert(written.ok, 'deadlines could not be moved at start');
        count += slice.length;
      }
    }
  }
  return count;
}

const COLLECTIONS = ['services', 'agents', 'connections', 'executions', 'jobs'] as const;

/** Only records that wait for something can be wronged by our gap. */
function isAwaited(row: Row): boolean {
  const isOpenSocket = row['presence'] === 'socket' && row['fresh'] === 'live';
  return (
    isOpenSocket ||
    Object.keys(row['observers'] ?? {}).length > 0 ||
    (row['expiresAt'] ?? null) !== null ||
    (row['leaseUntil'] ?? null) !== null
  );
}
