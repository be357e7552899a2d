/**
 * The one way from text to JSON, for both directions. Refuses what must not even be walked: text nested too
 * deep, keys that reach a prototype, numbers that JSON can spell and a double cannot hold.
 */
import { refuse } from './codes.ts';
import { isArray } from './equal.ts';
import { isForbiddenKey, type Json, type JsonObject } from './json.ts';
import { ok, type Failure, type Result } from './result.ts';

/** How deep objects and lists of one message may nest. */
export const JSON_DEPTH_MAX = 32;

/** Why a text is no message. */
export interface ParseFailure extends Failure {
  /** The object that was refused for something inside it: to find out who waits for an answer, and for nothing else. */
  readonly flawed?: JsonObject | undefined;
}

/** Parses one message: a JSON object with no forbidden key and no infinite number, at most 32 levels deep. */
export function parseMessage(text: string): Result<JsonObject, ParseFailure> {
  const depth = depthOf(text);
  if (depth > JSON_DEPTH_MAX) {
    return refuse('bad_request', `message is nested more than ${JSON_DEPTH_MAX} levels deep; send flatter JSON`);
  }
  const parsed = parseJson(text);
  if (!parsed.ok) return parsed;
  const value = parsed.value;
  if (!isJsonObject(value)) {
    return refuse('bad_request', `found ${describe(value)}, expected a JSON object with a field "t"`);
  }
  if (!SUSPICIOUS.test(text)) return ok(value);
  const flaw = flawOf(value);
  return flaw === null ? ok(value) : { ...refuse('bad_request', flaw), flawed: value };
}

/** Is this a JSON object (neither null nor a list)? */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value in words, short enough for an error message. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  return JSON.stringify(value);
}

function parseJson(text: string): Result<Json> {
  try {
    const value: Json = JSON.parse(text);
    return ok(value);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse('bad_request', 'message is not JSON; send one JSON object per text message');
  }
}

/** The deepest nesting of a JSON text, counted before parsing; stops counting beyond the limit. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) {
      i = endOfString(text, i);
    } else if (char === OPEN_BRACKET || char === OPEN_BRACE) {
      depth += 1;
      if (depth > deepest) deepest = depth;
      if (deepest > JSON_DEPTH_MAX) return deepest;
    } else if (char === CLOSE_BRACKET || char === CLOSE_BRACE) {
      depth -= 1;
    }
  }
  return deepest;
}

/** Index of the quote that ends the string starting at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

// Only text that matches can hold a forbidden key or half a surrogate pair (perhaps spelled with escapes), or a number
// beyond a double; everything else is spared the walk. A one-digit exponent needs 300 digits before it to overflow.
const SUSPICIOUS = /__proto__|constructor|prototype|\\u|[\ud800-\udfff]|\d[eE]\+?\d\d|\d{300}/;

/** What is wrong with a parsed value, or null. Depth is bounded by now, so recursion is safe. */
function flawOf(value: Json): string | null {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? null : 'found a number too large to hold, expected a finite number';
  }
  if (typeof value === 'string') return value.isWellFormed() ? null : HALF_PAIR;
  if (typeof value !== 'object' || value === null) return null;
  if (isArray(value)) {
    for (const item of value) {
      const flaw = flawOf(item);
      if (flaw !== null) return flaw;
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    if (isForbiddenKey(key)) return `found the key "${key}", which no object may have; rename it`;
    const flaw = key.isWellFormed() ? flawOf(value[key] ?? null) : HALF_PAIR;
    if (flaw !== null) return flaw;
  }
  return null;
}

// It cannot be written as UTF-8, and would come back as another text than was acknowledged.
const HALF_PAIR = 'found text with half a surrogate pair, expected whole characters';
