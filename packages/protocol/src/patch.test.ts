import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalJson } from './equal.ts';
import { readField } from './filter.ts';
import type { Json, JsonObject } from './json.ts';
import { applyPatch, diffRow } from './patch.ts';

const row = (fields: JsonObject): JsonObject => ({ id: 'a', org: 'main', version: 1, ...fields });

test('[PA1] a path names a field or one key of an object field', () => {
  const before = row({ status: 'up', labels: { env: 'prod', team: 'a' } });
  expect(applyPatch(before, { status: 'down', 'labels.env': 'test' })).toEqual(
    row({ status: 'down', labels: { env: 'test', team: 'a' } }),
  );
  expect(applyPatch(before, { labels: {} })).toEqual(row({ status: 'up', labels: {} }));
});

test('[PA1] a path is split at its first dot', () => {
  expect(applyPatch(row({ labels: {} }), { 'labels.k8s.io/name': 'x' })).toEqual(
    row({ labels: { 'k8s.io/name': 'x' } }),
  );
});

test('[PA2] changed and added keys of an object field travel alone', () => {
  const before = row({ facts: { reach: { v: 'ok', at: 1 }, auth: { v: 'ok', at: 1 } } });
  const after = row({ facts: { reach: { v: 'fail', at: 2 }, auth: { v: 'ok', at: 1 }, latency: { v: 'ok', at: 2 } } });
  expect(diffRow(before, after)).toEqual({ 'facts.reach': { v: 'fail', at: 2 }, 'facts.latency': { v: 'ok', at: 2 } });
});

test.each([
  ['a key went away', { a: 1, b: 2 }, { a: 1 }],
  ['a changed key holds a dot', { 'a.b': 1 }, { 'a.b': 2 }],
  ['the value was null', null, { a: 1 }],
  ['the value becomes null', { a: 1 }, null],
  ['a list', [1, 2, 3], [1, 2, 4]],
  ['a list becomes an object', [1], { 0: 1 }],
  ['a plain value', 'x', 'y'],
] as [string, Json, Json][])('[PA3] the whole field travels: %s', (_, was, is) => {
  expect(diffRow(row({ f: was }), row({ f: is }))).toEqual({ f: is });
});

test('[PA3] a key with a dot that did not change does not hinder its neighbours', () => {
  expect(diffRow(row({ f: { 'a.b': 1, c: 1 } }), row({ f: { 'a.b': 1, c: 2 } }))).toEqual({ 'f.c': 2 });
});

test('[PA4] version is not compared and never part of a patch', () => {
  expect(diffRow({ ...row({}), version: 1 }, { ...row({}), version: 2 })).toBeNull();
  expect(diffRow({ ...row({ a: 1 }), version: 1 }, { ...row({ a: 2 }), version: 2 })).toEqual({ a: 2 });
});

test('[PA5] the patch between two rows turns one into the other', () => {
  fc.assert(
    fc.property(rows, rows, (before, after) => {
      const patch = diffRow(before, after);
      const got = patch === null ? before : applyPatch(before, patch);
      expect(equalJson(got, withAbsentAsNull(before, after))).toBe(true);
      expect(patch === null).toBe(equalJson(before, withAbsentAsNull(before, after)));
    }),
    { numRuns: 1000 },
  );
});

test('[PA5] patches in a row add up', () => {
  fc.assert(
    fc.property(fc.array(rows, { minLength: 2, maxLength: 8 }), (states) => {
      let got = states[0] ?? {};
      let expected = got;
      for (const state of states) {
        expected = withAbsentAsNull(expected, state);
        const patch = diffRow(got, expected);
        if (patch !== null) got = applyPatch(got, patch);
      }
      expect(equalJson(got, expected)).toBe(true);
    }),
  );
});

test('[PA6] a patch that changes nothing returns the same row', () => {
  const before = row({ status: 'up', labels: { env: 'prod' }, list: [1, { a: 2 }] });
  expect(applyPatch(before, {})).toBe(before);
  expect(applyPatch(before, { status: 'up', 'labels.env': 'prod', list: [1, { a: 2 }] })).toBe(before);
});

test('[PA6] what the patch does not touch keeps its identity, and the given row stays as it was', () => {
  const before = row({ status: 'up', labels: { env: 'prod' }, facts: { reach: { v: 'ok' }, auth: { v: 'ok' } } });
  const copy = structuredClone(before);
  const after = applyPatch(before, { 'facts.reach': { v: 'fail' } });
  expect(before).toEqual(copy);
  expect(after).not.toBe(before);
  expect(after['labels']).toBe(before['labels']);
  expect(readField(after, 'facts.auth')).toBe(readField(before, 'facts.auth'));
});

test('[PA7] an absent field counts as null, both ways', () => {
  expect(diffRow(row({}), row({ a: null }))).toBeNull();
  expect(diffRow(row({ a: null }), row({}))).toBeNull();
  expect(diffRow(row({ a: 1 }), row({}))).toEqual({ a: null });
});

test('[PA7] a path into something that is not an object makes it one', () => {
  expect(applyPatch(row({ f: null }), { 'f.a': 1 })).toEqual(row({ f: { a: 1 } }));
  expect(applyPatch(row({ f: [1] }), { 'f.a': 1 })).toEqual(row({ f: { a: 1 } }));
  expect(applyPatch(row({}), { 'f.a': 1 })).toEqual(row({ f: { a: 1 } }));
});

test('a hostile path changes no prototype', () => {
  const patch: Record<string, Json> = JSON.parse(
    '{"__proto__":{"polluted":1},"__proto__.polluted":1,"labels.__proto__":{"polluted":1}}',
  );
  const after = applyPatch(row({ labels: { env: 'x' } }), patch);
  expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
  expect(Object.getPrototypeOf(after['labels'])).toBe(Object.prototype);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  expect(Reflect.get(after, 'polluted')).toBeUndefined();
});

test('fields named like members of Object are ordinary fields', () => {
  expect(diffRow(row({}), row({ toString: 'x' }))).toEqual({ toString: 'x' });
  expect(applyPatch(row({}), { valueOf: 1 })['valueOf']).toBe(1);
  expect(diffRow(row({}), row({ hasOwnProperty: null }))).toBeNull();
});

const key = fc.constantFrom('a', 'b', 'c', 'a.b', 'constructor', 'toString', '');
const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom(null, true, 0, 1, 'x', ''),
  fc.array(fc.nat(2), { maxLength: 2 }),
);
const inner: fc.Arbitrary<Json> = fc.oneof(leaf, fc.dictionary(key, leaf, { maxKeys: 3 }));
const field: fc.Arbitrary<Json> = fc.oneof(leaf, fc.dictionary(key, inner, { maxKeys: 4 }));
const rows: fc.Arbitrary<JsonObject> = fc.dictionary(fc.constantFrom('f', 'g', 'h', 'toString', 'constructor'), field, {
  maxKeys: 4,
});

function withAbsentAsNull(before: JsonObject, after: JsonObject): JsonObject {
  const full: Record<string, Json> = {};
  for (const name of Object.keys(after)) {
    // A field that is null now and was absent before stays absent: the two are the same.
    if (after[name] !== null || Object.hasOwn(before, name)) full[name] = after[name] ?? null;
  }
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) full[name] = null;
  return full;
}
