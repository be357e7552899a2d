import { expect, test } from 'vitest';
import { rowsOf } from './document.ts';

test('[HC7] a document without a list of rows where they should be is told, with where and what to do', () => {
  const of = (document: unknown, path: readonly string[] = ['data', 'items'], max = 3): unknown => {
    const rows = rowsOf(typeof document === 'string' ? document : JSON.stringify(document), path, max);
    return rows.ok ? rows.value : `${rows.code}: ${rows.message}`;
  };
  expect(of({ data: { items: [{ a: 1 }, {}] } })).toEqual([{ a: 1 }, {}]);
  expect(of([{ a: 1 }], [])).toEqual([{ a: 1 }]);
  expect(of('<html>')).toBe('unreadable: the answer is no JSON (6 characters); correct the URL');
  expect(of({ data: {} })).toMatch(/^no_rows: the answer has nothing at \$\.data\.items; correct rows/);
  expect(of({ data: [1] })).toMatch(/^no_rows: the answer has nothing at \$\.data\.items/);
  expect(of('{"data": {"items": null}}')).toMatch(/^no_rows: at \$\.data\.items the answer has null, expected a list/);
  expect(of({ a: 1 }, [])).toMatch(/^no_rows: at \$ the answer has an object/);
  expect(of({ a: 1 }, ['toString'])).toMatch(/nothing at \$\.toString/);
  expect(of({ data: { items: [{}, 1] } })).toMatch(/^no_rows: row 1 at \$\.data\.items is no object/);
  expect(of({ data: { items: [{}, {}, {}, {}] } })).toMatch(/^too_large: the answer has 4 rows, limit 3/);
});
