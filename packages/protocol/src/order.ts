/**
 * Order among records: what a subscription may be sorted by, how two records compare, and cursors. One comparison for
 * both sides of the wire, so that the server's idea of a window and the caller's idea of its rows never differ.
 */
import { toAscii } from './ascii.ts';
import { refuse } from './codes.ts';
import { isArray } from './equal.ts';
import { isFieldPath, readField, type Scalar } from './filter.ts';
import type { Json, JsonObject } from './json.ts';
import { describe } from './parse.ts';
import { isRecordId } from './record.ts';
import { ok, type Result } from './result.ts';

/** The two ways to go. */
export type Direction = 'asc' | 'desc';

/** One term of a sort as it travels: a field, or `field.key`, and which way. */
export type SortTerm = readonly [field: string, direction: Direction];

/** A sort as it travels: the terms in order of weight. */
export type Sort = readonly SortTerm[];

/** A sort after parsing: canonical, ended by `id`, so that it is a total order. */
export interface Order {
  readonly terms: Sort;
  /** Equal for orders that are the same. */
  readonly key: string;
}

/** What a record is sorted by, one value per term. Lists and objects are one value, `OTHER`. */
export type Keys = readonly (Scalar | typeof OTHER)[];

/** Every list and every object: they come after everything else and are not told apart. */
export const OTHER: readonly never[] = Object.freeze([]);

/** Bounds of a sort and a window. */
export const orderLimits: {
  readonly terms: number;
  readonly window: number;
  readonly stringLength: number;
  readonly cursorLength: number;
} = {
  terms: 3,
  window: 1000,
  stringLength: 256,
  cursorLength: 8192,
};

/** By id alone: the order of whoever names none. */
export const BY_ID: Order = orderOf([]);

/** Reads a sort from outside. */
export function parseSort(raw: unknown): Result<Order> {
  if (!isArray(raw)) return refuse('bad_request', `sort: found ${describe(raw)}, expected ${EXAMPLE}`);
  if (raw.length > orderLimits.terms) {
    return refuse('too_complex', `sort: found ${raw.length} terms, expected at most ${orderLimits.terms}`);
  }
  const terms: SortTerm[] = [];
  for (const [i, term] of raw.entries()) {
    const [field, direction, ...rest] = isArray(term) ? term : [];
    if (
      typeof field !== 'string' ||
      !isFieldPath(field) ||
      (direction !== 'asc' && direction !== 'desc') ||
      rest.length > 0
    ) {
      return refuse('bad_request', `sort[${i}]: found ${JSON.stringify(term).slice(0, 60)}, expected ${EXAMPLE}`);
    }
    terms.push([field, direction]);
  }
  return ok(orderOf(terms));
}

const EXAMPLE = 'a list such as [["startedAt","desc"]]';

/** Compares two records: below 0 when `a` comes first. Never 0 for two different records. */
export function compareRows(order: Order, a: JsonObject, b: JsonObject): number {
  for (const [field, direction] of order.terms) {
    const found = compareKey(keyOf(readField(a, field)), keyOf(readField(b, field)));
    if (found !== 0) return direction === 'desc' ? -found : found;
  }
  return 0;
}

/** What a record is sorted by. */
export function sortKeys(order: Order, row: JsonObject): Keys {
  return order.terms.map(([field]) => keyOf(readField(row, field)));
}

/** As `compareRows`, for keys that were read before. */
export function compareKeys(order: Order, a: Keys, b: Keys): number {
  for (let i = 0; i < order.terms.length; i++) {
    const found = compareKey(a[i] ?? null, b[i] ?? null);
    if (found !== 0) return order.terms[i]?.[1] === 'desc' ? -found : found;
  }
  return 0;
}

/** The names of the fields an order looks at, without what follows a dot. */
export function orderFields({ terms }: Order): readonly string[] {
  return terms.map(([field]) => field.split('.', 1)[0] ?? field);
}

/** The place of a record in an order, as a text: good for ever, whatever becomes of the record. */
export function cursorOf(order: Order, row: JsonObject): string {
  return cursorText(order, sortKeys(order, row));
}

/** The cursor of a place. */
export function cursorText(order: Order, keys: Keys): string {
  return toBase64(toAscii(JSON.stringify([order.terms, ...keys])));
}

/** Reads a cursor from outside; one that was made for another sort is refused. */
export function parseCursor(order: Order, text: string): Result<Keys> {
  const parsed = text.length > orderLimits.cursorLength ? null : parseText(fromBase64(text));
  if (!isArray(parsed)) return refuse('bad_request', 'a cursor is a text that this server gave; it cannot be read');
  const [terms, ...raw] = parsed;
  if (JSON.stringify(terms) !== order.key) {
    return refuse('bad_request', 'the cursor belongs to another sort; begin again without it');
  }
  const keys = raw.map(keyOf);
  const isWhole = keys.length === order.terms.length && JSON.stringify(raw) === JSON.stringify(keys);
  const id = keys.at(order.terms.findIndex(([field]) => field === 'id'));
  if (!isWhole || typeof id !== 'string' || !isRecordId(id)) {
    return refuse('bad_request', 'a cursor is a text that this server gave; this one was changed');
  }
  return ok(keys);
}

function orderOf(given: Sort): Order {
  const terms: SortTerm[] = [];
  for (const [field, direction] of given) {
    if (terms.some(([known]) => known === field)) continue;
    terms.push([field, direction]);
    // Nothing is left to be told apart.
    if (field === 'id') break;
  }
  if (terms.at(-1)?.[0] !== 'id') terms.push(['id', 'asc']);
  return Object.freeze({ terms: Object.freeze(terms), key: JSON.stringify(terms) });
}

/** A value as the order sees it. */
function keyOf(value: Json): Scalar | typeof OTHER {
  if (typeof value === 'string') {
    const cut = value.length > orderLimits.stringLength ? value.slice(0, orderLimits.stringLength) : value;
    // As it travels: half a pair is another character for the caller.
    return cut.toWellFormed();
  }
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value === 0 ? 0 : value;
  return OTHER;
}

function compareKey(a: Scalar | typeof OTHER, b: Scalar | typeof OTHER): number {
  if (a === b) return 0;
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0 || a === null || b === null) return rank;
  return a < b ? -1 : a > b ? 1 : 0;
}

function rankOf(key: Scalar | typeof OTHER): number {
  if (key === null) return 0;
  switch (typeof key) {
    case 'boolean':
      return 1;
    case 'number':
      return 2;
    case 'string':
      return 3;
    default:
      return 4;
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** ASCII as base64url: fits a URL, and nobody is led to take it apart. */
function toBase64(ascii: string): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (let i = 0; i < ascii.length; i++) {
    held = ((held << 8) | ascii.charCodeAt(i)) & 0xffff;
    bits += 8;
    for (; bits >= 6; bits -= 6) text += DIGITS.charAt((held >> (bits - 6)) & 63);
  }
  return bits === 0 ? text : text + DIGITS.charAt((held << (6 - bits)) & 63);
}

function fromBase64(text: string): string {
  let ascii = '';
  let held = 0;
  let bits = 0;
  for (const char of text) {
    held = ((held << 6) | Math.max(0, DIGITS.indexOf(char))) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    ascii += String.fromCharCode((held >> bits) & 0xff);
  }
  return ascii;
}
