/**
 * Filters: one small language for subscriptions, REST lists and access scopes. A filter arrives as JSON, is
 * parsed once into a canonical tree (so that equal wishes share one view), and is then only matched.
 *
 * Two-valued on purpose: a field that is absent counts as null, `neq` and `nin` are the plain opposites of
 * `eq` and `in`, and an order comparison between different types is false. No three-valued SQL logic.
 */
import { refuse } from './codes.ts';
import { isArray } from './equal.ts';
import { isForbiddenKey, type Json, type JsonObject } from './json.ts';
import { ok, type Result } from './result.ts';

/** A filter as callers write it: `["and", ["eq","org","o7"], ["in","status",["down","degraded"]]]`. */
export type FilterJson = Json;

/** A value a field can be compared with. */
export type Scalar = null | boolean | number | string;

/** A filter after parsing: canonical, frozen, safe to match with. */
export type Filter =
  | { readonly op: 'all' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly op: 'not'; readonly of: Filter }
  | { readonly op: 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte'; readonly field: string; readonly value: Scalar }
  | { readonly op: 'in' | 'nin'; readonly field: string; readonly values: readonly Scalar[] }
  | { readonly op: 'prefix' | 'contains'; readonly field: string; readonly value: string }
  | { readonly op: 'null'; readonly field: string; readonly isNull: boolean };

/** Bounds of one filter. A filter beyond them is refused with `too_complex`. */
export const filterLimits: {
  readonly depth: number;
  readonly leaves: number;
  readonly values: number;
  readonly stringLength: number;
} = {
  depth: 5,
  leaves: 64,
  values: 1000,
  stringLength: 1024,
};

/** The filter that every record passes. */
export const ALL: Filter = Object.freeze({ op: 'all' });

/** The filter that no record passes: an `or` of nothing. */
export const NONE: Filter = Object.freeze({ op: 'or', of: Object.freeze([]) });

/** Reads a filter from outside. `undefined` (no filter) means all. */
export function parseFilter(raw: unknown): Result<Filter> {
  if (raw === undefined) return ok(ALL);
  return parseNode(raw, 1, { leaves: 0 });
}

/** Text that is equal for filters that mean the same by the canonical form. Names a view inside the server. */
export function filterKey(filter: Filter): string {
  return JSON.stringify(filterJson(filter));
}

/** The canonical filter as JSON; `parseFilter` reads it back to an equal filter. */
export function filterJson(filter: Filter): FilterJson {
  switch (filter.op) {
    case 'all':
      return ['all'];
    case 'and':
    case 'or':
      return [filter.op, ...filter.of.map(filterJson)];
    case 'not':
      return ['not', filterJson(filter.of)];
    case 'in':
    case 'nin':
      return [filter.op, filter.field, filter.values];
    case 'null':
      return ['null', filter.field, filter.isNull];
    default:
      return [filter.op, filter.field, filter.value];
  }
}

/** Does a row pass? A field may be dotted one level: `labels.env`. */
export function matches(filter: Filter, row: JsonObject): boolean {
  switch (filter.op) {
    case 'all':
      return true;
    case 'and':
      for (const child of filter.of) if (!matches(child, row)) return false;
      return true;
    case 'or':
      for (const child of filter.of) if (matches(child, row)) return true;
      return false;
    case 'not':
      return !matches(filter.of, row);
    case 'eq':
      return readField(row, filter.field) === filter.value;
    case 'neq':
      return readField(row, filter.field) !== filter.value;
    case 'in':
      return hasValue(filter, readField(row, filter.field));
    case 'nin':
      return !hasValue(filter, readField(row, filter.field));
    case 'null':
      return (readField(row, filter.field) === null) === filter.isNull;
    case 'prefix': {
      const value = readField(row, filter.field);
      return typeof value === 'string' && value.startsWith(filter.value);
    }
    case 'contains':
      return holds(readField(row, filter.field), filter.value);
    default:
      return compare(filter.op, readField(row, filter.field), filter.value);
  }
}

/** Pairs that every matching row satisfies; a view can be found by any one of them. Never a null value. */
export function equalities(filter: Filter): readonly { readonly field: string; readonly value: Scalar }[] {
  if (filter.op === 'eq') return [{ field: filter.field, value: filter.value }];
  if (filter.op === 'and') return filter.of.flatMap(equalities);
  return [];
}

/** The names of the fields a filter looks at, without what follows a dot. */
export function filterFields(filter: Filter): readonly string[] {
  const found = new Set<string>();
  collectFields(filter, found);
  return [...found];
}

/** The filter that both let through, canonical. Not bound by the limits: the server joins its own scope. */
export function bothFilters(a: Filter, b: Filter): Filter {
  return join('and', [a, b]);
}

/** The value a filter sees: own fields only, absent is null, one level of dots into objects. */
export function readField(row: JsonObject, field: string): Json {
  const dot = field.indexOf('.');
  if (dot < 0) return Object.hasOwn(row, field) ? (row[field] ?? null) : null;
  const outer = field.slice(0, dot);
  const inner = Object.hasOwn(row, outer) ? row[outer] : null;
  if (typeof inner !== 'object' || inner === null || isArray(inner)) return null;
  const key = field.slice(dot + 1);
  return Object.hasOwn(inner, key) ? (inner[key] ?? null) : null;
}

function parseNode(raw: unknown, depth: number, count: { leaves: number }): Result<Filter> {
  if (depth > filterLimits.depth) {
    return refuse('too_complex', `filter is deeper than ${filterLimits.depth} levels; flatten it or subscribe twice`);
  }
  if (!isArray(raw))
    return refuse('bad_filter', `found ${kindOf(raw)}, expected a list such as ["eq","status","down"]`);
  const [op, ...rest] = raw;
  if (typeof op !== 'string')
    return refuse('bad_filter', `found ${kindOf(op)} as operator, expected one of ${OPERATORS}`);
  if (((op === 'and' || op === 'or') && rest.length > 0) || op === 'not') {
    return parseGroup(op, rest, depth, count);
  }
  count.leaves += 1;
  if (count.leaves > filterLimits.leaves) {
    return refuse('too_complex', `filter has more than ${filterLimits.leaves} conditions; use "in" or subscribe twice`);
  }
  return parseLeaf(op, rest);
}

function parseGroup(
  op: 'and' | 'or' | 'not',
  rest: readonly Json[],
  depth: number,
  count: { leaves: number },
): Result<Filter> {
  if (op === 'not') {
    if (rest.length !== 1) return refuse('bad_filter', `"not" found ${rest.length} filters, expected exactly 1`);
    const child = parseNode(rest[0], depth + 1, count);
    return child.ok ? ok(negate(child.value)) : child;
  }
  const children: Filter[] = [];
  for (const raw of rest) {
    const child = parseNode(raw, depth + 1, count);
    if (!child.ok) return child;
    children.push(child.value);
  }
  return ok(join(op, children));
}

function parseLeaf(op: string, rest: readonly Json[]): Result<Filter> {
  if (op === 'and' || op === 'all' || op === 'or') {
    if (rest.length > 0) return refuse('bad_filter', `"all" found ${rest.length} arguments, expected none`);
    return ok(op === 'or' ? NONE : ALL);
  }
  if (!isLeafOperator(op)) return refuse('bad_filter', `found operator ${quote(op)}, expected one of ${OPERATORS}`);
  const [field, value] = rest;
  const wanted = op === 'null' && rest.length === 1 ? 1 : 2;
  if (rest.length !== wanted)
    return refuse('bad_filter', `"${op}" found ${rest.length} arguments, expected a field and a value`);
  if (typeof field !== 'string' || !isFieldPath(field)) {
    return refuse(
      'bad_filter',
      `"${op}" found ${typeof field === 'string' ? quote(field) : kindOf(field)}, expected a field name such as "status" or "labels.env"`,
    );
  }
  switch (op) {
    case 'null':
      if (value !== undefined && typeof value !== 'boolean') {
        return refuse('bad_filter', `"null" found ${kindOf(value)}, expected true or false`);
      }
      return ok(leaf({ op, field, isNull: value ?? true }));
    case 'in':
    case 'nin':
      return parseList(op, field, value);
    case 'prefix':
      if (typeof value !== 'string') return refuse('bad_filter', `"prefix" found ${kindOf(value)}, expected a string`);
      if (value.length > filterLimits.stringLength) return tooLong(value);
      return ok(leaf({ op, field, value }));
    case 'contains':
      if (typeof value !== 'string')
        return refuse('bad_filter', `"contains" found ${kindOf(value)}, expected a string`);
      if (value.length > filterLimits.stringLength) return tooLong(value);
      // Case is not told apart, so that wishes which differ in it alone share one view.
      return ok(leaf({ op, field, value: value.toLowerCase() }));
    default: {
      const scalar = parseScalar(value);
      if (!scalar.ok) return scalar;
      const isOrder = op !== 'eq' && op !== 'neq';
      if (isOrder && typeof scalar.value !== 'number' && typeof scalar.value !== 'string') {
        return refuse('bad_filter', `"${op}" found ${kindOf(value)}, expected a number or a string`);
      }
      return ok(compared(op, field, scalar.value));
    }
  }
}

function parseList(op: 'in' | 'nin', field: string, raw: Json | undefined): Result<Filter> {
  if (!isArray(raw)) return refuse('bad_filter', `"${op}" found ${kindOf(raw)}, expected a list of values`);
  if (raw.length > filterLimits.values) {
    return refuse(
      'too_complex',
      `"${op}" found ${raw.length} values, expected at most ${filterLimits.values}; filter by a label instead`,
    );
  }
  const values: Scalar[] = [];
  for (const item of raw) {
    const scalar = parseScalar(item);
    if (!scalar.ok) return scalar;
    values.push(scalar.value);
  }
  return ok(listed(op, field, values));
}

function parseScalar(raw: Json | undefined): Result<Scalar> {
  if (typeof raw === 'string') return raw.length > filterLimits.stringLength ? tooLong(raw) : ok(raw);
  if (typeof raw === 'number') {
    if (!Number.isFinite(raw))
      return refuse('bad_filter', 'found a number too large to hold, expected a finite number');
    return ok(raw === 0 ? 0 : raw); // -0 and 0 are one value with one key.
  }
  if (raw === null || typeof raw === 'boolean') return ok(raw);
  return refuse('bad_filter', `found ${kindOf(raw)}, expected a string, number, boolean or null`);
}

/** An `and` or `or` in canonical form: flat, without neutral elements, deduplicated, sorted by key. */
function join(op: 'and' | 'or', children: readonly Filter[]): Filter {
  const neutral = op === 'and' ? isAll : isNone;
  const absorbing = op === 'and' ? isNone : isAll;
  const byKey = new Map<string, Filter>();
  for (const child of children) {
    if (absorbing(child)) return op === 'and' ? NONE : ALL;
    if (neutral(child)) continue;
    for (const part of child.op === op ? child.of : [child]) byKey.set(filterKey(part), part);
  }
  const sorted = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, filter]) => filter);
  const [only] = sorted;
  if (only === undefined) return op === 'and' ? ALL : NONE;
  return sorted.length === 1 ? only : Object.freeze({ op, of: Object.freeze(sorted) });
}

