/**
 * A view: some records of one collection of one organization, for everybody who asked for exactly those. Which ones is
 * for the kinds of view to say: all that pass a filter (filter-view.ts), those in a window of an order (window.ts), or
 * groups of them as if they were records (tally.ts).
 *
 * It knows who is in it, and keeps a log in the shape of a recency list: each record has one node, moved to the
 * front when the record changes, enters or leaves. "What happened since v" is then a walk from the front
 * until the nodes are older than v, and says each record once, however often it changed.
 *
 *     newest -> [r7 touched 41] -> [r2 left 40] -> [r9 entered 38] -> ... -> floor
 *
 * Records that left stay in the list for a while, so that a caller who still shows them is told. When the oldest of
 * those are dropped the floor rises; a caller below it is given the full membership instead of a delta.
 * Values are not held here: texts are made from the records as they are now.
 */
import { assert, type Filter, type LeaveReason } from '@statewire/protocol';
import type { Entry } from '../keep/live.ts';
import type { Limits } from '../lib/limits.ts';
import { Chunks } from './chunks.ts';
import type { Lane } from './lane.ts';
import { message, type Message } from './message.ts';
import { SOUND, type Planted } from './planted.ts';

/** The position of somebody who holds nothing. Not 0: that is where everybody stands before the first write. */
export const NOWHERE = -1;

/** What a view is made of. `key` is unique in the server and names all of it. */
export interface ViewParts {
  /** The number data frames carry. Never used again for another view while the server runs. */
  readonly w: number;
  readonly key: string;
  readonly org: string;
  readonly collection: string;
  /** The caller's filter and the caller's scope, joined. */
  readonly filter: Filter;
  /** Only (keys of) these fields are shown; null means all. */
  readonly fields: ReadonlySet<string> | null;
}

export interface ViewDeps {
  readonly limits: Limits;
  readonly texts: Texts;
  /** The organization's version now. */
  readonly version: number;
  readonly planted?: Planted | undefined;
}

/** What is said of the records of a view. */
export interface Texts {
  /** The version of the record's newest change. */
  version(node: Node): number;
  /** `[rid,"key",version,{all fields}]`, one row of a snapshot. */
  row(node: Node): string;
  /** `[rid,version,{all fields},"key"]`. */
  enter(node: Node): string;
  /** `[rid,version,{changed fields}]` for a caller that stands at `from`. */
  update(node: Node, from: number): string;
  /** The record is gone for good. */
  forget(node: Node): void;
}

/** What a caller must be told to stand where the view stands. */
export type Changes =
  /** One frame, or null when it missed nothing. */
  | { readonly how: 'delta'; readonly frame: Message | null }
  | { readonly how: 'reconcile' | 'snapshot'; readonly chunks: Chunks };

export abstract class View {
  readonly w: number;
  readonly key: string;
  readonly org: string;
  readonly collection: string;
  readonly filter: Filter;
  readonly fields: ReadonlySet<string> | null;
  /** One per interval class somebody uses. */
  readonly lanes: Lane[] = [];

  protected readonly planted: Planted;
  readonly #limits: Limits;
  readonly #texts: Texts;
  readonly #members = new Map<number, Node>();
  /** Records that left and are still in the log, oldest first. */
  readonly #left = new Map<number, Node>();
  #newest: Node | null = null;
  #version: number;
  #at = 0;
  #floor: number;
  #deltas = new Map<number, Message>();
  #snapshot: Chunks | null = null;

  constructor(deps: ViewDeps, parts: ViewParts) {
    this.#limits = deps.limits;
    this.#texts = deps.texts;
    this.planted = deps.planted ?? SOUND;
    this.w = parts.w;
    this.key = parts.key;
    this.org = parts.org;
    this.collection = parts.collection;
    this.filter = parts.filter;
    this.fields = parts.fields;
    this.#version = deps.version;
    this.#floor = this.#version;
  }

  /** The version of the newest change that touched this view, or that of its making. */
  get version(): number {
    return this.#version;
  }

