import { expect, test } from 'vitest';
import { AlertWorld } from '../testing/alert-world.ts';

const S = 1_000;
const MIN = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

async function worldWith(policy: Parameters<AlertWorld['policy']>[0], services: readonly string[] = ['shop']) {
  const world = await AlertWorld.open();
  for (const channel of ['sms', 'boss', 'mail']) await world.channel(channel);
  await world.policy(policy);
  for (const id of services) await world.service(id);
  for (const id of services) await world.see(id, 'healthy');
  await world.run(MIN);
  return world;
}

test('[AL8] what fails within the wait of its group is one notice; the next comes after the interval', async () => {
  const world = await worldWith({}, ['a', 'b', 'c', 'd']);
  await world.see('a', 'unhealthy');
  await world.run(5 * S);
  await world.see('b', 'unhealthy');
  await world.run(6 * S);
  expect(world.told).toEqual(['ops alert 2 alerts: a, b']);
  await world.see('c', 'unhealthy');
  await world.run(MIN);
  await world.see('d', 'unhealthy');
  await world.run(3 * MIN);
  expect(world.told).toHaveLength(1);
  await world.run(2 * MIN);
  expect(world.told).toEqual(['ops alert 2 alerts: a, b', 'ops alert 2 alerts: c, d']);
  // A part of it is over: with the interval. All of it: with the wait.
  await world.see('a', 'healthy');
  await world.run(2 * MIN);
  expect(world.told).toHaveLength(2);
  await world.run(4 * MIN);
  expect(world.told[2]).toContain('ops recovery Over after');
  expect(world.deliveries[2]?.state).toBe('queued');
  for (const id of ['b', 'c', 'd']) await world.see(id, 'healthy');
  await world.run(11 * S);
  expect(world.told[3]).toBe('ops recovery 3 alerts are over: b, c, d');
  await world.close();
});

test('[AL8] what is back before anybody was told is not told', async () => {
  const world = await worldWith({});
  await world.see('shop', 'unhealthy');
  await world.run(6 * S);
  await world.see('shop', 'healthy');
  await world.run(HOUR);
  expect(world.told).toEqual([]);
  expect(world.alertOf('services/shop')).toMatchObject({ state: 'resolved' });
  await world.close();
});

test('[AL8] something worse does not wait for the interval', async () => {
  const world = await worldWith({ groupBy: [] }, ['a', 'b']);
  await world.see('a', 'degraded');
  await world.run(2 * MIN + 11 * S);
  await world.see('b', 'unhealthy');
  await world.run(11 * S);
  expect(world.told).toEqual(['ops alert a is degraded', 'ops alert b is down']);
  await world.close();
});

test('[AL9] steps are taken while nobody acknowledges, the last one again and again', async () => {
  const world = await worldWith({
    steps: [
      { afterMs: 0, channels: ['ops'] },
      { afterMs: 10 * MIN, channels: ['sms', 'boss'] },
    ],
    repeatMs: 30 * MIN,
  });
  await world.see('shop', 'unhealthy');
  await world.run(45 * MIN);
  expect(world.told).toEqual([
    'ops alert shop is down',
    'boss escalation Not acknowledged for 10 min: shop is down',
    'sms escalation Not acknowledged for 10 min: shop is down',
    'boss escalation Not acknowledged for 40 min: shop is down',
    'sms escalation Not acknowledged for 40 min: shop is down',
  ]);
  await world.see('shop', 'healthy');
  await world.run(MIN);
  expect(world.told.slice(5)).toEqual([
    'boss recovery Over after 45 min: shop is down',
    'ops recovery Over after 45 min: shop is down',
    'sms recovery Over after 45 min: shop is down',
  ]);
  await world.close();
});

test('[AL9] an acknowledgement stops steps and reminders, shows on the record, and ends with the problem', async () => {
  const world = await worldWith({
    steps: [
      { afterMs: 0, channels: ['ops'] },
      { afterMs: 10 * MIN, channels: ['sms'] },
    ],
    reminderMs: 15 * MIN,
  });
  await world.see('shop', 'unhealthy');
  await world.run(5 * MIN);
  await world.do('alerts', world.alertOf('services/shop').id, 'call', { note: 'on it' }, 'ack');
  await world.run(5 * HOUR);
  expect(world.told).toEqual(['ops alert shop is down']);
  expect(world.alertOf('services/shop')).toMatchObject({ state: 'acknowledged', ackedBy: 'Ana', note: 'on it' });
  expect(world.desk.row('services', 'shop')?.['overlay']).toMatchObject({ acked: true });
  await world.do('alerts', world.alertOf('services/shop').id, 'call', {}, 'unack');
  await world.run(MIN);
  expect(world.told.at(-1)).toMatch(/^ops reminder|^sms escalation/);
  await world.see('shop', 'healthy');
  await world.run(MIN);
  expect(world.alertOf('services/shop')).toMatchObject({ state: 'resolved', ackedAt: null });
  expect(world.desk.row('services', 'shop')?.['overlay']).toMatchObject({ acked: false });
  await world.close();
});

