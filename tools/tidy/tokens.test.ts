import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measures, tokens } from '@statewire/client/look';
import { expect, test } from 'vitest';
import { root } from './tree.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const styles = read('packages/react/src/styles.css');

test('the list and the stylesheet were found', () => {
  expect(tokens.length).toBeGreaterThanOrEqual(25);
  expect(new Set(tokens.map(({ name }) => name)).size).toBe(tokens.length);
});

test('[UI25] the stylesheet of the components has the values of the list, in each of its blocks', () => {
  const blocks = {
    light: [":root,\n  [data-theme='light'] {"],
    dark: ["\n  [data-theme='dark'] {", ':root:not([data-theme]) {'],
    forced: [':root,\n    [data-theme] {'],
  } as const;
  for (const [theme, starts] of Object.entries(blocks)) {
    for (const start of starts) {
      const found = valuesIn(blockAfter(styles, start));
      for (const token of tokens) {
        const wanted = theme === 'light' ? token.light : theme === 'dark' ? token.dark : token.forced;
        expect([theme, token.name, found.get(`--sw-${token.name}`)]).toEqual([theme, token.name, wanted]);
      }
    }
  }
  for (const { name, value } of measures) expect(styles).toContain(`--sw-${name}: ${value};`);
});

test('[UI25] no component uses a token that is not in the list', () => {
  const own = new Set([...styles.matchAll(/^\s*(--sw-[\w-]+):/gm)].map(([, name = '']) => name));
  const used = [...styles.matchAll(/var\((--sw-[\w-]+)/g)].map(([, name = '']) => name);
  expect(used.length).toBeGreaterThanOrEqual(100);
  expect(used.filter((name) => !own.has(name))).toEqual([]);
});

test('[UI25] the dashboard has no values of its own where the list has one', () => {
  const theme = read('packages/dashboard/src/theme.css');
  const named = valuesIn(blockAfter(theme, ':root {'));
  const shared = tokens.filter(({ name }) => named.has(`--${name}`));
  expect(shared.length).toBeGreaterThanOrEqual(20);
  for (const { name } of shared) expect(named.get(`--${name}`)).toBe(`var(--sw-${name})`);
  const dark = valuesIn(blockAfter(theme, ":root[data-theme='dark'] {"));
  expect(tokens.filter(({ name }) => dark.has(`--${name}`))).toEqual([]);
});

/** Bars of the status page are wide and stand alone: their calm cells have to be seen from further away. */
const LOUDER = new Set(['up-quiet', 'empty']);

test('[UI25] the status page, which is one file without a build, repeats the values of the list', () => {
  const page = read('packages/server/public/status/page.css');
  for (const [theme, start] of [
    ['light', ':root {'],
    ['dark', ":root:not([data-theme='light']) {"],
    ['dark', ":root[data-theme='dark'] {"],
  ] as const) {
    const found = valuesIn(blockAfter(page, start));
    const shared = tokens.filter(({ name }) => found.has(`--${name}`) && !LOUDER.has(name));
    expect(shared.length).toBeGreaterThanOrEqual(18);
    for (const token of shared)
      expect([theme, token.name, found.get(`--${token.name}`)]).toEqual([theme, token.name, token[theme]]);
  }
});

test('[UI25] each token is documented, with both of its values', () => {
  const page = read('docs/components.md');
  for (const { name, light, dark, meaning } of tokens) {
    const line = page.split('\n').find((each) => each.startsWith(`| \`--sw-${name}\``));
    expect([name, line?.includes(light), line?.includes(dark), line?.includes(meaning)]).toEqual([
      name,
      true,
      true,
      true,
    ]);
  }
});

function blockAfter(text: string, start: string): string {
  const at = text.indexOf(start);
  expect(at, `found no ${start}`).toBeGreaterThanOrEqual(0);
  return text.slice(at + start.length, text.indexOf('}', at));
}

function valuesIn(block: string): ReadonlyMap<string, string> {
  return new Map(
    [...block.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [
      name,
      value.trim().replaceAll(/\s+/g, ' '),
    ]),
  );
}
