/**
 * The records that pass a filter, in an order: one for all windows of that order, kept as records change. A change of
 * what the order looks at moves one place; everything else moves none. Values are kept here as they were at the change that
 * was taken in, because the memory of records may already be further.
 */
import {
  compareKeys,
  filterFields,
  matches,
  orderFields,
  sortKeys,
  type Filter,
  type Keys,
  type Order,
} from '@statewire/protocol';
import type { Change } from '../keep/commit-types.ts';
import type { Entry } from '../keep/live.ts';
import { hasAny, type Audience, type Heard } from './audience.ts';
import { SOUND, type Planted } from './planted.ts';
import { Ranked } from './ranked.ts';
import type { Window } from './window.ts';

/** One record in an order. */
export interface Place {
  readonly rid: number;
  readonly id: string;
  readonly keys: Keys;
}

/** What one change did to an order. */
export interface Step {
  readonly change: Change;
  readonly fields: readonly string[] | null;
  readonly old: Place | undefined;
  readonly next: Place | undefined;
  /** How many records come before `next`; -1 without one. */
  readonly rank: number;
}

export class Ordering implements Audience {
  stamp = 0;
  readonly key: string;
  readonly filter: Filter;
  readonly order: Order;
  readonly windows: Set<Window> = new Set();
  readonly #planted: Planted;
  readonly #places = new Map<number, Place>();
  readonly #ranked: Ranked<Place>;
  readonly #filterFields: ReadonlySet<string>;
  readonly #orderFields: ReadonlySet<string>;

  constructor(
    parts: {
      readonly key: string;
      readonly filter: Filter;
      readonly order: Order;
      readonly planted?: Planted | undefined;
    },
    candidates: Iterable<Entry>,
  ) {
    this.key = parts.key;
    this.filter = parts.filter;
    this.order = parts.order;
    this.#planted = parts.planted ?? SOUND;
    this.#filterFields = new Set(filterFields(parts.filter));
    this.#orderFields = new Set(orderFields(parts.order));
    for (const { rid, id, row } of candidates) {
      if (matches(parts.filter, row)) this.#places.set(rid, { rid, id, keys: sortKeys(parts.order, row) });
    }
    this.#ranked = new Ranked((a, b) => compareKeys(parts.order, a.keys, b.keys), [...this.#places.values()]);
  }

  get size(): number {
    return this.#places.size;
  }

  at(place: number): Place | undefined {
    return this.#ranked.at(place);
  }

  slice(from: number, to: number): readonly Place[] {
    return this.#ranked.slice(from, to);
  }

  /** How many records lie before a cursor; with `andAt` also one that lies exactly there. */
  countBefore(cursor: Keys, andAt: boolean): number {
    return this.#ranked.count(({ keys }) => isBefore(this.order, { keys, cursor, andAt }));
  }

  take({ change, fields, touched }: Heard): void {
    const old = this.#places.get(change.rid);
    const next = this.#next(change, { fields, old });
    if (old === undefined && next === undefined) return;
    if (old !== next) {
      if (old !== undefined) this.#ranked.remove(old);
      if (next === undefined) this.#places.delete(change.rid);
      else {
        this.#places.set(change.rid, next);
        this.#ranked.insert(next);
      }
    }
    const rank = next === undefined || old === next ? -1 : this.#ranked.rank(next);
    const step: Step = { change, fields, old, next, rank };
    for (const window of this.windows) if (window.follow(step)) touched.push(window);
  }

  #next(
    { rid, id, after }: Change,
    { fields, old }: { readonly fields: readonly string[] | null; readonly old: Place | undefined },
  ): Place | undefined {
    if (after === null) return undefined;
    const isJudged = fields === null || this.#looksAt(this.#filterFields, fields);
    if (isJudged ? !matches(this.filter, after) : old === undefined) return undefined;
    if (old !== undefined) {
      if (this.#planted.orderStale) return old;
      if (fields !== null && !this.#looksAt(this.#orderFields, fields)) return old;
    }
    const keys = sortKeys(this.order, after);
    return old !== undefined && compareKeys(this.order, old.keys, keys) === 0 ? old : { rid, id, keys };
  }

  /** The version changes with every change. */
  #looksAt(set: ReadonlySet<string>, fields: readonly string[]): boolean {
    return set.has('version') || hasAny(set, fields);
  }
}

/** Does a place lie before a cursor, or, with `andAt`, at it? */
export function isBefore(
  order: Order,
  { keys, cursor, andAt }: { readonly keys: Keys; readonly cursor: Keys; readonly andAt: boolean },
): boolean {
  const found = compareKeys(order, keys, cursor);
  return andAt ? found <= 0 : found < 0;
}
