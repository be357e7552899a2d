import { ok, type Result } from '@statewire/protocol';
import type { ConditionFlaw } from './condition.ts';

export type Token =
  | { readonly is: 'end'; readonly column: number; readonly text: string }
  | { readonly is: 'mark' | 'word'; readonly column: number; readonly text: string }
  | {
      readonly is: 'number';
      readonly column: number;
      readonly text: string;
      readonly value: number;
      readonly isTime: boolean;
    }
  | {
      readonly is: 'regex';
      readonly column: number;
      readonly text: string;
      readonly source: string;
      readonly flags: '' | 'i';
    }
  | { readonly is: 'string'; readonly column: number; readonly text: string; readonly value: string };

/** Cuts a text into tokens. The last one is `end`. */
export function lex(text: string): Result<readonly Token[], ConditionFlaw> {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const blank = match(BLANK, text, at);
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const token = next(text, at, tokens.at(-1));
    if ('code' in token) return { ok: false, ...token };
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ is: 'end', column: text.length + 1, text: '' });
  return ok(tokens);
}

/** A flaw that says where, what was found and what was expected. */
export function flaw(column: number, found: string, expected: string): ConditionFlaw {
  return { code: 'bad_condition', column, message: `column ${column}: found ${found}, expected ${expected}` };
}

/** A piece of the caller's text, short enough for a message. */
export function quoted(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}...` : text;
}

function next(text: string, at: number, before: Token | undefined): ConditionFlaw | Token {
  const column = at + 1;
  const word = match(WORD, text, at);
  if (word !== null) return { is: 'word', column, text: word[0] };
  const number = match(NUMBER, text, at);
  if (number !== null) return numberOf(number, column);
  if (text[at] === '"') return stringOf(text, at);
  // A slash begins a pattern only where one can stand; there is no division.
  if (text[at] === '/' && before?.text === 'matches') return regexOf(text, at);
  const mark = match(MARK, text, at);
  if (mark !== null) return { is: 'mark', column, text: mark[0] };
  const hint = HINTS.get(text[at] ?? '');
  return flaw(column, String.fromCodePoint(text.codePointAt(at) ?? 0), hint ?? 'a value, a path or an operator');
}

const BLANK = /\s+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([A-Za-z]*)/y;
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const REGEX = /\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([A-Za-z]*)/y;
const MARK = /&&|\|\||==|!=|<=|>=|[!<>()[\],.]/y;
const HINTS: ReadonlyMap<string, string> = new Map([
  ['=', '== to compare'],
  ['&', '&& for "and"'],
  ['|', '|| for "or"'],
  ["'", 'a text in double quotes'],
  ['/', 'a pattern only after "matches"'],
  ['-', 'a number after the minus'],
]);
const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function numberOf([text, digits = '', unit = '']: RegExpExecArray, column: number): ConditionFlaw | Token {
  const factor = unit === '' ? 1 : UNITS.get(unit);
  if (factor === undefined) return flaw(column + digits.length, quoted(unit), 'one of the units ms, s, m, h, d');
  const value = Number(digits) * factor;
  if (!Number.isFinite(value)) return flaw(column, quoted(digits), 'a smaller number');
  // Minus zero is zero: it would print as 0 and compare as another value.
  return { is: 'number', column, text, value: value === 0 ? 0 : value, isTime: unit !== '' };
}

function stringOf(text: string, at: number): ConditionFlaw | Token {
  const found = match(STRING, text, at);
  if (found === null) return flaw(at + 1, 'a text without an end', 'a closing "');
  try {
    const value: unknown = JSON.parse(found[0]);
    if (typeof value === 'string') return { is: 'string', column: at + 1, text: found[0], value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return flaw(at + 1, quoted(found[0]), 'a text as JSON writes it: \\" \\\\ \\n \\t \\u00e9');
}

function regexOf(text: string, at: number): ConditionFlaw | Token {
  const found = match(REGEX, text, at);
  if (found === null) return flaw(at + 1, 'a pattern without an end', 'a closing /');
  const [whole, source = '', flags = ''] = found;
  if (flags !== '' && flags !== 'i') return flaw(at + 1 + source.length + 2, quoted(flags), 'no flag or i');
  return { is: 'regex', column: at + 1, text: whole, source, flags };
}
