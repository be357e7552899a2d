import { expect, test } from 'vitest';
import { limits } from '../lib/limits.ts';
import { forecastOf } from './forecast.ts';
import type { StorePart } from './store.ts';

const NOW = 10_000_000_000;
const DAY = 86_400_000;

test.each<[string, Partial<StorePart>, number | null]>([
  ['a quarter of its time', { oldestAt: NOW - limits.samplesMs / 4, bytes: 1_000 }, 4_000],
  ['all of its time', { oldestAt: NOW - limits.samplesMs, bytes: 1_000 }, 1_000],
  ['older than its time, before the next sweep', { oldestAt: NOW - 2 * limits.samplesMs, bytes: 1_000 }, 1_000],
  ['too young to tell', { oldestAt: NOW - 3_599_999, bytes: 1_000 }, null],
  ['an hour old', { oldestAt: NOW - 3_600_000, bytes: 1_000 }, (1_000 * limits.samplesMs) / 3_600_000],
  ['of a clock that is ahead', { oldestAt: NOW + DAY, bytes: 1_000 }, null],
  ['empty', { oldestAt: null, rows: 0, bytes: 0 }, 0],
  ['what stays', { part: 'records', oldestAt: null, bytes: 1_000 }, 1_000],
  ['what goes by a policy', { part: 'audits', oldestAt: NOW - DAY, bytes: 1_000 }, 1_000],
])('%s', (_name, part, fullBytes) => {
  const [told] = forecastOf([{ part: 'samples', rows: 1, bytes: 0, oldestAt: null, ...part }], limits, NOW);
  expect(told?.fullBytes).toBe(fullBytes);
});

test('each kind of rows that goes with age is told with the time it is kept for', () => {
  const names = [
    'records',
    'changes',
    'transitions',
    'samples',
    'rollups5m',
    'rollups1h',
    'rollups1d',
    'documents',
    'audits',
  ] as const;
  const told = forecastOf(
    names.map((part) => ({ part, rows: 0, bytes: 0, oldestAt: null })),
    limits,
    NOW,
  );
  expect(Object.fromEntries(told.map(({ part, keptMs }) => [part, keptMs]))).toEqual({
    records: null,
    changes: limits.changesMs,
    transitions: limits.transitionsMs,
    samples: limits.samplesMs,
    rollups5m: limits.rollups5mMs,
    rollups1h: limits.rollups1hMs,
    rollups1d: limits.rollups1dMs,
    documents: null,
    audits: null,
  });
});
