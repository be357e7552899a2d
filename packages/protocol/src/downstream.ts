import { refuse } from './codes.ts';
import { Fields, isInteger } from './fields.ts';
import type {
  DeltaFrame,
  Downstream,
  ErrFrame,
  MutResult,
  Op,
  SnapshotFrame,
  SnapshotRow,
  Subd,
  Welcome,
} from './frames/down.ts';
import type { Json } from './json.ts';
import { describe, isJsonObject, parseMessage } from './parse.ts';
import { ok, type Result } from './result.ts';

/**
 * Reads one text message from the server. Never throws. Unknown fields are ignored; an unknown `t` is
 * `unknown_frame`, which a client of an older release passes over.
 */
export function decodeDownstream(text: string): Result<Downstream> {
  const parsed = parseMessage(text);
  if (!parsed.ok) return parsed;
  const frame = parsed.value;
  const t = frame['t'];
  if (typeof t !== 'string') return refuse('bad_request', `t: found ${describe(t)}, expected a frame kind such as "d"`);
  const read = new Fields(frame, t);
  switch (t) {
    case 'd':
      return decodeDelta(read);
    case 's':
      return decodeSnapshot(read);
    case 'welcome':
      return decodeWelcome(read);
    case 'subd':
      return decodeSubd(read);
    case 'h':
      return done(read, { t, v: read.integer('v'), now: read.integer('now') });
    case 'q':
      return done(read, { t, i: read.integer('i'), now: read.integer('now') });
    case 'auth':
      return done(read, { t, in: read.integer('in'), why: read.oneOf('why', ['expiring', 'expired', 'revoked']) });
    case 'authd':
      return done(read, { t, exp: expiry(read), scope: read.oneOf('scope', ['same', 'changed']) });
    case 'mr':
      return decodeResult(read);
    case 'err':
      return decodeErr(read);
    case 'bye':
      return done(read, { t, code: read.integer('code', { min: 1000, max: 4999 }), after: read.integer('after') });
    default:
      return refuse('unknown_frame', `found frame ${describe(t)}, which this client does not know; it was passed over`);
  }
}

function decodeWelcome(read: Fields): Result<Welcome> {
  const max = new Fields(read.object('max'), 'welcome.max');
  const limits = { subs: max.integer('subs', { min: 1 }), messageBytes: max.integer('messageBytes', { min: 1 }) };
  if (max.failure !== null) read.adopt(max.failure);
  return done(read, {
    t: 'welcome',
    sid: read.string('sid', { min: 1 }),
    epoch: read.string('epoch', { min: 1, max: 64 }),
    org: read.string('org', { min: 1 }),
    who: read.string('who', { min: 16, max: 16 }),
    now: read.integer('now'),
    hb: read.integer('hb', { min: 1 }),
    win: read.integer('win', { min: 1 }),
    max: limits,
    exp: expiry(read),
    scopes: read.strings('scopes', 64),
    feat: read.strings('feat', 64),
  });
}

function decodeSubd(read: Fields): Result<Subd> {
  return done(read, {
    t: 'subd',
    s: read.integer('s', { min: 1 }),
    w: read.integer('w', { min: 1 }),
    v: read.integer('v'),
    iv: read.integer('iv'),
    how: read.oneOf('how', ['delta', 'reconcile', 'snapshot']),
    n: read.integer('n'),
  });
}

function decodeSnapshot(read: Fields): Result<SnapshotFrame> {
  const r: SnapshotRow[] = [];
  for (const [i, raw] of read.list('r', Infinity).entries()) {
    const row = snapshotRow(raw);
    if (row === null) {
      read.refuse(`r[${i}]`, describe(raw), '[rid, key, version, fields]');
      break;
    }
    r.push(row);
  }
  return done(read, {
    t: 's',
    w: read.integer('w', { min: 1 }),
    v: read.integer('v'),
    i: read.integer('i'),
    last: read.boolean('last'),
    r,
    ...(read.has('keep') ? { keep: rids(read) } : {}),
    ...place(read),
  });
}

