import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeDownstream } from './downstream.ts';
import type { Sub } from './frames/up.ts';
import { filterKey, parseFilter } from './filter.ts';
import { decodeUpstream } from './upstream.ts';

const spec = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8');
const lines = [...spec.matchAll(/^([<>]) (\{.*\})$/gm)].map(([, side, text]) => ({ side, text: text ?? '' }));

test('every frame of the example exchange is read, and nothing in it is passed over', () => {
  expect(lines.length).toBeGreaterThanOrEqual(15);
  for (const { side, text } of lines) {
    const read = side === '>' ? decodeUpstream(text) : decodeDownstream(text);
    expect(read, text).toEqual({ ok: true, value: JSON.parse(text) });
  }
});

test('the example resumes the same view: its two filters have one key', () => {
  const keys = lines
    .filter(({ text }) => text.includes('"hello"'))
    .map(({ text }) => {
      const hello: { readonly subs: readonly Sub[] } = JSON.parse(text);
      const filter = parseFilter(hello.subs[0]?.f);
      return filter.ok ? filterKey(filter.value) : filter.message;
    });
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
});

test('every rule has its own number and its family in order', () => {
  const ids = [...spec.matchAll(/^- \*\*([A-Z]{2})(\d+)\*\* /gm)].map(([, family, number]) => ({
    family,
    number: Number(number),
  }));
  expect(ids.length).toBeGreaterThan(60);
  const last = new Map<string, number>();
  for (const { family = '', number } of ids) {
    expect(number).toBe((last.get(family) ?? 0) + 1);
    last.set(family, number);
  }
});
