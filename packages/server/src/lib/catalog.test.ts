import { defineCollection } from '@statewire/model';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { catalogWith } from './catalog.ts';
import { limits } from './limits.ts';

const made = (name: string, fields = 1) =>
  defineCollection({
    name,
    schema: Object.fromEntries(Array.from({ length: fields }, (_, i) => [`f${i}`, z.string()])),
  });
const letters = (i: number): string => String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26));

test('[CC10] as many collections and fields as the limit are taken, one more is refused with both numbers', () => {
  const all = Array.from({ length: 32 }, (_, i) => made(`own-${letters(i)}`));
  expect(catalogWith(all, limits).custom).toHaveLength(32);
  expect(() => catalogWith([...all, made('more')], limits)).toThrow('found 33 collections, expected at most 32');
  expect(catalogWith([made('wide', 64)], limits).of('wide')?.fields).toContain('f63');
  expect(() => catalogWith([made('wide', 65)], limits)).toThrow('"wide": found 65 fields, expected at most 64');
});

test('[CC10] a name of ours and a name twice are refused', () => {
  expect(() => catalogWith([made('services')], limits)).toThrow('collection services: the server has one of this name');
  expect(() => catalogWith([made('customers')], limits)).toThrow(
    /keep fields of your own in `attributes`, or name yours app-customers/u,
  );
  expect(() => catalogWith([made('mine'), made('mine')], limits)).toThrow('collection mine: is defined twice');
});

test('[CC1] a definition is looked at again by the server: another release may have made it', () => {
  const broken = { ...made('mine'), access: { rows: ['eq', 'nosuch', 'x'] } };
  expect(() => catalogWith([broken], limits)).toThrow('access.rows: nosuch');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: an app without types can hand in anything.
  expect(() => catalogWith([{} as ReturnType<typeof made>], limits)).toThrow('expected what defineCollection returns');
});

test('[CC2] names from outside find what is there and nothing else', () => {
  const { of } = catalogWith([made('mine')], limits);
  expect(of('mine')?.name).toBe('mine');
  expect(of('services')?.name).toBe('services');
  for (const name of ['', 'constructor', '__proto__', 'toString', 'Mine']) expect(of(name)).toBeNull();
});
