/**
 * Collections that the app defines, over time: records end and go stale when their time has come, and at the start those
 * that an earlier definition wrote are brought under the present one.
 */
import { adopt, dueOf, fingerprintOf, type CustomCollection } from '@statewire/model';
import { ok, type Result } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import type { Commit, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Catalog } from '../lib/catalog.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Log } from '../lib/log.ts';

export interface CustomDeps {
  readonly clock: Clock;
  readonly catalog: Pick<Catalog, 'custom'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly live: Pick<Live, 'entries' | 'orgs' | 'size'>;
  readonly store: Pick<Store, 'documents'>;
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

  /**
   * Brings stored records under today's definitions. Before anything is served, and before any deadline. Those that were
   * all found sound under the same definition are not looked at again: whatever was written since passed it.
   */
  async start(): Promise<readonly Misfits[]> {
    const all: Misfits[] = [];
    const marks = new Map<string, unknown>();
    for (const { org, id, value } of await this.#deps.store.documents(SOUND, null)) marks.set(keyOf(org, id), value);
    for (const collection of this.#deps.catalog.custom) {
      const misfits = await this.#adopt(collection, marks);
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

  async #adopt(collection: CustomCollection, marks: ReadonlyMap<string, unknown>): Promise<Misfits> {
    const { name, custom } = collection;
    const mark = markOf(custom);
    const left = new Set<string>();
    let count = 0;
    let first: Misfits['first'] = null;
    for (const org of Array.from(this.#deps.live.orgs())) {
      const was = marks.get(keyOf(org, name));
      if (was !== undefined && was === mark) continue;
      // Before anything is written under another definition, also into a collection that is empty now.
      if (was !== undefined) await this.#write(org, name, (draft) => draft.document(SOUND, name, null));
      const found = await this.#adoptIn(org, collection, mark);
      count += found.count;
      if (found.first !== null) first ??= { org, ...found.first };
      for (const field of found.left) left.add(field);
    }
    return { collection: name, count, first, left: [...left].sort() };
  }

  async #adoptIn(org: string, { name, custom }: CustomCollection, mark: string | null): Promise<Found> {
    const { live, limits, clock } = this.#deps;
    const now = clock.now();
    const left = new Set<string>();
    const changed: string[] = [];
    let count = 0;
    let first: Found['first'] = null;
    for (const { id, row } of live.entries(org, name)) {
      const adopted = adopt(custom, row, now);
      for (const field of adopted.left) left.add(field);
      if (adopted.changed !== null) changed.push(id);
      if (adopted.flaw === null) continue;
      count += 1;
      first ??= { id, flaw: adopted.flaw };
    }
    const isSound = mark !== null && count === 0 && left.size === 0 && live.size(org, name) > 0;
    // One also where there is nothing to change and something to vouch for.
    const slices = Math.max(Math.ceil(changed.length / limits.customSliceRows), isSound ? 1 : 0);
    for (let i = 0; i < slices; i += 1) {
      const slice = changed.slice(i * limits.customSliceRows, (i + 1) * limits.customSliceRows);
      await this.#write(org, name, (draft) => {
        for (const id of slice) {
          const row = draft.get(name, id);
          const next = row === null ? null : adopt(custom, row, now).changed;
          if (next !== null) draft.put(name, id, next);
        }
        // Together with the last that it vouches for.
        if (isSound && i === slices - 1) draft.document(SOUND, name, mark);
      });
    }
    return { count, first, left };
  }

  async #write(org: string, name: string, work: (draft: Draft) => void): Promise<void> {
    const written = await this.#deps.commit.write(org, 'system', (draft) => {
      work(draft);
      return ok(null);
    });
    if (!written.ok)
      throw new Error(`records of ${name} could not be brought under its definition: ${written.message}`);
  }
}

/** What one organization's records were found to be. */
interface Found {
  readonly count: number;
  readonly first: { readonly id: string; readonly flaw: string } | null;
  readonly left: ReadonlySet<string>;
}

/** Documents by collection: the definition that all records of an organization were found sound under. */
const SOUND = 'custom-sound';

function keyOf(org: string, name: string): string {
  return JSON.stringify([org, name]);
}

/** Null where a definition has functions that judge: its records are looked at each time. */
function markOf(custom: CustomCollection['custom']): string | null {
  const fingerprint = fingerprintOf(custom);
  return fingerprint === null ? null : createHash('sha256').update(fingerprint).digest('base64url');
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
