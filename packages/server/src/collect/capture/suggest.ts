/** What a table may become, by its name and columns. Pure; a person decides. */
import { isCollectionName } from '@statewire/model';
import { PACKS, type Pack } from './packs.ts';
import type { ColumnType } from './value.ts';

/** A column as the database has it. */
export interface FoundColumn {
  readonly name: string;
  readonly type: string;
  /** How it would be read. */
  readonly as: ColumnType;
}

/** A table as the database has it, and what it may become. */
export interface FoundTable {
  readonly table: string;
  /** About how many rows; null: not known. */
  readonly rows: number | null;
  readonly mayRead: boolean;
  /** Of its primary key; empty: it has none. */
  readonly key: readonly string[];
  readonly columns: readonly FoundColumn[];
  readonly pack: string | null;
  readonly collection: string;
  /** A column that looks as if every write moved it. */
  readonly cursor: string | null;
}

export function suggestionOf(found: Pick<FoundTable, 'columns' | 'key' | 'mayRead' | 'rows' | 'table'>): FoundTable {
  const name = found.table.slice(found.table.indexOf('.') + 1);
  const has = new Set(found.columns.map((column) => column.name));
  const pack = Object.hasOwn(PACKS, name) ? PACKS[name] : undefined;
  const isPack = pack !== undefined && fits(pack, has);
  const times = new Set(found.columns.flatMap((column) => (column.as === 'time' ? [column.name] : [])));
  const wanted = isPack && pack.cursor !== undefined ? [pack.cursor, ...CURSORS] : CURSORS;
  return {
    ...found,
    pack: isPack ? name : null,
    collection: isPack ? pack.collection : collectionOf(name),
    cursor: wanted.find((column) => times.has(column)) ?? null,
  };
}

/** How a column of this type is read, in the words of either database. */
export function readAs(type: string): ColumnType {
  if (/^(?:bool|boolean|tinyint\(1\)|bit\(1\))/iu.test(type)) return 'boolean';
  if (/^(?:timestamp|datetime|date)/iu.test(type)) return 'time';
  if (/^(?:json|jsonb)/iu.test(type)) return 'json';
  if (
    /^(?:smallint|integer|int|bigint|mediumint|tinyint|numeric|decimal|real|double|float|money|year)(?![a-z])/iu.test(
      type,
    )
  )
    return 'number';
  return 'text';
}

const CURSORS: readonly string[] = [
  'updated_at',
  'updatedAt',
  'modified_at',
  'changed_at',
  'last_status_update',
  'touched_at',
];

/** A table of this name whose columns are others is another table. */
function fits(pack: Pack, has: ReadonlySet<string>): boolean {
  const columns = Object.values(pack.fields).map((from) => (typeof from === 'string' ? from : from.column));
  const there = columns.filter((column) => has.has(column)).length;
  return (pack.key ?? ['id']).every((column) => has.has(column)) && there * 2 >= columns.length;
}

/** A name of a collection, and none of ours: rows of a table called so are something else until somebody says so. */
function collectionOf(table: string): string {
  const name = table
    .toLowerCase()
    .replaceAll(/[^a-z]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
    .slice(0, 60);
  const good = name === '' ? 'rows' : name;
  return isCollectionName(good) ? `app-${good}` : good;
}