test('[AL9] a reminder lists what still is wrong', async () => {
  const world = await worldWith({ reminderMs: 10 * MIN }, ['a', 'b']);
  await world.see('a', 'unhealthy');
  await world.see('b', 'unhealthy');
  await world.run(11 * MIN);
  expect(world.told).toEqual(['ops alert 2 alerts: a, b', 'ops reminder Still 2 alerts: a, b']);
  await world.see('b', 'healthy');
  await world.run(10 * MIN);
  expect(world.told.at(-1)).toBe('ops reminder Still: a is down');
  await world.close();
});

test('[AL9] a snooze tells nobody until it ends; then it reminds', async () => {
  const world = await worldWith({ reminderMs: 10 * MIN });
  await world.see('shop', 'unhealthy');
  await world.run(MIN);
  const until = world.clock.now() + HOUR;
  await world.do('alerts', world.alertOf('services/shop').id, 'call', { until }, 'snooze');
  await world.run(59 * MIN);
  expect(world.told).toHaveLength(1);
  await world.run(2 * MIN);
  expect(world.told).toEqual(['ops alert shop is down', 'ops reminder Still: shop is down']);
  await world.close();
});

test('[AL9] resolved by hand it stays resolved until it was well once', async () => {
  const world = await worldWith({});
  await world.see('shop', 'unhealthy');
  await world.run(MIN);
  await world.do('alerts', world.alertOf('services/shop').id, 'call', { note: 'known' }, 'resolve');
  await world.run(MIN);
  await world.see('shop', 'unhealthy');
  await world.run(HOUR);
  expect(world.alerts).toHaveLength(1);
  expect(world.told).toEqual(['ops alert shop is down', 'ops recovery Over after 60 s: shop is down']);
  await world.see('shop', 'healthy');
  await world.run(MIN);
  await world.see('shop', 'unhealthy');
  await world.run(MIN);
  expect(world.alerts).toHaveLength(2);
  expect(world.told).toHaveLength(3);
  await expect(world.do('alerts', world.alerts[0]?.id ?? '', 'call', {}, 'ack')).rejects.toThrow(/gone/);
  await world.close();
});

test('[AL10] quiet hours hold what may wait, and one digest lists it when they end', async () => {
  const world = await worldWith(
    { groupBy: ['subject'], quiet: [{ from: '00:00', to: '07:00', zone: 'UTC', bypass: ['critical'] }] },
    ['a', 'b', 'c'],
  );
  // The clock starts at midnight.
  await world.see('a', 'degraded');
  await world.see('b', 'degraded');
  await world.see('c', 'unhealthy');
  await world.run(HOUR);
  expect(world.told).toEqual(['ops alert c is down']);
  expect(world.alertOf('services/a', 'degraded')).toMatchObject({ state: 'suppressed', suppressed: { by: 'quiet' } });
  await world.see('b', 'healthy');
  await world.run(6 * HOUR);
  expect(world.told[1]).toBe('ops digest During quiet hours: 1 still open, 1 over by now');
  expect(world.told).toHaveLength(2);
  expect(world.alertOf('services/a', 'degraded').state).toBe('firing');
  await world.see('a', 'healthy');
  await world.run(MIN);
  expect(world.told[2]).toMatch(/^ops recovery Over after 7 h: a is degraded$/);
  await world.close();
});

test('[AL10] a digest comes at its time, also when nothing was wrong', async () => {
  const world = await worldWith({ digest: { every: 'day', at: '09:00', zone: 'Europe/Berlin', channels: ['mail'] } });
  await world.run(8 * HOUR);
  expect(world.told).toEqual(['mail digest Daily digest: 0 open, 0 over']);
  await world.see('shop', 'unhealthy');
  await world.run(DAY);
  expect(world.told.at(-1)).toBe('mail digest Daily digest: 1 open, 0 over');
  await world.close();
});

test('[AL11] without a policy alerts open and nobody is told; one that is made later takes them up', async () => {
  const world = await AlertWorld.open();
  await world.service('shop');
  await world.see('shop', 'unhealthy');
  await world.run(HOUR);
  expect(world.alertOf('services/shop')).toMatchObject({ state: 'firing', policy: null });
  expect(world.told).toEqual([]);
  await world.policy();
  await world.run(MIN);
  expect(world.told).toEqual(['ops alert shop is down']);
  await world.close();
});

