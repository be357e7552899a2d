import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Upstream } from './frames/up.ts';
import { decodeUpstream } from './upstream.ts';

const read = (frame: unknown): ReturnType<typeof decodeUpstream> => decodeUpstream(JSON.stringify(frame));

const good: readonly Upstream[] = [
  { t: 'hello', p: 1, client: 'sdk/0.1.0' },
  {
    t: 'hello',
    p: 1,
    client: '',
    token: 'x',
    tab: 't',
    subs: [{ t: 'sub', s: 1, c: 'services', f: ['eq', 'status', 'down'] }],
  },
  { t: 'sub', s: 1, c: 'services', f: ['all'], fields: ['name'], iv: 0, since: { e: 'k3', v: 0 } },
  { t: 'sub', s: Number.MAX_SAFE_INTEGER, c: 'x' },
  { t: 'sub', s: 2, c: 'x', sort: [['id', 'desc']], limit: 1000, before: 'AA' },
  { t: 'sub', s: 2, c: 'x', limit: 1, skip: 0 },
  {
    t: 'sub',
    s: 3,
    c: 'x',
    agg: { count: true, by: 'labels.env', avg: ['n'], max: ['n'], min: ['n'], sum: ['a', 'b'] },
  },
  { t: 'unsub', s: 1 },
  { t: 'iv', s: 1, iv: 250 },
  { t: 'vis', hidden: true },
  { t: 'a', n: 0 },
  { t: 'p', i: 7 },
  { t: 'auth', token: 'x' },
  { t: 'mut', m: 't.1', c: 'services', k: '', op: 'create', f: { name: 'a' } },
  { t: 'mut', m: 't.2', c: 'services', k: 'a', op: 'patch', f: { name: 'a' }, base: 3 },
  { t: 'mut', m: 't.3', c: 'services', k: 'a', op: 'del' },
  { t: 'mut', m: 't.4', c: 'services', k: 'a', op: 'call', name: 'refresh', f: {} },
  { t: 'mut', m: 't.5', c: 'services', k: 'a', op: 'del', why: 'It is gone: no “ghosts”.' },
  { t: 'bye' },
];

test.each(good.map((frame) => [frame]))('[FR1] [MU9] %j is read as it is', (frame) => {
  expect(read(frame)).toEqual({ ok: true, value: frame });
});

test('[FR1] a sub inside hello needs no t', () => {
  expect(read({ t: 'hello', p: 1, client: 'x', subs: [{ s: 1, c: 'a' }] })).toEqual({
    ok: true,
    value: { t: 'hello', p: 1, client: 'x', subs: [{ t: 'sub', s: 1, c: 'a' }] },
  });
});

test.each([
  '',
  ' ',
  'null',
  '1',
  '"x"',
  'true',
  '[]',
  '[null]',
  '[{"t":"bye"}]',
  '{}',
  '{"t":null}',
  '{"t":1}',
  '{"t":["sub"]}',
  '\ufeff{"t":"bye"}',
  '{"t":"bye"',
  '{"t":"bye"}x',
  "{'t':'bye'}",
  '\u0000',
])('[FR1] %j is refused', (text) => {
  expect(decodeUpstream(text)).toMatchObject({ ok: false, code: 'bad_request' });
});

