import { expect, test } from 'vitest';
import { engine } from '../derive/engine.ts';
import { probe } from '../derive/examples.ts';
import { limits } from '../lib/limits.ts';
import { SteadyClock } from '../lib/steady-clock.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { ClockSteps } from './clock-steps.ts';

const admin = caller(['admin']);
const reporter = caller(['report']);
const S = 1_000;
const HOUR = 3_600 * S;

interface Office extends Desk {
  readonly time: SteadyClock;
  readonly steps: number[];
  readonly pauses: number[];
  beat(slug: string): Promise<void>;
  end(): Promise<void>;
}

/** Two heartbeats (60 s, grace 30 s) that have beaten, on a clock that can be set. */
async function open(): Promise<Office> {
  const clock = new FakeClock();
  const time = new SteadyClock(clock, limits.pauseMsMin);
  const desk = await openDesk({ clock, time });
  const moved: number[] = [];
  const pauses: number[] = [];
  const steps = new ClockSteps({
    clock: time,
    live: desk.keep.live,
    commit: desk.keep.commit,
    rulesOf: engine.rulesOf,
    limits,
    onStep: (ms) => moved.push(ms),
    onPause: (ms) => pauses.push(ms),
    onError: (error) => {
      throw error;
    },
  });
  steps.start();
  const beat = async (slug: string): Promise<void> => {
    const done = await desk.beats.beat({ principal: reporter, slug, signal: 'ok', ms: null, text: '', create: null });
    expect(done).toMatchObject({ ok: true });
  };
  for (const id of ['alive', 'dead']) {
    const fields = { id, name: id, kind: 'heartbeat', check: { intervalMs: 60 * S, graceMs: 30 * S } };
    await desk.commands.mutate(admin, { collection: 'services', id: '', op: 'create', fields });
    await beat(id);
  }
  return {
    ...desk,
    time,
    steps: moved,
    pauses,
    beat,
    async end() {
      steps.close();
      await desk.close();
    },
  };
}

test.each([
  ['forward', HOUR],
  ['back', -HOUR],
])(
  '[WC1] the clock is set one hour %s: nobody is down for it, and who is really dead is found in time',
  async (_way, step) => {
    const office = await open();
    await office.clock.run(20 * S);
    office.clock.jump(step);
    for (let i = 0; i < 10; i++) {
      await office.clock.run(40 * S);
      await office.beat('alive');
      // Silent since second 0: expired 90 s of real time later, whatever the clock says.
      const elapsed = 20 + (i + 1) * 40;
      expect(office.row('services', 'dead')?.['status']).toBe(elapsed > 90 ? 'down' : 'up');
      expect(office.row('services', 'alive')?.['status']).toBe('up');
    }
    expect(await office.transitions('services', 'alive')).toEqual(['pending>up']);
    // Set back, what happened before the step has the later time: the log keeps both, in the order of its times.
    expect((await office.transitions('services', 'dead')).toSorted()).toEqual(['pending>up', 'up>down']);
    expect(office.steps).toEqual([step]);
    expect(Math.abs(office.time.now() - office.clock.now())).toBeLessThan(2);
    await office.end();
  },
);

test.each([
  ['forward', HOUR],
  ['back', -HOUR],
])('[WC1] %s: a reporting agent, an open connection and a run keep their waits', async (_way, step) => {
  const office = await open();
  office.presence.opened('main', 'dead-open');
  await office.reports.report(reporter, { collection: 'agents', id: 'a1', phase: 'idle', periodMs: 60 * S });
  await office.reports.report(reporter, { collection: 'jobs', id: 'j1', state: 'running', leaseMs: 60 * S });
  await office.reports.report(reporter, { collection: 'jobs', id: 'j2', state: 'running', leaseMs: 60 * S });
  await office.clock.run(20 * S);
  office.clock.jump(step);
  await office.clock.run(35 * S);
  await office.reports.report(reporter, { collection: 'jobs', id: 'j1', message: 'still here' });
  expect(office.row('agents', 'a1')).toMatchObject({ status: 'up', fresh: 'live' });
  await office.clock.run(8 * S);
  expect(office.row('agents', 'a1')).toMatchObject({ status: 'up', fresh: 'late' });
  expect(office.row('jobs', 'j1')?.['state']).toBe('running');
  expect(office.row('jobs', 'j2')?.['state']).toBe('lost');
  await office.clock.run(30 * S);
  expect(office.row('agents', 'a1')).toMatchObject({ status: 'down', fresh: 'expired' });
  await office.end();
});

test('[WC2] an outage that is confirmed across a step has its true length', async () => {
  const office = await open();
  const fields = { id: 'web', name: 'web', kind: 'tcp', target: 'db:5432' };
  await office.commands.mutate(admin, { collection: 'services', id: '', op: 'create', fields });
  const look = (health: 'healthy' | 'unhealthy') =>
    office.observe('main', 'services', 'web', probe(office.time.now(), health));
  await look('healthy');
  await office.clock.run(30 * S);
  await look('unhealthy');
  await office.clock.run(10 * S);
  office.clock.jump(HOUR);
  await office.clock.run(2 * S);
  await look('unhealthy');
  await office.clock.run(10 * S);
  await look('unhealthy');
  expect(office.row('services', 'web')).toMatchObject({ status: 'down', since: office.time.now() - 22 * S });
  await office.end();
});

