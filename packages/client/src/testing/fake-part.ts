/**
 * What the fake server tells of a window or an aggregate: everything is sorted, sliced and counted again after each change,
 * and compared with what it was before.
 */
import {
  ALL_GROUP,
  compareKeys,
  compareRows,
  parseCursor,
  parseSort,
  readField,
  sortKeys,
  type Json,
  type Keys,
  type Op,
  type Order,
  type Rid,
  type Row,
  type Sub,
} from '@statewire/protocol';

export interface Stored {
  readonly rid: Rid;
  readonly row: Row;
}

type Wanted = Pick<Sub, 'sort' | 'limit' | 'after' | 'before' | 'skip' | 'agg'>;

export class FakePart {
  /** Where a window lies; null for an aggregate. */
  place: { readonly n: number; readonly b: number } | null = null;
  /** The version at which it was made: nothing is known of what was in it before. */
  readonly floor: number;
  readonly #wanted: Wanted;
  readonly #order: Order;
  readonly #cursor: Keys | null;
  #members: readonly Stored[] = [];
  readonly #entered = new Map<Rid, number>();
  readonly #left = new Map<Rid, { readonly version: number; readonly why: 'out' | 'del' }>();
  readonly #groups = new Map<string, { readonly stored: Stored; readonly text: string }>();
  #lastRid = 0;
  #moved: number;

  constructor(wanted: Wanted, version: number) {
    this.floor = version;
    this.#moved = version;
    this.#wanted = wanted;
    const order = parseSort(wanted.sort ?? []);
    if (!order.ok) throw new Error(order.message);
    this.#order = order.value;
    const text = wanted.after ?? wanted.before;
    const cursor = text === undefined ? null : parseCursor(this.#order, text);
    if (cursor?.ok === false) throw new Error(cursor.message);
    this.#cursor = cursor?.value ?? null;
  }

  get members(): readonly Stored[] {
    return this.#members;
  }

  /** Was it in since then, all the time? */
  isHeldSince({ rid }: Stored, version: number): boolean {
    return (this.#entered.get(rid) ?? 0) <= version;
  }

  /** Looks at all records that pass the filter, as they are at `version`. */
  refresh(all: readonly Stored[], version: number): void {
    const before = new Map(this.#members.map((each) => [each.rid, each]));
    const place = JSON.stringify(this.place);
    this.#members = this.#wanted.agg === undefined ? this.#slice(all) : this.#count(all, version);
    const rids = new Set(all.map(({ rid }) => rid));
    for (const { rid } of this.#members) {
      if (before.delete(rid)) continue;
      this.#entered.set(rid, version);
      this.#left.delete(rid);
    }
    for (const rid of before.keys()) {
      this.#entered.delete(rid);
      this.#left.set(rid, { version, why: this.#wanted.agg !== undefined || rids.has(rid) ? 'out' : 'del' });
    }
    if (place !== JSON.stringify(this.place)) this.#moved = version;
  }

  /** What happened since a version; null when nothing did. */
  since(version: number, said: (row: Row) => Row | Record<string, Json>): readonly Op[] | null {
    const ops: { readonly at: number; readonly op: Op }[] = [];
    for (const [rid, left] of this.#left) {
      if (left.version > version) ops.push({ at: left.version, op: [rid, left.version, null, left.why] });
    }
    for (const { rid, row } of this.#members) {
      const entered = this.#entered.get(rid) ?? 0;
      if (entered > version) ops.push({ at: entered, op: [rid, row.version, said(row), row.id] });
      else if (row.version > version) ops.push({ at: row.version, op: [rid, row.version, said(row)] });
    }
    if (ops.length === 0 && this.#moved <= version) return null;
    return ops.sort((a, b) => a.at - b.at).map(({ op }) => op);
  }

  #slice(all: readonly Stored[]): readonly Stored[] {
    const { limit = 0, before, skip = 0 } = this.#wanted;
    const sorted = all.toSorted((a, b) => compareRows(this.#order, a.row, b.row));
    const from = this.#from(sorted, before === undefined ? 1 : 0);
    const b = before === undefined ? Math.min(from + skip, sorted.length) : Math.max(0, from - limit);
    this.place = { n: sorted.length, b };
    return sorted.slice(b, before === undefined ? b + limit : from);
  }

  /** Records up to the cursor. */
  #from(sorted: readonly Stored[], below: number): number {
    const cursor = this.#cursor;
    if (cursor === null) return 0;
    return sorted.filter(({ row }) => compareKeys(this.#order, sortKeys(this.#order, row), cursor) < below).length;
  }

  #count(all: readonly Stored[], version: number): readonly Stored[] {
    const agg = this.#wanted.agg ?? { count: true };
    const rows = new Map<string, Row[]>();
    if (agg.by === undefined) rows.set(ALL_GROUP, []);
    for (const { row } of all) {
      const key = agg.by === undefined ? ALL_GROUP : JSON.stringify(scalar(readField(row, agg.by)));
      rows.set(key, [...(rows.get(key) ?? []), row]);
    }
    const found: Stored[] = [];
    for (const [id, mine] of rows) {
      const fields = {
        by: id === ALL_GROUP ? null : scalar(readField(mine[0] ?? {}, agg.by ?? '')),
        count: mine.length,
        sum: each(agg.sum, (field) => sum(mine, field)),
        avg: each(agg.avg, (field) => {
          const total = sum(mine, field);
          return total === null ? null : total / numbers(mine, field).length;
        }),
        min: each(agg.min, (field) => end(mine, field, 'asc')),
        max: each(agg.max, (field) => end(mine, field, 'desc')),
      };
      const text = JSON.stringify(fields);
      const known = this.#groups.get(id);
      const rid = known?.stored.rid ?? (this.#lastRid += 1);
      const stored = known?.text === text ? known.stored : { rid, row: { ...fields, id, org: '', version } };
      this.#groups.set(id, { stored, text });
      found.push(stored);
    }
    for (const id of this.#groups.keys()) if (!rows.has(id)) this.#groups.delete(id);
    return found;
  }
}

function each(fields: readonly string[] | undefined, of: (field: string) => Json): Record<string, Json> {
  return Object.fromEntries((fields ?? []).map((field) => [field, of(field)]));
}

function numbers(rows: readonly Row[], field: string): readonly number[] {
  return rows.map((row) => readField(row, field)).filter((value) => typeof value === 'number');
}

function sum(rows: readonly Row[], field: string): number | null {
  const found = numbers(rows, field);
  return found.length === 0 ? null : found.reduce((a, b) => a + b, 0);
}

function end(rows: readonly Row[], field: string, way: 'asc' | 'desc'): Json {
  const order = parseSort([[field, way]]);
  if (!order.ok) throw new Error(order.message);
  const counted = rows.filter((row) => scalar(readField(row, field)) !== null);
  const [first] = counted.toSorted((a, b) => compareRows(order.value, a, b));
  return first === undefined ? null : scalar(readField(first, field));
}

function scalar(value: Json): string | number | boolean | null {
  return typeof value === 'object' ? null : value;
}
