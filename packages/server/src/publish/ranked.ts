/**
 * Things in a total order, where the place of one and the one at a place are found at once. Kept as chunks of at most
 * CHUNK things with the number of things before each: a search costs O(log n) comparisons, a change moves one chunk's worth of
 * references and adds one to the counts behind it.
 */
export class Ranked<T> {
  readonly #compare: (a: T, b: T) => number;
  #chunks: T[][];
  /** How many things come before each chunk. */
  #before: number[];
  #size: number;

  /** `items` are given in any order; no two of them compare as equal. */
  constructor(compare: (a: T, b: T) => number, items: readonly T[] = []) {
    this.#compare = compare;
    const sorted = items.toSorted(compare);
    this.#chunks = [];
    this.#before = [];
    for (let i = 0; i < sorted.length; i += FILL) {
      this.#chunks.push(sorted.slice(i, i + FILL));
      this.#before.push(i);
    }
    this.#size = sorted.length;
  }

  get size(): number {
    return this.#size;
  }

  /** The thing at a place, or undefined. */
  at(place: number): T | undefined {
    if (place < 0 || place >= this.#size) return undefined;
    let [lo, hi] = [0, this.#chunks.length - 1];
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if ((this.#before[mid] ?? 0) <= place) lo = mid;
      else hi = mid - 1;
    }
    return this.#chunks[lo]?.[place - (this.#before[lo] ?? 0)];
  }

  /** How many things the test holds for; it holds for a beginning of the order and for nothing behind that. */
  count(isBefore: (item: T) => boolean): number {
    const c = this.#chunkOf(isBefore);
    return (this.#before[c] ?? this.#size) + lower(this.#chunks[c] ?? [], isBefore);
  }

  /** How many things come before this one, whether it is among them or not. */
  rank(item: T): number {
    return this.count((each) => this.#compare(each, item) < 0);
  }

  insert(item: T): void {
    const isBefore = (each: T): boolean => this.#compare(each, item) < 0;
    const c = Math.min(this.#chunkOf(isBefore), Math.max(0, this.#chunks.length - 1));
    const chunk = this.#chunks[c];
    this.#size += 1;
    if (chunk === undefined) {
      this.#chunks.push([item]);
      this.#before.push(0);
      return;
    }
    chunk.splice(lower(chunk, isBefore), 0, item);
    for (let i = c + 1; i < this.#before.length; i++) this.#before[i] = (this.#before[i] ?? 0) + 1;
    if (chunk.length <= CHUNK) return;
    const rest = chunk.splice(chunk.length >> 1);
    this.#chunks.splice(c + 1, 0, rest);
    this.#before.splice(c + 1, 0, (this.#before[c] ?? 0) + chunk.length);
  }

  /** Takes out the thing that compares as equal; false when there is none. */
  remove(item: T): boolean {
    const isBefore = (each: T): boolean => this.#compare(each, item) < 0;
    const c = this.#chunkOf(isBefore);
    const chunk = this.#chunks[c];
    if (chunk === undefined) return false;
    const i = lower(chunk, isBefore);
    const found = chunk[i];
    if (found === undefined || this.#compare(found, item) !== 0) return false;
    chunk.splice(i, 1);
    this.#size -= 1;
    for (let n = c + 1; n < this.#before.length; n++) this.#before[n] = (this.#before[n] ?? 0) - 1;
    if (chunk.length === 0) {
      this.#chunks.splice(c, 1);
      this.#before.splice(c, 1);
    }
    return true;
  }

  /** The things from one place to before another. */
  slice(from: number, to: number): readonly T[] {
    const found: T[] = [];
    for (let place = from; place < to; place++) {
      const item = this.at(place);
      if (item === undefined) break;
      found.push(item);
    }
    return found;
  }

  /** The first chunk whose last thing is not before. */
  #chunkOf(isBefore: (item: T) => boolean): number {
    let [lo, hi] = [0, this.#chunks.length];
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      const last = this.#chunks[mid]?.at(-1);
      if (last !== undefined && isBefore(last)) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }
}

function lower<T>(chunk: readonly T[], isBefore: (item: T) => boolean): number {
  let [lo, hi] = [0, chunk.length];
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    const item = chunk[mid];
    if (item !== undefined && isBefore(item)) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

const CHUNK = 512;
/** Chunks begin with room. */
const FILL = 384;
