/**
 * Every row of every table, as they stood at one instant: the one from which the slot tells changes. Read in batches through a
 * cursor, so that neither side ever holds a table; one batch is read while the one before is written. What had a record before and
 * has no row any more is dropped at the end.
 */
import { ok, type JsonObject, type Result } from '@statewire/protocol';
import type { Applied, Applier, RowChange } from './apply.ts';
import type { Database, Texts } from './database.ts';
import type { Overlap } from './overlap.ts';
import { idOf, itemOf } from './row-item.ts';
import type { Columns } from './pgoutput.ts';
import { quoted, type Table } from './prepare.ts';
import type { TablePlan } from './plan.ts';

export interface SnapshotDeps {
  readonly db: Pick<Database, 'query'>;
  readonly applier: Pick<Applier, 'apply'>;
  /** Ids of the records that a table has made. */
  readonly idsOf: (plan: TablePlan) => Iterable<string>;
  readonly rowsMax: number;
  /** Polling: rows that say what they said before need no writing. */
  readonly seen?: Known | undefined;
  /** What the log says meanwhile. */
  readonly overlap?: Overlap | undefined;
  /** Rows were written. */
  readonly onRows: (table: string, rows: number, applied: Applied) => void;
}

/** What rows said when they were last read. */
export interface Known {
  /** Does the row say the same? From now on it says this. */
  isKnown(plan: TablePlan, id: string, values: readonly (string | null)[]): boolean;
  forget(plan: TablePlan, id: string): void;
}

/** From here on everything is read as of one instant: that of an exported snapshot, or now (null). */
export async function beginSnapshot(db: Database, snapshot: string | null): Promise<Result<null>> {
  const begun = await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  if (!begun.ok) return begun;
  if (snapshot === null) return ok(null);
  const set = await db.query(`SET TRANSACTION SNAPSHOT '${snapshot.replaceAll("'", "''")}'`);
  return set.ok ? ok(null) : set;
}

/** Reads everything, after `beginSnapshot`. `mark` is written with the last of it. */
export async function takeSnapshot(
  deps: SnapshotDeps,
  tables: readonly Table[],
  mark: JsonObject | null,
): Promise<Result<null>> {
  const { db } = deps;
  const left: RowChange[] = [];
  for (const table of tables) {
    const { plan } = table;
    const read = await readTable(deps, table);
    if (!read.ok) return read;
    for (const id of read.value) {
      left.push({ kind: 'drop', plan, id, unless: deps.overlap?.newer(plan) });
      deps.seen?.forget(plan, id);
    }
  }
  deps.overlap?.read();
  const ended = await db.query('COMMIT');
  if (!ended.ok) return ended;
  const dropped = await dropAll(deps, left, mark);
  return dropped.ok ? ok(null) : dropped;
}

/** Drops records in slices; the last one carries the mark. */
export async function dropAll(
  { applier, rowsMax }: Pick<SnapshotDeps, 'applier' | 'rowsMax'>,
  drops: readonly RowChange[],
  mark: JsonObject | null,
): Promise<Result<Applied>> {
  let from = 0;
  do {
    const isLast = from + rowsMax >= drops.length;
    const applied = await applier.apply(drops.slice(from, from + rowsMax), isLast ? mark : null);
    if (!applied.ok) return applied;
    from += rowsMax;
  } while (from < drops.length);
  return ok({ refused: 0, why: null });
}

/** The ids of records that have no row any more. */
async function readTable(deps: SnapshotDeps, table: Table): Promise<Result<ReadonlySet<string>>> {
  const { db, applier, rowsMax } = deps;
  const { plan } = table;
  const left = new Set(deps.idsOf(plan));
  const unless = deps.overlap?.newer(plan);
  const declared = await db.query(`DECLARE statewire NO SCROLL CURSOR FOR ${selectOf(table)}`);
  if (!declared.ok) return declared;
  const fetch = (): Promise<Result<Texts>> => db.query(`FETCH FORWARD ${rowsMax} FROM statewire`);
  let next = fetch();
  for (;;) {
    const fetched = await next;
    if (!fetched.ok) return fetched;
    if (fetched.value.length === 0) break;
    next = fetch();
    const changes: RowChange[] = [];
    for (const values of fetched.value) {
      const row = rowOf(table, values);
      if (left.size > 0) keep(left, plan, row);
      const id = deps.seen === undefined ? null : idOf(plan, row);
      if (id?.ok === true && deps.seen?.isKnown(plan, id.value, values) === true) continue;
      changes.push({ kind: 'put', plan, row, old: null, unless });
    }
    const applied = changes.length === 0 ? ok({ refused: 0, why: null }) : await applier.apply(changes, null);
    if (!applied.ok) return applied;
    deps.onRows(plan.table, fetched.value.length, applied.value);
  }
  const closed = await db.query('CLOSE statewire');
  return closed.ok ? ok(left) : closed;
}

/** The record of a row stays; that of one which is no record any more for its mapping does, too, and is counted when it is written. */
function keep(left: Set<string>, plan: TablePlan, row: Columns): void {
  const item = itemOf(plan, row);
  const id = idOf(plan, row);
  if (id.ok && !(item.ok && item.value === null)) left.delete(id.value);
}

/** The columns of a plan, in the order of the table's. */
export function selectOf({ plan, columns, isPartitioned }: Table): string {
  return `SELECT ${columns.map(quotedColumn).join(', ')} FROM ${isPartitioned ? '' : 'ONLY '}${quoted(plan.table)}`;
}

/** A column's name holds no dot, and is quoted whole. */
export function quotedColumn(column: string): string {
  return `"${column.replaceAll('"', '""')}"`;
}

/** A row of `selectOf`. Columns that the table lacks are null. */
export function rowOf({ columns, missing }: Table, values: readonly (string | null)[]): Columns {
  const row = new Map<string, string | null>(columns.map((column, i) => [column, values[i] ?? null]));
  for (const column of missing) row.set(column, null);
  return row;
}
