/** What a person has chosen of a table, and what the configuration is told of it. Pure. */
import type { ColumnType, FoundTable, TableEntry } from '../../rest/captures.ts';

export interface Chosen {
  readonly collection: string;
  /** Null: the columns below. */
  readonly pack: string | null;
  readonly key: readonly string[];
  readonly cursor: string | null;
  readonly columns: Readonly<Record<string, ColumnType>>;
}

/** Before anybody has changed anything: everything that is suggested, and every column. */
export function chosenOf(found: FoundTable): Chosen {
  return {
    collection: found.collection,
    pack: found.pack,
    key: found.key.length > 0 ? found.key : found.columns.slice(0, 1).map(({ name }) => name),
    cursor: found.cursor,
    // A key is the record's id, and no column of it besides; fields of ours begin with a small letter.
    columns: Object.fromEntries(
      found.columns.flatMap(({ name, as }) => (found.key.includes(name) || !canBeField(name) ? [] : [[name, as]])),
    ),
  };
}

/** May a column be a field under its own name? Others need a name of ours, in the configuration. */
export function canBeField(name: string): boolean {
  return /^[a-z][A-Za-z0-9_]{0,63}$/u.test(name) && !RESERVED.has(name);
}

/** What every record has already. */
const RESERVED: ReadonlySet<string> = new Set([
  'collection',
  'createdAt',
  'expiresAt',
  'id',
  'isStale',
  'labels',
  'nextAt',
  'observedAt',
  'org',
  'source',
  'ttlMs',
  'updatedAt',
  'version',
]);

/** The entry of the configuration; what is as it would be anyway is not said. */
export function entryOf(table: string, chosen: Chosen, mode: 'poll' | 'stream'): TableEntry {
  const [first = 'id'] = chosen.key;
  const isPlainKey = chosen.key.length === 1 && first === 'id';
  return {
    table: table.replace(/^public\./u, ''),
    ...(chosen.pack === null ? { collection: chosen.collection } : { pack: chosen.pack }),
    ...(isPlainKey || chosen.pack !== null ? {} : { key: chosen.key.length === 1 ? first : chosen.key }),
    ...(chosen.pack === null ? { columns: chosen.columns } : {}),
    ...(mode === 'poll' && chosen.cursor !== null ? { cursor: chosen.cursor } : {}),
  };
}
