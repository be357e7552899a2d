/**
 * Collections that the app defines, over time: records end and go stale when their time has come, and at the start those
 * that an earlier definition wrote are brought under the present one.
 */
import { adopt, dueOf, type CustomCollection } from '@statewire/model';
import { ok, type Result } from '@statewire/protocol';
import type { Commit } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Catalog } from '../lib/catalog.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Log } from '../lib/log.ts';

export interface CustomDeps {
  readonly clock: Clock;
  readonly catalog: Pick<Catalog, 'custom'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly live: Pick<Live, 'entries' | 'orgs'>;
  readonly limits: Pick<Limits, 'customSliceRows'>;
  readonly log: Pick<Log, 'warn'>;
}

/** What a start found of records that do not fit their definition any more. They stay as they are, and readable. */
export interface Misfits {
  readonly collection: string;
  /** Records that fail the schema. */
  readonly count: number;
  /** The first of them and what is wrong with it; null when none fails. */
  readonly first: { readonly org: string; readonly id: string; readonly flaw: string } | null;
  /** Fields that records hold and the definition no longer names. */
  readonly left: readonly string[];
}

export class CustomRecords {
  readonly #deps: CustomDeps;

  constructor(deps: CustomDeps) {
    this.#deps = deps;
  }

  /** Brings stored records under today's definitions. Before anything is served, and before any deadline. */
  async start(): Promise<readonly Misfits[]> {
    const all: Misfits[] = [];
    for (const collection of this.#deps.catalog.custom) {
      const misfits = await this.#adopt(collection);
      if (misfits.count === 0 && misfits.left.length === 0) continue;
      all.push(misfits);
      this.#deps.log.warn({ ...misfits }, sentence(misfits));
    }
    return all;
  }

  /** The time of one record has come; compared with the record again, which may have been written meanwhile. */
  due(org: string, name: string, id: string): Promise<Result<unknown>> {
    const collection = this.#deps.catalog.custom.find((each) => each.name === name);
    // Nobody defines it any more: it rests, and its time is looked at again when somebody does.
    if (collection === undefined) return Promise.resolve(ok(null));
    return this.#deps.commit.write(org, 'deadline', (draft) => {
      const row = draft.get(name, id);
      const next = row === null ? null : dueOf(collection.custom, row, draft.now);
      if (next === 'gone') draft.delete(name, id);
      else if (next !== null) draft.put(name, id, next);
      return ok(null);
    });
  }

  async #adopt({ name, custom }: CustomCollection): Promise<Misfits> {
    const { live, commit, limits, clock } = this.#deps;
    let count = 0;
    let first: Misfits['first'] = null;
    const left = new Set<string>();
    const now = clock.now();
    for (const org of Array.from(live.orgs())) {
      const changed: string[] = [];
      for (const { id, row } of live.entries(org, name)) {
        const adopted = adopt(custom, row, now);
        for (const field of adopted.left) left.add(field);
        if (adopted.changed !== null) changed.push(id);
        if (adopted.flaw === null) continue;
        count += 1;
        first ??= { org, id, flaw: adopted.flaw };
      }
      for (let from = 0; from < changed.length; from += limits.customSliceRows) {
        const slice = changed.slice(from, from + limits.customSliceRows);
        const written = await commit.write(org, 'system', (draft) => {
          for (const id of slice) {
            const row = draft.get(name, id);
            const next = row === null ? null : adopt(custom, row, now).changed;
            if (next !== null) draft.put(name, id, next);
          }
          return ok(null);
        });
        if (!written.ok)
          throw new Error(`records of ${name} could not be brought under its definition: ${written.message}`);
      }
    }
    return { collection: name, count, first, left: [...left].sort() };
  }
}

function sentence({ collection, count, first, left }: Misfits): string {
  const fails =
    first === null
      ? ''
      : `${count} ${collection} do not fit their definition and stay as they are, readable; the next write must make them fit. First: ${first.id} of ${first.org}: ${first.flaw}. `;
  const kept =
    left.length === 0 ? '' : `${collection} hold fields that the definition no longer names: ${left.join(', ')}. `;
  return `${fails}${kept}`.trim();
}
