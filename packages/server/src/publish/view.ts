/**
 * A view: the records of one collection of one organization that pass one filter, for everybody who asked for
 * exactly that. It knows who is in it, and keeps a log in the shape of a recency list: each record has one node,
 * moved to the front when the record changes, enters or leaves. "What happened since v" is then a walk from the front
 * until the nodes are older than v, and says each record once, however often it changed.
 *
 *     newest -> [r7 touched 41] -> [r2 left 40] -> [r9 entered 38] -> ... -> floor
 *
 * Records that left stay in the list for a while, so that a caller who still shows them is told. When the oldest of
 * those are dropped the floor rises; a caller below it is given the full membership instead of a delta.
 * Values are not held here: texts are made from the records as they are now.
 */
import { assert, filterFields, matches, type Filter, type LeaveReason } from '@statewire/protocol';
import type { Change } from '../keep/commit-types.ts';
import type { Entry, Live } from '../keep/live.ts';
import type { Limits } from '../lib/limits.ts';
import { Chunks } from './chunks.ts';
import type { Fragments } from './fragment.ts';
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
  readonly live: Pick<Live, 'entries' | 'get' | 'version'>;
  readonly limits: Limits;
  readonly fragments: Fragments;
  readonly planted?: Planted | undefined;
}

/** What a caller must be told to stand where the view stands. */
export type Changes =
  /** One frame, or null when it missed nothing. */
  | { readonly how: 'delta'; readonly frame: Message | null }
  | { readonly how: 'reconcile' | 'snapshot'; readonly chunks: Chunks };

export class View {
  readonly w: number;
  readonly key: string;
  readonly org: string;
  readonly collection: string;
  readonly filter: Filter;
  readonly fields: ReadonlySet<string> | null;
  /** One per interval class somebody uses. */
  readonly lanes: Lane[] = [];
  /** Marks views already seen while one change is routed. */
  stamp = 0;

  readonly #deps: ViewDeps;
  readonly #planted: Planted;
  readonly #filterFields: ReadonlySet<string>;
  readonly #members = new Map<number, Node>();
  /** Records that left and are still in the log, oldest first. */
  readonly #left = new Map<number, Node>();
  #newest: Node | null = null;
  #version: number;
  #at = 0;
  #floor: number;
  #deltas = new Map<number, Message>();
  #snapshot: Chunks | null = null;

