/**
 * The filters of postgres_changes: `column=op.value`, several joined by commas. Judged on the row of the table, with SQL's
 * meaning of null (nothing is compared with it but by `is` and `isdistinct`). What the view behind can select itself is said
 * to it as well, so that other records never come this far.
 */
import {
  ALL,
  parseFilter,
  refuse,
  ok,
  type Filter,
  type Json,
  type JsonObject,
  type Result,
} from '@statewire/protocol';
import type { CollectionOf } from '../../../lib/catalog.ts';
import { fieldOf, hasColumn, type Table } from './tables.ts';

export interface RowFilter {
  /** Lets through at least what passes. */
  readonly view: Filter;
  readonly passes: (row: JsonObject) => boolean;
}

/** SQL's three values. */
type Truth = boolean | null;
type Judge = (value: Json) => Truth;

export function parseRowFilter(text: string, table: Table, of: CollectionOf): Result<RowFilter> {
  const terms: { column: string; judge: Judge }[] = [];
  const narrow: Json[] = [];
  for (const part of text.trim() === '' ? [] : split(text, ',')) {
    const found = /^\s*([^=\s]{1,128})=(not\.)?([a-z]+)\.(.*)$/su.exec(part);
    if (found === null) return refuse('bad_filter', `found ${shown(part)}, expected column=operator.value`);
    const [, column = '', not, op = '', value = ''] = found;
    if (!hasColumn(table, column, of)) {
      return refuse('bad_filter', `${table.name} has no column ${shown(column)}`);
    }
    const judge = judgeOf(op, value);
    if (!judge.ok) return judge;
    const { value: plain } = judge;
    terms.push({ column, judge: not === undefined ? plain : (each) => opposite(plain(each)) });
    const field = fieldOf(table, column);
    const values = op === 'eq' ? [unquoted(value)] : op === 'in' ? listOf(value) : null;
    if (not === undefined && field !== null && values !== null)
      narrow.push(['in', field, [...new Set(values.flatMap(candidates))]]);
    if (terms.length > TERMS_MAX) return refuse('bad_filter', `more than ${TERMS_MAX} conditions; use fewer`);
  }
  const view = narrow.length === 0 ? ok(ALL) : parseFilter(['and', ...narrow]);
  if (!view.ok) return view;
  return ok({
    view: view.value,
    passes: (row) => terms.every(({ column, judge }) => judge(row[column] ?? null) === true),
  });
}

const TERMS_MAX = 16;
const VALUES_MAX = 100;
const PATTERN_CHARS_MAX = 128;
const MATCHED_CHARS_MAX = 1_024;

function judgeOf(op: string, raw: string): Result<Judge> {
  const value = unquoted(raw);
  switch (op) {
    case 'eq':
      return ok((each) => known(each, () => compare(each, value) === 0));
    case 'neq':
      return ok((each) => known(each, () => compare(each, value) !== 0));
    case 'isdistinct':
      return ok((each) => (each === null ? value !== 'null' : compare(each, value) !== 0));
    case 'lt':
      return ok((each) => known(each, () => (compare(each, value) ?? 0) < 0));
    case 'lte':
      return ok((each) => known(each, () => (compare(each, value) ?? 1) <= 0));
    case 'gt':
      return ok((each) => known(each, () => (compare(each, value) ?? 0) > 0));
    case 'gte':
      return ok((each) => known(each, () => (compare(each, value) ?? -1) >= 0));
    case 'in': {
      const values = listOf(raw);
      if (values === null || values.length > VALUES_MAX)
        return refuse('bad_filter', `in: found ${shown(raw)}, expected (a,b) with up to ${VALUES_MAX} values`);
      return ok((each) => known(each, () => values.some((one) => compare(each, one) === 0)));
    }
    case 'is':
      if (value === 'null') return ok((each) => each === null);
      if (value === 'true' || value === 'false') return ok((each) => each === (value === 'true'));
      if (value === 'unknown') return ok((each) => each === null);
      return refuse('bad_filter', `is: found ${shown(value)}, expected null, true, false or unknown`);
    case 'like':
    case 'ilike':
      if (value.length > PATTERN_CHARS_MAX) return refuse('bad_filter', `${op}: the pattern is too long`);
      return ok((each) => known(each, () => like(textOf(each), value, op === 'ilike')));
    case 'match':
    case 'imatch': {
      const pattern = safePattern(value, op === 'imatch');
      return pattern === null
        ? refuse('bad_filter', `${op}: patterns here have no groups, and at most one of * + {}; found ${shown(value)}`)
        : ok((each) => known(each, () => pattern.test(textOf(each).slice(0, MATCHED_CHARS_MAX))));
    }
    default:
      return refuse('bad_filter', `found operator ${shown(op)}; expected eq, neq, lt, lte, gt, gte, in, is, like ...`);
  }
}

