import { ok } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { AlertWorld } from '../testing/alert-world.ts';
import { Random } from '../testing/random.ts';

const S = 1_000;
const MIN = 60_000;
const HOUR = 3_600_000;

/** A quarter of an hour in a fleet: a dependency fails with what stands on it, something flaps, something degrades. */
const STORY: readonly (readonly [atS: number, id: string, health: 'degraded' | 'healthy' | 'unhealthy'])[] = [
  [20, 'app1', 'unhealthy'],
  [22, 'db', 'unhealthy'],
  [25, 'app2', 'unhealthy'],
  [60, 'solo', 'degraded'],
  ...Array.from({ length: 12 }, (_, i) => [70 + 5 * i, 'shaky', i % 2 === 0 ? 'unhealthy' : 'healthy'] as const),
  [300, 'db', 'healthy'],
  [310, 'app1', 'healthy'],
  [400, 'solo', 'healthy'],
  [600, 'app2', 'healthy'],
];

const END_S = 3_600;

/** Tells the story, with a kill at each of these seconds. What was told, and what became of everything. */
async function tell(kills: readonly number[]): Promise<readonly string[]> {
  const world = await AlertWorld.open();
  await world.channel('sms');
  await world.policy({
    groupBy: ['subject'],
    steps: [
      { afterMs: 0, channels: ['ops'] },
      { afterMs: 2 * MIN, channels: ['sms'] },
    ],
  });
  for (const id of ['db', 'solo', 'shaky']) await world.service(id);
  for (const id of ['app1', 'app2']) await world.service(id, { dependsOn: ['services/db'] });
  for (const id of ['db', 'solo', 'shaky', 'app1', 'app2']) await world.see(id, 'healthy');
  await world.run(MIN);
  const start = world.clock.now();
  const steps = [
    ...STORY.map(([at, id, health]) => ({ at, act: () => world.see(id, health) })),
    ...kills.map((at) => ({ at, act: () => world.restart() })),
  ].toSorted((a, b) => a.at - b.at);
  for (const { at, act } of steps) {
    await world.run(Math.max(0, start + at * S - world.clock.now()));
    await act();
  }
  await world.run(start + END_S * S - world.clock.now());
  const told = world.deliveries.map(({ key, kind, title }) => `${key} ${kind} ${title}`);
  expect(new Set(told).size).toBe(told.length);
  const alerts = world.alerts.map(({ id, state }) => `${id} ${state}`);
  await world.close();
  return [...told.toSorted(), ...alerts.toSorted()];
}

test('[AL13] a kill at any second changes neither what is told nor what becomes of it', async () => {
  const calm = await tell([]);
  expect(calm.filter((line) => line.includes(' alert ')).length).toBeGreaterThanOrEqual(3);
  const moments = [20, 21, 22, 25, 31, 32, 33, 61, 75, 90, 99, 152, 182, 300, 301, 311, 421, 422, 432, 600, 601, 611];
  for (const moment of moments) expect(await tell([moment]), `killed at ${moment} s`).toEqual(calm);
}, 60_000);

test('[AL13] nor do several kills, wherever they fall', async () => {
  const calm = await tell([]);
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const kills = Array.from({ length: 5 }, () => Math.floor(random.next() * 7_000) / 10);
    expect(await tell(kills), `seed ${seed}: killed at ${kills.join(', ')} s`).toEqual(calm);
  }
}, 120_000);

test('[AL14] our own downtime pages nobody', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.do('rules', 'agent-down', 'call', {}, 'enable');
  await world.do('rules', 'job-stalled', 'call', {}, 'enable');
  const ids = Array.from({ length: 100 }, (_, i) => `beat${i}`);
  const beatAll = async (): Promise<void> => {
    for (const id of ids) {
      await world.desk.observe('main', 'services', id, {
        kind: 'beat',
        at: world.clock.now(),
        signal: 'ok',
        periodMs: 30 * S,
        graceMs: 15 * S,
        ms: null,
        text: '',
      });
    }
  };
  for (const id of ids) {
    await world.do('services', id, 'create', { name: id, kind: 'heartbeat', check: { intervalMs: 30 * S } });
  }
  await world.service('shop');
  await world.see('shop', 'healthy');
  await beatAll();
  await world.do('jobs', 'nightly', 'create', { title: 'Nightly', leaseMs: 60 * S });
  await world.desk.keep.commit.write('main', 'system', (draft) => {
    draft.put('metrics', 'gateway', { subject: 'gateway', values: {}, window: '' });
    return ok(null);
  });
  await world.run(10 * S);
  await world.restart(2 * HOUR);
  await world.run(15 * S);
  await beatAll();
  await world.see('shop', 'healthy');
  await world.do('jobs', 'nightly', 'patch', { done: 5 });
  await world.run(20 * S);
  expect(world.told).toEqual([]);
  expect(world.alerts).toEqual([]);
  await world.close();
});

test('[AL14] what got well in our gap is told as well, and is not escalated first', async () => {
  const world = await AlertWorld.open();
  await world.channel('boss');
  await world.policy({
    steps: [
      { afterMs: 0, channels: ['ops'] },
      { afterMs: 30 * MIN, channels: ['boss'] },
    ],
  });
  await world.service('shop');
  await world.service('slow');
  await world.see('shop', 'unhealthy');
  await world.run(MIN);
  // Not for long enough yet when we go away.
  await world.see('slow', 'degraded');
  await world.run(10 * S);
  await world.put('metrics', 'gateway', { subject: 'gateway', values: {}, window: '' });
  await world.restart(2 * HOUR);
  await world.run(30 * S);
  await world.see('shop', 'healthy');
  await world.see('slow', 'healthy');
  await world.run(HOUR);
  expect(world.told.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['ops alert', 'ops recovery']);
  await world.close();
});

test('[AL14] a record that becomes unknown pages nobody and recovers nothing', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.service('shop');
  await world.see('shop', 'unhealthy');
  await world.run(MIN);
  await world.see('shop', 'unknown');
  await world.run(HOUR);
  expect(world.told).toEqual(['ops alert shop is down']);
  expect(world.alertOf('services/shop').state).toBe('firing');
  await world.close();
});
