import { parseAggregate, type Aggregate } from './aggregate.ts';
import { refuse } from './codes.ts';
import { Fields } from './fields.ts';
import type { AuthUp, Hello, Mut, Sub, Upstream } from './frames/up.ts';
import type { JsonObject } from './json.ts';
import { orderLimits, parseSort, type Sort } from './order.ts';
import { describe, isJsonObject, parseMessage } from './parse.ts';
import { isRecordId } from './record.ts';
import { ok, type Failure, type Result } from './result.ts';

/**
 * A refused frame. `s` and `m` name the subscription or mutation it was about, when that much could be read,
 * so that the answer reaches whoever waits for it.
 */
export interface FrameFailure extends Failure {
  readonly s?: number | undefined;
  readonly m?: string | undefined;
}

/**
 * Reads one text message from a caller. Never throws, whatever the text; the caller of this bounds its
 * length. Unknown fields are ignored, an unknown `t` is `unknown_frame`. A filter is passed on unread:
 * `parseFilter` answers for it.
 */
export function decodeUpstream(text: string): Result<Upstream, FrameFailure> {
  const parsed = parseMessage(text);
  if (!parsed.ok) {
    const { flawed, ...failure } = parsed;
    return flawed === undefined ? failure : { ...failure, ...subject(flawed) };
  }
  const frame = parsed.value;
  const t = frame['t'];
  if (typeof t !== 'string')
    return refuse('bad_request', `t: found ${describe(t)}, expected a frame kind such as "sub"`);
  const result = decodeKind(t, frame);
  return result.ok ? result : { ...result, ...subject(frame) };
}

/** Bounds of what a caller may say in one frame. */
export const upstreamLimits: {
  readonly token: number;
  readonly name: number;
  readonly why: number;
  readonly tab: number;
  readonly subs: number;
  readonly fields: number;
  readonly intervalMs: number;
} = {
  token: 16_384,
  name: 128,
  why: 1_000,
  tab: 64,
  subs: 256,
  fields: 128,
  intervalMs: 3_600_000,
};

function decodeKind(t: string, frame: JsonObject): Result<Upstream> {
  const read = new Fields(frame, t);
  switch (t) {
    case 'hello':
      return decodeHello(frame);
    case 'sub':
      return decodeSub(frame, 'sub');
    case 'unsub':
      return done(read, { t, s: read.integer('s', { min: 1 }) });
    case 'iv':
      return done(read, { t, s: read.integer('s', { min: 1 }), iv: interval(read) });
    case 'vis':
      return done(read, { t, hidden: read.boolean('hidden') });
    case 'a':
      return done(read, { t, n: read.integer('n') });
    case 'p':
      return done(read, { t, i: read.integer('i') });
    case 'auth':
      return done<AuthUp>(read, { t, token: read.string('token', { min: 1, max: upstreamLimits.token }) });
    case 'mut':
      return decodeMut(frame);
    case 'bye':
      return ok({ t });
    default:
      return refuse(
        'unknown_frame',
        `found frame ${describe(t)}, expected one of ${KINDS}; update the server or the client`,
      );
  }
}

const KINDS = 'hello, sub, unsub, iv, vis, a, p, auth, mut, bye';

function decodeHello(frame: JsonObject): Result<Hello> {
  const read = new Fields(frame, 'hello');
  const subs: Sub[] = [];
  if (read.has('subs')) {
    for (const [i, raw] of read.list('subs', upstreamLimits.subs).entries()) {
      if (!isJsonObject(raw)) {
        read.refuse(`subs[${i}]`, describe(raw), 'an object');
        continue;
      }
      const sub = decodeSub(raw, `hello.subs[${i}]`);
      if (!sub.ok) return sub;
      subs.push(sub.value);
    }
  }
  return done(read, {
    t: 'hello',
    p: read.integer('p', { min: 1, max: 1_000_000 }),
    client: read.string('client', { max: upstreamLimits.name }),
    ...(read.has('token') ? { token: read.string('token', { min: 1, max: upstreamLimits.token }) } : {}),
    ...(read.has('tab') ? { tab: read.string('tab', { min: 1, max: upstreamLimits.tab }) } : {}),
    ...(read.has('subs') ? { subs } : {}),
  });
}

