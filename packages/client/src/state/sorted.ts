import { compareRows, type Order, type Row } from '@statewire/protocol';

/**
 * Rows in an order. Each sorting begins with the last one, so that a few rows that moved cost little; the same rows in the
 * same places are the same array.
 */
export class Sorted {
  readonly order: Order;
  #given: readonly Row[] = [];
  #sorted: readonly Row[] = [];

  constructor(order: Order) {
    this.order = order;
  }

  of(rows: readonly Row[]): readonly Row[] {
    if (rows === this.#given) return this.#sorted;
    this.#given = rows;
    const left = new Map(rows.map((row) => [row.id, row]));
    const next: Row[] = [];
    for (const { id } of this.#sorted) {
      const row = left.get(id);
      if (row !== undefined) next.push(row);
      left.delete(id);
    }
    next.push(...left.values());
    next.sort((a, b) => compareRows(this.order, a, b));
    const isSame = next.length === this.#sorted.length && next.every((row, i) => row === this.#sorted[i]);
    if (!isSame) this.#sorted = next;
    return this.#sorted;
  }
}
