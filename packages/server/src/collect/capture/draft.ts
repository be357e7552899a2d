/**
 * A capture as somebody would have it, held against the database: the first rows as the records that they would be, the lines of the
 * configuration that make it so, and the statements that the database lacks. Nothing is written anywhere.
 */
import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import { stringify } from 'yaml';
import type { Database } from './database.ts';
import { captureDefinitions } from './definitions.ts';
import { conditionsOf, openMysql, openPostgres, type InspectDeps, type Place } from './inspect.ts';
import { findMysqlTables, mysqlRow, mysqlSelect } from './mysql-tables.ts';
import type { Columns } from './pgoutput.ts';
import type { CapturePlan, TablePlan } from './plan.ts';
import { captureListSchema, planOf, type MysqlPlan } from './plans.ts';
import { findTables, quoted } from './prepare.ts';
import { itemOf } from './row-item.ts';
import { rowOf, selectOf } from './snapshot.ts';

/** What the first rows of a table would be. */
export interface Preview {
  readonly table: string;
  readonly collection: string;
  /** Columns that the table lacks. */
  readonly missing: readonly string[];
  readonly rows: readonly { readonly id: string; readonly fields: JsonObject }[];
  /** Rows that are no records, by `only`. */
  readonly left: number;
  /** Why some could not be records. */
  readonly refusals: readonly string[];
}

export interface Drafted {
  readonly yaml: string;
  /** The variable that the URL is read from. */
  readonly variable: string;
  /** What somebody has to run in the database; empty: it is ready. */
  readonly sql: readonly string[];
  readonly previews: readonly Preview[];
  /** What keeps it from beginning; null: nothing. */
  readonly trouble: { readonly code: string; readonly text: string } | null;
}

/** An entry of `capture` without its URL, as the configuration has it. */
export interface DraftEntry {
  readonly id: string;
  readonly mode?: 'poll' | 'stream' | undefined;
  readonly tables: readonly JsonObject[];
}

export async function draft(deps: InspectDeps, { kind, url }: Place, entry: DraftEntry): Promise<Result<Drafted>> {
  const variable = `${entry.id.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
  const given = {
    id: entry.id,
    ...(kind === 'mysql' ? { kind } : {}),
    url: { env: variable },
    ...(kind === 'postgres' && entry.mode === 'poll' ? { mode: entry.mode } : {}),
    tables: entry.tables,
  };
  const read = captureListSchema.safeParse([given]);
  if (!read.success) {
    const [issue] = read.error.issues;
    return refuse(
      'bad_field',
      `${issue?.path.slice(1).join('.') ?? ''}: expected ${issue?.message ?? 'another value'}`,
    );
  }
  const [parsed] = read.data;
  const plan = parsed === undefined ? null : planOf(parsed, () => ok(url));
  if (plan === null || !plan.ok) return refuse('bad_field', `url: expected ${plan?.expected ?? 'a URL of a database'}`);
  const flaw = flawOf(plan.value.tables);
  if (flaw !== null) return refuse('bad_field', flaw);
  const yaml = stringify({ capture: [given] }, { lineWidth: 120 });
  const found =
    plan.value.kind === 'postgres'
      ? await ofPostgres(deps, plan.value)
      : plan.value.kind === 'mysql'
        ? await ofMysql(deps, plan.value)
        : refuse('bad_field', 'kind: expected postgres or mysql');
  if (found.ok) return ok({ yaml, variable, ...found.value });
  return ok({ yaml, variable, sql: [], previews: [], trouble: { code: found.code, text: found.message } });
}

/** What would keep a server with these tables from starting. */
function flawOf(tables: readonly TablePlan[]): string | null {
  try {
    captureDefinitions(tables, []);
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
}

type Held = Pick<Drafted, 'previews' | 'sql' | 'trouble'>;

async function ofPostgres(deps: InspectDeps, plan: CapturePlan): Promise<Result<Held>> {
  const opened = await openPostgres(deps, plan.url);
  if (!opened.ok) return opened;
  const db = opened.value;
  try {
    const begun = await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    if (!begun.ok) return begun;
    const sql = plan.mode === 'stream' ? await statementsOf(db, plan) : ok([]);
    if (!sql.ok) return sql;
    const tables = await findTables(db, plan);
    if (!tables.ok) return ok({ sql: sql.value, previews: [], trouble: { code: tables.code, text: tables.message } });
    const previews: Preview[] = [];
    for (const table of tables.value) {
      const rows = await db.query(`${selectOf(table)} LIMIT ${ROWS}`);
      if (!rows.ok) return rows;
      previews.push(
        previewOf(
          table,
          rows.value.map((texts) => rowOf(table, texts)),
        ),
      );
    }
    return ok({ sql: sql.value, previews, trouble: null });
  } finally {
    db.close();
  }
}

/** What the database lacks for its log to be followed. */
async function statementsOf(db: Database, plan: CapturePlan): Promise<Result<readonly string[]>> {
  const conditions = await conditionsOf(db);
  if (!conditions.ok) return conditions;
  const published = await db.query(
    `SELECT p.puballtables, coalesce((SELECT json_agg(DISTINCT t.schemaname || '.' || t.tablename)
       FROM pg_publication_tables t WHERE t.pubname = p.pubname), '[]') FROM pg_publication p WHERE p.pubname = $1`,
    [plan.publication],
  );
  if (!published.ok) return published;
  const [row] = published.value;
  const listed = plan.tables.map(({ table }) => quoted(table)).join(', ');
  const has: unknown = JSON.parse(row?.[1] ?? '[]');
  const isWhole =
    row?.[0] === 't' ||
    (Array.isArray(has) && has.length === plan.tables.length && plan.tables.every(({ table }) => has.includes(table)));
  const name = quoted(plan.publication);
  return ok([
    ...conditions.value.flatMap(({ sql }) => (sql === null ? [] : [sql])),
    ...(row === undefined
      ? [`CREATE PUBLICATION ${name} FOR TABLE ${listed} WITH (publish_via_partition_root = true);`]
      : isWhole
        ? []
        : [`ALTER PUBLICATION ${name} SET TABLE ${listed};`]),
  ]);
}

async function ofMysql(deps: InspectDeps, plan: MysqlPlan): Promise<Result<Held>> {
  const opened = await openMysql(deps, plan.url);
  if (!opened.ok) return opened;
  const db = opened.value;
  try {
    const tables = await findMysqlTables(db, plan);
    if (!tables.ok) return ok({ sql: [], previews: [], trouble: { code: tables.code, text: tables.message } });
    const previews: Preview[] = [];
    for (const table of tables.value) {
      const rows = await db.query(`${mysqlSelect(table, db.database)} LIMIT ${ROWS}`);
      if (!rows.ok) return rows;
      previews.push(
        previewOf(
          table,
          rows.value.map((texts) => mysqlRow(table, texts, plan.timeZone)),
        ),
      );
    }
    return ok({ sql: [], previews, trouble: null });
  } finally {
    db.close();
  }
}

const ROWS = 10;

function previewOf(
  { plan, missing }: { readonly plan: TablePlan; readonly missing: readonly string[] },
  rows: readonly Columns[],
): Preview {
  const items = rows.map((row) => itemOf(plan, row));
  return {
    table: plan.table,
    collection: plan.collection,
    missing,
    rows: items.flatMap((item) => (item.ok && item.value !== null ? [item.value] : [])),
    left: items.filter((item) => item.ok && item.value === null).length,
    refusals: [...new Set(items.flatMap((item) => (item.ok ? [] : [item.message])))],
  };
}
