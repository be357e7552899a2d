/**
 * Counters over the records that pass a filter, one group per value of a field, told as if each group were a record.
 * Kept from the old and the new row of each change: no record is walked over again. The version of a group is that of the
 * newest change that made it say something else.
 */
import {
  aggregateFields,
  ALL_GROUP,
  BY_ID,
  compareKeys,
  filterFields,
  matches,
  parseSort,
  readField,
  sortKeys,
  toAscii,
  type Aggregate,
  type GroupFields,
  type Json,
  type JsonObject,
  type Keys,
  type Order,
  type Scalar,
} from '@statewire/protocol';
import type { Change } from '../keep/commit-types.ts';
import type { Entry } from '../keep/live.ts';
import { hasAny, type Audience, type Heard } from './audience.ts';
import { ExactSum } from './exact-sum.ts';
import { topOf } from './fragment.ts';
import { Ranked } from './ranked.ts';
import { View, type Node, type Texts, type ViewDeps, type ViewParts } from './view.ts';

export class Tally extends View implements Audience {
  stamp = 0;
  readonly #looksAt: ReadonlySet<string>;
  readonly #groups: Groups;
  #lastRid = 0;

  constructor(
    deps: Omit<ViewDeps, 'texts'>,
    parts: ViewParts,
    { agg, candidates }: { readonly agg: Aggregate; readonly candidates: Iterable<Entry> },
  ) {
    const groups = new Groups(agg);
    super({ ...deps, texts: groups }, parts);
    this.#groups = groups;
    this.#looksAt = new Set([...filterFields(parts.filter), ...aggregateFields(agg).map(topOf)]);
    if (agg.by === undefined) groups.open(ALL_GROUP, null);
    for (const { row } of candidates) if (matches(parts.filter, row)) groups.add(row);
    for (const group of groups.all()) this.#place(group, deps.version);
  }

  /** Takes in one committed change. */
  take({ change, fields, touched }: Heard): void {
    if (fields !== null && !this.#looksAt.has('version') && !hasAny(this.#looksAt, fields)) return;
    const before = this.#counted(change.before);
    const after = this.#counted(change.after);
    const from = before === null ? null : this.#groups.of(before);
    if (before !== null) this.#groups.remove(before);
    const to = after === null ? null : this.#groups.add(after);
    const told = [from, to].filter((group) => group !== null && this.#tell(group, change));
    if (told.length === 0) return;
    this.moved(change);
    touched.push(this);
  }

  #counted(row: Change['before']): JsonObject | null {
    return row !== null && matches(this.filter, row) ? row : null;
  }

  /** Remembers that a group may say something else; false when it does not. */
  #tell(group: Group, { version }: Change): boolean {
    const node = group.node === null ? undefined : this.member(group.node.rid);
    if (group.count === 0 && group.key !== ALL_GROUP) {
      this.#groups.close(group);
      if (node !== undefined) this.leave(node, version, 'out');
      return node !== undefined;
    }
    if (!group.isNews()) return false;
    group.version = version;
    if (node === undefined) this.#place(group, version);
    else this.touch(node, version);
    return true;
  }

  #place(group: Group, version: number): void {
    this.#lastRid += 1;
    group.version = version;
    group.isNews();
    group.node = this.enter(this.#lastRid, group.key, version);
  }
}

/** The groups of one aggregate, and what is said of them. */
class Groups implements Texts {
  readonly #agg: Aggregate;
  readonly #byKey = new Map<string, Group>();

  constructor(agg: Aggregate) {
    this.#agg = agg;
  }

  all(): Iterable<Group> {
    return this.#byKey.values();
  }

  open(key: string, by: Scalar): Group {
    const group = new Group(key, by, this.#agg);
    this.#byKey.set(key, group);
    return group;
  }

  close(group: Group): void {
    if (this.#byKey.get(group.key) === group) this.#byKey.delete(group.key);
  }

  /** The group of a row that was added. */
  of(row: JsonObject): Group | null {
    return this.#byKey.get(this.#keyOf(row)) ?? null;
  }

  add(row: JsonObject): Group {
    const key = this.#keyOf(row);
    const group = this.#byKey.get(key) ?? this.open(key, this.#agg.by === undefined ? null : scalar(row, this.#agg.by));
    group.count += 1;
    for (const part of group.parts) part.add(row);
    return group;
  }

  remove(row: JsonObject): void {
    const group = this.of(row);
    if (group === null) return;
    group.count -= 1;
    for (const part of group.parts) part.remove(row);
  }

  version({ id }: Node): number {
    return this.#byKey.get(id)?.version ?? 0;
  }

  row({ rid, id }: Node): string {
    return `[${rid},${toAscii(JSON.stringify(id))},${this.#said(id)}]`;
  }

  enter({ rid, id }: Node): string {
    return `[${rid},${this.#said(id)},${toAscii(JSON.stringify(id))}]`;
  }

  update({ rid, id }: Node): string {
    return `[${rid},${this.#said(id)}]`;
  }

  forget(): void {}

  #said(id: string): string {
    const group = this.#byKey.get(id);
    return group === undefined ? '0,{}' : `${group.version},${group.text}`;
  }

  #keyOf(row: JsonObject): string {
    const { by } = this.#agg;
    return by === undefined ? ALL_GROUP : JSON.stringify(scalar(row, by));
  }
}

