/**
 * One run of a capture by asking again and again, for databases whose log nobody may read. What changed is found by a column that
 * grows with each change; a transaction may commit later than another that took a greater value, so each look goes back a little.
 * What no such column says (deleted rows, rows without a value, what came later still) is found when all rows are compared.
 */
import { ok, type Result } from '@statewire/protocol';
import type { RowChange } from './apply.ts';
import type { Database } from './database.ts';
import { beginning, markText, whyAnew, type Mark } from './mark.ts';
import { findTables, fingerprint, type Table } from './prepare.ts';
import { rest } from './rest.ts';
import type { RunDeps } from './run.ts';
import { idOf } from './row-item.ts';
import { Seen } from './seen.ts';
import { beginSnapshot, quotedColumn, rowOf, selectOf, takeSnapshot } from './snapshot.ts';
import type { Trouble } from './trouble.ts';

/** Runs until something ends it; says what. */
export async function followPolls(deps: RunDeps): Promise<Trouble> {
  const opened = await deps.open(false);
  if (!opened.ok) return opened;
  const db = opened.value;
  const close = (): void => db.close();
  deps.signal.addEventListener('abort', close);
  try {
    return await poll(deps, db);
  } finally {
    deps.signal.removeEventListener('abort', close);
    db.close();
  }
}

async function poll(deps: RunDeps, db: Database): Promise<Trouble> {
  const { clock, plan, told, limits } = deps;
  const system = await db.query('SELECT oid::text, datname FROM pg_database WHERE datname = current_database()');
  if (!system.ok) return system;
  const here = `poll/${system.value[0]?.join('/') ?? ''}`;
  const seen = new Seen(limits.captureSeenMax);
  // One that followed the log before left a slot, for which the database would keep its log for ever.
  const left = await db.query(
    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active AND plugin = 'pgoutput' AND database = current_database()",
    [plan.slot],
  );
  if (!left.ok && left.code === 'cut') return left;
  let mark = await deps.mark();
  let comparedAt: number | null = null;
  for (;;) {
    const tables = await findTables(db, plan);
    if (!tables.ok) return tables;
    const now = { system: here, fingerprint: fingerprint(plan, tables.value) };
    const cause = whyAnew(mark, now);
    if (cause !== null || mark === null) {
      const begun: Mark = beginning(mark, now, cause ?? 'first');
      const marked = await deps.applier.apply([], markText(begun));
      if (!marked.ok) return marked;
      told.snapshot(begun, tables.value);
      mark = begun;
      comparedAt = null;
    } else if (comparedAt === null) told.began(mark, tables.value);
    const isDue = comparedAt === null || clock.mono() - comparedAt >= plan.reconcileMs;
    const looked: Result<Mark> = isDue
      ? await compareAll(deps, db, { tables: tables.value, mark, seen })
      : await lookAtNew(deps, db, { tables: tables.value, mark, seen });
    if (!looked.ok) return looked;
    mark = looked.value;
    if (isDue) comparedAt = clock.mono();
    told.progress({ changes: 0, applied: { refused: 0, why: null }, at: clock.now(), lsn: null });
    const isOver = await rest(deps, plan.pollMs);
    if (isOver) return { code: 'closed', message: 'the capture was stopped' };
  }
}

interface Looking {
  readonly tables: readonly Table[];
  readonly mark: Mark;
  readonly seen: Seen;
}

/** Reads every row. Where each table's cursor stood is asked first, in the same snapshot. */
async function compareAll(deps: RunDeps, db: Database, { tables, mark, seen }: Looking): Promise<Result<Mark>> {
  const cursors: Record<string, string> = {};
  const { applier, limits, told } = deps;
  const next: Mark = { ...mark, isWhole: true, cursors };
  told.reading();
  const begun = await beginSnapshot(db, null);
  if (!begun.ok) return begun;
  for (const { plan } of tables) {
    if (plan.cursor === null) continue;
    const asked = await db.query(
      `SELECT max(${quotedColumn(plan.cursor)})::text FROM ${plan.table.split('.').map(quotedColumn).join('.')}`,
    );
    if (!asked.ok) return asked;
    const top = asked.value[0]?.[0] ?? null;
    if (top !== null) cursors[plan.table] = top;
  }
  const taken = await takeSnapshot(
    {
      db,
      applier,
      idsOf: (table) => deps.idsOf(table),
      seen,
      rowsMax: limits.captureRowsPerTransactionMax,
      onRows: (table, rows, applied) => told.rows(table, rows, applied),
    },
    tables,
    markText(next),
  );
  return taken.ok ? ok(next) : taken;
}

/** Reads what has a greater value than the greatest that was seen, or one that is hardly smaller. */
async function lookAtNew(deps: RunDeps, db: Database, { tables, mark, seen }: Looking): Promise<Result<Mark>> {
  let at = mark;
  for (const table of tables) {
    if (table.plan.cursor === null) continue;
    const looked = await lookAtTable(deps, db, { table, mark: at, seen });
    if (!looked.ok) return looked;
    at = looked.value;
  }
  return ok(at);
}

async function lookAtTable(
  deps: RunDeps,
  db: Database,
  { table, mark, seen }: Pick<Looking, 'mark' | 'seen'> & { readonly table: Table },
): Promise<Result<Mark>> {
  const { applier, limits, told } = deps;
  const { plan, cursorType } = table;
  if (plan.cursor === null) return ok(mark);
  const order = [plan.cursor, ...plan.key];
  const listed = order.map(quotedColumn).join(', ');
  const cursor = quotedColumn(plan.cursor);
  let { cursors } = mark;
  const known = cursors[plan.table];
  let from: readonly (string | null)[] | null = null;
  for (;;) {
    const where: string =
      from !== null
        ? `(${listed}) > (${order.map((_, i) => `$${i + 1}`).join(', ')})`
        : known === undefined
          ? `${cursor} IS NOT NULL`
          : `${cursor} >= ${isTime(cursorType) ? `$1::${cursorType} - interval '${limits.capturePollBackMs} milliseconds'` : '$1'}`;
    const values: readonly (string | null)[] = from ?? (known === undefined ? [] : [known]);
    const read = await db.query(
      `${selectOf(table)} WHERE ${where} ORDER BY ${listed} LIMIT ${limits.captureRowsPerTransactionMax}`,
      values,
    );
    if (!read.ok) return read;
    const rows = read.value.map((texts) => ({ texts, row: rowOf(table, texts) }));
    const last = rows.at(-1);
    if (last === undefined) return ok({ ...mark, cursors });
    const changes: RowChange[] = [];
    for (const { texts, row } of rows) {
      const id = idOf(plan, row);
      if (!id.ok || !seen.isKnown(plan, id.value, texts)) changes.push({ kind: 'put', plan, row, old: null });
    }
    from = order.map((column) => last.row.get(column) ?? null);
    const [top = null] = from;
    if (top !== null) cursors = { ...cursors, [plan.table]: top };
    if (changes.length > 0) {
      const applied = await applier.apply(changes, markText({ ...mark, cursors }));
      if (!applied.ok) return applied;
      told.progress({ changes: changes.length, applied: applied.value, at: deps.clock.now(), lsn: null });
    }
    if (rows.length < limits.captureRowsPerTransactionMax) return ok({ ...mark, cursors });
  }
}

function isTime(type: string): boolean {
  return /^(?:timestamp|date)/u.test(type);
}
