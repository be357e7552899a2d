import { ok, type Result } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { openDesk } from '../../testing/desk.ts';
import { Applier, type Applied } from './apply.ts';
import type { Texts } from './database.ts';
import { captureDefinitions } from './definitions.ts';
import { captureListSchema } from './plans.ts';
import { takeSnapshot } from './snapshot.ts';

test('[CP8] when all rows are read again, one that does not fit keeps its record and is counted; one that is no record any more, or is gone, has none', async () => {
  const table = { table: 'orders', collection: 'orders', columns: { n: 'number' }, only: { state: ['open'] } };
  const { tables } = captureListSchema
    .parse([{ id: 'shop', url: 'postgres://x', tables: [table] }])
    .reduce((only) => only);
  const plan = tables.reduce((only) => only);
  const definitions = captureDefinitions(tables, []);
  const desk = await openDesk({ collections: definitions });
  const deps = { ...desk.deps, definitions: new Map(definitions.map((each) => [each.name, each])) };
  const applier = new Applier(deps, { id: 'shop', org: 'main' });
  const read = async (...rows: Texts): Promise<readonly Applied[]> => {
    const told: Applied[] = [];
    const answers = [rows, []];
    const db = {
      query: (sql: string): Promise<Result<Texts>> =>
        Promise.resolve(ok(sql.startsWith('FETCH') ? (answers.shift() ?? []) : [])),
    };
    const taken = await takeSnapshot(
      {
        db,
        applier,
        idsOf: () => Array.from(desk.keep.live.entries('main', 'orders'), ({ id }) => id),
        rowsMax: 10,
        onRows: (_table, _rows, applied) => told.push(applied),
      },
      [{ plan, oid: '1', columns: ['id', 'n', 'state'], missing: [], isPartitioned: false, cursorType: '' }],
      null,
    );
    expect(taken).toEqual(ok(null));
    return told;
  };
  await read(['1', '1', 'open'], ['2', '2', 'open'], ['3', '3', 'open'], ['4', '4', 'open']);
  const told = await read(['1', 'many', 'open'], ['2', '5', 'open'], ['3', '3', 'closed']);
  expect(told).toMatchObject([{ refused: 1 }]);
  expect(['1', '2', '3', '4'].map((id) => desk.row('orders', id)?.['n'] ?? null)).toEqual([1, 5, null, null]);
  await desk.close();
});
