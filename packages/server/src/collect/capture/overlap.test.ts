import { ok, type Result } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { RowChange } from './apply.ts';
import type { Texts } from './database.ts';
import { Overlap } from './overlap.ts';
import type { TablePlan } from './plan.ts';
import { captureListSchema } from './plans.ts';

const plan = captureListSchema
  .parse([
    { url: 'postgres://x', tables: [{ table: 't', collection: 'orders', columns: { n: 'number', note: 'text' } }] },
  ])
  .flatMap(({ tables }): readonly TablePlan[] => tables)
  .reduce((only) => only);
const row = (columns: Readonly<Record<string, string>>) => new Map(Object.entries(columns));
const put = (
  columns: Readonly<Record<string, string>>,
  old: Readonly<Record<string, string>> | null = null,
): RowChange => ({
  kind: 'put',
  plan,
  row: row(columns),
  old: old === null ? null : row(old),
});

/** Of a snapshot in which row 1 has a note. */
function open(rowsMax = 100): {
  readonly overlap: Overlap;
  readonly asked: (readonly (string | null)[] | undefined)[];
} {
  const asked: (readonly (string | null)[] | undefined)[] = [];
  const db = {
    query: (_: string, values?: readonly (string | null)[]): Promise<Result<Texts>> => {
      asked.push(values);
      return Promise.resolve(ok(values?.[0] === '1' ? [['1', '0', 'long']] : []));
    },
  };
  const table = { plan, oid: '1', columns: ['id', 'n', 'note'], missing: [], isPartitioned: false, cursorType: '' };
  return { overlap: new Overlap({ db, tables: [table], rowsMax }), asked };
}

test('[CP14] a change that does not say all of its row has the row of the snapshot before it, once; where all is known it has not', async () => {
  const { overlap, asked } = open();
  const before = put({ id: '1', n: '0', note: 'long' });
  const moves = [
    put({ id: '9', n: '1' }, { id: '1' }),
    put({ id: '9', n: '2' }),
    put({ id: '2', n: '1', note: 'all' }),
  ];
  expect(await overlap.take(moves)).toEqual(ok([before, ...moves]));
  expect(asked).toEqual([['1']]);
  expect(['1', '2', '9', '3'].map((id) => overlap.newer(plan).has(id))).toEqual([true, true, true, false]);
  // Every row is a record by now.
  overlap.read();
  const late = [put({ id: '4', n: '1' })];
  expect(await overlap.take(late)).toEqual(ok(late));
  expect(asked).toHaveLength(1);
  overlap.emptied(plan);
  expect(overlap.newer(plan).has('77')).toBe(true);
});

test('[CP14] above the bound the log waits until the snapshot is done', async () => {
  const { overlap } = open(2);
  await overlap.take([
    put({ id: '1', n: '0', note: '' }),
    put({ id: '2', n: '0', note: '' }),
    put({ id: '2', n: '1', note: '' }),
  ]);
  let isTaken = false;
  const late = [put({ id: '3', n: '0' })];
  const taken = overlap.take(late).then((changes) => {
    isTaken = true;
    return changes;
  });
  await Promise.resolve();
  expect(isTaken).toBe(false);
  overlap.end();
  expect(await taken).toEqual(ok(late));
  expect(overlap.newer(plan).has('1')).toBe(false);
});
