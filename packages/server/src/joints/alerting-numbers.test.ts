import { expect, test } from 'vitest';
import { AlertWorld } from '../testing/alert-world.ts';
import { granted } from '../testing/granted.ts';

const S = 1_000;
const MIN = 60_000;

async function answers(
  world: AlertWorld,
  id: string,
  ms: number | ((i: number) => number),
  count: number,
  collection = 'services',
): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.desk.observe('main', collection, id, {
      kind: 'report',
      at: world.clock.now(),
      observedAt: world.clock.now(),
      seq: null,
      sourceId: 'test',
      health: 'healthy',
      phase: null,
      reason: null,
      final: true,
      facts: {},
      latencyMs: typeof ms === 'number' ? ms : ms(i),
      periodMs: null,
      fields: {},
    });
    await world.run(30 * S);
  }
}

test('[AL16] a rule about numbers is asked by the clock, opens with its evidence, and ends clearly below the limit', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.do('rules', 'latency', 'patch', {
    isEnabled: true,
    when: { kind: 'latency', q: 'p95', aboveMs: 1_000, overMs: 5 * MIN },
  });
  await world.service('shop');
  await answers(world, 'shop', 200, 12);
  expect(world.alerts).toEqual([]);
  await answers(world, 'shop', 1_500, 12);
  expect(world.alertOf('services/shop', 'latency')).toMatchObject({
    state: 'firing',
    title: 'shop: Slow',
    evidence: { q: 'p95', limitMs: 1_000, value: 1_500 },
  });
  expect(world.told).toEqual(['ops alert shop: Slow']);
  // Just below the limit is not well yet.
  await answers(world, 'shop', 900, 14);
  expect(world.alertOf('services/shop', 'latency').state).toBe('firing');
  await answers(world, 'shop', 300, 14);
  expect(world.alertOf('services/shop', 'latency').state).toBe('resolved');
  expect(world.told).toHaveLength(2);
  await world.close();
});

test('[AL15] a steady rise is told while the limit still is ahead', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.do('rules', 'trend', 'patch', {
    isEnabled: true,
    when: { kind: 'trend', of: 'latency', limit: 1_000, withinMs: 60 * MIN },
  });
  await world.service('shop');
  await answers(world, 'shop', 200, 120);
  expect(world.alerts).toEqual([]);
  await answers(world, 'shop', (i) => 200 + 3 * i, 200);
  const alert = world.alertOf('services/shop', 'trend');
  expect(alert).toMatchObject({ state: 'firing', evidence: { limit: 1_000, withinMs: 60 * MIN } });
  // Told before it happened: it was below the limit, and is still.
  expect(alert.evidence['value']).toBeLessThan(1_000);
  expect(world.told).toEqual([`ops alert ${alert.title}`]);
  await world.close();
});

test('[AL15] a connection that is far slower than usual for itself is told, with what is usual', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.do('rules', 'odd', 'create', {
    name: 'Unusually slow',
    on: { collection: 'connections', where: null },
    when: { kind: 'anomaly', of: 'latency', sensitivity: 5 },
  });
  await world.do('connections', 'c1', 'create', { agent: 'a', service: 's' });
  await answers(world, 'c1', (i) => 100 + (i % 7), 420, 'connections');
  expect(world.alerts).toEqual([]);
  await answers(world, 'c1', 400, 30, 'connections');
  const alert = world.alertOf('connections/c1', 'odd');
  expect(alert).toMatchObject({ state: 'firing', evidence: { of: 'latency', baseline: 103, basis: '48 h' } });
  expect(alert.evidence['value']).toBeGreaterThan(200);
  expect(world.told).toHaveLength(1);
  await world.close();
});

test('[AL16] reconnects count, although each time it works', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.do('rules', 'reconnects', 'call', {}, 'enable');
  await world.do('connections', 'c1', 'create', { agent: 'a', service: 's' });
  for (let i = 0; i < 6; i++) {
    for (const phase of ['reconnecting', 'connected']) {
      await world.desk.reports.report(
        {
          kind: 'key',
          id: 'k',
          name: 'k',
          org: 'main',
          scopes: ['report'],
          permissions: granted(['report']),
          isOperator: false,
          expiresAt: null,
        },
        { collection: 'connections', id: 'c1', phase, health: 'healthy' },
      );
    }
    await world.run(20 * S);
  }
  expect(world.alertOf('connections/c1', 'reconnects')).toMatchObject({ state: 'firing', evidence: { limit: 5 } });
  await world.run(15 * MIN);
  expect(world.alertOf('connections/c1', 'reconnects').state).toBe('resolved');
  await world.close();
});

test('[AL16] a metric is remembered and compared', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.do('rules', 'drop', 'create', {
    name: 'Callers gone',
    when: { kind: 'metric', subject: 'gateway', name: 'connections', change: 0.5 },
  });
  const set = (connections: number): Promise<void> =>
    world.put('metrics', 'gateway', { subject: 'gateway', values: { connections }, window: '' });
  await set(100);
  await world.run(5 * MIN);
  expect(world.alerts).toEqual([]);
  await set(20);
  await world.run(MIN);
  expect(world.alertOf('metrics/gateway', 'drop')).toMatchObject({ state: 'firing', evidence: { baseline: 100 } });
  await world.close();
});

