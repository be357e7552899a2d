/**
 * No secret reaches a row of the audit log: not one of any collection, nor of any command. Which fields are secrets is read
 * off the schemas of what may be written; nothing here is listed by hand.
 */
import { collections, secretPaths, type Collection } from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Verb } from '../commands/verb.ts';
import { verbs } from '../commands/verbs/index.ts';
import { entryOf, outsideEntry, type Asked } from './entry.ts';

const CANARY = 'hush-hush';
const all: readonly Collection[] = Object.values(collections);
const inputs = [
  ...all.flatMap((of) => [
    { what: `${of.name}:create`, of, verb: null, schema: of.create, asked: { op: 'create' as const } },
    { what: `${of.name}:change`, of, verb: null, schema: of.patch, asked: { op: 'patch' as const } },
  ]),
  ...verbs.flatMap((verb) =>
    verb.on.flatMap((name) =>
      all
        .filter((of) => of.name === name)
        .map((of) => ({
          what: `${name}:${verb.name}`,
          of,
          verb,
          schema: verb.args,
          asked: { op: 'call' as const, name: verb.name },
        })),
    ),
  ),
];

/** Every place of a body, as its schema says: `check.secrets.token`. */
function placesIn(schema: z.ZodType): readonly string[] {
  const found: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const fields = new Map<string, unknown>(Object.entries(node));
    if (path !== '') found.push(path);
    for (const way of ['allOf', 'anyOf', 'oneOf']) {
      const parts = fields.get(way);
      if (Array.isArray(parts)) for (const part of parts) walk(part, path);
    }
    for (const [name, inner] of Object.entries(fields.get('properties') ?? {})) {
      walk(inner, path === '' ? name : `${path}.${name}`);
    }
    const more = fields.get('additionalProperties');
    if (typeof more === 'object') walk(more, `${path}.any`);
  };
  walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }), '');
  return [...new Set(found)];
}

/** A body with a value at a path. */
function bodyWith(path: string, value: Json): JsonObject {
  const [first = '', ...rest] = path.split('.');
  return { [first]: rest.length === 0 ? value : bodyWith(rest.join('.'), value) };
}

function rowsOf(of: Collection, asked: Asked, verb: Verb | null): string {
  const none = { row: null, check: null };
  return JSON.stringify([entryOf(of, asked, 'x', none, none, verb), outsideEntry(of, asked, 'x', verb)]);
}

test('the schemas were read, and those that are known to have secrets say so', () => {
  expect(inputs.length).toBeGreaterThan(100);
  const having = inputs.filter(({ schema }) => secretPaths(schema).length > 0).map(({ what }) => what);
  expect(having).toEqual(
    expect.arrayContaining([
      'channels:create',
      'channels:change',
      'services:create',
      'services:change',
      'pages:secure',
    ]),
  );
});

const marked = inputs.flatMap((input) => secretPaths(input.schema).map((path) => ({ ...input, path })));

test.each(marked)('[AT2] $what: $path is named in the log and not shown', ({ of, verb, asked, path }) => {
  for (const value of [CANARY, { token: CANARY }, { deep: { er: [CANARY] } }, [CANARY]]) {
    const fields = { name: 'seen', ...bodyWith(path, value) };
    const rows = rowsOf(of, { ...asked, collection: of.name, id: 'x', fields }, verb);
    expect(rows).not.toContain(CANARY);
    expect(rows).toContain(path);
    expect(rows).toContain('changed');
  }
});

test('[AT2] whatever is called like a secret is marked as one, in every body and command there is', () => {
  const loose = inputs.flatMap(({ what, schema }) => {
    const secrets = secretPaths(schema);
    return placesIn(schema)
      .filter((path) => /pass(?:word|phrase)|secret|(?:^|[._])tokens?$|Token$|apiKey|privateKey|credential/u.test(path))
      .filter((path) => !secrets.some((secret) => path === secret || path.startsWith(`${secret}.`)))
      .map((path) => `${what} ${path}`);
  });
  expect(loose).toEqual([]);
});

test('[AT2] the values of a record are those that its readers are shown: no secret is a field of one', () => {
  const shown = all.flatMap((of) => {
    const secrets = new Set(
      [...secretPaths(of.create), ...secretPaths(of.patch)].map((path) => path.split('.').at(-1)),
    );
    // Of secrets a record has the names at most: a list of them.
    return of.fields
      .filter((field) => secrets.has(field))
      .filter((field) => {
        const row: unknown = z.toJSONSchema(of.row, { io: 'output', unrepresentable: 'any' }).properties?.[field];
        return typeof row !== 'object' || row === null || !('type' in row) || row.type !== 'array';
      })
      .map((field) => `${of.name}.${field}`);
  });
  expect(shown).toEqual([]);
});
