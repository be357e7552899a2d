/**
 * What the server told about one view: rows by rid, and the position (epoch, version) up to which they are true.
 *
 * A snapshot is collected aside, chunk by chunk, and swapped in at its `last`: until then people go on seeing what
 * they had. Objects keep their identity until they change, so that a screen can compare by reference.
 * No network and no callbacks here: each method says what came of it.
 */
import {
  applyPatch,
  type DeltaFrame,
  type JsonObject,
  type Op,
  type Rid,
  type Row,
  type SnapshotFrame,
} from '@statewire/protocol';

/**
 * `gap`: a frame does not connect to what is held; subscribe again from there. `broken`: what is held cannot be what
 * the server thinks it is; subscribe afresh.
 */
export type Took = 'changed' | 'same' | 'gap' | 'broken';

/** The version of one history up to which a view is known. */
export interface Position {
  readonly e: string;
  readonly v: number;
}

/** Where a window lies. */
export interface Place {
  /** Records in the whole view. */
  readonly total: number;
  /** How many of them come before the window. */
  readonly offset: number;
}

export class Told {
  #held = new Map<Rid, Held>();
  #byId = new Map<string, Held>();
  #rows: readonly Row[] | null = EMPTY;
  #order: readonly Held[] | null = [];
  #position: Position | null = null;
  #reach = 0;
  #isDue = false;
  #filling: Filling | null = null;
  #hasData = false;
  #place: Place | null = null;

  /** Where the window lies that these rows are, or null when they are none. */
  get place(): Place | null {
    return this.#place;
  }

  /** Where to resume from; null when only a snapshot can help. */
  get position(): Position | null {
    return this.#position;
  }

  /** Was a whole snapshot ever taken in? */
  get hasData(): boolean {
    return this.#hasData;
  }

  /** All rows in the order the server numbered them, so that nothing jumps when a row leaves and comes back. */
  get rows(): readonly Row[] {
    this.#order ??= [...this.#held.values()].sort((a, b) => a.rid - b.rid);
    this.#rows ??= this.#order.map((each) => each.row);
    return this.#rows;
  }

  get(id: string): Row | undefined {
    return this.#byId.get(id)?.row;
  }

