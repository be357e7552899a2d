/**
 * Which way to the server is tried, as pure functions: WebSocket, then a stream of events, then held requests, then
 * repeated ones. A rung counts as good when a welcome came over it, and only then is it remembered: a server that is away
 * fails on every rung and moves nobody.
 */
import type { Transport } from './transport.ts';

/** All ways, best first. */
export const TRANSPORTS: readonly Transport[] = ['websocket', 'sse', 'poll', 'get'];

/** How long a rung has until its welcome, ms: a little more than a slow network needs, and together within one attempt. */
export const WELCOME_MS: Readonly<Record<Transport, number>> = {
  websocket: 4_000,
  sse: 3_000,
  poll: 8_000,
  get: 8_000,
};

/** A connection that ends earlier than this died early, ms; so many in a row, and the next rung is taken. */
export const EARLY_MS = 5_000;
export const EARLY_MAX = 3;

/** Failed attempts in a row of a rung that was good before: a server that restarts is back on it. */
export const PATIENCE = 2;

/** Until a better rung is tried while on a worse one, ms: first, longest, and after the network changed. */
export const BETTER_MS = 30_000;
export const BETTER_MS_MAX = 600_000;
export const BETTER_MS_CHANGED = 1_000;

/** What is known of the ways, for as long as the client lives. */
export interface Rungs {
  /** The rung to begin with. */
  readonly at: number;
  /** Connections on it in a row that died early, and attempts in a row that came to nothing. */
  readonly early: number;
  readonly failures: number;
  /** The best rung that ever gave a welcome. */
  readonly best: number | null;
}

export const FIRST: Rungs = { at: 0, early: 0, failures: 0, best: null };

/** A welcome came over `rung`. */
export function welcomed(rungs: Rungs, rung: number): Rungs {
  const best = rungs.best === null ? rung : Math.min(rungs.best, rung);
  return { at: rung, early: rung === rungs.at ? rungs.early : 0, failures: 0, best };
}

/** A connection over `rung` was cut by the network after `ms`. */
export function cut(rungs: Rungs, rung: number, { ms, count }: { readonly ms: number; readonly count: number }): Rungs {
  if (rung !== rungs.at) return rungs;
  const early = ms < EARLY_MS ? rungs.early + 1 : 0;
  if (early < EARLY_MAX) return { ...rungs, early };
  return { ...rungs, at: Math.min(rung + 1, count - 1), early: 0 };
}

/**
 * No welcome over `rung`: which one is tried next in the same attempt, or null to give it up. `isAway`: nobody answered at
 * all, which no other rung will mend; of a socket that cannot be said.
 */
export function next(
  rungs: Rungs,
  rung: number,
  { isAway, count }: { readonly isAway: boolean; readonly count: number },
): { readonly rungs: Rungs; readonly rung: number | null } {
  const failed = { ...rungs, failures: rungs.failures + (rung === rungs.at ? 1 : 0) };
  const isPatient = rung === rungs.at && rungs.best !== null && rungs.best <= rung && failed.failures < PATIENCE;
  if (isAway || isPatient || rung + 1 >= count) return { rungs: failed, rung: null };
  return { rungs: failed, rung: rung + 1 };
}

/** How long until the better rungs are tried again, after `tries` that came to nothing. */
export function betterMs(tries: number, chance: number): number {
  const bound = Math.min(BETTER_MS_MAX, BETTER_MS * 2 ** Math.min(tries, 10));
  // Not all tabs of an office in one moment.
  return Math.round(bound * (0.75 + chance / 2));
}
