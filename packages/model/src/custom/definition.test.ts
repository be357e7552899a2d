import { expect, test } from 'vitest';
import { z } from 'zod';
import { compileDefinition } from './compile.ts';
import { caller, claim, defineCollection, isDefinition } from './definition.ts';
import { claimsOf } from './flaw.ts';

const title = z.string();

/** What an app without types, or with a slip, may write: the type is what it would be. */
function define(input: object): () => unknown {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the point is what happens when it is not.
  return () => defineCollection({ name: 'tasks', schema: { title }, ...input });
}

test.each([
  ['a name in capitals', { name: 'Tasks' }, /"Tasks": expected a name/],
  ['a name with a slash', { name: 'a/b' }, /expected a name/],
  ['a name that objects have', { name: 'constructor' }, /another name/],
  ['a field of the envelope', { schema: { version: z.int() } }, /schema\.version: every record has/],
  ['a field of the timing', { schema: { ttlMs: z.int() } }, /schema\.ttlMs/],
  ['a field with a dot', { schema: { 'a.b': title } }, /schema\.a\.b: expected a name of letters/],
  ['a field called __proto__', { schema: JSON.parse('{"__proto__": 1}') }, /schema\.__proto__/],
  ['what is no schema', { schema: { title: 'string' } }, /schema\.title: expected a schema of zod 4/],
  ['a date', { schema: { at: z.date() } }, /schema\.at: a date does not come back/],
  ['a date inside a list', { schema: { all: z.array(z.object({ at: z.date() })) } }, /schema\.all.*a date/],
  ['a transform', { schema: { n: z.string().transform(Number) } }, /schema\.n: a (pipe|transform)/],
  ['a map', { schema: { m: z.map(title, title).optional() } }, /schema\.m: a map/],
  ['a stamp of no field', { stamp: { owner: caller('id') } }, /stamp\.owner: is not a field/],
  ['a stamp of no caller', { stamp: { title: 'me' } }, /stamp\.title: expected caller/],
  ['a computed field that is no function', { computed: { title: 'x' } }, /computed\.title: expected a function/],
  ['one stamped and computed', { stamp: { title: caller('id') }, computed: { title: () => 'x' } }, /computed\.title/],
  ['a settable field that is none', { set: { patch: ['state'] } }, /set\.patch: state is not a field/],
  [
    'a settable field that is stamped',
    { stamp: { title: caller('id') }, set: { create: ['title'] } },
    /set\.create: title/,
  ],
  ['a scope that is none', { access: { read: 'root' } }, /access\.read: expected read, report or admin/],
  ['a rule that is no filter', { access: { rows: ['like', 'title', 'x'] } }, /access\.rows: /],
  ['a rule about no field', { access: { rows: ['eq', 'owner', caller('id')] } }, /access\.rows: owner is not a field/],
  ['a rule about a written row', { access: { writeRows: ['eq', 'who', claim('x')] } }, /access\.writeRows: who/],
  ['an end that is too soon', { expiry: { ttlMs: 5 } }, /expiry\.ttlMs: found 5, expected whole milliseconds/],
  ['an end said twice', { expiry: { perRecord: true, from: 'write' } }, /expiry\.from/],
  ['a command of ours', { commands: { report: { apply: () => ({}) } } }, /commands\.report: the server has this word/],
  ['a command that does nothing', { commands: { pay: {} } }, /commands\.pay\.apply: expected a function/],
  [
    'a command with a date',
    { commands: { pay: { args: { at: z.date() }, apply: () => ({}) } } },
    /commands\.pay\.args/,
  ],
  ['ids that start oddly', { idPrefix: 'a-b' }, /idPrefix/],
])('[CC1] %s is refused where it is written, with the field', (_, wrong, message) => {
  expect(define(wrong)).toThrow(message);
});

test('[CC1] a schema that mentions itself is looked at once, and taken', () => {
  const tree: z.ZodType = z.object({ name: title, under: z.array(z.lazy(() => tree)).max(9) });
  expect(isDefinition(define({ schema: { tree, any: z.json() } })())).toBe(true);
});

test('[CC1] what is a definition is known without asking which copy of the package made it', () => {
  expect(isDefinition(JSON.parse(JSON.stringify(define({})())))).toBe(true);
  for (const other of [null, 5, 'x', {}, { statewire: 'collection/2' }, () => {}])
    expect(isDefinition(other)).toBe(false);
});

test('[CC3] a change has no defaults, an optional field may be null, and nothing else is taken', () => {
  const { create, patch, row } = compileDefinition(
    defineCollection({
      name: 'tasks',
      schema: z.object({
        title,
        state: z.enum(['a', 'b']).default('a'),
        note: z.string().optional(),
        size: z.number().nullable().default(3),
        owner: z.string(),
      }),
      stamp: { owner: claim('sub') },
    }),
  );
  expect(create.parse({ title: 'x' })).toEqual({ title: 'x', state: 'a', size: 3 });
  expect(patch.parse({})).toEqual({});
  expect(patch.parse({ note: null, size: null })).toEqual({ note: null, size: null });
  for (const body of [{ state: null }, { owner: 'x' }, { id: 'y' }, { expiresAt: 5 }, { nosuch: 1 }]) {
    expect(patch.safeParse(body).success, JSON.stringify(body)).toBe(false);
  }
  expect(row.safeParse({}).success).toBe(false);
});

test('[CC4] only the claims that a definition names are asked of a token', () => {
  const definition = defineCollection({
    name: 'tasks',
    schema: { team: z.string(), by: z.string() },
    stamp: { by: claim('email') },
    access: {
      rows: ['or', ['in', 'team', claim('teams')], ['eq', 'by', caller('id')]],
      writeRows: ['eq', 'by', claim('sub')],
    },
  });
  expect(claimsOf(definition)).toEqual(['email', 'sub', 'teams']);
});