  /** A delta can be made for positions from here on. */
  get floor(): number {
    return this.planted.horizonUnchecked ? 0 : this.#floor;
  }

  /** Number of records in the view. */
  get size(): number {
    return this.#members.size;
  }

  get subscribers(): number {
    let count = 0;
    for (const lane of this.lanes) count += lane.size;
    return count;
  }

  /**
   * The only way anybody catches up: a first snapshot (v = NOWHERE), a resume, a lane's flush, a connection that was slow.
   * A delta when the log reaches back to `v`, else what changed in full and who stays.
   */
  changesSince(v: number): Changes {
    if (v < this.floor) return this.inFullSince(v);
    if (v >= this.#version) return { how: 'delta', frame: null };
    const kept = this.#deltas.get(v);
    if (kept !== undefined) return { how: 'delta', frame: kept };
    const frame = this.#delta(v);
    if (frame === null) return this.inFullSince(v);
    if (frame.isShared) {
      if (this.#deltas.size >= DELTAS_KEPT) this.#deltas.clear();
      this.#deltas.set(v, frame);
    }
    return { how: 'delta', frame };
  }

  /** As `changesSince`, for a caller that was promised chunks: the membership as a whole, not what happened to it. */
  inFullSince(v: number): Exclude<Changes, { readonly how: 'delta' }> {
    return v === NOWHERE
      ? { how: 'snapshot', chunks: this.#snapshotChunks() }
      : { how: 'reconcile', chunks: this.#reconcileChunks(v) };
  }

  /** The rids in the view now. */
  members(): Iterable<number> {
    return this.#members.keys();
  }

  /** Frees the frames kept for sharing: whoever stands at the same version asks at nearly the same time. */
  cool(): void {
    this.#deltas.clear();
    this.#snapshot = null;
  }

  /** The frame from `v` to now, or null when it would be too large to send in one piece. */
  #delta(v: number): Message | null {
    const ops: string[] = [];
    let bytes = 0;
    for (let node = this.#newest; node !== null && node.touched > v; node = node.older) {
      const op = this.#op(node, v);
      if (op === null) continue;
      ops.push(op);
      bytes += op.length + 1;
      if (bytes > this.#limits.deltaBytesMax) return null;
    }
    // Oldest first, as it happened.
    ops.reverse();
    const head = `{"t":"d","w":${this.w},"v":[${v},${this.#version}],"at":${this.#at}`;
    const text = `${head},"o":[${ops.join(',')}]${this.place}}`;
    return message(text, this.subscribers > 1);
  }

  #op(node: Node, v: number): string | null {
    if (node.why !== null) {
      if (this.planted.deleteMissingOnResume && node.why === 'del' && v < this.#version - 1) return null;
      if (this.planted.leaveMissingOnResume && node.why === 'out' && v < this.#version - 1) return null;
      // Also of one that came after v: whoever stands between v and now may hold it, and to others it says nothing.
      return `[${node.rid},${node.touched},null,"${node.why}"]`;
    }
    if (node.entered > v) {
      return this.planted.enterMissingOnCatchUp && v < this.#version - 2 ? null : this.#texts.enter(node);
    }
    return this.#texts.update(node, v);
  }

  #snapshotChunks(): Chunks {
    if (this.#snapshot !== null) return this.#snapshot;
    const rows: string[] = [];
    for (const node of this.#members.values()) rows.push(this.#texts.row(node));
    const chunks = this.#chunks(rows, null);
    this.#snapshot = chunks;
    return chunks;
  }

  #reconcileChunks(v: number): Chunks {
    const rows: string[] = [];
    const keep: number[] = [];
    for (const node of this.#members.values()) {
      // A row unchanged since v passed the same filter at v, so the caller holds it; but a window may have let it in since,
      // because of what happened to another one.
      const isHeld = node.entered <= v || this.planted.keepUnproven;
      if (this.#texts.version(node) > v || !isHeld) rows.push(this.#texts.row(node));
      else keep.push(node.rid);
    }
    return this.#chunks(rows, keep);
  }

  #chunks(rows: readonly string[], keep: readonly number[] | null): Chunks {
    const chunkBytes = this.#limits.snapshotChunkBytes;
    return new Chunks({
      w: this.w,
      v: this.#version,
      rows,
      keep,
      place: this.place,
      isShared: keep === null,
      chunkBytes,
    });
  }

  /** Where a window lies, as the end of a frame; nothing for other views. */
  protected get place(): string {
    return '';
  }

  /** The record's node while it is in. */
  protected member(rid: number): Node | undefined {
    return this.#members.get(rid);
  }

  /** A record that is in from the start; `since` is the version from which that is known. */
  protected found(rid: number, id: string, { entry, since }: { entry: Entry | null; since: number }): Node {
    const node = newNode(rid, id, { entry, entered: since, touched: this.#version });
    this.#members.set(rid, node);
    this.#toFront(node);
    return node;
  }

  protected enter(rid: number, id: string, version: number): Node {
    const returning = this.#left.get(rid);
    const node = returning ?? newNode(rid, id, { entry: null, entered: version, touched: 0 });
    this.#left.delete(rid);
    node.entry = null;
    node.entered = version;
    node.touched = version;
    node.why = null;
    this.#members.set(rid, node);
    this.#toFront(node);
    return node;
  }

  protected touch(node: Node, version: number): void {
    node.touched = version;
    this.#toFront(node);
  }

  protected leave(node: Node, version: number, why: LeaveReason): void {
    this.#members.delete(node.rid);
    node.why = why;
    node.entry = null;
    node.touched = version;
    this.#left.set(node.rid, node);
    this.#toFront(node);
    if (why === 'del') this.#texts.forget(node);
    if (this.#left.size > this.#limits.viewLeavesMax) this.#forgetOldestLeave();
  }

  /** The view is another one since this change: what was said of it before is not kept. */
  protected moved({ version, at }: { readonly version: number; readonly at: number }): void {
    // Asked once per view and change: the sentence is made only when it is needed.
    if (version < this.#version) assert(false, `view ${this.w} went back: ${this.#version} -> ${version}`);
    this.#version = version;
    this.#at = at;
    if (!this.planted.staleFrameShared && this.#deltas.size > 0) this.#deltas.clear();
    // An older snapshot with a delta behind it would show somebody who was here before a step back.
    this.#snapshot = null;
  }

  #forgetOldestLeave(): void {
    const [oldest] = this.#left.values();
    if (oldest === undefined) return;
    this.#left.delete(oldest.rid);
    this.#unlink(oldest);
    this.#floor = Math.max(this.#floor, oldest.touched);
  }

  #toFront(node: Node): void {
    if (this.#newest === node) return;
    this.#unlink(node);
    node.older = this.#newest;
    if (this.#newest !== null) this.#newest.newer = node;
    this.#newest = node;
  }

  #unlink(node: Node): void {
    if (node.newer !== null) node.newer.older = node.older;
    if (node.older !== null) node.older.newer = node.newer;
    if (this.#newest === node) this.#newest = node.older;
    node.newer = null;
    node.older = null;
  }
}

/** One record's place in the log. */
export interface Node {
  readonly rid: number;
  readonly id: string;
  /** The record, once looked up; null again when it left. */
  entry: Entry | null;
  /** Version at which its present stay began. */
  entered: number;
  /** Version of its newest change, or of its leaving. */
  touched: number;
  /** Null while it is in. */
  why: LeaveReason | null;
  newer: Node | null;
  older: Node | null;
}

function newNode(
  rid: number,
  id: string,
  { entry, entered, touched }: { entry: Entry | null; entered: number; touched: number },
): Node {
  return { rid, id, entry, entered, touched, why: null, newer: null, older: null };
}

// Subscribers of one view stand at a few positions at a time; a frame that is not kept is only made again.
const DELTAS_KEPT = 32;
