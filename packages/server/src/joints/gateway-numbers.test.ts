import { expect, test } from 'vitest';
import { openDesk } from '../testing/desk.ts';
import { GatewayNumbers } from './gateway-numbers.ts';

test('every five seconds the process says how many it serves and how much it said a second; equal numbers move nothing', async () => {
  const desk = await openDesk();
  const stats = { connections: 3, subscriptions: 12, lagging: 1, views: 4, frames: 100, bytes: 2_000 };
  const numbers = new GatewayNumbers({
    clock: desk.clock,
    commit: desk.keep.commit,
    stats: () => ({ ...stats }),
    probes: () => ({ checks: 7, running: 2, waiting: 1 }),
  });
  const said = () => desk.row('metrics', 'gateway')?.['values'];
  expect(said()).toBeUndefined();
  numbers.batch({ transactions: 2, changes: 20, ms: 3, ok: true, queued: 0 });
  numbers.batch({ transactions: 1, changes: 5, ms: 1, ok: true, queued: 0 });
  for (let probe = 0; probe < 10; probe += 1) numbers.probed();
  await desk.clock.run(5_000);
  expect(said()).toEqual({
    connections: 3,
    subscriptions: 12,
    lagging: 1,
    views: 4,
    'frames.perSecond': 20,
    'bytes.perSecond': 400,
    'changes.perSecond': 5,
    'commit.ms': 2,
    'probes.perSecond': 2,
    'checks.total': 7,
    'checks.waiting': 1,
  });
  // Messages are counted since the start; what is told is what came since the last time.
  Object.assign(stats, { subscriptions: 0, frames: 150, bytes: 2_050 });
  await desk.clock.run(5_000);
  expect(said()).toMatchObject({ subscriptions: 0, 'frames.perSecond': 10, 'bytes.perSecond': 10, 'commit.ms': 0 });
  await desk.clock.run(5_000);
  expect(said()).toMatchObject({ 'frames.perSecond': 0 });
  const { length } = desk.committed;
  await desk.clock.run(10_000);
  expect(desk.committed.slice(length).flatMap(({ changes }) => changes)).toEqual([]);
  numbers.close();
  Object.assign(stats, { connections: 0 });
  await desk.clock.run(10_000);
  expect(said()).toMatchObject({ connections: 3 });
  await desk.close();
});
