/** Something a heap can hold: its due time, and where the heap put it (-1 when it is not inside). */
export interface HeapItem {
  due: number;
  slot: number;
}

/**
 * A binary min-heap by `due` whose items know their place, so that moving or removing one costs O(log n)
 * without a search. Ten thousand deadlines need one timer, not ten thousand.
 */
export class Heap<T extends HeapItem> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item due first, left inside. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Puts an item in, or moves it when it is inside already. */
  set(item: T, due: number): void {
    item.due = due;
    if (item.slot < 0) {
      item.slot = this.#items.length;
      this.#items.push(item);
    }
    this.#up(item);
    this.#down(item);
  }

  /** Takes an item out; does nothing when it is not inside. */
  delete(item: T): void {
    const slot = item.slot;
    if (slot < 0) return;
    item.slot = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    last.slot = slot;
    this.#items[slot] = last;
    this.#up(last);
    this.#down(last);
  }

  /** Takes out and returns the first item if it is due by `now`. */
  popDue(now: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || first.due > now) return undefined;
    this.delete(first);
    return first;
  }

  #up(item: T): void {
    while (item.slot > 0) {
      const parent = this.#items[(item.slot - 1) >> 1];
      if (parent === undefined || parent.due <= item.due) return;
      this.#swap(parent, item);
    }
  }

  #down(item: T): void {
    for (;;) {
      const left = this.#items[2 * item.slot + 1];
      const right = this.#items[2 * item.slot + 2];
      const child = right !== undefined && left !== undefined && right.due < left.due ? right : left;
      if (child === undefined || child.due >= item.due) return;
      this.#swap(item, child);
    }
  }

  /** `above` goes down to where `below` is. */
  #swap(above: T, below: T): void {
    const slot = above.slot;
    above.slot = below.slot;
    below.slot = slot;
    this.#items[above.slot] = above;
    this.#items[below.slot] = below;
  }
}
