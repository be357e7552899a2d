import { assert, constantFrom, oneof, property, string } from 'fast-check';
import { isRecordId } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { TablePlan } from './plan.ts';
import { captureListSchema } from './plans.ts';
import { idOf, itemOf } from './row-item.ts';
import { valueOf } from './value.ts';

function tableOf(table: object): TablePlan {
  const [capture] = captureListSchema.parse([{ url: 'postgres://x', tables: [{ table: 't', ...table }] }]);
  const [plan] = capture?.tables ?? [];
  if (plan === undefined) throw new Error('no plan');
  return plan;
}
const row = (columns: Readonly<Record<string, string | null>>) => new Map(Object.entries(columns));

test('[CP2] the id is made of the key: whatever the key holds, it is a record id, and no two keys share one', () => {
  const one = tableOf({ collection: 'orders', columns: { a: 'text' } });
  const two = tableOf({ collection: 'orders', key: ['id', 'part'], columns: { a: 'text' } });
  const id = (plan: TablePlan, columns: Readonly<Record<string, string | null>>): string => {
    const made = idOf(plan, row(columns));
    return made.ok ? made.value : made.message;
  };
  expect(id(one, { id: '0b9d2c64-8f3e-4b7a-9a55-3f1f1f1f1f1f' })).toBe('0b9d2c64-8f3e-4b7a-9a55-3f1f1f1f1f1f');
  expect(id(one, { id: 'ana@shop' })).toBe('ana@40shop');
  expect(id(two, { id: 'a:b', part: '7' })).toBe('a@3Ab:7');
  expect(id(one, { id: null })).toMatch(/found NULL/);
  expect(id(two, { id: '1' })).toMatch(/key column part.*REPLICA IDENTITY FULL/);
  const text = oneof(
    string({ unit: 'binary', maxLength: 24 }),
    constantFrom(
      '',
      '.',
      '..',
      '@',
      ':',
      '@2E',
      '@2E@2E',
      '__proto__',
      'constructor',
      'prototype',
      'x'.repeat(200),
      'y'.repeat(200),
    ),
  );
  assert(
    property(text, text, text, text, (a, b, c, d) => {
      const first = id(two, { id: a, part: b });
      const second = id(two, { id: c, part: d });
      expect(isRecordId(first) && isRecordId(id(one, { id: a }))).toBe(true);
      expect(first === second).toBe(a === c && b === d);
      expect(id(one, { id: a }) === id(one, { id: c })).toBe(a === c);
    }),
  );
});

test('[CP3] a column is read as its field says: words, paths into JSON, labels; what was not sent is not said', () => {
  const plan = tableOf({
    collection: 'orders',
    columns: { total: 'number', note: 'text' },
    fields: {
      state: { column: 'status', words: { A: 'open', B: 'paid' }, otherwise: 'other' },
      city: { column: 'detail', path: ['address', 'city'] },
    },
    labels: { shop: 'shop_name' },
    only: { deleted_at: [null] },
  });
  const item = (columns: Readonly<Record<string, string | null>>) => {
    const made = itemOf(plan, row({ id: '1', ...columns }));
    return made.ok ? made.value : made.message;
  };
  const detail = '{"address": {"city": "Ulm"}}';
  expect(item({ total: '1.50', note: null, status: 'B', detail, shop_name: 'north', deleted_at: null })).toEqual({
    id: '1',
    fields: { total: 1.5, note: null, state: 'paid', city: 'Ulm', labels: { shop: 'north' } },
  });
  expect(item({ status: 'Z', detail: '{"address": 1}', shop_name: null })).toEqual({
    id: '1',
    fields: { state: 'other', city: null, labels: {} },
  });
  expect(item({ deleted_at: '2026-01-01' })).toBeNull();
  // What stands in a column is somebody's data, and is not told.
  expect(item({ total: 'secret' })).toBe('public.t.total: found a text of 6 characters, expected number for total');
});

test('texts of the database are read by their type', () => {
  const cases = [
    ['12.50', 'number', 12.5],
    ['NaN', 'number', undefined],
    ['', 'number', undefined],
    ['t', 'boolean', true],
    ['false', 'boolean', false],
    ['yes', 'boolean', undefined],
    ['{"a": [1]}', 'json', { a: [1] }],
    ['{"__proto__": 1}', 'json', undefined],
    ['{', 'json', undefined],
    ['2026-11-30 09:25:00.123456+00', 'time', Date.UTC(2026, 10, 30, 9, 25, 0, 123)],
    ['2026-11-30 09:25:00+05:30', 'time', Date.UTC(2026, 10, 30, 3, 55)],
    ['2026-11-30 09:25:00-03', 'time', Date.UTC(2026, 10, 30, 12, 25)],
    ['2026-11-30T09:25:00.5', 'time', Date.UTC(2026, 10, 30, 9, 25, 0, 500)],
    ['2026-11-30', 'time', Date.UTC(2026, 10, 30)],
    ['1700000000', 'time', 1_700_000_000_000],
    ['1700000000123', 'time', 1_700_000_000_123],
    ['infinity', 'time', undefined],
    ['1950-01-01', 'time', undefined],
    [null, 'json', null],
  ] as const;
  for (const [text, type, expected] of cases)
    expect(valueOf(text, type), `${String(text)} as ${type}`).toEqual(expected);
});
