import { expect, test } from 'vitest';
import { diffLines } from './diff.ts';

const short = (before: string, after: string): string =>
  diffLines(before, after)
    .map(({ kind, text }) => `${{ same: ' ', added: '+', removed: '-' }[kind]}${text}`)
    .join('|');

test('common lines stay, others are removed and added in place', () => {
  expect(short('a\nb\nc', 'a\nx\nc')).toBe(' a|-b|+x| c');
  expect(short('a\nc', 'a\nb\nc\nd')).toBe(' a|+b| c|+d');
  expect(short('a\nb', '')).toBe('-a|-b');
  expect(short('', 'a')).toBe('+a');
  expect(short('a', 'a')).toBe(' a');
});
