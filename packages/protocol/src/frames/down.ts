/**
 * Frames that the server sends. Data frames (`s`, `d`) name the interned view `w`, never a number chosen
 * by a caller, so that one encoded frame serves every subscriber of a lane.
 */
import type { Json, JsonObject } from '../json.ts';
import type { Rid } from '../record.ts';

/** The answer to `hello`. */
export interface Welcome {
  readonly t: 'welcome';
  /** Id of this connection, for logs on both sides. */
  readonly sid: string;
  /** Names one version history. A position from another epoch is worthless. */
  readonly epoch: string;
  readonly org: string;
  /** Names the principal: 16 hex digits, the same on each of its connections. Rows told to another one are not its own. */
  readonly who: string;
  /** Server wall clock, epoch ms. */
  readonly now: number;
  /** The server sends something at least each `hb` ms. */
  readonly hb: number;
  /** Bytes the server sends before it waits for `a`. */
  readonly win: number;
  readonly max: { readonly subs: number; readonly messageBytes: number };
  /** When the credential expires, epoch ms, or null. */
  readonly exp: number | null;
  /** What the credential may do: read, report, admin. */
  readonly scopes: readonly string[];
  readonly feat: readonly string[];
}

/** How a subscription starts: from the caller's position, by reconciling, or afresh. */
export type How = 'delta' | 'reconcile' | 'snapshot';

/** A subscription is open. Its data follows in frames that name `w`. */
export interface Subd {
  readonly t: 'subd';
  readonly s: number;
  readonly w: number;
  /** Version the view has after the frames that follow this one. */
  readonly v: number;
  readonly iv: number;
  readonly how: How;
  /** Number of records in the view at `v`. */
  readonly n: number;
}

/** One record of a snapshot: rid, key, version, all fields (without id, org and version). */
export type SnapshotRow = readonly [rid: Rid, key: string, version: number, fields: JsonObject];

/**
 * A chunk of a snapshot or reconcile, at most 64 KiB. The caller goes on showing what it has until
 * `last`, then swaps: records neither in `r` nor in `keep` are gone.
 */
export interface SnapshotFrame {
  readonly t: 's';
  readonly w: number;
  readonly v: number;
  /** Chunk number from 0. */
  readonly i: number;
  readonly last: boolean;
  readonly r: readonly SnapshotRow[];
  /** Reconcile only: records the caller already holds unchanged. */
  readonly keep?: readonly Rid[] | undefined;
  /** Windows only, in the last chunk: records of the whole view, and how many of them come before the window. */
  readonly n?: number | undefined;
  readonly b?: number | undefined;
}

/** Why a record left a view: it stopped matching, or it was deleted. */
export type LeaveReason = 'out' | 'del';

/** New values of a record that the view holds; keys may be paths. */
export type UpdateOp = readonly [rid: Rid, version: number, set: JsonObject];
/** A record that a view did not hold before, whole, with its id. */
export type EnterOp = readonly [rid: Rid, version: number, fields: JsonObject, key: string];
/** A record that is no longer in the view, and why. */
export type LeaveOp = readonly [rid: Rid, version: number, none: null, why: LeaveReason];
/** What happened to one record of a view. */
export type Op = UpdateOp | EnterOp | LeaveOp;

/** What happened to a view between two versions. Values were merged; `n` says how many changes. */
export interface DeltaFrame {
  readonly t: 'd';
  readonly w: number;
  readonly v: readonly [from: number, to: number];
  /** Commit time of the newest change, epoch ms. */
  readonly at: number;
  readonly o: readonly Op[];
  /** Windows only: records of the whole view at `to`, and how many of them come before the window. */
  readonly n?: number | undefined;
  readonly b?: number | undefined;
}

/** A watermark after silence: every view of this connection is current as of `v`. */
export interface Heartbeat {
  readonly t: 'h';
  readonly v: number;
  readonly now: number;
}

/** Answers `p`. */
export interface Pong {
  readonly t: 'q';
  readonly i: number;
  readonly now: number;
}

/** Asks for a fresh token: the present one expires in `in` ms. */
export interface AuthDown {
  readonly t: 'auth';
  readonly in: number;
  readonly why: 'expiring' | 'expired' | 'revoked';
}

/** A fresh token was accepted. */
export interface Authd {
  readonly t: 'authd';
  readonly exp: number | null;
  readonly scope: 'same' | 'changed';
}

/** The one answer to a `mut`. */
export type MutResult =
  | {
      readonly t: 'mr';
      readonly m: string;
      readonly ok: true;
      readonly v: number;
      readonly k: string;
      readonly value?: Json | undefined;
    }
  | {
      readonly t: 'mr';
      readonly m: string;
      readonly ok: false;
      readonly code: string;
      readonly msg: string;
      /** On `conflict`: the record's version, its current values of the touched fields, and their names. */
      readonly v?: number | undefined;
      readonly cur?: JsonObject | undefined;
      readonly fields?: readonly string[] | undefined;
    };

/** Something the caller sent was refused, or a subscription stopped. */
export interface ErrFrame {
  readonly t: 'err';
  readonly s?: number | undefined;
  readonly code: string;
  readonly msg: string;
  /** Wait this many ms before trying again; absent means do not try the same thing again. */
  readonly retry?: number | undefined;
  readonly fatal?: boolean | undefined;
}

/** The server is about to close; come back after `after` ms if the code says so. */
export interface ByeDown {
  readonly t: 'bye';
  readonly code: number;
  readonly after: number;
}

/** Every frame that a server sends. */
export type Downstream =
  | Welcome
  | Subd
  | SnapshotFrame
  | DeltaFrame
  | Heartbeat
  | Pong
  | AuthDown
  | Authd
  | MutResult
  | ErrFrame
  | ByeDown;
