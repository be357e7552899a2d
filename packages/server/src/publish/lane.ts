import type { Chunks } from './chunks.ts';
import type { Pace } from './flusher.ts';
import type { View } from './view.ts';

/** The interval classes. A wish is rounded up to one, so that people with like wishes share a lane. */
export const INTERVALS_MS: readonly number[] = [0, 50, 100, 250, 1000, 5000];

/** The class for a wanted interval: the smallest that is not shorter. */
export function intervalClass(wantedMs: number): number {
  return INTERVALS_MS.find((ms) => ms >= wantedMs) ?? LONGEST_MS;
}

const LONGEST_MS = 5000;

/**
 * The subscriptions of one view at one interval class. Those that stand where the view stands are `clean`;
 * the first change makes all of them dirty at once, and further changes find nobody left to mark.
 */
export class Lane {
  readonly intervalMs: number;
  size = 0;
  readonly #clean: Subscription[] = [];

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  /** Everybody who was clean has something to be told now. */
  mark(): void {
    const clean = this.#clean;
    if (clean.length === 0) return;
    for (const sub of clean) {
      sub.at = 'dirty';
      sub.pace.add(sub);
    }
    clean.length = 0;
  }

  /** The subscription stands where its view stands. */
  settle(sub: Subscription): void {
    sub.at = 'clean';
    sub.cleanIndex = this.#clean.length;
    this.#clean.push(sub);
  }

  /** Takes a clean subscription out of the list, by moving the last one into its place. */
  unsettle(sub: Subscription): void {
    const last = this.#clean.pop();
    if (last === undefined || last === sub) return;
    this.#clean[sub.cleanIndex] = last;
    last.cleanIndex = sub.cleanIndex;
  }
}

/**
 * One caller's interest in one view. However long it is not told anything, all that is remembered of that is `v`.
 *
 * - `clean`: stands where the view stands; in its lane's list.
 * - `dirty`: stands at `v`, the view is further; in its pace's list.
 * - `loading`: is being sent chunks; marks pass it by until the last one is out.
 */
export interface Subscription {
  /** The caller's own number for it. */
  readonly s: number;
  readonly view: View;
  /** The caller's wish, before hiding. */
  wantedMs: number;
  lane: Lane;
  pace: Pace;
  /** The version the caller stands at once it has read what was sent. */
  v: number;
  at: 'clean' | 'dirty' | 'loading' | 'closed';
  cleanIndex: number;
  /** While loading: what is being sent, and the number of the next chunk. Null chunks are captured when there is room. */
  chunks: Chunks | null;
  chunk: number;
}