test('[AL16] jobs: lost is told, stalled when it is enabled, and a retry ends it', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.do('rules', 'job-stalled', 'patch', {
    isEnabled: true,
    when: { kind: 'run', is: ['stalled'], stalledMs: 2 * MIN },
  });
  await world.do('jobs', 'j', 'create', { title: 'Nightly', leaseMs: 60 * S });
  for (let i = 0; i < 6; i++) {
    await world.do('jobs', 'j', 'patch', { message: `still here ${i}` });
    await world.run(30 * S);
  }
  expect(world.alertOf('jobs/j', 'job-stalled')).toMatchObject({ state: 'firing', subjectName: 'Nightly' });
  await world.run(2 * MIN);
  expect(world.alertOf('jobs/j', 'job-stalled').state).toBe('resolved');
  expect(world.alertOf('jobs/j', 'job-lost')).toMatchObject({ state: 'firing' });
  await world.do('jobs', 'j', 'patch', { attempt: 2, state: 'running' });
  await world.run(10 * S);
  expect(world.alertOf('jobs/j', 'job-lost').state).toBe('resolved');
  await world.close();
});

test('[AL16] a heartbeat that is late folds into its being down; a certificate ends by the clock alone', async () => {
  const world = await AlertWorld.open();
  await world.policy({ groupBy: ['subject'] });
  await world.do('services', 'cron', 'create', { name: 'Cron', kind: 'heartbeat', check: { intervalMs: 60 * S } });
  await world.desk.observe('main', 'services', 'cron', {
    kind: 'beat',
    at: world.clock.now(),
    signal: 'ok',
    periodMs: 60 * S,
    graceMs: 30 * S,
    ms: null,
    text: '',
  });
  await world.run(5 * MIN);
  expect(world.told).toEqual(['ops alert Cron: Heartbeat late', 'ops alert Cron is down, and 1 behind it']);
  expect(world.alertOf('services/cron', 'heartbeat')).toMatchObject({
    state: 'suppressed',
    parent: world.alertOf('services/cron', 'down').id,
  });
  const row = world.desk.row('services', 'cron');
  const expiresAt = world.clock.now() + 14 * 86_400_000 + 10 * MIN;
  await world.put('services', 'cron', { ...row, certificate: { expiresAt, daysLeft: 14, issuer: 'CA' } });
  await world.run(5 * MIN);
  expect(world.alerts.some(({ rule }) => rule === 'certificate')).toBe(false);
  await world.run(6 * MIN);
  expect(world.alertOf('services/cron', 'certificate').state).toBe('firing');
  await world.close();
});

test('[AL16] a question about a rule writes nothing', async () => {
  const world = await AlertWorld.open();
  await world.service('shop');
  await world.see('shop', 'degraded');
  const admin = {
    kind: 'user',
    id: 'u',
    name: 'Ana',
    org: 'main',
    scopes: ['admin'],
    permissions: ['*:*'],
    isOperator: false,
    expiresAt: null,
  } as const;
  const before = world.desk.keep.commit.version('main');
  const asked = await world.desk.commands.mutate(admin, {
    collection: 'rules',
    id: 'degraded',
    op: 'call',
    name: 'test',
    fields: { ref: 'services/shop' },
  });
  expect(asked).toMatchObject({
    ok: true,
    value: { value: { is: 'true', title: 'shop is degraded', isSelected: true } },
  });
  expect(world.desk.keep.commit.version('main')).toBe(before);
  await world.close();
});

test('[AL8] up and down once a minute for two hours: the first outage, its end, flapping, its end', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.service('shop');
  await world.see('shop', 'healthy');
  await world.run(MIN);
  // Down and up once a minute for two hours.
  for (let i = 0; i < 120; i++) {
    await world.see('shop', i % 2 === 0 ? 'unhealthy' : 'healthy');
    await world.run(MIN);
  }
  await world.run(60 * MIN);
  expect(world.told.map((line) => line.replace(/after .*?:/, 'after:'))).toEqual([
    'ops alert shop is down',
    'ops recovery Over after: shop is down',
    'ops alert shop: Flapping',
    'ops recovery Over after: shop: Flapping',
  ]);
  await world.close();
});

test('[AL8] the same trouble again within the interval is the same alert, told anew when the interval is over', async () => {
  const world = await AlertWorld.open();
  await world.policy();
  await world.service('shop');
  await world.see('shop', 'unhealthy');
  await world.run(MIN);
  await world.see('shop', 'healthy');
  await world.run(MIN);
  expect(world.told).toHaveLength(2);
  await world.see('shop', 'unhealthy');
  await world.run(3 * MIN);
  expect(world.told).toHaveLength(2);
  expect(world.alerts).toHaveLength(1);
  expect(world.alertOf('services/shop')).toMatchObject({ state: 'firing', resolvedAt: null });
  await world.run(3 * MIN);
  expect(world.told.slice(2)).toEqual(['ops alert shop is down']);
  await world.see('shop', 'healthy');
  await world.run(MIN);
  expect(world.told.slice(3)).toEqual([expect.stringMatching(/^ops recovery Over after 6 min/)]);
  await world.run(10 * MIN);
  await world.see('shop', 'unhealthy');
  await world.run(MIN);
  expect(world.alerts).toHaveLength(2);
  expect(world.told).toHaveLength(5);
  await world.close();
});
