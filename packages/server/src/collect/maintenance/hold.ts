/**
 * Holds the records that active maintenances mean, and lets go of those that none means any more. Called in the
 * transaction of whatever moved a maintenance, so that a row that says `active` and records that are not held never
 * become durable together. A record that several mean is held by the one that ends last.
 */
import { selects, type Maintenance, type Selector, type Span, type StatusRow } from '@statewire/model';
import { ok, type Result, type Row } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import type { Draft } from '../../keep/commit-types.ts';
import type { WriteDeps } from '../reports/deps.ts';

/** The collections whose records have a status that a maintenance can hold. */
export const HELD: readonly string[] = ['services', 'agents', 'connections'];

/** Records named in `affected`. */
const NAMED_MAX = 1_000;

export type HoldDeps = Pick<WriteDeps, 'observeIn'>;

/** Whom a maintenance means now. */
export type Affected = Pick<Maintenance, 'affected' | 'affectedCount'>;

/** All rows of a collection that a selector means. */
export function selected(draft: Pick<Draft, 'all'>, selector: Selector): readonly Row[] {
  const found: Row[] = [];
  for (const row of draft.all(selector.collection)) if (selects(selector, selector.collection, row)) found.push(row);
  return found;
}

/** Their names, bounded, in the order of their ids: equal sets give equal text, and a put that changes nothing. */
export function affectedOf({ collection }: Selector, rows: readonly Row[]): Affected {
  const refs = rows.map(({ id }) => `${collection}/${id}`).sort();
  return { affected: refs.slice(0, NAMED_MAX), affectedCount: refs.length };
}

/** Which active maintenance holds a row, or null. `active` is in the order of `activeIn`. */
export function holderOf(active: readonly Maintenance[], collection: string, row: Row): string | null {
  return active.find(({ selector }) => selects(selector, collection, row))?.id ?? null;
}

/** The active maintenances, the one that ends last first; `moved` stands for what the transaction makes of one of them. */
export function activeIn(
  draft: Pick<Draft, 'all'>,
  moved: { readonly id: string; readonly next: Maintenance | null } | null = null,
): readonly Maintenance[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `maintenances` are Maintenance.
  const rows = Array.from(draft.all('maintenances')) as Maintenance[];
  const all = rows.filter(({ id }) => id !== moved?.id);
  if (moved !== null && moved.next !== null) all.push(moved.next);
  return all
    .filter(({ state }) => state === 'active')
    .sort((a, b) => (b.window?.to ?? 0) - (a.window?.to ?? 0) || (a.id < b.id ? -1 : 1));
}

/** Makes the rows of these collections agree with the active maintenances. What changes is stamped with `at`. */
export function holdAll(
  deps: HoldDeps,
  draft: Draft,
  what: { readonly active: readonly Maintenance[]; readonly collections: ReadonlySet<string>; readonly at: number },
): Result<null> {
  const { active, collections, at } = what;
  for (const collection of collections) {
    for (const row of Array.from(draft.all(collection))) {
      const held = holdOne(deps, draft, { active, collection, row, at });
      if (!held.ok) return held;
    }
  }
  return ok(null);
}

/** The same for one row. */
export function holdOne(
  { observeIn }: HoldDeps,
  draft: Draft,
  what: {
    readonly active: readonly Maintenance[];
    readonly collection: string;
    readonly row: Row;
    readonly at: number;
  },
): Result<null> {
  const { active, collection, row, at } = what;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of the held collections are StatusRow.
  const { overlay } = row as StatusRow;
  const maintenance = holderOf(active, collection, row);
  if (overlay.maintenance === maintenance) return ok(null);
  const observation = { kind: 'overlay', at, by: 'maintenance', set: { maintenance } } as const;
  const observed = observeIn(draft, { collection, id: row.id, observation });
  return observed.ok ? ok(null) : observed;
}

/** Marks spans that lie behind: they are taken out of the uptime of the records, whatever was measured in them. */
export function mark(
  draft: Draft,
  what: {
    readonly id: string;
    readonly title: string;
    readonly by: string;
    readonly refs: readonly string[];
    readonly spans: readonly Span[];
  },
): void {
  const { id, title, by, refs, spans } = what;
  for (const { from, to } of spans) {
    for (const subject of refs) {
      draft.put('annotations', markId(id, subject, from), {
        observedAt: null,
        labels: {},
        source: null,
        subject,
        from,
        to,
        kind: 'maintenance',
        text: title,
        by,
        maintenance: id,
      });
    }
  }
}

/** Takes back what a maintenance marked. */
export function unmark(draft: Draft, maintenance: string): void {
  for (const { id, maintenance: from } of Array.from(draft.all('annotations'))) {
    if (from === maintenance) draft.delete('annotations', id);
  }
}

/** The same span of the same record is marked once. Names may be as long as ids: together they would be too long for one. */
function markId(maintenance: string, subject: string, from: number): string {
  return `mark_${createHash('sha256').update(`${maintenance}\n${subject}\n${from}`).digest('base64url').slice(0, 24)}`;
}
