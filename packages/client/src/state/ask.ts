import type { Failure, FilterJson, Sub } from '@statewire/protocol';
import { Told } from './told.ts';

/** What of a view is wanted, when not all of it: an order, a window of it, counters. As it travels. */
export type Part = Pick<Sub, 'sort' | 'limit' | 'after' | 'before' | 'skip' | 'agg'>;

/** What a subscription is about. Two wishes that say the same are one subscription. */
export interface Wish {
  readonly collection: string;
  readonly filter: FilterJson | undefined;
  readonly fields: readonly string[] | undefined;
  readonly part?: Part | undefined;
}

/** Text that is equal for wishes that say the same. */
export function wishKey({ collection, filter, fields, part }: Wish): string {
  return JSON.stringify([collection, filter ?? null, fields ?? null, ...(part === undefined ? [] : [part])]);
}

/** The time between two updates, ms, for who asked for one of their own and for who asked for none. */
export type Pace = (ownMs: number | undefined) => number;

/** One wish, all who share it, and what was told about it. */
export class Ask {
  readonly key: string;
  readonly wish: Wish;
  told: Told = new Told();
  /** Called when rows, position or standing may have changed. */
  changed: () => void = () => undefined;
  /** Number of the subscription on the present connection, or null. */
  s: number | null = null;
  /** View number in data frames, once the server has said it. */
  w: number | null = null;
  /** The wish that the server takes for the same view and that has the subscription; null for one with its own. */
  lead: Ask | null = null;
  isCaughtUp = false;
  failure: Failure | null = null;
  /** Gaps in a row on the present connection. */
  gaps = 0;
  /** The interval last sent. */
  sentMs: number | null = null;
  readonly #wanted: { readonly ms: number | undefined }[] = [];
  readonly #pace: Pace;

  constructor(key: string, wish: Wish, pace: Pace) {
    this.key = key;
    this.wish = wish;
    this.#pace = pace;
  }

  /** The shortest interval that anyone sharing it wants. */
  get intervalMs(): number {
    return Math.min(...(this.users === 0 ? [{ ms: undefined }] : this.#wanted).map(({ ms }) => this.#pace(ms)));
  }

  get users(): number {
    return this.#wanted.length;
  }

  join(intervalMs: number | undefined): () => void {
    const wanted = { ms: intervalMs };
    this.#wanted.push(wanted);
    return () => {
      const at = this.#wanted.indexOf(wanted);
      if (at >= 0) this.#wanted.splice(at, 1);
    };
  }

  /** The frame that opens it as number `s`, from where it stands. */
  frame(s: number): Sub {
    const { collection, filter, fields, part } = this.wish;
    this.#part();
    const since = this.told.position;
    this.told.restart();
    this.s = s;
    this.w = null;
    this.isCaughtUp = false;
    this.failure = null;
    this.sentMs = this.intervalMs;
    return {
      t: 'sub',
      s,
      c: collection,
      iv: this.sentMs,
      ...(filter === undefined ? {} : { f: filter }),
      ...(fields === undefined ? {} : { fields }),
      ...part,
      ...(since === null ? {} : { since }),
    };
  }

  /** The subscription, its own or a shared one, is gone. */
  unplug(): void {
    this.#part();
    this.s = null;
    this.w = null;
    this.isCaughtUp = false;
    this.sentMs = null;
    this.gaps = 0;
  }

  /** Two that were one view need not be one the next time. */
  #part(): void {
    if (this.lead !== null) this.told = this.told.copy();
    this.lead = null;
  }
}
