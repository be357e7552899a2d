import type { Envelope } from './envelope.ts';

/** What people want of a thing. Only people write it. */
export type Desired = 'active' | 'paused' | 'retired';

/** Health: measured (`observed`) and, after confirmation, believed (`health`). */
export type Health = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

/** How old the newest sign of life is. Written only by the deadline engine. */
export type Fresh = 'never' | 'live' | 'late' | 'expired';

/** The one derived word that badges and filters use. */
export type Status = 'up' | 'degraded' | 'down' | 'unknown' | 'pending' | 'maintenance' | 'paused';

/** Every status there is. */
export const STATUSES: readonly Status[] = ['up', 'degraded', 'down', 'unknown', 'pending', 'maintenance', 'paused'];

/** The names of facts the built-in probes write. Reporters may add their own. */
export type FactName =
  | 'reach'
  | 'protocol'
  | 'inventory'
  | 'canary'
  | 'auth'
  | 'latency'
  | 'certificate'
  | (string & {});

/** One separately measured fact. `since` is when `v` last changed; `at` when it was last measured. */
export interface Fact {
  readonly v: 'ok' | 'warn' | 'fail' | 'unknown' | 'skip';
  /** A category a program can act on: `refused`, `timeout`, `http_500`, `needs_auth`, ... never raw text. */
  readonly code: string;
  /** One short sentence for people; no secrets, no URLs with credentials. */
  readonly text: string;
  readonly ms: number | null;
  readonly at: number;
  readonly since: number;
  readonly [field: string]: string | number | null;
}

/** An unconfirmed change: `n` of `of` observations so far say `to`, the first at `since`. */
export interface Suspect {
  readonly to: Health;
  readonly n: number;
  readonly of: number;
  readonly since: number;
  readonly [field: string]: string | number;
}

/** A status that a person set, with reason and end. */
export interface Override {
  readonly status: Status;
  /** Required end, epoch ms; default 1 h ahead, at most 30 d. */
  readonly until: number;
  readonly by: string;
  readonly reason: string;
  readonly [field: string]: string | number;
}

/** What lies over a status without being one: paused, muted, in maintenance, acknowledged. */
export interface Overlay {
  /** Id of the active maintenance, or null. */
  readonly maintenance: string | null;
  /** Nobody is notified. Until when is in `mutedUntil` of the record; who and why in `mutedBy` and `mutedReason`. */
  readonly muted: boolean;
  /** A person has taken it on. */
  readonly acked: boolean;
  readonly flapping: boolean;
  /** `collection/id` of the failed dependency, or null. */
  readonly impactedBy: string | null;
  readonly [field: string]: string | boolean | null;
}

/** Why a status is what it is: a code for programs, a sentence for people. */
export interface Reason {
  readonly code: string;
  readonly text: string;
  readonly [field: string]: string;
}

/** The last observations, newest last, for sparklines and for the latency rule. At most 30. */
export interface Recent {
  /** One letter each: `u` healthy, `g` degraded, `d` unhealthy, `x` unknown. */
  readonly bar: string;
  /** Milliseconds of each observation in `bar`; null where nothing was measured. */
  readonly ms: readonly (number | null)[];
  readonly [field: string]: string | readonly (number | null)[];
}

/** Flap damping: a penalty that grows by one per transition and halves each half-life. */
export interface Flap {
  readonly score: number;
  readonly at: number;
  readonly [field: string]: number;
}

/** Uptime of one window. */
export interface UptimeValue {
  /** Percent of the counted time that was up or degraded, cut to three decimals; null when nothing was counted. */
  readonly pct: number | null;
  /** Share of the window that was counted, 0 to 1. */
  readonly coverage: number;
  readonly [field: string]: number | null;
}

/** Uptime of the last 24 hours and 7, 30 and 90 days. */
export interface UptimeWindows {
  readonly h24: UptimeValue;
  readonly d7: UptimeValue;
  readonly d30: UptimeValue;
  readonly d90: UptimeValue;
  readonly [field: string]: UptimeValue;
}

/** Fields of every status-bearing record (services, connections, agents). Separate facts, one derived word. */
export interface StatusRow extends Envelope {
  readonly desired: Desired;
  /** Per kind; see 4 in docs/concepts/status.md. */
  readonly phase: string;
  readonly facts: Readonly<Record<string, Fact>>;
  readonly observed: Health;
  readonly health: Health;
  readonly suspect: Suspect | null;
  readonly fresh: Fresh;
  readonly overlay: Overlay;
  readonly override: Override | null;
  readonly status: Status;
  readonly reason: Reason;
  /** Since when `status` has its value (backdated to the first observation of a confirmed run). */
  readonly since: number;
  readonly lastOkAt: number | null;
  readonly lastBadAt: number | null;
  readonly nextProbeAt: number | null;
  /** Confirmed transitions so far. */
  readonly flaps: number;
  readonly flap: Flap;
  readonly recent: Recent;
  readonly latencyMs: number | null;
  /** Freshness: `late` at `dueAt`, `expired` at `expiresAt`. Null when nothing is awaited. */
  readonly dueAt: number | null;
  readonly expiresAt: number | null;
  /** End of a mute; null when it is not muted, or muted without an end. */
  readonly mutedUntil: number | null;
  /** Written a little later than what it follows from; null until it was worked out once. */
  readonly uptime: UptimeWindows | null;
  /**
   * One letter per UTC day, oldest first, today last, at most 90: `u` up, `g` degraded, `d` down, `m` maintenance,
   * `p` pending or paused, `x` unknown. Days before the record have no letter.
   */
  readonly bar: string;
}
