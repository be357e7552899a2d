/** What a customer's record says of what is its, as that comes, goes and changes. */
import { ok, type JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { MemoryStore } from '../keep/memory-store.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { Customers } from './customers.ts';

const admin = caller(['admin']);

interface World {
  readonly desk: Desk;
  put(collection: string, id: string, fields: JsonObject | null): Promise<void>;
  said(id: string): unknown;
  /** Lets everything that follows happen. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

async function open(store?: MemoryStore, clock = new FakeClock(), slice = 500): Promise<World> {
  let customers: Customers | null = null;
  const desk = await openDesk({ clock, store, onCommitted: (committed) => customers?.follow(committed) });
  customers = new Customers({
    clock,
    live: desk.keep.live,
    commit: desk.keep.commit,
    limits: { ...desk.deps.limits, followSliceRows: slice },
    onError: (error) => {
      throw error;
    },
  });
  customers.start();
  const rest = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      await settle();
      await clock.run(1);
    }
  };
  return {
    desk,
    rest,
    async put(collection, id, fields) {
      await desk.keep.commit.write('main', 'test', (draft) => {
        if (fields === null) draft.delete(collection, id);
        else draft.put(collection, id, { ...draft.get(collection, id), ...fields });
        return ok(null);
      });
      await rest();
    },
    said(id) {
      const row = desk.row('customers', id);
      return row === null ? null : [row['services'], row['worst'], row['openAlerts'], row['messages']];
    },
    async close() {
      customers?.close();
      await desk.close();
    },
  };
}

const make = (world: World, id: string) =>
  world.desk.commands.mutate(admin, { collection: 'customers', id, op: 'create', fields: { name: id } });
/** As much of a service as deadlines are made of. */
const CALM: JsonObject = {
  overlay: { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null },
};
const of = (customer: string, more: JsonObject = {}): JsonObject => ({ ...CALM, labels: { customer }, ...more });

test('[BO11] services, their worst status, open alerts and active messages of a customer are live fields of it', async () => {
  const world = await open();
  await make(world, 'acme');
  await make(world, 'globex');
  await world.put('services', 's1', of('acme', { status: 'up' }));
  await world.put('services', 's2', of('acme', { status: 'paused' }));
  expect(world.said('acme')).toEqual([2, 'up', 0, 0]);
  await world.put('services', 's2', { status: 'down' });
  expect(world.said('acme')).toEqual([2, 'down', 0, 0]);
  // An alert is that of its subject's customer, unless it names one itself.
  await world.put('alerts', 'a1', { labels: {}, subject: 'services/s2', state: 'pending' });
  await world.put('alerts', 'a2', of('globex', { subject: 'services/s2', state: 'firing' }));
  expect([world.said('acme'), world.said('globex')]).toEqual([
    [2, 'down', 0, 0],
    [0, null, 1, 0],
  ]);
  await world.put('alerts', 'a1', { state: 'firing' });
  expect(world.said('acme')).toEqual([2, 'down', 1, 0]);
  await world.put('messages', 'm1', { labels: {}, state: 'active', customers: ['acme', 'globex', 'nosuch'] });
  await world.put('messages', 'm2', { labels: {}, state: 'active', customers: null });
  expect([world.said('acme'), world.said('globex')]).toEqual([
    [2, 'down', 1, 1],
    [0, null, 1, 1],
  ]);
  // The service goes over to another customer, with its alert.
  await world.put('services', 's2', of('globex'));
  expect([world.said('acme'), world.said('globex')]).toEqual([
    [1, 'up', 0, 1],
    [1, 'down', 2, 1],
  ]);
  await world.put('alerts', 'a1', { state: 'resolved' });
  await world.put('alerts', 'a2', { state: 'acknowledged' });
  await world.put('messages', 'm1', { state: 'expired' });
  await world.put('services', 's1', null);
  expect([world.said('acme'), world.said('globex')]).toEqual([
    [0, null, 0, 0],
    [1, 'down', 1, 0],
  ]);
  await world.close();
});

test('[BO11] a customer that comes after what is its knows of it', async () => {
  const world = await open();
  await world.put('services', 's1', of('late', { status: 'degraded' }));
  await make(world, 'late');
  await world.rest();
  expect(world.said('late')).toEqual([1, 'degraded', 0, 0]);
  await world.close();
});

test('[BO11] after a restart what moved while nobody was here is said, and customers of whom all holds are not written', async () => {
  const clock = new FakeClock();
  const first = await open(undefined, clock);
  for (const id of ['acme', 'globex', 'initech']) await make(first, id);
  await first.put('services', 's1', of('acme', { status: 'up' }));
  await first.put('services', 's2', of('globex', { status: 'up' }));
  const { store } = first.desk;
  await first.close();
  // A transaction after which nothing followed any more: the kill came first.
  const between = await openDesk({ clock, store });
  await between.keep.commit.write('main', 'test', (draft) => {
    draft.put('services', 's1', { ...draft.get('services', 's1'), status: 'down' });
    draft.delete('services', 's2');
    return ok(null);
  });
  await between.close();
  const world = await open(store, clock);
  await world.rest();
  expect(['acme', 'globex', 'initech'].map((id) => world.said(id))).toEqual([
    [1, 'down', 0, 0],
    [0, null, 0, 0],
    [0, null, 0, 0],
  ]);
  const written = world.desk.committed.flatMap(({ changes }) => changes.map(({ id }) => id));
  expect(written.sort()).toEqual(['acme', 'globex']);
  await world.close();
});

test('[BO11] a burst is one write of each customer, in slices', async () => {
  const world = await open(undefined, new FakeClock(), 2);
  for (const id of ['a', 'b', 'c']) await make(world, id);
  const before = world.desk.committed.length;
  await world.desk.keep.commit.write('main', 'test', (draft) => {
    for (let i = 0; i < 30; i++) draft.put('services', `s${i}`, of(['a', 'b', 'c'][i % 3] ?? '', { status: 'up' }));
    return ok(null);
  });
  await world.rest();
  const writes = world.desk.committed.slice(before + 1).map(({ changes }) => changes.map(({ id }) => id));
  expect(writes).toEqual([['a', 'b'], ['c']]);
  expect(world.said('a')).toEqual([10, 'up', 0, 0]);
  await world.close();
});