  constructor(deps: ViewDeps, parts: ViewParts, candidates: Iterable<Entry>) {
    this.#deps = deps;
    this.#planted = deps.planted ?? SOUND;
    this.w = parts.w;
    this.key = parts.key;
    this.org = parts.org;
    this.collection = parts.collection;
    this.filter = parts.filter;
    this.fields = parts.fields;
    this.#filterFields = new Set(filterFields(parts.filter));
    this.#version = deps.live.version(parts.org);
    this.#floor = this.#version;
    for (const entry of candidates) {
      if (!matches(this.filter, entry.row)) continue;
      const node = newNode(entry.rid, entry.id, { entry, born: 0, touched: this.#version });
      this.#members.set(entry.rid, node);
      this.#toFront(node);
    }
  }

  /** The version of the newest change that touched this view, or that of its making. */
  get version(): number {
    return this.#version;
  }

  /** A delta can be made for positions from here on. */
  get floor(): number {
    return this.#planted.horizonUnchecked ? 0 : this.#floor;
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
   * Takes in one committed change; true when the view is not the same after it. `fields` are the names of the fields
   * that changed, or null when the record is new or gone.
   */
  apply(change: Change, fields: readonly string[] | null): boolean {
    const node = this.#members.get(change.rid);
    // The new row decides who is in; who was in is what the members say, so that no leaving is missed. When nothing
    // the filter looks at has changed, that is how it stays.
    const isJudged = fields === null || this.#filterFields.has('version') || hasAny(this.#filterFields, fields);
    const isIn = isJudged ? change.after !== null && matches(this.filter, change.after) : node !== undefined;
    if (node === undefined) {
      if (!isIn) return false;
      this.#enter(change);
    } else if (!isIn) {
      if (this.#planted.leaveMissingLive && change.after !== null) return false;
      this.#leave(node, change);
    } else {
      if (this.fields !== null && fields !== null && !hasAny(this.fields, fields)) return false;
      node.touched = change.version;
      this.#toFront(node);
    }
    // Asked once per view and change: the sentence is made only when it is needed.
    if (change.version < this.#version)
      assert(false, `view ${this.w} went back: ${this.#version} -> ${change.version}`);
    this.#version = change.version;
    this.#at = change.at;
    if (!this.#planted.staleFrameShared && this.#deltas.size > 0) this.#deltas.clear();
    // An older snapshot with a delta behind it would show somebody who was here before a step back.
    this.#snapshot = null;
    return true;
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
      if (bytes > this.#deps.limits.deltaBytesMax) return null;
    }
    // Oldest first, as it happened.
    ops.reverse();
    const text = `{"t":"d","w":${this.w},"v":[${v},${this.#version}],"at":${this.#at},"o":[${ops.join(',')}]}`;
    return message(text, this.subscribers > 1);
  }

  #op(node: Node, v: number): string | null {
    const { fragments } = this.#deps;
    if (node.why !== null) {
      if (this.#planted.deleteMissingOnResume && node.why === 'del' && v < this.#version - 1) return null;
      if (this.#planted.leaveMissingOnResume && node.why === 'out' && v < this.#version - 1) return null;
      // A record first seen after v is not known to anybody at v.
      return node.born <= v ? `[${node.rid},${node.touched},null,"${node.why}"]` : null;
    }
    const entry = this.#entry(node);
    if (node.entered > v) {
      return this.#planted.enterMissingOnCatchUp && v < this.#version - 2 ? null : fragments.enter(entry);
    }
    return fragments.update(entry, v);
  }

  #snapshotChunks(): Chunks {
    if (this.#snapshot !== null) return this.#snapshot;
    const rows: string[] = [];
    for (const node of this.#members.values()) rows.push(this.#deps.fragments.row(this.#entry(node)));
    const chunks = this.#chunks(rows, null);
    this.#snapshot = chunks;
    return chunks;
  }

  #reconcileChunks(v: number): Chunks {
    const rows: string[] = [];
    const keep: number[] = [];
    for (const node of this.#members.values()) {
      const entry = this.#entry(node);
      // A row unchanged since v passed the same filter at v, so the caller holds it. One that entered since the
      // log began may also have been out in between; it has a newer version then.
      if (entry.version > v) rows.push(this.#deps.fragments.row(entry));
      else keep.push(node.rid);
    }
    return this.#chunks(rows, keep);
  }

  #chunks(rows: readonly string[], keep: readonly number[] | null): Chunks {
    const chunkBytes = this.#deps.limits.snapshotChunkBytes;
    return new Chunks({
      w: this.w,
      v: this.#version,
      rows,
      keep,
      isShared: keep === null,
      chunkBytes,
    });
  }

  #enter(change: Change): void {
    const returning = this.#left.get(change.rid);
    const node = returning ?? newNode(change.rid, change.id, { entry: null, born: change.version, touched: 0 });
    this.#left.delete(change.rid);
    node.entry = null;
    node.entered = change.version;
    node.touched = change.version;
    node.why = null;
    this.#members.set(change.rid, node);
    this.#toFront(node);
  }

  #leave(node: Node, change: Change): void {
    this.#members.delete(node.rid);
    node.why = change.after === null ? 'del' : 'out';
    node.entry = null;
    node.touched = change.version;
    this.#left.set(node.rid, node);
    this.#toFront(node);
    if (node.why === 'del') this.#deps.fragments.forget(node.rid);
    if (this.#left.size > this.#deps.limits.viewLeavesMax) this.#forgetOldestLeave();
  }

  #forgetOldestLeave(): void {
    const [oldest] = this.#left.values();
    if (oldest === undefined) return;
    this.#left.delete(oldest.rid);
    this.#unlink(oldest);
    this.#floor = Math.max(this.#floor, oldest.touched);
  }

  #entry(node: Node): Entry {
    // A transaction later in the same batch may already have replaced the record, so it is looked up when it is
    // first needed: by then the whole batch was taken in.
    node.entry ??= this.#deps.live.get(this.org, this.collection, node.id);
    if (node.entry === null) assert(false, `view ${this.w} holds ${this.collection}/${node.id}, which does not exist`);
    return node.entry;
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

function hasAny(set: ReadonlySet<string>, names: readonly string[]): boolean {
  for (const name of names) if (set.has(name)) return true;
  return false;
}

/** One record's place in the log. */
interface Node {
  readonly rid: number;
  readonly id: string;
  /** The record, once looked up; null again when it left. */
  entry: Entry | null;
  /** Version at which the record is first known to have been in; 0 when it was there from the start. */
  readonly born: number;
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
  { entry, born, touched }: { entry: Entry | null; born: number; touched: number },
): Node {
  return { rid, id, entry, born, entered: born, touched, why: null, newer: null, older: null };
}

// Subscribers of one view stand at a few positions at a time; a frame that is not kept is only made again.
const DELTAS_KEPT = 32;
