import { expect, test } from 'vitest';
import { closeCodes } from './close-codes.ts';
import { closeNames, codes, isCode, mayComeBack, refuse } from './codes.ts';

test('[ER1] every code is a lower-case word with an HTTP error status and a sentence', () => {
  expect(Object.keys(codes).length).toBeGreaterThan(20);
  for (const [code, { http, retry, meaning }] of Object.entries(codes)) {
    expect(code).toMatch(/^[a-z][a-z_]+$/);
    expect(http).toBeGreaterThanOrEqual(400);
    expect(http).toBeLessThan(600);
    expect(['never', 'later', 'changed']).toContain(retry);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
  }
});

test('[ER1] only our own words are codes', () => {
  expect(isCode('conflict')).toBe(true);
  expect(isCode('toString')).toBe(false);
  expect(isCode('__proto__')).toBe(false);
  expect(isCode('')).toBe(false);
});

test('waiting can only help where the server says so: 429, 503 and its own mistakes', () => {
  for (const { http, retry } of Object.values(codes)) {
    if (retry === 'later') expect([429, 500, 503]).toContain(http);
  }
});

test('[ER5] 4000-4499 come back, 4500-4999 do not, and neither do they contradict their table', () => {
  expect(Object.keys(closeCodes).length).toBeGreaterThan(5);
  expect(Object.keys(closeCodes)).toEqual(Object.keys(closeNames));
  for (const [code, { comeBack, name, meaning }] of Object.entries(closeCodes)) {
    expect(comeBack).toBe(Number(code) < 4500);
    expect(mayComeBack(Number(code))).toBe(comeBack);
    expect(name).toMatch(/^[a-z_]+$/);
    expect(meaning).toMatch(/\.$/);
  }
  for (const standard of [1000, 1001, 1005, 1006, 1009, 1011, 1012, 3000]) expect(mayComeBack(standard)).toBe(true);
  expect(mayComeBack(4999)).toBe(false);
});

test('refuse makes a failure that carries its code', () => {
  expect(refuse('too_large', 'found 9 MB, expected at most 1 MB')).toEqual({
    ok: false,
    code: 'too_large',
    message: 'found 9 MB, expected at most 1 MB',
  });
});
