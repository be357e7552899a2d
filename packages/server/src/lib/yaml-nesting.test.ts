import { expect, test } from 'vitest';
import { isNestedDeeper } from './yaml-nesting.ts';

test.each<[what: string, text: string, isDeeper: boolean]>([
  ['nothing', '', false],
  ['lists within the limit', `${'['.repeat(32)}${']'.repeat(32)}`, false],
  ['lists beyond it', `${'['.repeat(33)}${']'.repeat(33)}`, true],
  ['maps that are never closed', '{a: '.repeat(1_000_000), true],
  ['closed before opened', `${']'.repeat(50)}${'['.repeat(33)}`, true],
  ['indicators on one line', `${'- '.repeat(33)}x`, true],
  ['keys on one line', `${'? '.repeat(500_000)}x`, true],
  ['values on one line', 'a: '.repeat(33), true],
  ['many lines of one level', '- [1, {a: b}]\n'.repeat(1_000), false],
  [
    'brackets in texts and comments',
    `a: "${'['.repeat(50)}"\nb: x${'['.repeat(50)}\nc: |\n  ${'['.repeat(50)}\n# ${'['.repeat(50)}\n`,
    false,
  ],
])('%s: deeper than 32 levels is %j', (_what, text, isDeeper) => {
  expect(isNestedDeeper(text.slice(0, 1_048_576), 32)).toBe(isDeeper);
});