class Group {
  readonly key: string;
  readonly by: Scalar;
  readonly parts: readonly Part[];
  count = 0;
  version = 0;
  node: Node | null = null;
  /** What it said last. */
  text = '';

  constructor(key: string, by: Scalar, agg: Aggregate) {
    this.key = key;
    this.by = by;
    const numbers = [...new Set([...(agg.sum ?? []), ...(agg.avg ?? [])])].map(
      (field) => new Numbers(field, { isSum: has(agg.sum, field), isAvg: has(agg.avg, field) }),
    );
    const extremes = [...new Set([...(agg.min ?? []), ...(agg.max ?? [])])].map(
      (field) => new Extremes(field, { isMin: has(agg.min, field), isMax: has(agg.max, field) }),
    );
    this.parts = [...numbers, ...extremes];
  }

  /** Makes its text anew; false when it says the same as before. */
  isNews(): boolean {
    const said: Said = { sum: {}, avg: {}, min: {}, max: {} };
    for (const part of this.parts) part.say(said);
    const fields: GroupFields = { by: this.by, count: this.count, ...said };
    const text = toAscii(JSON.stringify(fields));
    if (text === this.text) return false;
    this.text = text;
    return true;
  }
}

interface Said {
  readonly sum: Record<string, number | null>;
  readonly avg: Record<string, number | null>;
  readonly min: Record<string, Scalar>;
  readonly max: Record<string, Scalar>;
}

/** What is kept of one field of a group. */
interface Part {
  add(row: JsonObject): void;
  remove(row: JsonObject): void;
  say(said: Said): void;
}

class Numbers implements Part {
  readonly #field: string;
  readonly #wanted: { readonly isSum: boolean; readonly isAvg: boolean };
  readonly #sum = new ExactSum();
  #count = 0;

  constructor(field: string, wanted: { readonly isSum: boolean; readonly isAvg: boolean }) {
    this.#field = field;
    this.#wanted = wanted;
  }

  add(row: JsonObject): void {
    const value = readField(row, this.#field);
    if (typeof value !== 'number') return;
    this.#count += 1;
    this.#sum.add(value);
  }

  remove(row: JsonObject): void {
    const value = readField(row, this.#field);
    if (typeof value !== 'number') return;
    this.#count -= 1;
    this.#sum.remove(value);
  }

  say({ sum, avg }: Said): void {
    const isNone = this.#count === 0;
    if (this.#wanted.isSum) sum[this.#field] = isNone ? null : finite(this.#sum.read());
    if (this.#wanted.isAvg) avg[this.#field] = isNone ? null : finite(this.#sum.read(this.#count));
  }
}

/** Least and greatest: the different values in order, and how many records have each. */
class Extremes implements Part {
  readonly #field: string;
  readonly #order: Order;
  readonly #wanted: { readonly isMin: boolean; readonly isMax: boolean };
  readonly #counts = new Map<Scalar, number>();
  readonly #values: Ranked<Keys>;

  constructor(field: string, wanted: { readonly isMin: boolean; readonly isMax: boolean }) {
    this.#field = field;
    this.#wanted = wanted;
    const order = parseSort([[field, 'asc']]);
    this.#order = order.ok ? order.value : BY_ID;
    this.#values = new Ranked<Keys>((a, b) => compareKeys(this.#order, a, b));
  }

  add(row: JsonObject): void {
    const value = this.#value(row);
    if (value === null) return;
    const count = this.#counts.get(value) ?? 0;
    this.#counts.set(value, count + 1);
    if (count === 0) this.#values.insert([value]);
  }

  remove(row: JsonObject): void {
    const value = this.#value(row);
    if (value === null) return;
    const count = (this.#counts.get(value) ?? 0) - 1;
    if (count > 0) {
      this.#counts.set(value, count);
      return;
    }
    this.#counts.delete(value);
    this.#values.remove([value]);
  }

  say({ min, max }: Said): void {
    if (this.#wanted.isMin) min[this.#field] = plain(this.#values.at(0)?.[0]);
    if (this.#wanted.isMax) max[this.#field] = plain(this.#values.at(this.#values.size - 1)?.[0]);
  }

  #value(row: JsonObject): Scalar {
    return plain(sortKeys(this.#order, row)[0]);
  }
}

function has(fields: readonly string[] | undefined, field: string): boolean {
  return fields?.includes(field) ?? false;
}

function plain(key: Keys[number] | undefined): Scalar {
  return key === undefined || typeof key === 'object' ? null : key;
}

/** JSON has no infinity: a sum beyond every double is the largest one. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

function scalar(row: JsonObject, field: string): Scalar {
  const value: Json = readField(row, field);
  return typeof value === 'object' ? null : value;
}
