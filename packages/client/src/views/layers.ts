/**
 * What the whole client lays over rows that were told: the order that was asked for, the part of it, and what people asked
 * for and the server has not confirmed.
 */
import { compareRows, cursorOf, parseSort, type Order, type Row } from '@statewire/protocol';
import type { Layers } from '../inside.ts';
import type { Ask, Wish } from '../state/ask.ts';
import type { Overlays } from '../state/overlays.ts';
import { Sorted } from '../state/sorted.ts';
import { Shown, type CollectionState, type Facts } from './shown.ts';

/** Makes them, given what lies over rows. */
export function layersOver(overlays: Overlays): Layers {
  const sorted = new WeakMap<Ask, Sorted | null>();
  const sortedOf = (ask: Ask): Sorted | null => {
    const known = sorted.get(ask);
    if (known !== undefined) return known;
    const order = orderOf(ask.wish);
    const made = order === null ? null : new Sorted(order);
    sorted.set(ask, made);
    return made;
  };
  // In the order that was asked for.
  const toldOf = (ask: Ask): readonly Row[] => sortedOf(ask)?.of(ask.told.rows) ?? ask.told.rows;
  return {
    rows(ask, before) {
      const told = toldOf(ask);
      // What was asked of a record says nothing of a group of them.
      const over = isGroups(ask.wish) ? told : overlays.over(told, ask.wish);
      if (over === told) return told;
      // By what is shown: a row stands where its values belong, confirmed or not.
      const order = sortedOf(ask)?.order;
      const rows = order === undefined ? over : over.toSorted((a, b) => compareRows(order, a, b));
      const isSame = rows.length === before.length && rows.every((row, i) => row === before[i]);
      return isSame ? before : rows;
    },
    state: (facts, ask) =>
      new Laid(facts, {
        pending: isGroups(ask.wish) ? NOBODY : overlays.pending(ask.wish.collection),
        total: ask.told.place?.total ?? null,
        offset: ask.told.place?.offset ?? null,
        order: sortedOf(ask)?.order ?? null,
        told: toldOf(ask),
      }),
  };
}

/** What lies over the facts, and where they lie. */
interface Over extends Pick<CollectionState<Row>, 'pending' | 'total' | 'offset'> {
  readonly order: Order | null;
  /** What was told, whatever lies over it. */
  readonly told: readonly Row[];
}

class Laid extends Shown {
  readonly #over: Over;

  constructor(facts: Facts, over: Over) {
    super(facts);
    this.#over = over;
  }

  override get pending(): ReadonlySet<string> {
    return this.#over.pending;
  }

  override get total(): number | null {
    return this.#over.total;
  }

  override get offset(): number | null {
    return this.#over.offset;
  }

  override get hasBefore(): boolean {
    return (this.offset ?? 0) > 0;
  }

  override get hasAfter(): boolean {
    return (this.offset ?? 0) + this.#over.told.length < (this.total ?? 0);
  }

  override get startCursor(): string | null {
    return this.#cursor(0);
  }

  override get endCursor(): string | null {
    return this.#cursor(-1);
  }

  #cursor(at: number): string | null {
    const { order, told } = this.#over;
    const row = told.at(at);
    return order === null || row === undefined ? null : cursorOf(order, row);
  }
}

function isGroups({ part }: Wish): boolean {
  return part?.agg !== undefined;
}

/** The order that was asked for, or null. */
function orderOf({ part: { sort, limit, agg } = {} }: Wish): Order | null {
  if (sort === undefined && limit === undefined && agg === undefined) return null;
  // Groups stand by their value.
  const order = parseSort(agg === undefined ? (sort ?? []) : [['by', 'asc']]);
  // A sort that is none is refused by the server.
  return order.ok ? order.value : null;
}

const NOBODY: ReadonlySet<string> = new Set();
