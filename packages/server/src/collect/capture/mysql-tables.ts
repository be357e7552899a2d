/** The tables of a MySQL as they stand, and how their columns are read. Whatever keeps one from being captured is said with what to do. */
import { ok, type Result } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import { instantOf } from '../../lib/zone.ts';
import type { MysqlDatabase } from './mysql-database.ts';
import type { Columns } from './pgoutput.ts';
import type { TablePlan } from './plan.ts';
import type { MysqlPlan } from './plans.ts';
import { columnsOf } from './prepare.ts';
import { trouble } from './trouble.ts';

/** A table as it stands in the database. */
export interface MysqlTable {
  readonly plan: TablePlan;
  /** The columns of the plan that it has, and the type of each: `datetime`, `bigint`. */
  readonly columns: readonly string[];
  readonly types: ReadonlyMap<string, string>;
  /** Columns of the plan that it lacks: their fields are null. */
  readonly missing: readonly string[];
}

/** Finds the tables of a plan. */
export async function findMysqlTables(db: MysqlDatabase, plan: MysqlPlan): Promise<Result<readonly MysqlTable[]>> {
  const tables: MysqlTable[] = [];
  for (const each of plan.tables) {
    const found = await findTable(db, each);
    if (!found.ok) return found;
    tables.push(found.value);
  }
  return ok(tables);
}

async function findTable(db: MysqlDatabase, plan: TablePlan): Promise<Result<MysqlTable>> {
  const [schema, name] = placeOf(plan.table, db.database);
  const where = `table_schema = ${db.quoted(schema)} AND table_name = ${db.quoted(name)}`;
  const listed = await db.query(
    `SELECT column_name, data_type FROM information_schema.columns WHERE ${where} ORDER BY ordinal_position`,
  );
  if (!listed.ok) return listed;
  const types = new Map(listed.value.map(([column, type]) => [column ?? '', (type ?? '').toLowerCase()]));
  if (types.size === 0) {
    return trouble(
      'no_table',
      `the user sees no table ${schema}.${name}; create it, correct the configuration, or run: GRANT SELECT ON ${sqlName(schema)}.${sqlName(name)} TO <user>;`,
    );
  }
  const unknown = [...plan.key, ...(plan.cursor === null ? [] : [plan.cursor])].find((column) => !types.has(column));
  if (unknown !== undefined) {
    return trouble(
      'no_key',
      `${plan.table} has no column ${unknown} (any more); name the columns of its key (key) and the one that grows with changes (cursor)`,
    );
  }
  const loose = [...plan.key, ...(plan.cursor === null ? [] : [plan.cursor])].find((column) =>
    UNORDERED.has(types.get(column) ?? ''),
  );
  if (loose !== undefined) {
    return trouble(
      'no_key',
      `${plan.table}.${loose} is a ${types.get(loose) ?? ''}, by which rows cannot be told apart; name another column for key or cursor`,
    );
  }
  const indexed = await db.query(
    `SELECT index_name, column_name, nullable FROM information_schema.statistics WHERE ${where} AND non_unique = 0`,
  );
  if (!indexed.ok) return indexed;
  const unique = Map.groupBy(indexed.value, ([index]) => index);
  const isUnique = [...unique.values()].some((columns) =>
    columns.every(([, column, nullable]) => plan.key.includes(column ?? '') && nullable !== 'YES'),
  );
  if (!isUnique) {
    return trouble(
      'no_key',
      `${plan.table}: two rows may have the same ${plan.key.join(', ')}; make \`key\` the columns of its primary key, or give it one`,
    );
  }
  const wanted = columnsOf(plan, 'poll');
  return ok({
    plan,
    types,
    columns: wanted.filter((column) => types.has(column)),
    missing: wanted.filter((column) => !types.has(column)),
  });
}

/** What the records are made of: when this changes, they have to be made anew. */
export function mysqlFingerprint(plan: MysqlPlan, tables: readonly MysqlTable[]): string {
  const said = tables.map(({ columns, types, plan: each }) => ({
    columns: columns.map((column) => [column, types.get(column)]),
    each: { ...each, cursor: null },
  }));
  return createHash('sha256')
    .update(JSON.stringify(['mysql', plan.timeZone, said]))
    .digest('hex')
    .slice(0, 32);
}

/** The columns of a plan in the order of the table's, as texts. */
export function mysqlSelect({ plan, columns, types }: MysqlTable, database: string): string {
  const listed = columns.map((column) => {
    const type = types.get(column) ?? '';
    if (BINARY.has(type)) return `LOWER(HEX(${sqlName(column)}))`;
    return type === 'bit' ? `${sqlName(column)} + 0` : sqlName(column);
  });
  return `SELECT ${listed.join(', ')} FROM ${placeOf(plan.table, database).map(sqlName).join('.')}`;
}

/** A value of a column, as it was read, for a comparison with the column. */
export function literalOf(db: MysqlDatabase, { types }: MysqlTable, column: string, text: string): string {
  const type = types.get(column) ?? '';
  if (BINARY.has(type)) return `x'${/^[0-9a-f]*$/u.test(text) ? text : ''}'`;
  // As a text a number would be compared as a float, and large ones be taken for each other.
  return NUMERIC.has(type) && /^-?\d+(?:\.\d+)?$/u.test(text) ? text : db.quoted(text);
}

/** Is this a column of times? */
export function isMysqlTime({ types }: MysqlTable, column: string): boolean {
  return /^(?:datetime|timestamp|date)$/u.test(types.get(column) ?? '');
}

/** A row of `mysqlSelect`. Columns that the table lacks are null; so are dates that are none; a DATETIME says its offset. */
export function mysqlRow(
  { columns, missing, types }: MysqlTable,
  texts: readonly (string | null)[],
  timeZone: string,
): Columns {
  const row = new Map<string, string | null>();
  columns.forEach((column, i) => {
    const text = texts[i] ?? null;
    const type = types.get(column) ?? '';
    if (text === null || !/^(?:datetime|timestamp|date)$/u.test(type)) row.set(column, text);
    else if (/^0000-|-00/u.test(text.slice(0, 10))) row.set(column, null);
    else row.set(column, type === 'datetime' && timeZone !== 'UTC' ? `${text}${offsetOf(text, timeZone)}` : text);
  });
  for (const column of missing) row.set(column, null);
  return row;
}

/** A name as SQL writes it. */
export function sqlName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function placeOf(table: string, database: string): readonly [schema: string, name: string] {
  const dot = table.indexOf('.');
  return dot === -1 ? [database, table] : [table.slice(0, dot), table.slice(dot + 1)];
}

const BINARY: ReadonlySet<string> = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob']);
const NUMERIC: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'year',
  'bit',
]);
/** What is read of them is not what they are, or has no order. */
const UNORDERED: ReadonlySet<string> = new Set(['float', 'double', 'json', 'geometry', 'bit']);

/** `+02:00`: how far the clocks of the zone were ahead when they showed this. */
function offsetOf(text: string, zone: string): string {
  const wall = Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`);
  const minutes = Math.round((wall - instantOf(wall, zone)) / 60_000);
  const of = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${of(Math.abs(minutes) / 60)}:${of(Math.abs(minutes) % 60)}`;
}
