import { expect, test } from 'vitest';
import { say } from './shape.ts';

test.each([
  [1_700_000_000_000, '2023-11-14T22:13:20.000Z'],
  [1e16, null],
  ['soon', 'soon'],
  [null, null],
])('[SI2] %j said as a time is %j, and what is no time ends nothing', (at, said) => {
  const scene = { params: {}, row: { at }, rows: () => [] };
  expect(say({ at: { field: 'at', as: 'iso' } }, scene)).toEqual({ at: said });
});

test('[SI2] the latest of very many is found', () => {
  const row = { all: Array.from({ length: 300_000 }, (_, n) => n) };
  expect(say({ at: { latest: 'all' } }, { params: {}, row, rows: () => [] })).toEqual({ at: 299_999 });
});
