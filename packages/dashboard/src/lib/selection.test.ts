import type { Selector } from '@statewire/model';
import { expect, test } from 'vitest';
import { selectionOf, selectionText, selectorOf } from './selection.ts';

const forms: readonly (readonly [Selector, string])[] = [
  [{ collection: 'services', where: null }, 'all services'],
  [{ collection: 'services', where: ['in', 'id', ['a', 'b']] }, '2 services'],
  [{ collection: 'agents', where: ['in', 'id', ['a']] }, 'agents/a'],
  [{ collection: 'services', where: ['eq', 'group', 'shop'] }, 'services of the group shop'],
  [{ collection: 'services', where: ['eq', 'labels.env', 'a=b'] }, 'services labelled env=a=b'],
  [{ collection: 'services', where: ['in', 'kind', ['http', 'mcp']] }, 'services of kind http, mcp'],
  [{ collection: 'jobs', where: ['and', ['eq', 'kind', 'scan'], ['eq', 'owner', 'ana']] }, 'jobs by a filter'],
];

test.each(forms)('%j is shown and comes back the same', (selector, text) => {
  expect(selectorOf(selectionOf(selector))).toEqual(selector);
  expect(selectionText(selector)).toBe(text);
});

test.each([
  ['ids', []],
  ['kind', []],
  ['group', [' ']],
  ['label', ['env']],
  ['label', ['=prod']],
] as const)('by %s with %j says what is missing', (by, values) => {
  expect(typeof selectorOf({ collection: 'services', by, values, where: null })).toBe('string');
});
