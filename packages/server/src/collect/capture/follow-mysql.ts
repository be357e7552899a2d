/**
 * One run of a capture of a MySQL or MariaDB: asked again and again, in transactions that only read. What changed is found by a
 * column that grows with each change, looking back a little for what committed late, and for rows with the very same time; what no
 * such column says is found when all rows are compared, in the order of their key, as of one instant.
 */
import { ok, type Result } from '@statewire/protocol';
import type { RowChange } from './apply.ts';
import { beginning, markText, whyAnew, type Mark } from './mark.ts';
import { MysqlDatabase } from './mysql-database.ts';
import {
  findMysqlTables,
  isMysqlTime,
  literalOf,
  mysqlFingerprint,
  mysqlRow,
  mysqlSelect,
  placeOf,
  sqlName,
  type MysqlTable,
} from './mysql-tables.ts';
import type { MysqlPlan } from './plans.ts';
import { rest } from './rest.ts';
import { idOf, itemOf } from './row-item.ts';
import type { FeedDeps } from './run.ts';
import { Seen } from './seen.ts';
import { dropAll } from './snapshot.ts';
import type { Trouble } from './trouble.ts';

/** Runs until something ends it; says what. */
export async function followMysql(deps: FeedDeps<MysqlPlan>): Promise<Trouble> {
  const { clock, limits, plan, signal } = deps;
  const opened = await MysqlDatabase.open({
    clock,
    url: plan.url,
    name: `statewire-capture ${plan.id}`,
    connectMs: limits.captureConnectMs,
    statementMs: limits.captureStatementMs,
  });
  if (!opened.ok) return opened;
  const db = opened.value;
  const close = (): void => db.close();
  signal.addEventListener('abort', close);
  try {
    return signal.aborted ? CLOSED : await poll(deps, db);
  } finally {
    signal.removeEventListener('abort', close);
    db.close();
  }
}

async function poll(deps: FeedDeps<MysqlPlan>, db: MysqlDatabase): Promise<Trouble> {
  const { clock, plan, told, limits } = deps;
  const seen = new Seen(limits.captureSeenMax);
  let mark = await deps.mark();
  let comparedAt: number | null = null;
  for (;;) {
    const tables = await findMysqlTables(db, plan);
    if (!tables.ok) return tables;
    const now = { system: `mysql/${db.database}`, fingerprint: mysqlFingerprint(plan, tables.value) };
    const cause = whyAnew(mark, now);
    if (cause !== null || mark === null) {
      mark = beginning(mark, now, cause ?? 'first');
      const marked = await deps.applier.apply([], markText(mark));
      if (!marked.ok) return marked;
      told.snapshot(mark, tables.value);
      comparedAt = null;
    } else if (comparedAt === null) told.began(mark, tables.value);
    const isDue = comparedAt === null || clock.mono() - comparedAt >= plan.reconcileMs;
    const askedAt = clock.now();
    const looking = { tables: tables.value, mark, seen };
    const looked = await within(db, () => (isDue ? compareAll(deps, db, looking) : lookAtNew(deps, db, looking)));
    if (!looked.ok) return looked;
    mark = looked.value;
    if (isDue) comparedAt = clock.mono();
    told.progress({ changes: 0, applied: NONE, at: askedAt, lsn: null });
    if (await rest(deps, plan.pollMs)) return CLOSED;
  }
}

const CLOSED: Trouble = { code: 'closed', message: 'the capture was stopped' };
const NONE = { refused: 0, why: null } as const;

/** Everything that is read inside is of one instant. */
async function within<T>(db: MysqlDatabase, read: () => Promise<Result<T>>): Promise<Result<T>> {
  const begun = await db.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  if (!begun.ok) return begun;
  const value = await read();
  const ended = await db.query('ROLLBACK');
  return ended.ok ? value : value.ok ? ended : value;
}

interface Looking {
  readonly tables: readonly MysqlTable[];
  readonly mark: Mark;
  readonly seen: Seen;
}

/** Reads every row. Where each table's cursor stood is asked of the same instant. */
async function compareAll(
  deps: FeedDeps<MysqlPlan>,
  db: MysqlDatabase,
  { tables, mark, seen }: Looking,
): Promise<Result<Mark>> {
  const { told, applier, limits } = deps;
  const cursors: Record<string, string> = {};
  const left: RowChange[] = [];
  told.reading();
  for (const table of tables) {
    const { plan } = table;
    if (plan.cursor !== null) {
      const place = placeOf(plan.table, db.database).map(sqlName).join('.');
      const asked = await db.query(`SELECT MAX(${sqlName(plan.cursor)}) FROM ${place}`);
      if (!asked.ok) return asked;
      const top = asked.value[0]?.[0] ?? null;
      if (top !== null) cursors[plan.table] = top;
    }
    const gone = new Set(deps.idsOf(plan));
    const read = await readPages(deps, db, {
      table,
      order: plan.key,
      from: null,
      seen,
      mark: null,
      onRow: (id) => gone.delete(id),
    });
    if (!read.ok) return read;
    for (const id of gone) {
      left.push({ kind: 'drop', plan, id });
      seen.forget(plan, id);
    }
  }
  const next: Mark = { ...mark, isWhole: true, cursors };
  const rowsMax = limits.captureRowsPerTransactionMax;
  const dropped = await dropAll({ applier, rowsMax }, left, markText(next));
  return dropped.ok ? ok(next) : dropped;
}

