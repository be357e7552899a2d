import {
  compareKeys,
  compareRows,
  matches,
  parseCursor,
  parseSort,
  readField,
  type Aggregate,
  type Filter,
  type Json,
  type JsonObject,
  type Row,
  type Sort,
} from '@statewire/protocol';
import type { Committed } from '../../keep/commit-types.ts';

/** A part of a collection to look at. */
export interface Look {
  readonly org: string;
  readonly collection: string;
  readonly filter: Filter;
  readonly fields: readonly string[] | null;
  readonly window: WindowWant | null;
  readonly agg: Aggregate | null;
}

/** A window as it is asked for. */
export interface WindowWant {
  readonly sort: Sort;
  readonly limit: number;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly skip?: number | undefined;
}

/**
 * What was true at each version, remembered apart from the server: every row every record ever had. Slow and plain on
 * purpose, so that it cannot be wrong in the same way as a view.
 */
export class Oracle {
  readonly #orgs = new Map<string, { version: number; records: Map<string, Moment[]> }>();

  apply(committed: Committed): void {
    const org = this.#org(committed.org);
    if (committed.version <= org.version) throw new Error(`version ${committed.version} came after ${org.version}`);
    org.version = committed.version;
    for (const { collection, id, after } of committed.changes) {
      const key = `${collection}/${id}`;
      const moments = org.records.get(key) ?? [];
      org.records.set(key, moments);
      moments.push({ version: committed.version, row: after });
    }
  }

  version(org: string): number {
    return this.#org(org).version;
  }

  /** The rows of a view at a version, by id, in their order where it has one. */
  view(look: Look, v: number): Map<string, Row> {
    return new Map(this.#part(look, v).rows.map((row) => [row.id, row]));
  }

  /** Where a window lies at a version. */
  place(look: Look, v: number): { readonly n: number; readonly b: number } {
    const { n, b } = this.#part(look, v);
    return { n, b };
  }

  #part(look: Look, v: number): { readonly rows: readonly Row[]; readonly n: number; readonly b: number } {
    const all = this.#all(look, v);
    const { window, agg, fields } = look;
    if (agg !== null) return { rows: groupsOf(all, agg, look.org), n: 0, b: 0 };
    const part = window === null ? { rows: all, n: 0, b: 0 } : cut(all, window);
    // Keys of `labels` come with it.
    const sorted = (window?.sort ?? []).map(([field]) => field).filter((field) => !field.includes('.'));
    const names = fields === null ? null : [...fields, ...sorted];
    return { ...part, rows: names === null ? part.rows : part.rows.map((row) => shown(row, names)) };
  }

  #all({ org, collection, filter }: Look, v: number): readonly Row[] {
    const found: Row[] = [];
    for (const [key, moments] of this.#org(org).records) {
      if (!key.startsWith(`${collection}/`)) continue;
      let row: Row | null = null;
      for (const moment of moments) if (moment.version <= v) row = moment.row;
      if (row !== null && matches(filter, row)) found.push(row);
    }
    return found;
  }

  /** Goes back to what was true at these versions: a backup was restored. */
  rewind(versions: ReadonlyMap<string, number>): void {
    for (const [name, org] of this.#orgs) {
      org.version = versions.get(name) ?? 0;
      for (const [key, moments] of org.records) {
        org.records.set(
          key,
          moments.filter((moment) => moment.version <= org.version),
        );
      }
    }
  }

  #org(name: string): { version: number; records: Map<string, Moment[]> } {
    const org = this.#orgs.get(name) ?? { version: 0, records: new Map<string, Moment[]>() };
    this.#orgs.set(name, org);
    return org;
  }
}

interface Moment {
  readonly version: number;
  readonly row: Row | null;
}

/** Sorts everything and slices. */
function cut(
  all: readonly Row[],
  { sort, limit, after, before, skip = 0 }: WindowWant,
): { rows: readonly Row[]; n: number; b: number } {
  const order = parseSort(sort);
  if (!order.ok) throw new Error(order.message);
  const sorted = all.toSorted((x, y) => compareRows(order.value, x, y));
  const n = sorted.length;
  const text = after ?? before;
  const cursor = text === undefined ? null : parseCursor(order.value, text);
  if (cursor === null) return { rows: sorted.slice(skip, skip + limit), n, b: Math.min(skip, n) };
  if (!cursor.ok) throw new Error(cursor.message);
  const side = (row: Row): number =>
    compareKeys(
      order.value,
      order.value.terms.map(([field]) => key(readField(row, field))),
      cursor.value,
    );
  if (before !== undefined) {
    const to = sorted.filter((row) => side(row) < 0).length;
    const b = Math.max(0, to - limit);
    return { rows: sorted.slice(b, to), n, b };
  }
  const b = sorted.filter((row) => side(row) <= 0).length;
  return { rows: sorted.slice(b, b + limit), n, b };
}

// Values in a simulation are scalars and short.
function key(value: Json): string | number | boolean | null {
  if (typeof value === 'object' && value !== null) throw new Error('no scalar to sort by');
  return value;
}

/** Counts everything again. */
function groupsOf(all: readonly Row[], agg: Aggregate, org: string): readonly Row[] {
  const groups = new Map<string, Row[]>();
  if (agg.by === undefined) groups.set('*', []);
  for (const row of all) {
    const name = agg.by === undefined ? '*' : JSON.stringify(key(readField(row, agg.by)));
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups].map(([id, rows]) => ({
    id,
    org,
    version: 0,
    by: agg.by === undefined || rows[0] === undefined ? null : readField(rows[0], agg.by),
    count: rows.length,
    sum: each(agg.sum, (field) => sumOf(rows, field)),
    avg: each(agg.avg, (field) => {
      const sum = sumOf(rows, field);
      return sum === null ? null : sum / numbersOf(rows, field).length;
    }),
    min: each(agg.min, (field) => extreme(rows, field, 'asc')),
    max: each(agg.max, (field) => extreme(rows, field, 'desc')),
  }));
}

function each(fields: readonly string[] | undefined, of: (field: string) => Json): JsonObject {
  return Object.fromEntries((fields ?? []).map((field) => [field, of(field)]));
}

function numbersOf(rows: readonly Row[], field: string): readonly number[] {
  return rows.map((row) => readField(row, field)).filter((value) => typeof value === 'number');
}

// Whole numbers: no rounding to disagree about.
function sumOf(rows: readonly Row[], field: string): number | null {
  const numbers = numbersOf(rows, field);
  return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0);
}

function extreme(rows: readonly Row[], field: string, way: 'asc' | 'desc'): Json {
  const order = parseSort([[field, way]]);
  if (!order.ok) throw new Error(order.message);
  const [first] = rows
    .filter((row) => readField(row, field) !== null)
    .toSorted((x, y) => compareRows(order.value, x, y));
  return first === undefined ? null : readField(first, field);
}

function shown(row: Row, fields: readonly string[]): Row {
  const part: JsonObject = Object.fromEntries(fields.map((field) => [field, row[field] ?? null]));
  return { ...part, id: row.id, org: row.org, version: row.version };
}
