/**
 * Reads what a server says. Every kind of frame is a table of its fields, each with the reader that knows what is allowed
 * there; a field of the types that is missing here does not compile. What is not in the table does not get through.
 */
import { refuse } from './codes.ts';
import { isInteger } from './fields.ts';
import type { Downstream, MutResult, Op, SnapshotRow, Welcome } from './frames/down.ts';
import type { Json, JsonObject } from './json.ts';
import { describe, isJsonObject, parseMessage } from './parse.ts';
import { ok, type Result } from './result.ts';

/**
 * Reads one text message from the server. Never throws. Unknown fields are ignored; an unknown `t` is
 * `unknown_frame`, which a client of an older release passes over.
 */
export function decodeDownstream(text: string): Result<Downstream> {
  const parsed = parseMessage(text);
  if (!parsed.ok) return parsed;
  const t = parsed.value['t'];
  if (typeof t !== 'string') return refuse('bad_request', `t: found ${describe(t)}, expected a frame kind such as "d"`);
  if (!isKind(t)) {
    return refuse('unknown_frame', `found frame ${describe(t)}, which is unknown here`);
  }
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the table has a reader for every other field of this kind.
    return ok({ t, ...frames[t](parsed.value, t) } as Downstream);
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    return refuse('bad_request', error.message);
  }
}

type Kind = Downstream['t'];
/** A frame without its kind. */
type Body<F> = F extends unknown ? Omit<F, 't'> : never;

/** What makes a text no frame: thrown by the reader that finds it, caught in `decodeDownstream`. */
class Flaw extends Error {}

/** Takes what stands at `path`, or throws a `Flaw` that says what was found and what was expected. */
type Reader<T> = (value: Json | undefined, path: string) => T;

const anything: Reader<Json | undefined> = (value) => value;
const whole = integer(0);
const positive = integer(1);
const name = string(1);
const code = string(1, 64);
const sentence = string(0, 4096);
const flag = oneOf(true, false);
const expiry: Reader<number | null> = (value, path) => (value === null ? null : whole(value, path));

const outcome = fields<{ readonly ok: boolean }>({ ok: flag });
const done = fields<Body<Extract<MutResult, { ok: true }>>>({
  ok: oneOf(true),
  m: name,
  v: whole,
  k: string(0),
  value: anything,
});
const refused = fields<Body<Extract<MutResult, { ok: false }>>>({
  ok: oneOf(false),
  m: name,
  code,
  msg: sentence,
  v: optional(whole),
  cur: optional(object),
  fields: optional(list(string(1, 256), 1024)),
});

const frames: { readonly [T in Kind]: Reader<Body<Extract<Downstream, { t: T }>>> } = {
  welcome: fields({
    sid: name,
    epoch: code,
    org: name,
    who: string(16, 16),
    now: whole,
    hb: positive,
    win: positive,
    max: fields<Welcome['max']>({ subs: positive, messageBytes: positive }),
    exp: expiry,
    scopes: list(name, 64),
    feat: list(name, 64),
  }),
  subd: fields({
    s: positive,
    w: positive,
    v: whole,
    iv: whole,
    how: oneOf('delta', 'reconcile', 'snapshot'),
    n: whole,
  }),
  s: fields({
    w: positive,
    v: whole,
    i: whole,
    last: flag,
    r: list(snapshotRow),
    keep: optional(list(positive)),
    n: optional(whole),
    b: optional(whole),
  }),
  d: fields({ w: positive, v: span, at: whole, o: list(operation), n: optional(whole), b: optional(whole) }),
  h: fields({ v: whole, now: whole }),
  q: fields({ i: whole, now: whole }),
  auth: fields({ in: whole, why: oneOf('expiring', 'expired', 'revoked') }),
  authd: fields({ exp: expiry, scope: oneOf('same', 'changed') }),
  mr: (value, path) => (outcome(value, path).ok ? done : refused)(value, path),
  err: fields({
    s: optional(positive),
    code,
    msg: sentence,
    retry: optional(whole),
    fatal: optional(flag),
  }),
  bye: fields({ code: integer(1000, 4999), after: whole }),
};

function isKind(t: string): t is Kind {
  return Object.hasOwn(frames, t);
}

function flaw(path: string, value: Json | undefined, expected: string): Flaw {
  return new Flaw(`${path}: found ${describe(value)}, expected ${expected}`);
}

/** An object with these fields; others are left out. */
function fields<F extends object>(readers: { readonly [K in keyof F]-?: Reader<F[K]> }): Reader<F> {
  return (value, path) => {
    const from = object(value, path);
    const read: Record<string, unknown> = {};
    for (const [field, reader] of Object.entries<Reader<unknown>>(readers)) {
      const found = reader(Object.hasOwn(from, field) ? from[field] : undefined, `${path}.${field}`);
      if (found !== undefined) read[field] = found;
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: each field of F was read by a reader of its type.
    return read as F;
  };
}

function object(value: Json | undefined, path: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw flaw(path, value, 'an object');
}

/** A whole number; never a float, a string of digits or one beyond 2^53. */
function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (value, path) => {
    if (isInteger(value, min, max)) return value;
    throw flaw(path, value, `a whole number from ${min} to ${max}`);
  };
}

function string(min: number, max = 128): Reader<string> {
  return (value, path) => {
    if (typeof value === 'string' && value.length >= min && value.length <= max) return value;
    throw flaw(path, value, `a string of ${min} to ${max} characters`);
  };
}

function oneOf<const T extends string | boolean>(...words: readonly T[]): Reader<T> {
  return (value, path) => {
    for (const word of words) if (word === value) return word;
    throw flaw(path, value, `one of ${words.join(', ')}`);
  };
}

function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, path) => (value === undefined ? undefined : reader(value, path));
}

function list<T>(reader: Reader<T>, max = Infinity): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > max) throw flaw(path, value, `a list of at most ${max}`);
    return value.map((item: Json, i) => reader(item, `${path}[${i}]`));
  };
}

function snapshotRow(value: Json | undefined, path: string): SnapshotRow {
  const [rid, key, version, set] = items(value);
  if (!isInteger(rid, 1) || typeof key !== 'string' || !isInteger(version, 0) || !isJsonObject(set)) {
    throw flaw(path, value, '[rid, key, version, fields]');
  }
  return [rid, key, version, set];
}

function operation(value: Json | undefined, path: string): Op {
  const [rid, version, set, extra] = items(value);
  if (isInteger(rid, 1) && isInteger(version, 0)) {
    if (set === null && (extra === 'out' || extra === 'del')) return [rid, version, set, extra];
    if (isJsonObject(set)) {
      if (extra === undefined) return [rid, version, set];
      if (typeof extra === 'string') return [rid, version, set, extra];
    }
  }
  throw flaw(path, value, '[rid, version, fields|null, key|why?]');
}

function span(value: Json | undefined, path: string): readonly [number, number] {
  const [from, to, ...more] = items(value);
  if (isInteger(from, 0) && isInteger(to, from) && more.length === 0) return [from, to];
  throw flaw(path, value, '[from, to], two versions in order');
}

function items(value: Json | undefined): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
