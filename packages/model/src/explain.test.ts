import { expect, test } from 'vitest';
import { z } from 'zod';
import { explain } from './explain.ts';

const schema = z.strictObject({
  name: z.string().max(5),
  n: z.int().min(3).max(9).optional(),
  list: z.array(z.string()).max(2).optional(),
  either: z.union([z.string(), z.strictObject({ a: z.string(), b: z.number() })]).optional(),
  token: z.string().max(3).optional(),
});

const told = (input: unknown): string => {
  const read = schema.safeParse(input);
  return read.success ? 'fine' : explain(read.error, input);
};

test.each([
  [{}, 'name: found nothing, expected a string'],
  [{ name: null }, 'name: found null, expected a string'],
  [{ name: 'toolong' }, 'name: found "toolong", expected length <= 5'],
  [{ name: 'x'.repeat(50) }, 'name: found a string of 50 characters, expected length <= 5'],
  [{ name: 'a', n: 1 }, 'n: found 1, expected >= 3'],
  [{ name: 'a', n: 10 }, 'n: found 10, expected <= 9'],
  [{ name: 'a', n: 4.5 }, 'n: found 4.5, expected a whole number'],
  [{ name: 'a', list: ['a', 'b', 'c'] }, 'list: found a list of 3, expected <= 2 entries'],
  [{ name: 'a', list: ['a', 2] }, 'list[1]: found 2, expected a string'],
  [{ name: 'a', x: 1 }, 'x: unknown field; remove or rename'],
  [{ name: 'a', x: 1, y: 2 }, 'x, y: unknown fields; remove or rename'],
  [{ name: 'a', either: { a: 'x', b: 'y' } }, 'either.b: found "y", expected a number'],
  [{ name: 'a', token: 'secret' }, 'token: found something else, expected length <= 3'],
  ['x', 'found "x", expected an object'],
])('%j: %s', (input, message) => {
  expect(told(input)).toBe(message);
});

test('without the input only what was expected is said', () => {
  const read = schema.safeParse({ name: 'secret-ish-text' });
  expect(read.success ? '' : explain(read.error)).toBe('name: found something else, expected length <= 5');
});

test('many problems are cut to five', () => {
  const wide = z.object(Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`f${i}`, z.string()])));
  const read = wide.safeParse({});
  expect(read.success ? '' : explain(read.error, {})).toMatch(
    /^(f\d: found nothing, expected a string; ){5}and 3 more$/,
  );
});

test('long names of unknown fields are clipped', () => {
  expect(told({ name: 'a', ['x'.repeat(5000)]: 1 }).length).toBeLessThan(200);
});