/** Reads what has a greater value than the greatest that was seen, the same, or one that is hardly smaller. */
async function lookAtNew(
  deps: FeedDeps<MysqlPlan>,
  db: MysqlDatabase,
  { tables, mark, seen }: Looking,
): Promise<Result<Mark>> {
  let { cursors } = mark;
  for (const table of tables) {
    const { plan } = table;
    const { cursor } = plan;
    if (cursor === null) continue;
    const known = cursors[plan.table];
    const read = await readPages(deps, db, {
      table,
      order: [cursor, ...plan.key.filter((column) => column !== cursor)],
      from: known === undefined ? `${sqlName(cursor)} IS NOT NULL` : sinceOf(deps, db, { table, cursor, known }),
      seen,
      mark: (top) => markText({ ...mark, cursors: { ...cursors, [plan.table]: top } }),
      onRow: null,
    });
    if (!read.ok) return read;
    if (read.value !== null) cursors = { ...cursors, [plan.table]: read.value };
  }
  return ok({ ...mark, cursors });
}

function sinceOf(
  { limits }: FeedDeps<MysqlPlan>,
  db: MysqlDatabase,
  { table, cursor, known }: { readonly table: MysqlTable; readonly cursor: string; readonly known: string },
): string {
  const literal = literalOf(db, table, cursor, known);
  // A time may be taken long before it is committed; the rows of one second may be committed one after the other.
  const since = isMysqlTime(table, cursor)
    ? `CAST(${literal} AS DATETIME(6)) - INTERVAL ${limits.capturePollBackMs * 1_000} MICROSECOND`
    : literal;
  return `${sqlName(cursor)} >= ${since}`;
}

interface Pages {
  readonly table: MysqlTable;
  /** Columns that no two rows share all of. */
  readonly order: readonly string[];
  readonly from: string | null;
  readonly seen: Seen;
  /** Written with the rows: how far they bring us. */
  readonly mark: ((top: string) => ReturnType<typeof markText>) | null;
  readonly onRow: ((id: string) => void) | null;
}

/** Reads and writes rows page by page; says the last value of the first column of the order. */
async function readPages(
  deps: FeedDeps<MysqlPlan>,
  db: MysqlDatabase,
  { table, order, from, seen, mark, onRow }: Pages,
): Promise<Result<string | null>> {
  const { plan, limits, applier, told } = deps;
  const rowsMax = limits.captureRowsPerTransactionMax;
  const select = mysqlSelect(table, db.database);
  const places = order.map((column) => table.columns.indexOf(column));
  let where = from;
  let top: string | null = null;
  for (;;) {
    const read = await db.query(
      `${select}${where === null ? '' : ` WHERE ${where}`} ORDER BY ${order.map(sqlName).join(', ')} LIMIT ${rowsMax}`,
    );
    if (!read.ok) return read;
    const last = read.value.at(-1);
    if (last === undefined) return ok(top);
    const changes: RowChange[] = [];
    for (const texts of read.value) {
      const row = mysqlRow(table, texts, plan.timeZone);
      const item = onRow === null ? null : itemOf(table.plan, row);
      if (item?.ok === true && item.value !== null) onRow?.(item.value.id);
      const id = idOf(table.plan, row);
      if (id.ok && seen.isKnown(table.plan, id.value, texts)) continue;
      changes.push({ kind: 'put', plan: table.plan, row, old: null });
    }
    const at = places.map((place) => last[place] ?? null);
    top = at[0] ?? top;
    const applied =
      changes.length === 0 ? ok(NONE) : await applier.apply(changes, top === null ? null : (mark?.(top) ?? null));
    if (!applied.ok) return applied;
    if (onRow !== null) told.rows(table.plan.table, read.value.length, applied.value);
    else if (changes.length > 0)
      told.progress({ changes: changes.length, applied: applied.value, at: null, lsn: null });
    if (read.value.length < rowsMax) return ok(top);
    where = afterOf(db, { table, order, at });
  }
}

/** Rows that come after one, written so that an index of the columns serves. */
function afterOf(
  db: MysqlDatabase,
  {
    table,
    order,
    at,
  }: { readonly table: MysqlTable; readonly order: readonly string[]; readonly at: readonly (string | null)[] },
): string {
  const [column = '', ...others] = order;
  const [text, ...rests] = at;
  const literal = literalOf(db, table, column, text ?? '');
  const name = sqlName(column);
  if (others.length === 0) return `${name} > ${literal}`;
  const inner = afterOf(db, { table, order: others, at: rests });
  return `${name} >= ${literal} AND (${name} > ${literal} OR (${inner}))`;
}