function negate(filter: Filter): Filter {
  if (isNone(filter)) return ALL;
  switch (filter.op) {
    case 'all':
      return NONE;
    case 'not':
      return filter.of;
    case 'eq':
    case 'neq':
      return leaf({ op: filter.op === 'eq' ? 'neq' : 'eq', field: filter.field, value: filter.value });
    case 'in':
    case 'nin':
      return leaf({ op: filter.op === 'in' ? 'nin' : 'in', field: filter.field, values: filter.values });
    case 'null':
      return leaf({ op: 'null', field: filter.field, isNull: !filter.isNull });
    default:
      // Not `gte` for `lt`: a null passes neither of them, and must pass the negation.
      return Object.freeze({ op: 'not', of: filter });
  }
}

function compared(op: 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte', field: string, value: Scalar): Filter {
  if (value === null) return leaf({ op: 'null', field, isNull: op === 'eq' });
  return leaf({ op, field, value });
}

function listed(op: 'in' | 'nin', field: string, given: readonly Scalar[]): Filter {
  const values = [...new Set(given)].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const [only] = values;
  if (only === undefined) return op === 'in' ? NONE : ALL;
  if (values.length === 1) return compared(op === 'in' ? 'eq' : 'neq', field, only);
  return leaf({ op, field, values: Object.freeze(values) });
}

