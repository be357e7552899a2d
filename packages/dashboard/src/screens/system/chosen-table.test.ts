import { expect, test } from 'vitest';
import type { FoundTable } from '../../rest/captures.ts';
import { canBeField, chosenOf, entryOf } from './chosen-table.ts';

const found: FoundTable = {
  table: 'public.orders',
  rows: 3,
  mayRead: true,
  key: ['id'],
  columns: [
    { name: 'id', type: 'integer', as: 'number' },
    { name: 'state', type: 'text', as: 'text' },
    { name: 'Total', type: 'numeric', as: 'number' },
    { name: 'version', type: 'integer', as: 'number' },
    { name: 'updated_at', type: 'timestamp', as: 'time' },
  ],
  pack: null,
  collection: 'orders',
  cursor: 'updated_at',
};

test('an entry says what was chosen, and nothing that goes without saying', () => {
  const chosen = chosenOf(found);
  expect(entryOf('public.orders', chosen, 'stream')).toEqual({
    table: 'orders',
    collection: 'orders',
    columns: { state: 'text', updated_at: 'time' },
  });
  expect(entryOf('sales.orders', { ...chosen, key: ['shop', 'no'] }, 'poll')).toMatchObject({
    table: 'sales.orders',
    key: ['shop', 'no'],
    cursor: 'updated_at',
  });
  expect(entryOf('public.streams', { ...chosen, pack: 'streams', cursor: null }, 'poll')).toEqual({
    table: 'streams',
    pack: 'streams',
  });
  expect(chosenOf({ ...found, key: [] }).key).toEqual(['id']);
  expect(['state', 'Total', 'id', 'labels', 'a b'].map(canBeField)).toEqual([true, false, false, false, false]);
});
