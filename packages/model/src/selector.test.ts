import { expect, test } from 'vitest';
import { explain } from './explain.ts';
import { selectorFields, selectorSchema, selects, type Selector } from './selector.ts';

const shop = { id: 'a', group: 'shop', labels: { env: 'prod' }, status: 'up' };

test('a selector without a filter means every record of its collection and none of another', () => {
  const all: Selector = { collection: 'services', where: null };
  expect(selects(all, 'services', shop)).toBe(true);
  expect(selects(all, 'agents', shop)).toBe(false);
});

test('a selector speaks the language of lists', () => {
  const where = ['and', ['eq', 'labels.env', 'prod'], ['prefix', 'group', 'sh']];
  expect(selects({ collection: 'services', where }, 'services', shop)).toBe(true);
  expect(selects({ collection: 'services', where }, 'services', { ...shop, group: 'blog' })).toBe(false);
  expect(selectorFields({ collection: 'services', where })).toEqual(['labels', 'group']);
});

test('a filter that cannot be read selects nothing', () => {
  expect(selects({ collection: 'services', where: ['like', 'name', 'x'] }, 'services', shop)).toBe(false);
  expect(selects({ collection: 'services', where: 'all' }, 'services', shop)).toBe(false);
});

test.each([
  [{ collection: 'services', where: ['eq', 'colour', 'red'] }, /where: .*no field "colour"/],
  [{ collection: 'services', where: ['like', 'name', 'x'] }, /where: .*operator "like"/],
  [{ collection: 'services', where: { name: 'x' } }, /where: .*expected a list/],
  [{ collection: 'metrics', where: null }, /collection: .*expected one of services/],
  [{ collection: 'services', where: null, also: 1 }, /also: unknown field/],
  [{ collection: 'services' }, /where/],
])('%j is refused with what was found', (raw, message) => {
  const read = selectorSchema.safeParse(raw);
  expect(read.success ? '' : explain(read.error, raw)).toMatch(message);
});
