/**
 * Where somebody stands in one view, read from the frames that pass by: enough to ask the server on their behalf for what they
 * miss, and no rows. A hub keeps one for each tab and view, a tab one for each of its subscriptions.
 */
import type { How } from '@statewire/protocol';

/** A version of one history. */
export interface Since {
  readonly e: string;
  readonly v: number;
}

/** The part of a data frame that says where it leads. */
export type Head =
  | { readonly t: 'd'; readonly w: number; readonly from: number; readonly to: number }
  | { readonly t: 's'; readonly w: number; readonly v: number; readonly i: number; readonly last: boolean };

export class Stand {
  /** View number, once the server has said it. */
  w: number | null = null;
  #at: Since | null;
  /** A snapshot was promised and is not whole yet. */
  #isDue = false;
  /** The version of the chunks that are being collected. */
  #filling: number | null = null;

  constructor(since: Since | null) {
    this.#at = since;
  }

  /** From where to ask; null when only everything will do. */
  get since(): Since | null {
    return this.#isDue ? null : this.#at;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  subd(w: number, how: How): void {
    this.w = w;
    this.#filling = null;
    this.#isDue = how !== 'delta';
  }

  /** Takes in a data frame of this view; false when it says nothing to who stands here. */
  take(head: Head, epoch: string): boolean {
    return head.t === 'd' ? this.#delta(head, epoch) : this.#chunk(head, epoch);
  }

  /** Everything up to `v` was told. */
  watermark(at: Since): void {
    if (this.#isDue || this.#filling !== null || this.#at?.e !== at.e) return;
    this.#at = { e: at.e, v: Math.max(this.#at.v, at.v) };
  }

  #delta({ from, to }: Extract<Head, { t: 'd' }>, epoch: string): boolean {
    const at = this.#at;
    // What does not connect is passed on all the same: whoever holds the rows sees the gap and asks again.
    if (at === null || at.e !== epoch) return true;
    if (to <= at.v) return false;
    if (from <= at.v && !this.#isDue) this.#at = { e: epoch, v: to };
    return true;
  }

  #chunk({ v, i, last }: Extract<Head, { t: 's' }>, epoch: string): boolean {
    if (i === 0) this.#filling = !this.#isDue && this.#at?.e === epoch && v <= this.#at.v ? null : v;
    if (this.#filling !== v) return false;
    if (!last) return true;
    this.#filling = null;
    this.#isDue = false;
    this.#at = { e: epoch, v: this.#at?.e === epoch ? Math.max(this.#at.v, v) : v };
    return true;
  }
}

/**
 * The head of a data frame, or null for any other text. The server writes these members first and in this order; another
 * server may not, so what does not look like that is read as a whole.
 */
export function headOf(text: string): Head | null {
  const delta = DELTA.exec(text);
  if (delta !== null) return { t: 'd', w: Number(delta[1]), from: Number(delta[2]), to: Number(delta[3]) };
  const chunk = CHUNK.exec(text);
  if (chunk === null) return null;
  return { t: 's', w: Number(chunk[1]), v: Number(chunk[2]), i: Number(chunk[3]), last: chunk[4] === 'true' };
}

const DELTA = /^\{"t":"d","w":(\d{1,16}),"v":\[(\d{1,16}),(\d{1,16})\]/;
const CHUNK = /^\{"t":"s","w":(\d{1,16}),"v":(\d{1,16}),"i":(\d{1,16}),"last":(true|false)/;
