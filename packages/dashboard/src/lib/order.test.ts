import { expect, test } from 'vitest';
import { holdOrder } from './order.ts';

const rows = (...ids: string[]): { id: string }[] => ids.map((id) => ({ id }));
const ids = (result: { rows: readonly { id: string }[] }): string[] => result.rows.map((row) => row.id);

test('held rows keep their places, and it is told how many would stand elsewhere', () => {
  const held = holdOrder(rows('c', 'a', 'b'), ['a', 'b', 'c']);
  expect(ids(held)).toEqual(['a', 'b', 'c']);
  expect(held.moved).toBe(3);
});

test('a row that went away goes at once, a new one comes last', () => {
  expect(ids(holdOrder(rows('new', 'a', 'c'), ['a', 'b', 'c']))).toEqual(['a', 'c', 'new']);
});

test('an order that is already right is passed on as it is', () => {
  const same = rows('a', 'b');
  expect(holdOrder(same, ['a', 'b'])).toEqual({ rows: same, moved: 0 });
  expect(holdOrder(same, ['a', 'b']).rows).toBe(same);
});
