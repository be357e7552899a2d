import { expect, test } from 'vitest';
import { ago, brief, bytes, duration, latency, plural, words } from './format.ts';

test('a duration says at most two units and is never negative', () => {
  expect([-5, 0, 999, 59_999, 60_000, 192_000, 7_500_000, 86_400_000 * 4 + 7_200_000].map(duration)).toEqual([
    '0 s',
    '0 s',
    '0 s',
    '59 s',
    '1 min',
    '3 min 12 s',
    '2 h 5 min',
    '4 d 2 h',
  ]);
});

test('a brief duration says one unit', () => {
  expect([4_000, 720_000, 3 * 3_600_000, 5 * 86_400_000].map(brief)).toEqual(['4 s', '12 min', '3 h', '5 d']);
});

test('a time reads as past, present or future', () => {
  expect([ago(1_000, 5_000), ago(5_000, 5_400), ago(17_000, 5_000)]).toEqual(['4 s ago', 'now', 'in 12 s']);
});

test('latency, bytes, plurals and codes read as people say them', () => {
  expect([null, 1.26, 84.4, 1240].map(latency)).toEqual(['–', '1.3 ms', '84 ms', '1.24 s']);
  expect([12, 3_100_000].map(bytes)).toEqual(['12 B', '3.1 MB']);
  expect([plural(1, 'service'), plural(3, 'service'), plural(0, 'entry', 'entries')]).toEqual([
    '1 service',
    '3 services',
    '0 entries',
  ]);
  expect(words('needs_auth')).toBe('needs auth');
});
