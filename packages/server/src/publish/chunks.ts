import { message, type Message } from './message.ts';

/** What a caller has to be told to hold exactly a view: rows in full, and which of its own rows stay as they are. */
export interface Capture {
  readonly w: number;
  /** The version at which all of it was true. */
  readonly v: number;
  /** Texts of snapshot rows. */
  readonly rows: readonly string[];
  /** Rids the caller holds unchanged; null for a snapshot from nothing. */
  readonly keep: readonly number[] | null;
  /** Where a window lies: the end of the last chunk. */
  readonly place: string;
  readonly isShared: boolean;
  /** Upper bound of one chunk's rows; a single larger row goes alone. */
  readonly chunkBytes: number;
}

/**
 * A snapshot or reconcile as `s` frames. The row texts are captured at one version; the frames are joined one by one
 * when a caller has room for them, and kept, so that callers who start at the same version share them.
 */
export class Chunks {
  readonly v: number;
  readonly isReconcile: boolean;
  readonly #capture: Capture;
  readonly #made: Message[] = [];
  #row = 0;
  #keep = 0;
  #isDone = false;

  constructor(capture: Capture) {
    this.#capture = capture;
    this.v = capture.v;
    this.isReconcile = capture.keep !== null;
  }

  /** The frame with number `i`, or null when there are no more. Frames are asked for in order. */
  at(i: number): Message | null {
    while (this.#made.length <= i && !this.#isDone) this.#made.push(this.#make());
    return this.#made[i] ?? null;
  }

  isLast(i: number): boolean {
    return this.#isDone && i === this.#made.length - 1;
  }

  #make(): Message {
    const { w, v, rows, keep, place, isShared, chunkBytes } = this.#capture;
    let room = chunkBytes - HEAD_BYTES;
    const first = this.#row;
    while (this.#row < rows.length) {
      const bytes = (rows[this.#row]?.length ?? 0) + 1;
      if (bytes > room && this.#row > first) break;
      room -= bytes;
      this.#row += 1;
    }
    // Rids follow when all rows are out, as many as the rest of the chunk holds.
    const kept =
      this.#row < rows.length
        ? []
        : (keep ?? []).slice(this.#keep, this.#keep + Math.max(0, Math.floor(room / RID_BYTES)));
    this.#keep += kept.length;
    this.#isDone = this.#row >= rows.length && this.#keep >= (keep?.length ?? 0);
    const tail = (keep === null ? '' : `,"keep":[${kept.join(',')}]`) + (this.#isDone ? place : '');
    const r = rows.slice(first, this.#row).join(',');
    const i = this.#made.length;
    return message(`{"t":"s","w":${w},"v":${v},"i":${i},"last":${this.#isDone},"r":[${r}]${tail}}`, isShared);
  }
}

// Room for the fixed part of the frame and its header; a rid has at most 16 digits and a comma.
const HEAD_BYTES = 128;
const RID_BYTES = 17;
