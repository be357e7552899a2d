import { expect, test } from 'vitest';
import { readAs, suggestionOf } from './suggest.ts';

const of = (table: string, columns: Readonly<Record<string, string>>, key: readonly string[] = ['id']) => {
  const all = Object.entries(columns).map(([name, type]) => ({ name, type, as: readAs(type) }));
  const { pack, collection, cursor } = suggestionOf({ table, columns: all, key, rows: null, mayRead: true });
  return { pack, collection, cursor };
};

test('[GC1] a pack is suggested for a table that has its name and columns, a name of its own for every other', () => {
  const servers = {
    id: 'uuid',
    name: 'text',
    url: 'text',
    status: 'text',
    last_status_update: 'timestamp with time zone',
  };
  expect(of('public.mcp_servers', servers)).toEqual({
    pack: 'mcp_servers',
    collection: 'services',
    cursor: 'last_status_update',
  });
  expect(of('public.streams', { id: 'int', color: 'text', updated_at: 'timestamp' })).toEqual({
    pack: null,
    collection: 'streams',
    cursor: 'updated_at',
  });
  expect(of('public.mcp_servers', { name: 'text' })).toMatchObject({ pack: null });
  expect(of('sales.Order_Lines2', { id: 'int', updated_at: 'text' })).toEqual({
    pack: null,
    collection: 'order-lines',
    cursor: null,
  });
  // Rows of a table called as a collection of ours are something else until somebody says so.
  expect(of('users', { id: 'int' }).collection).toBe('app-users');
  expect(of('public.jobs', { id: 'int' }).collection).toBe('app-jobs');
  expect(of('public.99', { id: 'int' }).collection).toBe('rows');
  expect(
    [
      'numeric(10,2)',
      'tinyint(1)',
      'tinyint(4)',
      'datetime(6)',
      'jsonb',
      'uuid',
      'integer',
      'timestamp without time zone',
      'interval',
    ].map(readAs),
  ).toEqual(['number', 'boolean', 'number', 'time', 'json', 'text', 'number', 'time', 'text']);
});