function leaf(filter: Filter): Filter {
  Object.freeze(filter);
  return filter;
}

function compare(op: 'lt' | 'lte' | 'gt' | 'gte', a: Json, b: Scalar): boolean {
  // Strings are ordered by UTF-16 code units, in every language that speaks this protocol.
  if ((typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string')) {
    switch (op) {
      case 'lt':
        return a < b;
      case 'lte':
        return a <= b;
      case 'gt':
        return a > b;
      case 'gte':
        return a >= b;
    }
  }
  return false;
}

/** Has the text, or one text of the list, this one somewhere in it? `part` is in lower case. */
function holds(value: Json, part: string): boolean {
  if (typeof value === 'string') return value.toLowerCase().includes(part);
  return isArray(value) && value.some((each) => typeof each === 'string' && each.toLowerCase().includes(part));
}

// A long list is looked up in a set made at its first use; the filter itself stays plain data.
const sets = new WeakMap<Filter, ReadonlySet<Json>>();

function hasValue(filter: Filter & { readonly values: readonly Scalar[] }, value: Json): boolean {
  if (filter.values.length <= 8) return filter.values.some((each) => each === value);
  let set = sets.get(filter);
  if (set === undefined) {
    set = new Set<Json>(filter.values);
    sets.set(filter, set);
  }
  return set.has(value);
}

function collectFields(filter: Filter, found: Set<string>): void {
  switch (filter.op) {
    case 'all':
      return;
    case 'and':
    case 'or':
      for (const child of filter.of) collectFields(child, found);
      return;
    case 'not':
      collectFields(filter.of, found);
      return;
    default: {
      const [outer = filter.field] = filter.field.split('.', 1);
      found.add(outer);
    }
  }
}

const OPERATORS = 'and, or, not, all, eq, neq, lt, lte, gt, gte, in, nin, prefix, contains, null';
const LEAF_OPERATORS = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'prefix', 'contains', 'null'] as const;

function isLeafOperator(op: string): op is (typeof LEAF_OPERATORS)[number] {
  return LEAF_OPERATORS.some((each) => each === op);
}

function isAll(filter: Filter): boolean {
  return filter.op === 'all';
}

function isNone(filter: Filter): boolean {
  return filter.op === 'or' && filter.of.length === 0;
}

// The first part is a field's name; what follows the first dot is a key as people write them (`labels.k8s.io/name`).
const FIELD_PATH = /^([A-Za-z_][A-Za-z0-9_]{0,63})(?:\.([^\p{Cc}]{1,128}))?$/u;

/** Is this a field name, or a field name and one key after a dot? */
export function isFieldPath(path: string): boolean {
  const found = FIELD_PATH.exec(path);
  return found !== null && !isForbiddenKey(found[1] ?? '') && !isForbiddenKey(found[2] ?? '');
}

function tooLong(text: string): ReturnType<typeof refuse> {
  return refuse(
    'too_complex',
    `found a string of ${text.length} characters, expected at most ${filterLimits.stringLength}`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
