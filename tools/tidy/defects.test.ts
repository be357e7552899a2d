import { expect, test } from 'vitest';
import { filesUnder } from './tree.ts';

/** Mistakes that status code usually makes, as they were collected. None of them is inherited. */
const DEFECTS = 37;

const titles = filesUnder(['packages', 'e2e'], (path) => /\.test\.tsx?$/.test(path)).flatMap(({ text }) =>
  [...text.matchAll(/\btest\(\s*['"`](T\d+) (.*)['"`],/g)].map(([, id = '', what = '']) => ({ id, what })),
);

test('each of the mistakes that status code usually makes has a test that begins with its number', () => {
  const shown = new Set(titles.map(({ id }) => id));
  const missing = Array.from({ length: DEFECTS }, (_, i) => `T${i + 1}`).filter((id) => !shown.has(id));
  expect(missing).toEqual([]);
  expect([...shown].filter((id) => Number(id.slice(1)) < 1 || Number(id.slice(1)) > DEFECTS)).toEqual([]);
});

test('each says in words what must hold', () => {
  expect(titles.filter(({ what }) => what.split(' ').length < 6)).toEqual([]);
});
