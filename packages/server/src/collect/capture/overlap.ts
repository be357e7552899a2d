/**
 * A snapshot is read while the log goes on from the instant that it is of. Of a row that the log has spoken of since, the log is newer
 * whatever the snapshot reads, so that changes never wait for it. Kept until the snapshot is done: which rows those are. A change
 * that does not say all of its row (a large value that stayed) needs the row as it was: that is read ahead, out of the snapshot.
 */
import { ok, type Result } from '@statewire/protocol';
import type { RowChange } from './apply.ts';
import type { Database } from './database.ts';
import type { TablePlan } from './plan.ts';
import type { Columns } from './pgoutput.ts';
import type { Table } from './prepare.ts';
import { idOf } from './row-item.ts';
import { quotedColumn, rowOf, selectOf } from './snapshot.ts';

export interface OverlapDeps {
  /** In the transaction of the snapshot. */
  readonly db: Pick<Database, 'query'>;
  readonly tables: readonly Table[];
  /** Rows that are remembered. Above that the log waits until the snapshot is done. */
  readonly rowsMax: number;
}

/** Of which rows something newer is known. */
export interface Newer {
  has(id: string): boolean;
}

export class Overlap {
  readonly #deps: OverlapDeps;
  readonly #told = new Map<string, Told>();
  readonly #over = Promise.withResolvers<null>();
  #isRead = false;
  #isOver = false;
  #count = 0;

  constructor(deps: OverlapDeps) {
    this.#deps = deps;
    for (const { plan } of deps.tables) this.#told.set(plan.table, new Told());
  }

  /** Is the snapshot done? Then nothing is remembered any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Rows of a table that the log has spoken of. */
  newer({ table }: TablePlan): Newer {
    return this.#told.get(table) ?? NOTHING;
  }

  /** The table was emptied: nothing of what the snapshot has of it is true any more. */
  emptied({ table }: TablePlan): void {
    this.#told.get(table)?.empty();
  }

  /** Changes as they can be written, in their order; from here on the log is newer for their rows. */
  async take(changes: readonly RowChange[]): Promise<Result<readonly RowChange[]>> {
    if (this.#count >= this.#deps.rowsMax && !this.#isOver) await this.#over.promise;
    if (this.#isOver) return ok(changes);
    const taken: RowChange[] = [];
    for (const change of changes) {
      if (change.kind === 'put') {
        const base = await this.#baseOf(change.plan, change.row, change.old);
        if (!base.ok) return base;
        if (base.value !== null) taken.push({ kind: 'put', plan: change.plan, row: base.value, old: null });
        this.#note(change.plan, change.row);
        if (change.old !== null) this.#note(change.plan, change.old);
      } else if (change.kind === 'delete') this.#note(change.plan, change.old);
      taken.push(change);
    }
    return ok(taken);
  }

  /** Every row of the snapshot is a record: none has to be read ahead. */
  read(): void {
    this.#isRead = true;
  }

  /** The snapshot is done, or will never be. */
  end(): void {
    this.#isOver = true;
    this.#told.clear();
    this.#over.resolve(null);
  }

  #note(plan: TablePlan, row: Columns): void {
    const id = idOf(plan, row);
    if (id.ok && this.#told.get(plan.table)?.add(id.value) === true) this.#count += 1;
  }

  /** The row before its first change, where that does not say all of it. Null: the change says enough. */
  async #baseOf(plan: TablePlan, row: Columns, old: Columns | null): Promise<Result<Columns | null>> {
    const table = this.#deps.tables.find((each) => each.plan.table === plan.table);
    if (this.#isRead || table === undefined || table.columns.every((column) => row.has(column))) return ok(null);
    const was = old !== null && plan.key.every((column) => old.has(column)) ? old : row;
    const id = idOf(plan, was);
    if (!id.ok || this.newer(plan).has(id.value)) return ok(null);
    const values = plan.key.map((column) => was.get(column) ?? null);
    const where = plan.key.map((column, i) => `${quotedColumn(column)} = $${i + 1}`).join(' AND ');
    const read = await this.#deps.db.query(`${selectOf(table)} WHERE ${where}`, values);
    if (!read.ok) return read;
    const [texts] = read.value;
    return ok(texts === undefined ? null : rowOf(table, texts));
  }
}

const NOTHING: Newer = { has: () => false };

class Told implements Newer {
  readonly #ids = new Set<string>();
  #isEmptied = false;

  has(id: string): boolean {
    return this.#isEmptied || this.#ids.has(id);
  }

  /** False: it is known already. */
  add(id: string): boolean {
    if (this.has(id)) return false;
    this.#ids.add(id);
    return true;
  }

  empty(): void {
    this.#isEmptied = true;
    this.#ids.clear();
  }
}