test('[FR2] 32 levels are read and 33 are not', () => {
  const nested = (levels: number): string =>
    `{"t":"sub","s":1,"c":"a","f":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  expect(decodeUpstream(nested(32)).ok).toBe(true);
  expect(decodeUpstream(nested(33))).toMatchObject({ ok: false, code: 'bad_request' });
  expect(decodeUpstream('['.repeat(60_000))).toMatchObject({ ok: false, code: 'bad_request' });
  expect(decodeUpstream('{"a":'.repeat(60_000))).toMatchObject({ ok: false, code: 'bad_request' });
});

test('[FR2] brackets inside strings are not nesting', () => {
  const text = JSON.stringify({ t: 'hello', p: 1, client: `\\"${'['.repeat(60)}"{\\` });
  expect(decodeUpstream(text)).toMatchObject({ ok: true });
});

test.each([
  '{"t":"mut","m":"1","c":"a","k":"b","op":"patch","f":{"__proto__":{"x":1}}}',
  '{"t":"mut","m":"1","c":"a","k":"b","op":"patch","f":{"\\u005f_proto__":1}}',
  '{"t":"mut","m":"1","c":"a","k":"b","op":"patch","f":{"a":[{"constructor":1}]}}',
  '{"t":"mut","m":"1","c":"a","k":"b","op":"patch","f":{"proto\\u0074ype":1}}',
  '{"t":"sub","s":1,"c":"a","f":["eq","x",{"__proto__":1}]}',
  '{"t":"sub","s":1,"c":"a","f":["eq","x",1e999]}',
  '{"t":"sub","s":1,"c":"a","f":["eq","x",-1E+999]}',
  '{"t":"sub","s":1,"c":"a","f":["eq","x",1e0000400]}',
  `{"t":"sub","s":1,"c":"a","f":["eq","x",${'9'.repeat(400)}]}`,
  `{"t":"sub","s":1,"c":"a","f":["eq","x",${'9'.repeat(250)}e99]}`,
  '{"t":"mut","m":"1","c":"a","k":"b","op":"patch","f":{"a":"\\ud800"}}',
  '{"t":"mut","m":"1","c":"a","k":"b","op":"patch","f":{"\\udc00":1}}',
  '{"t":"mut","m":"1","c":"a","k":"b","op":"patch","f":{"a":"\ud800"}}',
  '{"t":"bye","ignored":{"__proto__":1}}',
])('[FR3] %s is refused', (text) => {
  expect(decodeUpstream(text)).toMatchObject({ ok: false, code: 'bad_request' });
});

test('[FR3] the same words as values, and whole characters, are fine', () => {
  const f = { name: '__proto__', text: 'constructor \u{1f600} caf\u00e9', id: '12e10', n: 1.5e100 };
  expect(read({ t: 'mut', m: '1', c: 'a', k: 'b', op: 'patch', f })).toMatchObject({ ok: true, value: { f } });
});

test('[FR4] unknown fields are ignored', () => {
  for (const frame of good) expect(read({ ...frame, future: { a: [1] } })).toEqual({ ok: true, value: frame });
});

test.each(['', 'SUB', 'welcome', 'd', 'toString', '__proto__', 'x'.repeat(1000)])('[FR5] frame %j is unknown', (t) => {
  const refused = decodeUpstream(`{"t":${JSON.stringify(t)}}`);
  expect(refused).toMatchObject({ ok: false, code: 'unknown_frame' });
  expect(refused.ok ? '' : refused.message.length).toBeLessThan(300);
});

test.each([
  [{ t: 'hello' }, 'hello.p'],
  [{ t: 'hello', p: 1 }, 'hello.client'],
  [{ t: 'hello', p: 1, client: 'x'.repeat(129) }, 'hello.client'],
  [{ t: 'hello', p: 0, client: '' }, 'hello.p'],
  [{ t: 'hello', p: 1, client: '', token: '' }, 'hello.token'],
  [{ t: 'hello', p: 1, client: '', token: 'x'.repeat(16_385) }, 'hello.token'],
  [{ t: 'hello', p: 1, client: '', tab: 'x'.repeat(65) }, 'hello.tab'],
  [{ t: 'hello', p: 1, client: '', subs: {} }, 'hello.subs'],
  [{ t: 'hello', p: 1, client: '', subs: [1] }, 'hello.subs[0]'],
  [
    {
      t: 'hello',
      p: 1,
      client: '',
      subs: [
        { s: 1, c: 'a' },
        { s: 0, c: 'a' },
      ],
    },
    'hello.subs[1].s',
  ],
  [{ t: 'hello', p: 1, client: '', subs: Array.from({ length: 257 }, (_, i) => ({ s: i + 1, c: 'a' })) }, 'hello.subs'],
  [{ t: 'sub', s: 1 }, 'sub.c'],
  [{ t: 'sub', s: 1, c: '' }, 'sub.c'],
  [{ t: 'sub', s: 1, c: 'x'.repeat(65) }, 'sub.c'],
  [{ t: 'sub', s: 1, c: ['a'] }, 'sub.c'],
  [{ t: 'sub', s: 1, c: 'a', fields: 'name' }, 'sub.fields'],
  [{ t: 'sub', s: 1, c: 'a', fields: [1] }, 'sub.fields[0]'],
  [{ t: 'sub', s: 1, c: 'a', fields: Array.from({ length: 129 }, () => 'x') }, 'sub.fields'],
  [{ t: 'sub', s: 1, c: 'a', iv: -1 }, 'sub.iv'],
  [{ t: 'sub', s: 1, c: 'a', iv: 1e9 }, 'sub.iv'],
  [{ t: 'sub', s: 1, c: 'a', since: null }, 'sub.since'],
  [{ t: 'sub', s: 1, c: 'a', since: { e: 'x' } }, 'sub.since.v'],
  [{ t: 'sub', s: 1, c: 'a', since: { e: '', v: 1 } }, 'sub.since.e'],
  [{ t: 'sub', s: 1, c: 'a', since: { e: 'x', v: -1 } }, 'sub.since.v'],
  [{ t: 'unsub' }, 'unsub.s'],
  [{ t: 'iv', s: 1 }, 'iv.iv'],
  [{ t: 'vis', hidden: 1 }, 'vis.hidden'],
  [{ t: 'a', n: -1 }, 'a.n'],
  [{ t: 'p' }, 'p.i'],
  [{ t: 'auth' }, 'auth.token'],
  [{ t: 'mut', m: '', c: 'a', k: 'b', op: 'del' }, 'mut.m'],
  [{ t: 'mut', m: '1', c: 'a', k: '', op: 'del' }, 'mut.k'],
  [{ t: 'mut', m: '1', c: 'a', k: 'a/b', op: 'del' }, 'mut.k'],
  [{ t: 'mut', m: '1', c: 'a', op: 'create', f: {} }, 'mut.k'],
  [{ t: 'mut', m: '1', c: 'a', k: 'b', op: 'drop' }, 'mut.op'],
  [{ t: 'mut', m: '1', c: 'a', k: 'b', op: 'del', why: 7 }, 'mut.why'],
  [{ t: 'mut', m: '1', c: 'a', k: 'b', op: 'del', why: 'x'.repeat(1_001) }, 'mut.why'],
  [{ t: 'mut', m: '1', c: 'a', k: 'b', op: 'toString' }, 'mut.op'],
  [{ t: 'mut', m: '1', c: 'a', k: 'b', op: 'call' }, 'mut.name'],
  [{ t: 'mut', m: '1', c: 'a', k: 'b', op: 'patch' }, 'mut.f'],
  [{ t: 'mut', m: '1', c: 'a', k: 'b', op: 'patch', f: [] }, 'mut.f'],
  [{ t: 'mut', m: '1', c: 'a', k: 'b', op: 'patch', f: {}, base: '3' }, 'mut.base'],
])('[FR6] %j is refused for %s', (frame, path) => {
  const refused = read(frame);
  expect(refused).toMatchObject({ ok: false, code: 'bad_request' });
  expect(refused.ok ? '' : refused.message).toMatch(
    new RegExp(`^${path.replaceAll(/[[\].]/g, '\\$&')}: found .*, expected `),
  );
});

test('[FR6] the refusal names the subscription or mutation it is about', () => {
  expect(read({ t: 'sub', s: 9, c: 1 })).toMatchObject({ ok: false, s: 9 });
  expect(read({ t: 'mut', m: 't.1', c: 'a', k: '', op: 'del', s: 3 })).toMatchObject({ ok: false, m: 't.1' });
  const nameless = read({ t: 'sub', s: 'x', c: 1 });
  expect(nameless).not.toHaveProperty('s');
  expect(read({ t: 'mut', m: 'x'.repeat(500), c: 1 })).not.toHaveProperty('m');
});

test('[FR6] [MU1] a frame refused for what it holds still names the mutation or subscription that waits for it', () => {
  // A text cut in the middle of an emoji is an everyday accident; whoever sent it must hear of it.
  const cut = { t: 'mut', m: 't.1', c: 'jobs', k: 'a', op: 'patch', f: { title: 'half \ud83d' } };
  const refused = decodeUpstream(JSON.stringify(cut));
  expect(refused).toMatchObject({ ok: false, code: 'bad_request', m: 't.1' });
  expect(Object.keys(refused).toSorted()).toEqual(['code', 'm', 'message', 'ok']);
  const keyed = '{"t":"sub","s":4,"c":"jobs","f":["eq","title",{"__proto__":1}]}';
  expect(decodeUpstream(keyed)).toMatchObject({ ok: false, code: 'bad_request', s: 4 });
});

test.each([1.5, '1', -1, 0, 2 ** 53, null, true, [1]])('[FR7] %j is not a number for a subscription', (s) => {
  expect(read({ t: 'unsub', s })).toMatchObject({ ok: false, code: 'bad_request' });
});

test('[FR8] no text makes the decoder throw', () => {
  const frameLike = fc.record(
    {
      t: fc.oneof(fc.constantFrom('hello', 'sub', 'unsub', 'iv', 'vis', 'a', 'p', 'auth', 'mut', 'bye'), fc.string()),
      s: fc.jsonValue(),
      c: fc.jsonValue(),
      f: fc.jsonValue(),
      p: fc.jsonValue(),
      m: fc.jsonValue(),
      k: fc.jsonValue(),
      op: fc.jsonValue(),
      subs: fc.jsonValue(),
      since: fc.jsonValue(),
      fields: fc.jsonValue(),
      iv: fc.jsonValue(),
    },
    { requiredKeys: ['t'] },
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    frameLike.map((frame) => JSON.stringify(frame)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const result = decodeUpstream(text);
      if (!result.ok) expect(['bad_request', 'unknown_frame']).toContain(result.code);
    }),
    { numRuns: 3000 },
  );
});

test('[FR8] good frames with one byte changed are read or refused', () => {
  const texts = good.map((frame) => JSON.stringify(frame));
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }), (text, at, put) => {
      const cut = at % text.length;
      expect(typeof decodeUpstream(text.slice(0, cut) + put + text.slice(cut + 1)).ok).toBe('boolean');
    }),
    { numRuns: 2000 },
  );
});
