import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from './json.ts';
import {
  BY_ID,
  compareKeys,
  compareRows,
  cursorOf,
  orderLimits,
  parseCursor,
  parseSort,
  sortKeys,
  type Order,
} from './order.ts';
import { decodeUpstream } from './upstream.ts';

function order(...terms: readonly (readonly [string, string])[]): Order {
  const parsed = parseSort(terms);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

/** Every value in its place. */
const ASCENDING: readonly Json[] = [
  null,
  false,
  true,
  -1.5,
  0,
  7,
  1e300,
  '',
  '10',
  '9',
  'A',
  'a',
  'é',
  '\u{1f600}',
  '\uffee',
];

describe('orders', () => {
  test('[WI1] an order is ended by id, says each field once, and nothing after id', () => {
    expect(order(['a', 'desc']).terms).toEqual([
      ['a', 'desc'],
      ['id', 'asc'],
    ]);
    expect(order(['a', 'asc'], ['a', 'desc'], ['labels.env', 'asc']).terms).toEqual([
      ['a', 'asc'],
      ['labels.env', 'asc'],
      ['id', 'asc'],
    ]);
    expect(order(['id', 'desc'], ['a', 'asc']).terms).toEqual([['id', 'desc']]);
    expect(order()).toEqual(BY_ID);
    expect(order(['a', 'desc']).key).toBe(order(['a', 'desc'], ['id', 'asc']).key);
  });

  test.each([
    [null],
    ['a'],
    [[['a']]],
    [[['a', 'up']]],
    [[['a', 'asc', 'asc']]],
    [[['', 'asc']]],
    [[['__proto__', 'asc']]],
    [['a']],
  ])('[WI1] %j is no sort', (raw) => {
    expect(parseSort(raw)).toMatchObject({ ok: false, code: 'bad_request' });
  });

  test('[WI1] a fourth term is too much', () => {
    expect(parseSort(['a', 'b', 'c', 'd'].map((field) => [field, 'asc']))).toMatchObject({ code: 'too_complex' });
  });

  test('[WI2] null, booleans, numbers, strings, then lists and objects; descending is the reverse', () => {
    const up = order(['f', 'asc']);
    const down = order(['f', 'desc']);
    for (const [i, a] of ASCENDING.entries()) {
      for (const [j, b] of ASCENDING.entries()) {
        const rows = [
          { id: 'x', f: a },
          { id: 'x', f: b },
        ] as const;
        expect(Math.sign(compareRows(up, ...rows))).toBe(Math.sign(i - j));
        expect(Math.sign(compareRows(down, ...rows))).toBe(Math.sign(j - i));
      }
      expect(compareRows(up, { id: 'x', f: a }, { id: 'a', f: [] })).toBeLessThan(0);
    }
    expect(compareRows(up, { id: 'a' }, { id: 'b', f: null })).toBeLessThan(0);
    expect(compareRows(up, { id: 'a', f: -0 }, { id: 'a', f: 0 })).toBe(0);
    // Lists and objects are one place; the id decides.
    expect(compareRows(down, { id: 'a', f: [9] }, { id: 'b', f: {} })).toBeLessThan(0);
  });

  test('[WI3] of a string the first 256 units count', () => {
    const by = order(['f', 'asc']);
    const long = 'x'.repeat(orderLimits.stringLength);
    expect(compareRows(by, { id: 'a', f: `${long}b` }, { id: 'b', f: `${long}a` })).toBeLessThan(0);
    expect(sortKeys(by, { id: 'a', f: `${'x'.repeat(255)}\u{1f600}` })[0]).toBe(`${'x'.repeat(255)}\ufffd`);
  });

  const value = fc.oneof(
    fc.constantFrom<Json>(...ASCENDING),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.constant<Json>([1]),
  );
  const row = fc.record({ id: fc.stringMatching(/^[a-z0-9]{1,8}$/), f: value, g: value });

  test('[WI1] [WI2] [WI10] the order is total: antisymmetric, transitive, and 0 only for the same id', () => {
    const by = order(['f', 'desc'], ['g', 'asc']);
    fc.assert(
      fc.property(row, row, row, (a, b, c) => {
        expect(Math.sign(compareRows(by, a, b))).toBe(0 - Math.sign(compareRows(by, b, a)));
        expect(Math.sign(compareKeys(by, sortKeys(by, a), sortKeys(by, b)))).toBe(Math.sign(compareRows(by, a, b)));
        if (a.id !== b.id) expect(compareRows(by, a, b)).not.toBe(0);
        if (compareRows(by, a, b) < 0 && compareRows(by, b, c) < 0) expect(compareRows(by, a, c)).toBeLessThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  test('[WI5] a cursor is read back to the place it was made of', () => {
    const by = order(['f', 'desc'], ['g', 'asc']);
    fc.assert(
      fc.property(row, (each) => {
        const text = cursorOf(by, each);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(parseCursor(by, text)).toEqual({ ok: true, value: sortKeys(by, each) });
      }),
    );
  });

  test('[WI5] a cursor of another sort, a changed one and no cursor at all are refused', () => {
    const by = order(['f', 'asc']);
    const text = cursorOf(by, { id: 'a', f: 'x' });
    const texts = [
      cursorOf(BY_ID, { id: 'a' }),
      cursorOf(order(['f', 'desc']), { id: 'a', f: 'x' }),
      cursorOf(by, { id: 'no id', f: 'x' }),
      text.slice(0, -3),
      `${text}${text}`,
      'nonsense',
      '',
      '[]',
      'x'.repeat(10_000),
    ];
    for (const each of texts) expect(parseCursor(by, each), each).toMatchObject({ ok: false, code: 'bad_request' });
    fc.assert(fc.property(fc.string(), (any) => !parseCursor(by, any).ok));
  });
});

describe('subscriptions', () => {
  const sub = (more: object): unknown => decodeUpstream(JSON.stringify({ t: 'sub', s: 1, c: 'x', ...more }));

  test.each([
    { after: 'AA' },
    { before: 'AA' },
    { limit: 10, after: 'AA', before: 'AA' },
    { limit: 10, after: 'AA', skip: 0 },
    { skip: 10 },
    { limit: 10, skip: -1 },
    { limit: 0 },
    { limit: 1001 },
    { limit: 10, after: '' },
    { limit: 10, sort: 'name' },
    { agg: { count: true }, limit: 10 },
    { agg: { count: true }, sort: [] },
    { agg: { count: true }, fields: ['a'] },
    { agg: { count: false } },
    { agg: { by: 7 } },
    { agg: { sum: 'n' } },
    { agg: { sum: ['n', 7] } },
    { agg: [] },
  ])('[WI4] [WI13] %j is refused', (more) => {
    expect(sub(more)).toMatchObject({ ok: false, code: 'bad_request', s: 1 });
  });

  test('[WI13] an aggregate is read into one form, whatever way it was written', () => {
    expect(sub({ agg: { max: [], sum: ['b', 'a', 'b'] } })).toEqual({
      ok: true,
      value: { t: 'sub', s: 1, c: 'x', agg: { count: true, sum: ['a', 'b'] } },
    });
    expect(sub({ agg: { sum: Array.from({ length: 9 }, (_, i) => `f${i}`) } })).toMatchObject({ code: 'too_complex' });
  });
});
