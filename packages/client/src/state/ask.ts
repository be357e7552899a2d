import type { Failure, FilterJson, Sub } from '@statewire/protocol';
import { FAST, type Lane } from '../session/quality.ts';
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
  /** How old the newest change was when it came, or the last watermark; null while nothing came on this connection. */
  lagMs: number | null = null;
  lane: Lane = FAST;
  readonly #intervals: (() => number)[] = [];
  readonly #defaultMs: number;

  constructor(key: string, wish: Wish, defaultMs: number) {
    this.key = key;
    this.wish = wish;
    this.#defaultMs = defaultMs;
  }

  /** The shortest interval that anyone sharing it wants. */
  get intervalMs(): number {
    return Math.min(...(this.users === 0 ? [this.#lasting(undefined)] : this.#intervals.map((each) => each())));
  }

  get users(): number {
    return this.#intervals.length;
  }

  join(intervalMs: number | undefined): () => void {
    const wanted = (): number => this.#lasting(intervalMs);
    this.#intervals.push(wanted);
    return () => {
      const at = this.#intervals.indexOf(wanted);
      if (at >= 0) this.#intervals.splice(at, 1);
    };
  }

  // Who asked for a time of their own gets it on a slow link too, unless everything is to be spared.
  #lasting(own: number | undefined): number {
    const ms = own ?? this.#defaultMs;
    return own === undefined || this.lane.isAll ? Math.max(ms, this.lane.ms) : ms;
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
    this.lagMs = null;
    this.gaps = 0;
  }

  /** Two that were one view need not be one the next time. */
  #part(): void {
    if (this.lead !== null) this.told = this.told.copy();
    this.lead = null;
  }
}
