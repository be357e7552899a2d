import type { Row } from '@statewire/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClient, type Client } from './create.ts';
import { FakeEnv, FakeServer } from './testing/index.ts';
import type { CollectionState } from './views/shown.ts';

interface World {
  readonly env: FakeEnv;
  readonly server: FakeServer;
  readonly sw: Client;
}

function world(count = 0): World {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now(), chunkRows: 3 });
  for (let i = 0; i < count; i += 1) server.put('jobs', { id: `j${i}`, n: i });
  return { env, server, sw: createClient({ url: 'http://fake.test', env, dial: server.dial }) };
}

function ids({ rows }: CollectionState<Row>): string {
  return rows.map(({ id }) => id).join(' ');
}

test('[CL70] [WI10] a window shows its rows in the order, with how many there are and where it lies', async () => {
  const { env, server, sw } = world(10);
  const query = sw.collection('jobs').sort('n', 'desc').limit(3);
  const view = query.view();
  let told = 0;
  const close = view.subscribe(() => (told += 1));
  await env.settle();
  expect(ids(view.get())).toBe('j9 j8 j7');
  expect(view.get()).toMatchObject({ total: 10, offset: 0, hasBefore: false, hasAfter: true });
  const [first, second] = view.get().rows;
  server.put('jobs', { id: 'j7', n: 8.5 });
  await env.settle();
  expect(ids(view.get())).toBe('j9 j7 j8');
  expect(view.get().rows[0]).toBe(first);
  expect(view.get().rows[2]).toBe(second);
  const { rows } = view.get();
  told = 0;
  server.put('jobs', { id: 'last', n: -1 });
  await env.settle();
  expect(view.get(), 'the number alone is news').toMatchObject({ total: 11, rows: { length: 3 } });
  expect([view.get().rows === rows, told]).toEqual([true, 1]);
  const behind = query.after(view.get().endCursor ?? '').view();
  const closeBehind = behind.subscribe(() => undefined);
  await env.settle();
  expect(ids(behind.get())).toBe('j6 j5 j4');
  expect(behind.get()).toMatchObject({ total: 11, offset: 3, hasBefore: true, hasAfter: true });
  const back = query.before(behind.get().startCursor ?? '').view();
  const closeBack = back.subscribe(() => undefined);
  await env.settle();
  expect(ids(back.get())).toBe('j9 j7 j8');
  const middle = query.skip(9).view();
  const closeMiddle = middle.subscribe(() => undefined);
  await env.settle();
  expect([ids(middle.get()), middle.get().hasAfter]).toEqual(['j0 last', false]);
  for (const end of [close, closeBehind, closeBack, closeMiddle]) end();
  sw.close();
});

test('[CL70] without a limit everything is shown in the order, and two orders of one view share a subscription', async () => {
  const { env, server, sw } = world(4);
  const up = sw.collection('jobs').sort('n').view();
  const down = sw.collection('jobs').sort('n', 'desc').view();
  const ends = [up.subscribe(() => undefined), down.subscribe(() => undefined)];
  await env.settle();
  server.put('jobs', { id: 'j0', n: 2.5 });
  await env.settle();
  expect([ids(up.get()), ids(down.get())]).toEqual(['j1 j2 j0 j3', 'j3 j0 j2 j1']);
  expect(up.get()).toMatchObject({ total: null, offset: null, hasBefore: false, hasAfter: false });
  expect(server.subscriptions).toBe(1);
  for (const end of ends) end();
  sw.close();
});

test('[CL70] a row that is shown as asked stands where its values belong, and goes back when it is refused', async () => {
  const { env, server, sw } = world(4);
  const jobs = sw.collection('jobs');
  const view = jobs.sort('n').limit(4).view();
  const close = view.subscribe(() => undefined);
  await env.settle();
  server.onCommand = () => ({ ok: false, code: 'forbidden', msg: 'no' });
  const done = jobs.patch('j0', { n: 9 }, { optimistic: true });
  expect(ids(view.get())).toBe('j1 j2 j3 j0');
  await env.settle();
  await done;
  expect(ids(view.get())).toBe('j0 j1 j2 j3');
  close();
  sw.close();
});

