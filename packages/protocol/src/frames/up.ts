/**
 * Frames that a caller sends. One text message is one of these as JSON. `decodeUpstream` in
 * ../upstream.ts is the only way in; unknown fields are ignored, unknown `t` is refused.
 */
import type { Aggregate } from '../aggregate.ts';
import type { FilterJson } from '../filter.ts';
import type { JsonObject } from '../json.ts';
import type { Sort } from '../order.ts';

/** The first frame of a connection. Must arrive within 10 s (close 4008). */
export interface Hello {
  readonly t: 'hello';
  /** Protocol version spoken by the caller. */
  readonly p: number;
  /** Bearer credential: an API key or a JWT. Absent when a session cookie came with the upgrade. */
  readonly token?: string | undefined;
  /** Name and version of the SDK, for the operator's eyes only. */
  readonly client: string;
  /** Stable id of the tab or process; at most 64 characters. */
  readonly tab?: string | undefined;
  /** Subscriptions inlined to save a round trip. */
  readonly subs?: readonly Sub[] | undefined;
}

/** Opens a subscription: a filtered view over one collection. */
export interface Sub {
  readonly t: 'sub';
  /** The caller's number for this subscription: a positive integer, never reused on one connection. */
  readonly s: number;
  /** Collection. */
  readonly c: string;
  /** Filter; absent means every record the caller may see. */
  readonly f?: FilterJson | undefined;
  /** Only these fields (always with id); absent means all. */
  readonly fields?: readonly string[] | undefined;
  /** Wanted interval in ms, rounded up to a class: 0, 50, 100, 250, 1000, 5000. Default 100. */
  readonly iv?: number | undefined;
  /** Where the caller stands: the epoch and version of what it already holds for exactly this view. */
  readonly since?: { readonly e: string; readonly v: number } | undefined;
  /** The order of the records, ended by `id`. With `limit` it decides which of them are told. */
  readonly sort?: Sort | undefined;
  /** A window: only so many records, the first ones of the order unless a cursor says from where. */
  readonly limit?: number | undefined;
  /** Cursor: the first `limit` records behind this place. */
  readonly after?: string | undefined;
  /** Cursor: the last `limit` records before this place. */
  readonly before?: string | undefined;
  /** The `limit` records behind the first `skip`, whichever these are. */
  readonly skip?: number | undefined;
  /** Counters instead of records. */
  readonly agg?: Aggregate | undefined;
}

/** Ends a subscription. Frames of its view may still arrive and are dropped by the caller. */
export interface Unsub {
  readonly t: 'unsub';
  readonly s: number;
}

/** Changes the interval class of a subscription without a new snapshot. */
export interface Interval {
  readonly t: 'iv';
  readonly s: number;
  readonly iv: number;
}

/** Says whether the caller is hidden. Hidden callers get the 5000 ms class until visible again. */
export interface Visibility {
  readonly t: 'vis';
  readonly hidden: boolean;
}

/** Acknowledges data frames: how many `s` and `d` frames were applied on this connection so far. */
export interface Ack {
  readonly t: 'a';
  readonly n: number;
}

/** A probe for life and round-trip time; answered at once by `q` with the same `i`. */
export interface Ping {
  readonly t: 'p';
  readonly i: number;
}

/** Hands over a fresh token on a living connection. Must be the same principal and organization. */
export interface AuthUp {
  readonly t: 'auth';
  readonly token: string;
}

/** A command: create, change, delete or call. Answered by exactly one `mr` with the same `m`. */
export interface Mut {
  readonly t: 'mut';
  /** Idempotency id, `<tab>.<n>`; results are kept 24 h and a repeat is answered, not repeated. */
  readonly m: string;
  readonly c: string;
  /** Record id. For `create` it may be empty: the server makes one. */
  readonly k: string;
  readonly op: 'create' | 'patch' | 'put' | 'del' | 'call';
  /** Name of the command when op is `call`: `refresh`, `override`, `clear-override`, `pause`, ... */
  readonly name?: string | undefined;
  readonly f?: JsonObject | undefined;
  /** The version the person saw. Only touched fields that changed after it conflict. */
  readonly base?: number | undefined;
  /** The person's own reason, for the audit log. */
  readonly why?: string | undefined;
}

/** Says goodbye before a clean close. */
export interface ByeUp {
  readonly t: 'bye';
}

/** Every frame that a caller sends. */
export type Upstream = Hello | Sub | Unsub | Interval | Visibility | Ack | Ping | AuthUp | Mut | ByeUp;
