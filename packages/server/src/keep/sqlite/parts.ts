import type { DatabaseSync } from 'node:sqlite';
import type { StorePart, StorePartName } from '../store.ts';

interface Table {
  readonly part: StorePartName;
  readonly table: string;
  /** The column that says how old a row is, of those that go with age. */
  readonly age?: string;
  /** Of a table that several parts share: which rows are this one's. */
  readonly where?: string;
}

const TABLES: readonly Table[] = [
  { part: 'records', table: 'records' },
  { part: 'changes', table: 'changes', age: 'at' },
  { part: 'transitions', table: 'transitions', age: 'recorded_at' },
  { part: 'samples', table: 'samples', age: 'at' },
  { part: 'rollups5m', table: 'rollups', age: 'at', where: "resolution = '5m'" },
  { part: 'rollups1h', table: 'rollups', age: 'at', where: "resolution = '1h'" },
  { part: 'rollups1d', table: 'rollups', age: 'at', where: "resolution = '1d'" },
  { part: 'documents', table: 'documents' },
  { part: 'audits', table: 'audits', age: 'at' },
];

/**
 * How much each kind of rows takes, from the pages of the file and one pass over each table. Parts of one table share its
 * bytes by their rows, which are alike.
 */
export function partsOf(db: DatabaseSync): readonly StorePart[] {
  const bytes = bytesByTable(db);
  const rows = TABLES.map(({ table, age, where = 'true' }) => {
    const row = db
      .prepare(
        `select count(*) as n, ${age === undefined ? 'null' : `min(${age})`} as oldest from ${table} where ${where}`,
      )
      .get();
    return { n: Number(row?.['n']), oldestAt: typeof row?.['oldest'] === 'number' ? row['oldest'] : null };
  });
  return TABLES.map(({ part, table }, i) => {
    const { n = 0, oldestAt = null } = rows[i] ?? {};
    const all = rows.reduce((sum, row, at) => (TABLES[at]?.table === table ? sum + row.n : sum), 0);
    const share = all === 0 ? 0 : n / all;
    return { part, rows: n, bytes: Math.round((bytes.get(table) ?? 0) * share), oldestAt };
  });
}

/** Bytes of the pages of each table and of its indexes. */
function bytesByTable(db: DatabaseSync): ReadonlyMap<string, number> {
  const sizes = db
    .prepare(
      'select s.tbl_name as name, sum(d.pgsize) as bytes from dbstat d join sqlite_schema s on s.name = d.name where d.aggregate = true group by s.tbl_name',
    )
    .all();
  return new Map(sizes.map((row) => [String(row['name']), Number(row['bytes'])]));
}
