/**
 * One view of the one connection, and the tabs that look at it. Pure: it says what to send, `hub.ts` sends it.
 *
 * A second subscription of a view replaces the first (RS13), so the one that serves everybody begins where the last of them
 * stands. A delta is right for everybody who stands anywhere between its ends (RS20), and a snapshot for everybody. Only when
 * somebody waits for a snapshot, or the positions are of different histories, nothing less than a snapshot will do.
 */
import type { JsonObject } from '@statewire/protocol';
import { Stand, type Since } from './stand.ts';

/** One tab's interest in a view. */
export interface Holder {
  /** The tab's own number for it. */
  readonly s: number;
  readonly stand: Stand;
  iv: number;
  /** Has the tab heard that it is subscribed? Until then it takes no data. */
  isTold: boolean;
  /** The tab has given it up; nobody waits for its answer. */
  isOver: boolean;
}

export class SharedView {
  /** Texts of what tabs asked for that the server takes for this view. */
  readonly keys: Set<string> = new Set();
  /** What is asked for: a `sub` without number, position and interval. */
  readonly wish: JsonObject;
  /** By line. */
  readonly holders: Map<string, Holder> = new Map();
  w: number | null = null;
  /** Number of the subscription that is open on the server. */
  s: number | null = null;
  /** Numbers of subscriptions that are not answered yet. */
  readonly asked: Set<number> = new Set();
  /** The interval last sent. */
  sentMs: number | null = null;

  constructor(key: string, wish: JsonObject) {
    this.keys.add(key);
    this.wish = wish;
  }

  /** The shortest interval that anyone wants. */
  get iv(): number {
    return Math.min(...[...this.holders.values()].map((each) => each.iv));
  }

  /** From where a subscription serves everybody; null: with a snapshot. */
  since(): Since | null {
    let lowest: Since | null = null;
    for (const { stand } of this.holders.values()) {
      const { since } = stand;
      if (since === null || (lowest !== null && lowest.e !== since.e)) return null;
      if (lowest === null || since.v < lowest.v) lowest = since;
    }
    return lowest;
  }
}

/** Text that is equal for wishes that say the same, and the wish itself. */
export function wishOf(sub: JsonObject): { readonly key: string; readonly wish: JsonObject } {
  const { t: _t, s: _s, iv: _iv, since: _since, ...wish } = sub;
  return { key: JSON.stringify(Object.entries(wish).sort(([a], [b]) => (a < b ? -1 : 1))), wish };
}
