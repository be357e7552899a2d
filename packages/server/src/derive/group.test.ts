import type { Health, Members, Status } from '@statewire/model';
import { expect, test } from 'vitest';
import { groupOf, type Member } from './group.ts';

const LETTERS: Readonly<Record<string, readonly [Status | null, Health]>> = {
  u: ['up', 'healthy'],
  g: ['degraded', 'degraded'],
  d: ['down', 'unhealthy'],
  x: ['unknown', 'unknown'],
  '.': ['pending', 'unknown'],
  p: ['paused', 'healthy'],
  m: ['maintenance', 'healthy'],
  M: ['maintenance', 'unhealthy'],
  '-': [null, 'unknown'],
};

/** One letter per member; each is named by its place: a, b, c, ... */
function members(letters: string): readonly Member[] {
  return letters.split('').map((letter, i) => {
    const [status, health] = LETTERS[letter] ?? [null, 'unknown'];
    const name = 'abcdefghijklmnop'[i] ?? '?';
    return { ref: `services/${name}`, name, status, health };
  });
}

function rule(text: string): Pick<Members, 'rule' | 'bad' | 'weights'> {
  const [word = 'worst', bad] = text.split(' ');
  const known = (['worst', 'quorum', 'weighted', 'any'] as const).find((name) => name === word) ?? 'worst';
  return { rule: known, bad: bad === undefined ? null : Number(bad), weights: {} };
}

test.each([
  ['worst', 'uuu', 'healthy'],
  ['worst', 'uug', 'degraded'],
  ['worst', 'ugd', 'unhealthy'],
  ['worst', 'ux', 'unknown'],
  ['worst', 'xg', 'degraded'],
  ['worst', 'xd', 'unhealthy'],
  ['worst', 'u.p-', 'healthy'],
  ['worst', '.p-', 'unknown'],
  ['worst', '', 'unknown'],
  ['worst', 'um', 'healthy'],
  ['worst', 'uM', 'unhealthy'],
  ['worst', 'm', 'unknown'],
  ['any', 'ddd', 'unhealthy'],
  ['any', 'dgd', 'degraded'],
  ['any', 'ddu', 'healthy'],
  ['any', 'dx', 'unknown'],
  ['any', 'x', 'unknown'],
  ['any', 'Mu', 'healthy'],
  ['quorum 2', 'uuuu', 'healthy'],
  ['quorum 2', 'duuu', 'degraded'],
  ['quorum 2', 'guuu', 'degraded'],
  ['quorum 2', 'dduu', 'unhealthy'],
  ['quorum 2', 'dMuu', 'unhealthy'],
  ['quorum 2', 'dpuu', 'degraded'],
  ['quorum 2', 'xuuu', 'healthy'],
  ['quorum 2', 'xxuu', 'unknown'],
  ['quorum 2', 'xxdu', 'degraded'],
  ['quorum 5', 'dddd', 'degraded'],
  ['weighted', 'uuuu', 'healthy'],
  ['weighted', 'duuu', 'degraded'],
  ['weighted', 'dduu', 'unhealthy'],
  ['weighted', 'gguu', 'degraded'],
  ['weighted', 'gggg', 'unhealthy'],
  ['weighted', 'xxuu', 'unknown'],
  ['weighted', 'xuuu', 'healthy'],
  ['weighted', 'xddu', 'unhealthy'],
])('[GR3] %s of "%s" is %s', (words, letters, verdict) => {
  expect(groupOf(members(letters), rule(words)).verdict).toBe(verdict);
});

test('[GR3] weights decide how much a member counts, and one of weight 0 only shows', () => {
  const weights = { 'services/a': 5, 'services/b': 1, 'services/c': 0 };
  const by = (letters: string) => groupOf(members(letters), { rule: 'weighted', bad: null, weights }).verdict;
  expect(by('duu')).toBe('unhealthy');
  expect(by('udu')).toBe('degraded');
  expect(by('uud')).toBe('healthy');
});

test('[GR4] the reason names the worst, five at most, and the fact counts all', () => {
  const of = (letters: string) => groupOf(members(letters), rule('worst'));
  expect(of('dudug').reason).toEqual({ code: 'members', text: '2 of 5 down: a, c' });
  expect(of('uug').reason).toEqual({ code: 'members', text: '1 of 3 degraded: c' });
  expect(of('dddddddd').reason.text).toBe('8 of 8 down: a, b, c, d, e and 3 more');
  expect(of('uux').reason.text).toBe('1 of 3 unknown: c');
  expect(of('uu').reason).toEqual({ code: 'ok', text: '' });
  expect(of('').reason.code).toBe('no_members');
  expect(of('p.').reason.code).toBe('no_voices');
  expect(of('uudg.pMx-').facts.members).toEqual({
    v: 'fail',
    code: 'unhealthy',
    text: '2 up, 1 degraded, 1 down, 1 unknown, 1 pending, 1 maintenance, 1 paused, 1 missing',
    ms: null,
  });
});
