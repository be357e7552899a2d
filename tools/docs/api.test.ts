import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../tidy/tree.ts';
import { references, type Reference } from './api.ts';

let made: readonly Reference[];

beforeAll(() => {
  made = references();
}, 120_000);

test('every name that apps can import says what it is', () => {
  expect(made.flatMap(({ silent }) => silent)).toEqual([]);
});

test('the API reference is what the code says: run `npm run docs` and commit what it writes', () => {
  expect(made.length).toBeGreaterThanOrEqual(4);
  for (const { path, text } of made) {
    const full = join(root, path);
    expect(existsSync(full) ? readFileSync(full, 'utf8') : '', path).toBe(text);
  }
});
