import { expect, test } from 'vitest';
import { openDesk } from '../../testing/desk.ts';
import { Applier, CAPTURE_MARK } from './apply.ts';
import { captureDefinitions } from './definitions.ts';
import { dropLeftovers } from './leftovers.ts';
import { markText, readMark } from './mark.ts';
import { captureListSchema, type AnyEntry } from './plans.ts';

const entry = (id: string, ...tables: readonly object[]): AnyEntry =>
  captureListSchema.parse([{ id, url: 'postgres://x', tables }]).reduce((only) => only);

const ORDERS = { table: 'orders', collection: 'orders', columns: { n: 'number' } };
const OLD = { table: 'old', collection: 'orders', columns: { n: 'number' } };
const SERVERS = { table: 'mcp_servers', pack: 'mcp_servers' };

test('[CP16] records of a table, or of a capture, that the configuration no longer names go, and with them how far it had come', async () => {
  const before = [entry('shop', ORDERS, OLD, SERVERS), entry('gone', { ...ORDERS, table: 'others' })];
  const definitions = captureDefinitions(
    before.flatMap(({ tables }) => tables),
    [],
  );
  const desk = await openDesk({ collections: definitions });
  const deps = { ...desk.deps, definitions: new Map(definitions.map((each) => [each.name, each])) };
  const mark = markText({
    epoch: 3,
    cause: 'first',
    isWhole: true,
    system: 's',
    fingerprint: 'f',
    position: { lsn: 7n, part: null },
    cursors: {},
  });
  for (const { id, org, tables } of before) {
    const puts = tables.map((plan) => ({
      kind: 'put' as const,
      plan,
      row: new Map([
        ['id', `${id}-${plan.table.slice('public.'.length)}`],
        ['n', '1'],
        ['name', 'S'],
        ['status', 'up'],
      ]),
      old: null,
    }));
    expect(await new Applier(deps, { id, org }).apply(puts, mark)).toMatchObject({ ok: true, value: { refused: 0 } });
  }
  await desk.deps.commit.write('main', 'test', (draft) => {
    draft.put('services', 'theirs', { ...desk.row('services', 'shop-mcp_servers'), managedBy: 'file', source: null });
    return { ok: true, value: null };
  });
  const left = { commit: desk.deps.commit, live: desk.keep.live, store: desk.store, rowsMax: 1 };
  expect(await dropLeftovers(left, 'main', before)).toEqual({ ok: true, value: 0 });
  expect(readMark(await desk.store.document(CAPTURE_MARK, 'main', 'shop'))?.isWhole).toBe(true);
  expect(await dropLeftovers(left, 'main', [entry('shop', ORDERS)])).toEqual({ ok: true, value: 3 });
  const there = (collection: string): readonly string[] =>
    Array.from(desk.keep.live.entries('main', collection), ({ id }) => id);
  expect(there('orders')).toEqual(['shop-orders']);
  expect(there('services')).toEqual(['theirs']);
  // Named again, it is read anew: as the next epoch, or as the first.
  expect(readMark(await desk.store.document(CAPTURE_MARK, 'main', 'shop'))).toMatchObject({ epoch: 3, isWhole: false });
  expect(await desk.store.document(CAPTURE_MARK, 'main', 'gone')).toBeNull();
  await desk.close();
});