test('[WC3] what a person set for a time of day ends at that time of day', async () => {
  const office = await open();
  const until = office.time.now() + 1_800 * S;
  const call = (id: string, name: string, fields: { [key: string]: string | number }) =>
    office.commands.mutate(admin, { collection: 'services', id, op: 'call', name, fields });
  await call('alive', 'override', { status: 'degraded', until });
  await call('dead', 'mute', { until });
  await office.clock.run(10 * S);
  expect(office.row('services', 'alive')?.['status']).toBe('degraded');
  office.clock.jump(HOUR);
  await office.clock.run(3 * S);
  expect(office.row('services', 'alive')).toMatchObject({ status: 'up', override: null });
  expect(office.row('services', 'dead')).toMatchObject({ mutedUntil: null });
  await office.end();
});

test('[WC3] clocks that run a little apart are no step, and nothing is written for it', async () => {
  const office = await open();
  await office.clock.run(5 * S);
  const version = office.keep.commit.version('main');
  for (let i = 0; i < 20; i++) {
    office.clock.jump(100);
    await office.clock.run(S);
  }
  expect(office.steps).toEqual([]);
  expect(office.keep.commit.version('main')).toBe(version);
  expect(Math.abs(office.time.now() - office.clock.now())).toBeLessThan(2);
  await office.end();
});

test('[WC1] beats that come in the very moment of the step are taken in the old time or the new, never in both', async () => {
  for (const step of [HOUR, -HOUR]) {
    const office = await open();
    await office.clock.run(20.5 * S);
    office.clock.jump(step);
    await office.beat('alive');
    await office.clock.run(600);
    await office.beat('alive');
    await office.clock.run(50 * S);
    expect(office.row('services', 'alive')).toMatchObject({ status: 'up', fresh: 'live' });
    await office.clock.run(100 * S);
    expect(office.row('services', 'alive')).toMatchObject({ status: 'down' });
    await office.end();
  }
});

test.each([4, 30, 3_600, 40_000])(
  '[OW4] the process stands still for %d s: nobody is late for it, and who is really dead is found in time',
  async (seconds) => {
    const office = await open();
    await office.reports.report(reporter, { collection: 'jobs', id: 'j1', state: 'running', leaseMs: 60 * S });
    await office.reports.report(reporter, { collection: 'agents', id: 'a1', phase: 'idle', periodMs: 60 * S });
    await office.clock.run(20 * S);
    office.clock.stall(seconds * S);
    // Timers that are long due run before anything that came meanwhile is read.
    await office.clock.run(0);
    expect(office.row('services', 'alive')).toMatchObject({ status: 'up', fresh: 'live' });
    await office.beat('alive');
    await office.clock.run(39 * S);
    expect(office.row('jobs', 'j1')?.['state']).toBe('running');
    expect(office.row('agents', 'a1')).toMatchObject({ status: 'up', fresh: 'live' });
    expect(office.row('services', 'dead')).toMatchObject({ status: 'up', fresh: 'live' });
    await office.beat('alive');
    await office.clock.run(35 * S);
    expect(office.row('services', 'alive')).toMatchObject({ status: 'up', fresh: 'live' });
    expect(office.row('services', 'dead')).toMatchObject({ status: 'down', fresh: 'expired' });
    expect(office.row('jobs', 'j1')?.['state']).toBe('lost');
    expect(office.pauses).toHaveLength(1);
    expect(Math.abs((office.pauses[0] ?? 0) - seconds * S)).toBeLessThan(1_001);
    expect(Math.abs(office.time.now() - office.clock.now())).toBeLessThan(2);
    expect(await office.transitions('services', 'alive')).toEqual(['pending>up']);
    await office.end();
  },
);

test('[OW4] it stands still and the clock is set meanwhile: one step', async () => {
  const office = await open();
  await office.clock.run(20 * S);
  office.clock.stall(30 * S);
  office.clock.jump(-HOUR);
  await office.clock.run(39 * S);
  expect(office.row('services', 'dead')).toMatchObject({ status: 'up', fresh: 'live' });
  await office.clock.run(32 * S);
  expect(office.row('services', 'dead')).toMatchObject({ status: 'down' });
  expect(Math.abs(office.time.now() - office.clock.now())).toBeLessThan(2);
  await office.end();
});

test('[OW4] time that was stood still is told as soon as it is seen, and goes on when nobody ticks any more', () => {
  const clock = new FakeClock();
  const time = new SteadyClock(clock, 3 * S);
  const start = time.now();
  expect(time.tick()).toBe(0);
  clock.stall(2 * S);
  expect([time.now() - start, time.stoodStillMs]).toEqual([2 * S, 0]);
  clock.stall(30 * S);
  expect([time.now() - start, time.stoodStillMs, time.aheadMs]).toEqual([2 * S, 30 * S, 0]);
  expect(time.tick()).toBe(30 * S);
  expect([time.now() - start, time.stoodStillMs, time.aheadMs]).toEqual([2 * S, 30 * S, 30 * S]);
  expect(time.adopt()).toBe(30 * S);
  expect(time.now() - start).toBe(32 * S);
  time.rest();
  clock.stall(100 * S);
  expect(time.now() - start).toBe(132 * S);
});