test('[CL71] counters come without rows, and stay right over changes, cuts and other epochs', async () => {
  const { env, server, sw } = world(6);
  const jobs = sw.collection('jobs');
  const all = jobs.count();
  const by = jobs.where(['gte', 'n', 1]).aggregate({ by: 'kind', sum: ['n'], max: ['n'] });
  const ends = [all.subscribe(() => undefined), by.subscribe(() => undefined)];
  await env.settle();
  expect(all.get().rows).toMatchObject([{ id: '*', count: 6 }]);
  server.put('jobs', { id: 'j1', kind: 'scan' });
  server.remove('jobs', 'j0');
  await env.settle();
  expect(all.get().rows).toMatchObject([{ count: 5 }]);
  expect(by.get().rows.map(({ by: value, count, sum, max }) => [value, count, sum['n'], max['n']])).toEqual([
    [null, 4, 14, 5],
    ['scan', 1, 1, 1],
  ]);
  server.cut();
  server.startEpoch('e2');
  server.put('jobs', { id: 'j9', n: 100, kind: 'scan' });
  await env.advance(20_000);
  expect(all.get()).toMatchObject({ status: 'live', rows: [{ count: 6 }] });
  expect(by.get().rows).toMatchObject([
    { by: null, count: 4 },
    { by: 'scan', count: 2, sum: { n: 101 } },
  ]);
  // Commands about records say nothing of groups.
  void jobs.create({ n: 5 }, { id: 'new', optimistic: true });
  expect(all.get().rows).toHaveLength(1);
  for (const end of ends) end();
  sw.close();
});

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('put' as const), id, n: fc.constantFrom(null, 1, 2, 3, 4), k: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 20_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('cut' as const, 'forget' as const, 'epoch' as const, 'mute' as const, 'speak' as const),
    }),
  },
);

test('[CL70] [CL71] [WI6] [WI10] after any sequence of changes, cuts, silences and restores windows are slices and counters count', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 50 }), async (happenings) => {
      const { env, server, sw } = world();
      const jobs = sw.collection('jobs');
      const order = jobs.sort('n', 'desc').sort('k');
      const wishes = [order.limit(3), order.limit(2).skip(2), jobs.where(['gt', 'k', 0]).sort('k').limit(4)];
      const running = wishes.map((wish) =>
        wish.subscribe(({ rows }) => expect(new Set(rows.map(({ id: each }) => each)).size).toBe(rows.length)),
      );
      const counts = jobs.count({ by: 'k' });
      const close = counts.subscribe(() => undefined);
      for (const each of happenings) {
        if (each.do === 'put') server.put('jobs', { id: each.id, n: each.n, k: each.k });
        else if (each.do === 'remove') server.remove('jobs', each.id);
        else if (each.do === 'pass') await env.advance(each.ms);
        else if (each.do === 'cut') server.cut();
        else if (each.do === 'forget') server.forgetHistory();
        else if (each.do === 'epoch') {
          server.cut();
          server.startEpoch(`e${server.dials}-${env.now()}`);
        } else {
          server.isMute = each.do === 'mute';
          server.flush();
        }
      }
      server.isMute = false;
      server.flush();
      for (let i = 0; i < 4; i += 1) {
        await env.advance(10_000);
        server.beat();
      }
      const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].flatMap((each) => server.get('jobs', each) ?? []);
      const num = (value: unknown): number => (typeof value === 'number' ? value : -1);
      const sorted = all.toSorted(
        (a, b) => num(b['n']) - num(a['n']) || num(a['k']) - num(b['k']) || (a.id < b.id ? -1 : 1),
      );
      const some = all
        .filter((row) => num(row['k']) > 0)
        .toSorted((a, b) => num(a['k']) - num(b['k']) || (a.id < b.id ? -1 : 1));
      const states = running.map(({ view }) => view.get());
      expect(states.map(({ status }) => status)).toEqual(['live', 'live', 'live']);
      expect(states.map(({ rows }) => rows)).toEqual([sorted.slice(0, 3), sorted.slice(2, 4), some.slice(0, 4)]);
      expect(states.map(({ total }) => total)).toEqual([all.length, all.length, some.length]);
      const truth = [0, 1, 2, 3].map((k) => all.filter((row) => row['k'] === k).length);
      expect([0, 1, 2, 3].map((k) => counts.get().get(JSON.stringify(k))?.count ?? 0)).toEqual(truth);
      for (const each of running) each.close();
      close();
      sw.close();
      expect(env.pending).toEqual({ timers: 0, listeners: 0 });
      expect(env.errors).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