function decodeSub(frame: JsonObject, path: string): Result<Sub> {
  const read = new Fields(frame, path);
  const f = read.raw('f');
  return done(read, {
    t: 'sub',
    s: read.integer('s', { min: 1 }),
    c: read.string('c', { min: 1, max: 64 }),
    ...(f === undefined ? {} : { f }),
    ...(read.has('fields') ? { fields: read.strings('fields', upstreamLimits.fields) } : {}),
    ...(read.has('iv') ? { iv: interval(read) } : {}),
    ...(read.has('since') ? { since: position(read, path) } : {}),
    ...windowed(read),
  });
}

/** The part of a `sub` that asks for less than all records, or for none of them. */
function windowed(read: Fields): Pick<Sub, 'sort' | 'limit' | 'after' | 'before' | 'skip' | 'agg'> {
  const from = (['after', 'before', 'skip'] as const).filter((name) => read.has(name));
  if (!read.has('limit') && from.length > 0) {
    read.refuse('limit', 'nothing', `a number of records from 1 to ${orderLimits.window} beside ${from.join()}`);
  }
  if (from.length > 1) read.refuse(from.join(' and '), 'both', 'one of after, before and skip');
  for (const name of read.has('agg') ? ['fields', 'sort', 'limit'] : []) {
    if (read.has(name)) read.refuse(name, describe(read.raw(name)), 'nothing beside agg, which tells no records');
  }
  return {
    ...(read.has('sort') ? { sort: sort(read) } : {}),
    ...(read.has('limit') ? { limit: read.integer('limit', { min: 1, max: orderLimits.window }) } : {}),
    ...(read.has('after') ? { after: cursor(read, 'after') } : {}),
    ...(read.has('before') ? { before: cursor(read, 'before') } : {}),
    ...(read.has('skip') ? { skip: read.integer('skip') } : {}),
    ...(read.has('agg') ? { agg: aggregate(read) } : {}),
  };
}

function sort(read: Fields): Sort {
  const order = parseSort(read.raw('sort'));
  if (order.ok) return order.value.terms;
  read.adopt(order);
  return [];
}

function cursor(read: Fields, name: 'after' | 'before'): string {
  return read.string(name, { min: 1, max: orderLimits.cursorLength });
}

function aggregate(read: Fields): Aggregate {
  const agg = parseAggregate(read.raw('agg'));
  if (agg.ok) return agg.value;
  read.adopt(agg);
  return { count: true };
}

function position(read: Fields, path: string): { readonly e: string; readonly v: number } {
  const since = new Fields(read.object('since'), `${path}.since`);
  const value = { e: since.string('e', { min: 1, max: 64 }), v: since.integer('v') };
  if (since.failure !== null) read.adopt(since.failure);
  return value;
}

function decodeMut(frame: JsonObject): Result<Mut> {
  const read = new Fields(frame, 'mut');
  const op = read.oneOf('op', ['create', 'patch', 'put', 'del', 'call']);
  const k = read.string('k');
  if (!(k === '' && op === 'create') && !isRecordId(k)) {
    read.refuse('k', describe(read.raw('k')), 'a record id: 1 to 128 of A-Z a-z 0-9 . _ : @ -');
  }
  const needsFields = op === 'create' || op === 'patch' || op === 'put';
  return done(read, {
    t: 'mut',
    m: read.string('m', { min: 1, max: upstreamLimits.name }),
    c: read.string('c', { min: 1, max: 64 }),
    k,
    op,
    ...(op === 'call' || read.has('name') ? { name: read.string('name', { min: 1, max: 64 }) } : {}),
    ...(needsFields || read.has('f') ? { f: read.object('f') } : {}),
    ...(read.has('base') ? { base: read.integer('base') } : {}),
    ...(read.has('why') ? { why: read.string('why', { min: 1, max: upstreamLimits.why }) } : {}),
  });
}

function interval(read: Fields): number {
  return read.integer('iv', { max: upstreamLimits.intervalMs });
}

function done<T extends Upstream>(read: Fields, frame: T): Result<T> {
  return read.failure ?? ok(frame);
}

function subject(frame: JsonObject): { s?: number; m?: string } {
  const { s, m, t } = frame;
  if (t === 'mut') return typeof m === 'string' && m.length <= upstreamLimits.name ? { m } : {};
  return Number.isSafeInteger(s) && typeof s === 'number' && s > 0 ? { s } : {};
}