function decodeDelta(read: Fields): Result<DeltaFrame> {
  const o: Op[] = [];
  for (const [i, raw] of read.list('o', Infinity).entries()) {
    const op = operation(raw);
    if (op === null) {
      read.refuse(`o[${i}]`, describe(raw), '[rid, version, fields|null, key|why?]');
      break;
    }
    o.push(op);
  }
  return done(read, {
    t: 'd',
    w: read.integer('w', { min: 1 }),
    v: span(read),
    at: read.integer('at'),
    o,
    ...place(read),
  });
}

function decodeResult(read: Fields): Result<MutResult> {
  const m = read.string('m', { min: 1 });
  if (read.boolean('ok')) {
    const value = read.raw('value');
    return done(read, {
      t: 'mr',
      m,
      ok: true,
      v: read.integer('v'),
      k: read.string('k'),
      ...(value === undefined ? {} : { value }),
    });
  }
  return done(read, {
    t: 'mr',
    m,
    ok: false,
    code: read.string('code', { min: 1, max: 64 }),
    msg: read.string('msg', { max: TEXT_MAX }),
    ...(read.has('v') ? { v: read.integer('v') } : {}),
    ...(read.has('cur') ? { cur: read.object('cur') } : {}),
    ...(read.has('fields') ? { fields: read.strings('fields', 1024, { max: 256 }) } : {}),
  });
}

function decodeErr(read: Fields): Result<ErrFrame> {
  return done(read, {
    t: 'err',
    code: read.string('code', { min: 1, max: 64 }),
    msg: read.string('msg', { max: TEXT_MAX }),
    ...(read.has('s') ? { s: read.integer('s', { min: 1 }) } : {}),
    ...(read.has('retry') ? { retry: read.integer('retry') } : {}),
    ...(read.has('fatal') ? { fatal: read.boolean('fatal') } : {}),
  });
}

const TEXT_MAX = 4096;

function snapshotRow(raw: Json): SnapshotRow | null {
  if (!Array.isArray(raw)) return null;
  const [rid, key, version, fields]: readonly unknown[] = raw;
  if (!isInteger(rid, 1) || typeof key !== 'string' || !isInteger(version, 0) || !isJsonObject(fields)) return null;
  return [rid, key, version, fields];
}

function operation(raw: Json): Op | null {
  if (!Array.isArray(raw)) return null;
  const [rid, version, set, extra]: readonly unknown[] = raw;
  if (!isInteger(rid, 1) || !isInteger(version, 0)) return null;
  if (set === null) {
    return extra === 'out' || extra === 'del' ? [rid, version, null, extra] : null;
  }
  if (!isJsonObject(set)) return null;
  if (extra === undefined) return [rid, version, set];
  return typeof extra === 'string' ? [rid, version, set, extra] : null;
}

function span(read: Fields): readonly [number, number] {
  const raw = read.raw('v');
  if (Array.isArray(raw) && raw.length === 2) {
    const [from, to]: readonly unknown[] = raw;
    if (isInteger(from, 0) && isInteger(to, from)) return [from, to];
  }
  read.refuse('v', describe(raw), '[from, to], two versions in order');
  return [0, 0];
}

/** Where a window lies. */
function place(read: Fields): { readonly n?: number; readonly b?: number } {
  return {
    ...(read.has('n') ? { n: read.integer('n') } : {}),
    ...(read.has('b') ? { b: read.integer('b') } : {}),
  };
}

function rids(read: Fields): readonly number[] {
  const found: number[] = [];
  for (const [i, rid] of read.list('keep', Infinity).entries()) {
    if (isInteger(rid, 1)) found.push(rid);
    else read.refuse(`keep[${i}]`, describe(rid), 'a rid');
  }
  return found;
}

function expiry(read: Fields): number | null {
  return read.raw('exp') === null ? null : read.integer('exp');
}

function done<T extends Downstream>(read: Fields, frame: T): Result<T> {
  return read.failure ?? ok(frame);
}
