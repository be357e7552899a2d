import { expect, test } from 'vitest';
import { AlertWorld } from '../testing/alert-world.ts';

const S = 1_000;
const MIN = 60_000;

test('[AL5] a failure is paged once, and its end is told to those who were paged, with how long it lasted', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.service('shop');
  await world.see('shop', 'healthy');
  await world.run(MIN);
  await world.see('shop', 'unhealthy');
  await world.run(5 * S);
  expect(world.alertOf('services/shop')).toMatchObject({
    state: 'firing',
    severity: 'critical',
    title: 'shop is down',
  });
  expect(world.told).toEqual([]);
  await world.run(6 * S);
  expect(world.told).toEqual(['ops alert shop is down']);
  await world.run(10 * MIN);
  await world.see('shop', 'healthy');
  await world.run(MIN);
  expect(world.told).toEqual(['ops alert shop is down', 'ops recovery Over after 10 min: shop is down']);
  expect(world.alertOf('services/shop')).toMatchObject({ state: 'resolved', resolution: 'Status is up.' });
  expect(new Set(world.deliveries.map(({ thread }) => thread)).size).toBe(1);
  await world.close();
});

test('[AL6] 50 services behind one failed dependency: one page, one recovery notice', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.service('db');
  const children = Array.from({ length: 50 }, (_, i) => `app${i}`);
  for (const id of children) await world.service(id, { dependsOn: ['services/db'] });
  for (const id of ['db', ...children]) await world.see(id, 'healthy');
  await world.run(MIN);
  // Half of them fail before their dependency is known to, half after it.
  for (const id of children.slice(0, 25)) await world.see(id, 'unhealthy');
  await world.run(3 * S);
  await world.see('db', 'unhealthy');
  await world.run(2 * S);
  for (const id of children.slice(25)) await world.see(id, 'unhealthy');
  await world.run(20 * MIN);
  const page = world.alertOf('services/db');
  expect(page).toMatchObject({ state: 'firing' });
  expect(page.children).toHaveLength(50);
  for (const id of children) {
    expect(world.alertOf(`services/${id}`)).toMatchObject({
      state: 'suppressed',
      suppressed: { by: 'dependency', ref: 'services/db' },
      parent: page.id,
    });
  }
  expect(world.told).toEqual([expect.stringContaining('ops alert db is down')]);
  await world.see('db', 'healthy');
  await world.run(30 * S);
  for (const id of children) await world.see(id, 'healthy');
  await world.run(20 * MIN);
  expect(world.told).toHaveLength(2);
  expect(world.told[1]).toBe('ops recovery Over after 20 min: db is down, and 50 behind it');
  expect(world.alerts.every(({ state }) => state === 'resolved')).toBe(true);
  await world.close();
});

test('[AL6] what still fails when its dependency is back speaks for itself after a grace', async () => {
  const world = await AlertWorld.open();
  await world.policy({ groupBy: ['subject'] });
  await world.service('db');
  await world.service('app', { dependsOn: ['services/db'] });
  for (const id of ['db', 'app']) await world.see(id, 'unhealthy');
  await world.run(MIN);
  await world.see('db', 'healthy');
  await world.run(100 * S);
  expect(world.alertOf('services/app').state).toBe('suppressed');
  await world.run(40 * S);
  expect(world.told.map((line) => line.split(' ').slice(1, 3).join(' '))).toEqual([
    'alert db',
    'recovery Over',
    'alert app',
  ]);
  await world.close();
});

test('[AL7] a flapping service: two notices', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.service('shop');
  await world.see('shop', 'healthy');
  await world.run(MIN);
  for (let i = 0; i < 12; i++) {
    await world.see('shop', i % 2 === 0 ? 'unhealthy' : 'healthy');
    await world.run(5 * S);
  }
  expect(world.desk.row('services', 'shop')?.['overlay']).toMatchObject({ flapping: true });
  await world.run(60 * MIN);
  expect(world.told).toEqual(['ops alert shop: Flapping', expect.stringContaining('ops recovery Over after')]);
  expect(world.alerts.filter(({ state }) => state !== 'resolved')).toEqual([]);
  await world.close();
});

test('[AL7] a flapping service that settles down is told down once, and up when it is', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.service('shop');
  await world.see('shop', 'healthy');
  await world.run(MIN);
  for (let i = 0; i < 13; i++) {
    await world.see('shop', i % 2 === 0 ? 'unhealthy' : 'healthy');
    await world.run(5 * S);
  }
  await world.run(60 * MIN);
  expect(world.told).toHaveLength(2);
  expect(world.alertOf('services/shop')).toMatchObject({ state: 'firing', step: 1 });
  await world.see('shop', 'healthy');
  await world.run(MIN);
  expect(world.told).toHaveLength(3);
  expect(world.told[2]).toContain('recovery');
  await world.close();
});