function known(value: Json, judge: () => boolean): Truth {
  return value === null ? null : judge();
}

function opposite(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

/** Negative, 0 or positive; null when the text is no value of that type. */
function compare(value: Json, text: string): number | null {
  if (typeof value === 'number') {
    const number = text.trim() === '' ? Number.NaN : Number(text);
    return Number.isNaN(number) ? null : value - number;
  }
  if (typeof value === 'boolean') {
    return text === 'true' || text === 'false' ? Number(value) - Number(text === 'true') : null;
  }
  const said = textOf(value);
  if (typeof value === 'string' && ISO.test(value)) {
    const at = Date.parse(text);
    if (!Number.isNaN(at)) return Date.parse(value) - at;
  }
  return said < text ? -1 : said > text ? 1 : 0;
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/u;

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a field may hold for the text to equal it. */
function candidates(text: string): readonly (boolean | number | string)[] {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  const others = text === 'true' ? [true] : text === 'false' ? [false] : [];
  return [text, ...(Number.isFinite(number) ? [number] : []), ...others];
}

/** SQL's LIKE in time (length of text x length of pattern), without a regular expression. */
export function like(text: string, pattern: string, ignoresCase: boolean): boolean {
  const source = ignoresCase ? text.toLowerCase() : text;
  const tokens = [...(ignoresCase ? pattern.toLowerCase() : pattern).matchAll(/\\(.)|(.)/gsu)].map(
    ([, escaped, plain = '']): string | symbol => escaped ?? (plain === '%' ? MANY : plain === '_' ? ONE : plain),
  );
  const letters = Array.from(source);
  let at = 0;
  let token = 0;
  let back = -1;
  let mark = 0;
  while (at < letters.length) {
    const next = tokens[token];
    if (next === MANY) {
      back = token;
      mark = at;
      token += 1;
    } else if (next === ONE || (next !== undefined && next === letters[at])) {
      at += 1;
      token += 1;
    } else if (back >= 0) {
      mark += 1;
      at = mark;
      token = back + 1;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === MANY);
}

const MANY = Symbol('%');
const ONE = Symbol('_');

/** A regular expression that cannot take long: no groups, no references, one repetition. */
function safePattern(text: string, ignoresCase: boolean): RegExp | null {
  const bare = text.replaceAll(/\\[^\dk]/gu, 'x').replaceAll(/\[[^\]]*\]/gu, 'x');
  if (text.length > PATTERN_CHARS_MAX || /[()\\]/u.test(bare)) return null;
  if ((bare.match(/[*+{]/gu)?.length ?? 0) > 1) return null;
  try {
    return new RegExp(text, ignoresCase ? 'iu' : 'u');
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** `(a,"b,c")` as its values. */
function listOf(raw: string): readonly string[] | null {
  const inner = /^\((.*)\)$/su.exec(raw.trim())?.[1];
  return inner === undefined ? null : inner === '' ? [] : split(inner, ',').map(unquoted);
}

function unquoted(raw: string): string {
  const text = raw.trim();
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replaceAll(/\\(.)/gsu, '$1')
    : text;
}

/** Splits outside quotes and parentheses. */
function split(text: string, by: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let isQuoted = false;
  let isEscaped = false;
  for (const letter of text) {
    if (letter === by && depth === 0 && !isQuoted) {
      parts.push(part);
      part = '';
      continue;
    }
    part += letter;
    if (isEscaped) isEscaped = false;
    else if (letter === '\\') isEscaped = true;
    else if (letter === '"') isQuoted = !isQuoted;
    else if (!isQuoted && letter === '(') depth += 1;
    else if (!isQuoted && letter === ')') depth -= 1;
  }
  parts.push(part);
  return parts;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
