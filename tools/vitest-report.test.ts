import { expect, test } from 'vitest';
import { twice, type FileReport } from './vitest-report.ts';

const look = (passed: number, ...names: readonly string[]): FileReport => ({
  file: 'a.test.ts',
  passed,
  skipped: 0,
  failures: names.map((name) => ({ file: 'a.test.ts', name, message: '' })),
});

test.each([
  ['fails both times', look(1, 'x'), look(1, 'x'), ['x'], [], 1],
  ['fails once', look(1, 'x'), look(2), [], ['x'], 2],
  ['another fails the second time', look(1, 'x'), look(1, 'y'), [], ['x', 'y'], 2],
  ['one of two again', look(0, 'x', 'y'), look(1, 'y'), ['y'], ['x'], 1],
  ['the file could not be run, then a test fails', look(0, ''), look(1, 'x'), ['x'], [], 1],
  ['a test fails, then the file cannot be run', look(1, 'x'), look(0, ''), [''], [], 0],
  ['the file cannot be run both times', look(0, ''), look(0, ''), [''], [], 0],
])('%s', (_name, once, again, failed, chance, passed) => {
  const { report, shaky } = twice(once, again);
  expect(report.failures.map(({ name }) => name)).toEqual(failed);
  expect(shaky.map(({ name }) => name)).toEqual(chance);
  expect(report.passed).toBe(passed);
});
