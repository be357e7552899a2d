import { expect, test } from 'vitest';
import { asType, attributesOf, flawsOf, linesOf } from './attributes.ts';

const attributes = { seats: 3, name: 'Acme', vip: true, tiers: ['a', 1], more: { a: null }, none: null, empty: '' };

test('[BO16] what a record says stands in lines with their types, and reads back as it', () => {
  expect(linesOf(attributes).map(({ type }) => type)).toEqual([
    'number',
    'text',
    'yes-no',
    'json',
    'json',
    'json',
    'text',
  ]);
  expect(attributesOf(linesOf(attributes))).toEqual(attributes);
});

test.each([
  [{ key: 'seats', type: 'number', text: 'three' }, 'value'],
  [{ key: 'seats', type: 'number', text: '' }, 'value'],
  [{ key: 'seats', type: 'number', text: 'Infinity' }, 'value'],
  [{ key: 'tiers', type: 'json', text: '[1,' }, 'value'],
  [{ key: '', type: 'text', text: 'x' }, 'key'],
  [{ key: '__proto__', type: 'text', text: 'x' }, 'key'],
  [{ key: 'x'.repeat(129), type: 'text', text: 'x' }, 'key'],
  [{ key: ' taken ', type: 'text', text: 'x' }, 'key'],
] as const)('[BO16] %j is wrong, is named, and is not sent', (line, of) => {
  const lines = [{ key: 'taken', type: 'text', text: 'first' } as const, line];
  expect(flawsOf(lines)).toMatchObject([null, { of }]);
  expect(attributesOf(lines)).toEqual({ taken: 'first' });
});

test('[BO16] a line that nobody has filled is no attribute and no mistake', () => {
  const lines = [{ key: '', type: 'text', text: '' } as const, { key: '', type: 'yes-no', text: 'no' } as const];
  expect([flawsOf(lines), attributesOf(lines)]).toEqual([[null, null], {}]);
  expect(asType({ key: 'a', type: 'text', text: 'b' }, 'json')).toEqual({ key: 'a', type: 'json', text: '"b"' });
  expect(asType({ key: 'a', type: 'json', text: 'true' }, 'yes-no')).toMatchObject({ text: 'yes' });
});
