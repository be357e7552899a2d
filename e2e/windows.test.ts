/** A hundred thousand records, of which a page shows the hundred newest: what travels, what is counted, and what a crash changes. */
import { createClient, browserEnv, type Client } from '@statewire/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const RECORDS = 100_000;
const WINDOW = 100;
const PER_REQUEST = 1_000;

let server: TestServer;
let client: Client;
/** What came over the wire, in characters: frames are ASCII. */
let received = 0;
/** The truth, apart from the server. */
const activities = new Map<string, string>();

beforeAll(async () => {
  server = await TestServer.start();
  const env = browserEnv();
  client = createClient({
    url: server.url,
    token: ADMIN_KEY,
    tabs: 'off',
    env: {
      ...env,
      openSocket: (url, protocol) => {
        const socket = env.openSocket(url, protocol);
        socket.addEventListener('message', ({ data }) => {
          if (typeof data === 'string') received += data.length;
        });
        return socket;
      },
    },
  });
});

afterAll(async () => {
  client?.close();
  await server?.close();
});

async function report(changes: readonly (readonly [id: string, activity: string])[]): Promise<void> {
  const items = changes.map(([id, activity]) => ({ collection: 'agents', id, name: id, phase: 'idle', activity }));
  const reply = await server.api('POST', '/v1/reports', items);
  expect(reply.status).toBe(200);
  for (const [id, activity] of changes) activities.set(id, activity);
}

function truth(): readonly string[] {
  const sorted = [...activities].toSorted(([a, x], [b, y]) => (x > y ? -1 : x < y ? 1 : a < b ? -1 : 1));
  return sorted.slice(0, WINDOW).map(([id]) => id);
}

const named = (n: number): string => `agent-${String(n).padStart(6, '0')}`;
const at = (n: number): string => `at ${String(n).padStart(9, '0')}`;

test('[WI6] [WI7] [WI9] of 100,000 records a window of 100 travels alone, counters are live, and a crash changes nothing', async () => {
  for (let from = 0; from < RECORDS; from += PER_REQUEST) {
    await report(Array.from({ length: PER_REQUEST }, (_, i) => [named(from + i), at((from + i) * 7)] as const));
  }
  const agents = client.collection('agents');
  const newest = agents.sort('activity', 'desc').limit(WINDOW).view();
  const busy = agents.where(['gte', 'activity', at(1_000_000)]).count();
  const all = agents.count({ by: 'phase' });
  const ends = [newest.subscribe(() => undefined), busy.subscribe(() => undefined), all.subscribe(() => undefined)];
  await until(
    'the window',
    () => newest.get().status === 'live' && busy.get().status === 'live' && all.get().status === 'live',
  );
  const first = received;
  expect(newest.get().rows.map(({ id }) => id)).toEqual(truth());
  expect(newest.get()).toMatchObject({ total: RECORDS, offset: 0, hasAfter: true });
  expect(busy.get().rows).toMatchObject([{ count: 0 }]);
  // A hundred records and a few counters, not a hundred thousand.
  expect(first).toBeLessThan(100_000);

  // Each change is of another record; every tenth one moves to the top, the others move somewhere far below.
  received = 0;
  let moved = 0;
  for (let round = 0; round < 20; round++) {
    await report(
      Array.from({ length: PER_REQUEST / 10 }, (_, i) => {
        const n = (round * 7919 + i * 104_729) % RECORDS;
        const isUp = i % 10 === 0;
        if (isUp) moved += 1;
        return [named(n), at(isUp ? 1_000_000 + round * 100 + i : (n * 31) % 400_000)] as const;
      }),
    );
  }
  const up = [...activities.values()].filter((each) => each >= at(1_000_000)).length;
  await until('the counters', () => busy.get().rows[0]?.count === up);
  await until(
    'the window',
    () =>
      newest
        .get()
        .rows.map(({ id }) => id)
        .join() === truth().join(),
  );
  const after = received;
  console.log(
    `the window and two counters: ${first} characters to begin with, ${after} for 2,000 changes of which ${moved} reached it`,
  );
  expect(after).toBeLessThan(first * 8);
  expect(all.get().rows.reduce((sum, { count }) => sum + count, 0)).toBe(RECORDS);

  // A crash, and changes while nobody was there to hear.
  await server.kill();
  await until('the cut to be seen', () => newest.get().status !== 'live');
  expect(newest.get().rows).toHaveLength(WINDOW);
  await server.launch();
  await report([
    [named(5), at(9_000_000)],
    [named(6), at(8_999_999)],
    [newest.get().rows[3]?.id ?? '', at(1)],
  ]);
  await until(
    'everything to be true again',
    () => newest.get().status === 'live' && newest.get().rows[0]?.id === named(5),
  );
  await until(
    'the window',
    () =>
      newest
        .get()
        .rows.map(({ id }) => id)
        .join() === truth().join(),
  );
  const now = [...activities.values()].filter((each) => each >= at(1_000_000)).length;
  await until('the counters', () => busy.get().rows[0]?.count === now);
  expect(newest.get().total).toBe(RECORDS);
  for (const end of ends) end();
}, 300_000);
