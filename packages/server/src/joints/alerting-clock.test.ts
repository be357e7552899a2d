import { expect, test } from 'vitest';
import { AlertWorld } from '../testing/alert-world.ts';

const S = 1_000;
const MINUTE = 60 * S;
const HOUR = 3_600 * S;

const STEPS: readonly (readonly [string, (world: AlertWorld) => void])[] = [
  ['forward one hour', (world) => world.clock.jump(HOUR)],
  ['back one hour', (world) => world.clock.jump(-HOUR)],
  ['not, but the process stands still for one hour', (world) => world.clock.stall(HOUR)],
];

/** What is told within a time that really passes, and after how much of it (to 5 s). */
async function toldWithin(world: AlertWorld, ms: number): Promise<readonly (readonly [number, string])[]> {
  const seen: (readonly [number, string])[] = [];
  for (let at = 5 * S; at <= ms; at += 5 * S) {
    const before = world.deliveries.length;
    await world.run(5 * S);
    const fresh = world.deliveries.length - before;
    for (let i = 0; i < fresh; i++) seen.push([at / S, '']);
  }
  return seen;
}

test.each(STEPS)('[WC4] the clock goes %s: an escalation comes when it would have come', async (_what, step) => {
  const world = await AlertWorld.open();
  await world.channel('boss');
  await world.channel('board');
  await world.policy({
    steps: [
      { afterMs: 0, channels: ['ops'] },
      { afterMs: 10 * MINUTE, channels: ['boss'] },
      { afterMs: 20 * MINUTE, channels: ['board'] },
    ],
  });
  await world.service('shop');
  await world.see('shop', 'healthy');
  await world.see('shop', 'unhealthy');
  await world.run(MINUTE);
  expect(world.deliveries.map(({ channel }) => channel)).toEqual(['ops']);
  step(world);
  expect(await toldWithin(world, 8 * MINUTE)).toEqual([]);
  const next = await toldWithin(world, 2 * MINUTE);
  expect(next).toHaveLength(1);
  expect(world.deliveries.filter(({ channel }) => channel === 'boss')).toHaveLength(1);
  // The step after that counts from when it fired, too.
  expect(await toldWithin(world, 8 * MINUTE)).toEqual([]);
  await world.run(2 * MINUTE);
  expect(world.deliveries.filter(({ channel }) => channel === 'board')).toHaveLength(1);
  await world.close();
});

test.each(STEPS)(
  '[WC4] the clock goes %s: a page that waits for its group is neither lost nor late',
  async (_what, step) => {
    const world = await AlertWorld.open();
    await world.policy();
    await world.service('shop');
    await world.see('shop', 'healthy');
    await world.see('shop', 'unhealthy');
    await world.run(2 * S);
    step(world);
    await world.run(5 * S);
    expect(world.told).toEqual([]);
    await world.run(10 * S);
    expect(world.deliveries.map(({ kind }) => kind)).toEqual(['alert']);
    // And what comes after the step is told as soon as ever.
    await world.run(6 * MINUTE);
    await world.see('shop', 'healthy');
    await world.run(15 * S);
    expect(world.deliveries.map(({ kind }) => kind).toSorted()).toEqual(['alert', 'recovery']);
    await world.close();
  },
);

test.each(STEPS)(
  '[WC4] the clock goes %s: what must hold for two minutes has to hold for two minutes',
  async (_what, step) => {
    const world = await AlertWorld.open();
    await world.policy();
    await world.service('shop');
    await world.see('shop', 'healthy');
    await world.see('shop', 'degraded');
    await world.run(30 * S);
    expect(world.alertOf('services/shop', 'degraded').state).toBe('pending');
    step(world);
    await world.run(60 * S);
    expect(world.alertOf('services/shop', 'degraded').state).toBe('pending');
    expect(world.told).toEqual([]);
    await world.run(60 * S);
    expect(world.alertOf('services/shop', 'degraded').state).toBe('firing');
    await world.close();
  },
);

test('[WC4] a snooze ends at its time of day', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.service('shop');
  await world.see('shop', 'healthy');
  await world.see('shop', 'unhealthy');
  await world.run(MINUTE);
  const { id } = world.alertOf('services/shop');
  const until = world.clock.now() + 30 * MINUTE;
  await world.do('alerts', id, 'call', { until }, 'snooze');
  await world.run(5 * S);
  world.clock.jump(HOUR);
  await world.run(20 * S);
  expect(world.alertOf('services/shop').snoozedUntil).toBeNull();
  await world.close();
});

test.each(STEPS)(
  '[WC4] the clock goes %s soon after a long gap of ours: the first page still comes',
  async (_what, step) => {
    const world = await AlertWorld.open();
    await world.policy();
    await world.put('metrics', 'gateway', {
      subject: 'gateway',
      values: {},
      window: 'now',
      labels: {},
      source: null,
      observedAt: null,
    });
    await world.service('shop');
    await world.see('shop', 'healthy');
    await world.restart(10 * MINUTE);
    await world.run(5 * S);
    step(world);
    await world.run(5 * S);
    await world.see('shop', 'unhealthy');
    expect(world.desk.row('services', 'shop')).toMatchObject({ status: 'down' });
    await world.run(MINUTE);
    expect(world.deliveries.map(({ kind }) => kind)).toEqual(['alert']);
    await world.close();
  },
);
