import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCollection, type Fields } from './definition.ts';
import { fingerprintOf } from './fingerprint.ts';

function of(schema: Fields, expiry = {}): string | null {
  return fingerprintOf(defineCollection({ name: 'things', schema, expiry }));
}

const plain = (): Fields => ({
  title: z.string().trim().min(1, 'say something').max(50),
  state: z.enum(['open', 'done']).default('open'),
  size: z.int().min(0).optional(),
  at: z.iso.datetime().nullable(),
  code: z.string().regex(/^a+$/u),
  tags: z.array(z.object({ name: z.string(), of: z.union([z.literal('x'), z.number()]) })),
  by: z.record(z.string(), z.url()),
});

test('[CC14] the same definition has the same fingerprint, whatever it says of mistakes and in whichever order', () => {
  const first = of(plain());
  expect(first).toEqual(expect.any(String));
  expect(of(plain())).toBe(first);
  expect(of({ ...plain(), title: z.string().trim().min(1, 'other words').max(50) })).toBe(first);
  expect(of(Object.fromEntries(Object.entries(plain()).toReversed()))).toBe(first);
});

test.each<[string, Fields]>([
  ['a field more', { more: z.string().default('') }],
  ['a bound', { title: z.string().trim().min(2).max(50) }],
  ['a check less', { title: z.string().min(1).max(50) }],
  ['another change of the text', { title: z.string().toLowerCase().min(1).max(50) }],
  ['a word more', { state: z.enum(['open', 'done', 'late']).default('open') }],
  ['another default', { state: z.enum(['open', 'done']).default('done') }],
  ['no default', { state: z.enum(['open', 'done']) }],
  ['a bound at infinity', { size: z.number().max(Infinity).optional() }],
  ['an expression', { code: z.string().regex(/^b+$/u) }],
  ['its flags', { code: z.string().regex(/^a+$/iu) }],
  ['something deep', { tags: z.array(z.object({ name: z.string(), of: z.union([z.literal('y'), z.number()]) })) }],
  [
    'a strict object',
    { tags: z.array(z.strictObject({ name: z.string(), of: z.union([z.literal('x'), z.number()]) })) },
  ],
  ['a format', { by: z.record(z.string(), z.email()) }],
  ['an offset', { at: z.iso.datetime({ offset: true }).nullable() }],
])('[CC14] %s is another fingerprint', (_, changed) => {
  const fingerprint = of({ ...plain(), ...changed });
  expect(fingerprint).toEqual(expect.any(String));
  expect(fingerprint).not.toBe(of(plain()));
});

test('[CC14] expiry is part of it', () => {
  expect(of(plain(), { ttlMs: 5_000 })).not.toBe(of(plain()));
  expect(of(plain(), { ttlMs: 5_000 })).not.toBe(of(plain(), { ttlMs: 6_000 }));
});

test.each<[string, Fields]>([
  ['a refinement', { a: z.string().superRefine(() => undefined) }],
  ['one deep inside', { a: z.array(z.object({ b: z.string().superRefine(() => undefined) })) }],
  ['a check that is a function', { a: z.string().check(() => undefined) }],
  ['an overwrite of the app', { a: z.string().overwrite((text) => text.slice(1)) }],
  ['a format of the app', { a: z.stringFormat('own', () => true) }],
  ['a catch', { a: z.string().catch(() => 'x') }],
  ['a schema that is worked out', { a: z.lazy(() => z.string()) }],
])('[CC14] %s has none: what a function does is not told by its text', (_, schema) => {
  expect(of(schema)).toBeNull();
});

test('[CC14] checks over several fields and computed ones have none', () => {
  const whole = z.object({ a: z.int(), b: z.int() }).refine(({ a, b }) => a < b);
  expect(fingerprintOf(defineCollection({ name: 'things', schema: whole }))).toBeNull();
  const computed = { a: () => 5 };
  expect(fingerprintOf(defineCollection({ name: 'things', schema: { a: z.int() }, computed }))).toBeNull();
});
