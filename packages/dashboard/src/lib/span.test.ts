import { expect, test } from 'vitest';
import { readSpan, writeSpan } from './span.ts';

test.each([
  ['30 s', 30_000],
  ['5min', 300_000],
  ['5 m', 300_000],
  ['2h 30m', 9_000_000],
  ['1.5 d', 129_600_000],
  ['1 w', 604_800_000],
  ['250 ms', 250],
  [' 10 S ', 10_000],
])('%s is %i ms', (text, ms) => {
  expect(readSpan(text)).toBe(ms);
});

test.each(['', '30', 's', '5 lightyears', '-5 s', '5 s ago', '1,5 h', '5 s 3'])('%j is no length', (text) => {
  expect(readSpan(text)).toBeNull();
});

test.each([
  [0, '0 s'],
  [90_000, '1 min 30 s'],
  [3_600_000, '1 h'],
  [129_600_000, '1 d 12 h'],
  [1_250, '1 s 250 ms'],
])('%i ms is written %s, and read back the same', (ms, text) => {
  expect(writeSpan(ms)).toBe(text);
  expect(readSpan(text)).toBe(ms);
});
