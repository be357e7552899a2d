import { expect, test } from 'vitest';
import { isRecordId } from './record.ts';

test.each(['a', 'search-api', 'agent-7:mail', 'a@b.example', '0', 'A_b', '..a', '-', 'x'.repeat(128), 'toString'])(
  '[RC2] %s is a record id',
  (id) => {
    expect(isRecordId(id)).toBe(true);
  },
);

test.each([
  '',
  '.',
  '..',
  'a/b',
  'a b',
  'a\n',
  'a\u0000',
  '\u00e9',
  'a%2fb',
  'a?b',
  'a#b',
  'x'.repeat(129),
  '__proto__',
  'constructor',
  'prototype',
  'a\\b',
  '\u202ea',
])('[RC2] %j is not a record id', (id) => {
  expect(isRecordId(id)).toBe(false);
});