  /** Each row with its number, for whoever writes them down. */
  *held(): Iterable<readonly [Rid, Row]> {
    for (const { rid, row } of this.#held.values()) yield [rid, row];
  }

  /** The same rows at the same position, and a life of its own from here on. */
  copy(): Told {
    const copy = new Told();
    copy.#replace(new Map([...this.#held].map(([rid, { row }]) => [rid, { rid, row }])));
    copy.#rows = this.rows;
    copy.#position = this.#position;
    copy.#hasData = this.#hasData;
    copy.#place = this.#place;
    return copy;
  }

  /** The server resumes from our position; data up to `v` follows unless we stand there already. */
  resumes(v: number): void {
    this.restart();
    this.#reach = v;
  }

  /** Has all that the server announced been told? */
  get isCaughtUp(): boolean {
    return this.#position !== null && this.#position.v >= this.#reach && this.#filling === null && !this.#isDue;
  }

  /** The server answers with a snapshot, which counts even when its version is the one already held. */
  refills(): void {
    this.restart();
    this.#isDue = true;
  }

  /** A subscription starts afresh on a new connection: what was half collected belongs to the old one. */
  restart(): void {
    this.#reach = 0;
    this.#isDue = false;
    this.#filling = null;
  }

  /** The position cannot be trusted; rows stay on screen until the next snapshot. */
  doubt(): void {
    this.restart();
    this.#position = null;
  }

  /** Forgets everything: the rows were told to someone else. */
  clear(): void {
    this.doubt();
    this.#replace(new Map());
    this.#hasData = false;
    this.#place = null;
  }

  /** Everything up to `v` was already told. A snapshot that is on its way has not been. */
  watermark(at: Position): void {
    if (this.#position?.e === at.e && this.#filling === null && !this.#isDue)
      this.#position = { e: at.e, v: Math.max(this.#position.v, at.v) };
  }

  snapshot(frame: SnapshotFrame, at: { readonly epoch: string; readonly org: string }): Took {
    const { epoch, org } = at;
    const known = this.#position;
    if (!this.#isDue && known !== null && known.e === epoch && frame.v <= known.v) return 'same';
    if (frame.i === 0) this.#filling = { v: frame.v, chunks: 0, next: new Map() };
    const filling = this.#filling;
    if (filling === null || filling.v !== frame.v || filling.chunks !== frame.i) return 'gap';
    filling.chunks += 1;
    for (const [rid, id, version, fields] of frame.r)
      filling.next.set(rid, this.#renewed(rid, id, version, fields, org));
    for (const rid of frame.keep ?? []) {
      const kept = known?.e === epoch ? this.#held.get(rid) : undefined;
      if (kept === undefined) return 'broken';
      filling.next.set(rid, kept);
    }
    if (!frame.last) return 'same';
    const isFirst = !this.#hasData;
    this.#filling = null;
    this.#isDue = false;
    // A watermark may have vouched for more: nothing changed in between.
    this.#position = { e: epoch, v: known?.e === epoch ? Math.max(known.v, frame.v) : frame.v };
    this.#hasData = true;
    const isElsewhere = this.#lies(frame);
    return this.#replace(filling.next) || isFirst || isElsewhere ? 'changed' : 'same';
  }

  delta(frame: DeltaFrame, at: { readonly epoch: string; readonly org: string }): Took {
    const known = this.#position;
    const [from, to] = frame.v;
    if (known === null || known.e !== at.epoch) return 'gap';
    if (to <= known.v) return 'same';
    if (from > known.v) return 'gap';
    // Before any row moves: if one does not fit, nothing of the frame may be counted as told.
    if (frame.o.some((op) => this.#isForeign(op))) return 'broken';
    let took: Took = 'same';
    for (const op of frame.o) if (this.#take(op, at.org)) took = 'changed';
    this.#position = { e: known.e, v: to };
    return this.#lies(frame) ? 'changed' : took;
  }

  /** Takes in where the window lies; true when that is elsewhere than before. */
  #lies({ n, b }: SnapshotFrame | DeltaFrame): boolean {
    if (n === undefined || b === undefined || (this.#place?.total === n && this.#place.offset === b)) return false;
    this.#place = { total: n, offset: b };
    return true;
  }

  // An update of a row that is not held cannot be applied, and skipping it would hide the row for ever.
  #isForeign(op: Op): boolean {
    return op[2] !== null && op.length === 3 && !this.#held.has(op[0]);
  }

  #take(op: Op, org: string): boolean {
    const [rid, version, fields] = op;
    const held = this.#held.get(rid);
    if (held !== undefined && version <= held.row.version) return false;
    if (fields === null) {
      if (held === undefined) return false;
      this.#held.delete(rid);
      this.#byId.delete(held.row.id);
      this.#order = null;
      this.#rows = null;
      return true;
    }
    if (op.length === 4) {
      const entered = this.#renewed(rid, op[3], version, fields, org);
      this.#held.set(rid, entered);
      this.#byId.set(op[3], entered);
      this.#order = null;
      this.#rows = null;
      return true;
    }
    if (held === undefined) return false;
    held.row = applyPatch(held.row, { ...fields, version });
    this.#rows = null;
    return true;
  }

  /** A row told in full. What did not change keeps its identity, down to the values of its fields. */
  #renewed(rid: Rid, id: string, version: number, fields: JsonObject, org: string): Held {
    const old = this.#byId.get(id)?.row;
    const row = { ...fields, id, org, version };
    const isSameShape = old !== undefined && Object.keys(old).every((key) => Object.hasOwn(row, key));
    return { rid, row: isSameShape ? applyPatch(old, row) : row };
  }

  /** Swaps all rows; true when anything is different afterwards. */
  #replace(next: Map<Rid, Held>): boolean {
    const isSame =
      next.size === this.#held.size && [...next].every(([rid, { row }]) => this.#held.get(rid)?.row === row);
    this.#held = next;
    this.#byId = new Map([...next.values()].map((each) => [each.row.id, each]));
    // The holders are new ones even when the rows are not; what is kept is the array that people compare.
    this.#order = null;
    if (isSame) return false;
    this.#rows = null;
    return true;
  }
}

interface Held {
  readonly rid: Rid;
  row: Row;
}

interface Filling {
  readonly v: number;
  chunks: number;
  readonly next: Map<Rid, Held>;
}

const EMPTY: readonly Row[] = [];
