import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeDownstream } from './downstream.ts';
import type { Downstream } from './frames/down.ts';

const read = (frame: unknown): ReturnType<typeof decodeDownstream> => decodeDownstream(JSON.stringify(frame));

const good: readonly Downstream[] = [
  {
    t: 'welcome',
    sid: 'c',
    epoch: 'e',
    org: 'main',
    who: '0f3c9a7be1d24568',
    now: 1,
    hb: 15_000,
    win: 131_072,
    max: { subs: 256, messageBytes: 65_536 },
    exp: null,
    scopes: ['read'],
    feat: [],
  },
  { t: 'subd', s: 1, w: 2, v: 0, iv: 100, how: 'snapshot', n: 0 },
  { t: 's', w: 2, v: 3, i: 0, last: false, r: [[1, 'a', 2, { name: 'x' }]] },
  { t: 's', w: 2, v: 3, i: 1, last: true, r: [], keep: [4, 5] },
  {
    t: 'd',
    w: 2,
    v: [3, 5],
    at: 9,
    o: [
      [1, 4, { status: 'up' }],
      [2, 5, { status: 'up' }, 'b'],
      [3, 5, null, 'out'],
      [4, 5, null, 'del'],
    ],
  },
  { t: 'd', w: 2, v: [3, 3], at: 9, o: [] },
  { t: 's', w: 2, v: 3, i: 0, last: true, r: [], n: 0, b: 0 },
  { t: 'd', w: 2, v: [3, 4], at: 9, o: [], n: 100_000, b: 40 },
  { t: 'h', v: 7, now: 8 },
  { t: 'q', i: 1, now: 8 },
  { t: 'auth', in: 60_000, why: 'expiring' },
  { t: 'authd', exp: 5, scope: 'same' },
  { t: 'mr', m: 't.1', ok: true, v: 4, k: 'a' },
  { t: 'mr', m: 't.1', ok: true, v: 4, k: 'a', value: [1, null] },
  {
    t: 'mr',
    m: 't.2',
    ok: false,
    code: 'conflict',
    msg: 'changed',
    v: 5,
    cur: { name: 'b' },
    fields: ['name', 'labels.env'],
  },
  { t: 'err', code: 'bad_filter', msg: 'x', s: 1 },
  { t: 'err', code: 'rate_limited', msg: 'x', retry: 500, fatal: true },
  { t: 'bye', code: 4001, after: 250 },
];

test.each(good.map((frame) => [frame]))('[FR1] %j is read as it is', (frame) => {
  expect(read(frame)).toEqual({ ok: true, value: frame });
});

test('[FR4] unknown fields are ignored, also inside ops', () => {
  for (const frame of good) expect(read({ ...frame, future: 1 })).toEqual({ ok: true, value: frame });
  expect(read({ t: 'd', w: 1, v: [1, 2], at: 1, o: [[1, 2, { a: 1 }, 'k', 'future']] })).toEqual({
    ok: true,
    value: { t: 'd', w: 1, v: [1, 2], at: 1, o: [[1, 2, { a: 1 }, 'k']] },
  });
});

test.each(['agg', 'sub', '', 'toString'])('[FR5] frame %j is unknown and can be passed over', (t) => {
  expect(read({ t })).toMatchObject({ ok: false, code: 'unknown_frame' });
});

test.each([
  [null],
  [[]],
  [{}],
  [{ t: 1 }],
  [{ t: 's', w: 2, v: 3, i: 0, last: true }],
  [{ t: 's', w: 2, v: 3, i: 0, last: true, r: [[1, 'a', 2]] }],
  [{ t: 's', w: 2, v: 3, i: 0, last: true, r: [[1, 'a', 2, null]] }],
  [{ t: 's', w: 2, v: 3, i: 0, last: true, r: [[0, 'a', 2, {}]] }],
  [{ t: 's', w: 2, v: 3, i: 0, last: true, r: [], keep: ['1'] }],
  [{ t: 'd', w: 0, v: [1, 2], at: 1, o: [] }],
  [{ t: 'd', w: 1, v: [2, 1], at: 1, o: [] }],
  [{ t: 'd', w: 1, v: [1], at: 1, o: [] }],
  [{ t: 'd', w: 1, v: 1, at: 1, o: [] }],
  [{ t: 'd', w: 1, v: [1, 2], at: 1, o: [[1, 2, null]] }],
  [{ t: 'd', w: 1, v: [1, 2], at: 1, o: [[1, 2, null, 'why']] }],
  [{ t: 'd', w: 1, v: [1, 2], at: 1, o: [[1, 2, [], 'k']] }],
  [{ t: 'd', w: 1, v: [1, 2], at: 1, o: [[1, 2, {}, 5]] }],
  [{ t: 'd', w: 1, v: [1, 2], at: 1, o: [[1.5, 2, {}]] }],
  [{ t: 'd', w: 1, v: [1, 2], at: 1, o: [5] }],
  [{ t: 'subd', s: 1, w: 2, v: 0, iv: 100, how: 'magic', n: 0 }],
  [{ t: 'mr', m: 't', ok: 1, v: 1, k: '' }],
  [{ t: 'mr', m: 't', ok: true, v: -1, k: '' }],
  [{ t: 'mr', m: 't', ok: false }],
  [{ t: 'authd', exp: 'never', scope: 'same' }],
  [{ t: 'bye', code: 5000, after: 1 }],
  [
    {
      t: 'welcome',
      sid: 'c',
      epoch: 'e',
      org: 'main',
      who: '0f3c9a7be1d24568',
      now: 1,
      hb: 15_000,
      win: 1,
      max: {},
      exp: null,
      scopes: [],
      feat: [],
    },
  ],
])('[FR6] %j is refused', (frame) => {
  expect(read(frame)).toMatchObject({ ok: false, code: 'bad_request' });
});

test('[FR3] a hostile key in a row is refused before it becomes one', () => {
  expect(decodeDownstream('{"t":"d","w":1,"v":[1,2],"at":1,"o":[[1,2,{"__proto__":{"x":1}}]]}')).toMatchObject({
    ok: false,
    code: 'bad_request',
  });
  expect(decodeDownstream('{"t":"s","w":1,"v":1,"i":0,"last":true,"r":[[1,"a",1,{"n":1e999}]]}')).toMatchObject({
    ok: false,
    code: 'bad_request',
  });
});

test('[FR8] no text makes the decoder throw', () => {
  const texts = good.map((frame) => JSON.stringify(frame));
  const mutated = fc
    .tuple(fc.constantFrom(...texts), fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }))
    .map(([text, at, put]) => {
      const cut = at % text.length;
      return text.slice(0, cut) + put + text.slice(cut + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), mutated), (text) => {
      const result = decodeDownstream(text);
      if (!result.ok) expect(['bad_request', 'unknown_frame']).toContain(result.code);
    }),
    { numRuns: 3000 },
  );
});
