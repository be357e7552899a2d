/**
 * Records of captures, tables and organizations that the configuration no longer names: their rows will never speak again, so they go.
 * Before them goes what their capture knew of how far it had come, so that whoever names the table again gets all of it.
 */
import { ok, type Result, type Row } from '@statewire/protocol';
import { isCollectionName } from '@statewire/model';
import type { Commit } from '../../keep/commit-types.ts';
import { CAPTURE_MARK } from './apply.ts';
import { markText, readMark } from './mark.ts';
import { REPORTED } from './plan.ts';
import type { AnyPlan } from './plans.ts';
import { forget, speakerOf } from './report-row.ts';
import type { CaptureDeps } from './capture.ts';

export interface LeftoverDeps {
  readonly commit: Pick<Commit, 'write'>;
  readonly live: CaptureDeps['live'];
  readonly store: CaptureDeps['store'];
  readonly rowsMax: number;
}

/** Drops them, in one organization. How many there were. */
export async function dropLeftovers(
  deps: LeftoverDeps,
  org: string,
  plans: readonly Pick<AnyPlan, 'id' | 'org' | 'tables'>[],
): Promise<Result<number>> {
  const here = plans.filter((plan) => plan.org === org);
  const known = new Set(here.flatMap(({ id, tables }) => tables.map(({ table }) => `capture:${id}:${table}`)));
  const left: Leftover[] = [];
  for (const collection of deps.live.collections(org)) {
    if (isCollectionName(collection) && !REPORTED.has(collection)) continue;
    for (const { id, row } of deps.live.entries(org, collection)) {
      const source = sourceIn(row);
      if (source !== null && !known.has(source)) left.push({ collection, id, source });
    }
  }
  for (const capture of new Set(left.map(({ source }) => source.split(':')[1] ?? ''))) {
    const mark = readMark(await deps.store.document(CAPTURE_MARK, org, capture));
    if (mark === null) continue;
    const isNamed = here.some(({ id }) => id === capture);
    const doubted = await deps.commit.write(org, 'system', (draft) => {
      draft.document(CAPTURE_MARK, capture, isNamed ? markText({ ...mark, isWhole: false, cursors: {} }) : null);
      return ok(null);
    });
    if (!doubted.ok) return doubted;
  }
  for (let from = 0; from < left.length; from += deps.rowsMax) {
    const dropped = await deps.commit.write(org, 'system', (draft) => {
      for (const { collection, id, source } of left.slice(from, from + deps.rowsMax)) {
        forget(draft, collection, id, source);
      }
      return ok(null);
    });
    if (!dropped.ok) return dropped;
  }
  return ok(left.length);
}

interface Leftover {
  readonly collection: string;
  readonly id: string;
  readonly source: string;
}

function sourceIn(row: Row): string | null {
  const speaker = speakerOf(row);
  return speaker.startsWith('capture:') ? speaker : null;
}
