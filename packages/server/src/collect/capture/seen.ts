import { createHash } from 'node:crypto';
import type { TablePlan } from './plan.ts';
import type { Known } from './snapshot.ts';

/** What rows said when they were last read: one that says the same is no news, however often it is read. */
export class Seen implements Known {
  readonly #max: number;
  readonly #rows = new Map<string, string>();

  constructor(max: number) {
    this.#max = max;
  }

  forget({ table }: TablePlan, id: string): void {
    this.#rows.delete(`${table} ${id}`);
  }

  isKnown({ table }: TablePlan, id: string, values: readonly (string | null)[]): boolean {
    const key = `${table} ${id}`;
    const said = createHash('sha1').update(JSON.stringify(values)).digest('base64').slice(0, 16);
    if (this.#rows.get(key) === said) return true;
    // Forgetting costs a write that changes nothing.
    if (this.#rows.size >= this.#max) this.#rows.clear();
    this.#rows.set(key, said);
    return false;
  }
}