test('[AL11] a mute holds an alert, and what still is wrong fires when it ends', async () => {
  const world = await worldWith({});
  await world.do('services', 'shop', 'call', { until: world.clock.now() + HOUR }, 'mute');
  await world.see('shop', 'unhealthy');
  await world.run(30 * MIN);
  expect(world.alertOf('services/shop')).toMatchObject({ state: 'suppressed', suppressed: { by: 'muted' } });
  await world.run(31 * MIN);
  expect(world.told).toEqual(['ops alert shop is down']);
  await world.close();
});

test('[AL11] maintenance holds an alert; what was paged before it and ends in it is told', async () => {
  const world = await worldWith({}, ['a', 'b']);
  const maintain = (id: string, maintenance: string | null): Promise<unknown> =>
    world.desk.observe('main', 'services', id, {
      kind: 'overlay',
      at: world.clock.now(),
      by: 'maintenance',
      set: { maintenance },
    });
  await maintain('a', 'm1');
  await world.see('a', 'unhealthy');
  await world.run(MIN);
  expect(world.alertOf('services/a')).toMatchObject({
    state: 'suppressed',
    suppressed: { by: 'maintenance', ref: 'maintenances/m1' },
  });
  await world.see('b', 'unhealthy');
  await world.run(MIN);
  await maintain('b', 'm1');
  await world.run(MIN);
  await world.see('b', 'healthy');
  await world.run(10 * MIN);
  expect(world.told).toEqual(['ops alert b is down', expect.stringMatching(/^ops recovery .* b is down$/)]);
  await maintain('a', null);
  await world.run(MIN);
  expect(world.told.at(-1)).toBe('ops alert a is down');
  await world.close();
});

test('[AL11] a rule that is disabled, or a record that is deleted, ends its alerts', async () => {
  const world = await worldWith({}, ['a', 'b']);
  await world.see('a', 'unhealthy');
  await world.see('b', 'degraded');
  await world.run(5 * MIN);
  await world.do('rules', 'degraded', 'call', {}, 'disable');
  await world.do('services', 'a', 'del');
  await world.run(MIN);
  expect(world.alerts.map(({ state, resolution }) => [state, resolution])).toEqual(
    expect.arrayContaining([
      ['resolved', 'The record was deleted.'],
      ['resolved', 'The rule does not look at it any more.'],
    ]),
  );
  await expect(world.do('rules', 'degraded', 'del')).rejects.toThrow(/disable it instead/);
  await world.close();
});

test('[AL12] a recovery action is tried while it fires, with a rest and a limit, and is noted', async () => {
  const world = await worldWith({}, ['shop']);
  await world.channel('fixer');
  await world.do('rules', 'down', 'patch', {
    recovery: { kind: 'webhook', channel: 'fixer', cooldownMs: 10 * MIN, perDay: 2 },
  });
  await world.see('shop', 'unhealthy');
  await world.run(2 * HOUR);
  expect(world.told.filter((line) => line.startsWith('fixer'))).toEqual([
    'fixer action Recover: shop is down',
    'fixer action Recover: shop is down',
  ]);
  expect(world.alertOf('services/shop').events.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['recovery', 'recovery-limit']),
  );
  // Another episode on the same day has no tries left.
  await world.see('shop', 'healthy');
  await world.run(MIN);
  await world.see('shop', 'unhealthy');
  await world.run(HOUR);
  expect(world.told.filter((line) => line.startsWith('fixer'))).toHaveLength(2);
  await world.close();
});

test('[AL12] a command becomes a job that a reporter takes; never for what is suppressed', async () => {
  const world = await worldWith({}, ['db', 'app']);
  await world.do('services', 'app', 'patch', { dependsOn: ['services/db'] });
  await world.do('rules', 'down', 'patch', { recovery: { kind: 'command', command: 'restart', args: { hard: true } } });
  await world.see('db', 'unhealthy');
  await world.see('app', 'unhealthy');
  await world.run(MIN);
  const jobs = Array.from(world.desk.keep.live.entries('main', 'jobs'), ({ row }) => row);
  expect(jobs).toHaveLength(1);
  expect(jobs[0]).toMatchObject({ kind: 'recovery', state: 'queued', title: 'restart' });
  const goal = jobs[0]?.['goal'];
  expect(JSON.parse(typeof goal === 'string' ? goal : '')).toMatchObject({
    subject: 'services/db',
    args: { hard: true },
  });
  await world.close();
});
