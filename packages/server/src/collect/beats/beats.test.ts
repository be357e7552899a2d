import { expect, test } from 'vitest';
import { caller, openDesk, type Desk } from '../../testing/desk.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { awake } from './awake.ts';
import type { Beat } from './beat.ts';
import { Presence } from './presence.ts';

const admin = caller(['admin']);
const reporter = caller(['report']);

function beatOf(slug: string, more: Partial<Beat> = {}): Beat {
  return { principal: reporter, slug, signal: 'ok', ms: null, text: '', create: null, ...more };
}

async function heartbeat(
  desk: Desk,
  id = 'nightly',
  check: Record<string, number> = { intervalMs: 60_000, graceMs: 20_000 },
): Promise<string> {
  const made = await desk.commands.mutate(admin, {
    collection: 'services',
    id,
    op: 'create',
    fields: { name: 'Nightly', kind: 'heartbeat', check },
  });
  expect(made).toMatchObject({ ok: true });
  const token = desk.row('checks', id)?.['target'];
  return typeof token === 'string' ? token : '';
}

test('[CO2] a beat makes a heartbeat service up; silence makes it late, then down at due plus grace', async () => {
  const desk = await openDesk();
  await heartbeat(desk);
  expect(desk.row('services', 'nightly')).toMatchObject({ status: 'pending' });
  expect(await desk.beats.beat(beatOf('nightly', { ms: 1_200, text: 'done\nsecret log' }))).toMatchObject({
    ok: true,
    value: { value: { id: 'nightly' } },
  });
  expect(desk.row('services', 'nightly')).toMatchObject({
    status: 'up',
    latencyMs: 1_200,
    phase: 'ready',
    reason: { text: 'done' },
  });
  await desk.clock.run(60_250);
  expect(desk.row('services', 'nightly')).toMatchObject({ status: 'up', fresh: 'late' });
  await desk.clock.run(20_000);
  const down = desk.row('services', 'nightly');
  expect(down).toMatchObject({ status: 'down', fresh: 'expired', reason: { code: 'expired' } });
  expect(await desk.transitions('services', 'nightly')).toEqual(['pending>up', 'up>down']);
  await desk.beats.beat(beatOf('nightly'));
  expect(desk.row('services', 'nightly')).toMatchObject({ status: 'up' });
  await desk.close();
});

test('[CO2] a dead heartbeat is visible within its grace and one second', async () => {
  const desk = await openDesk();
  await heartbeat(desk, 'job', { intervalMs: 1_000, graceMs: 5_000 });
  await desk.beats.beat(beatOf('job'));
  const due = Number(desk.row('services', 'job')?.['expiresAt']);
  while (desk.row('services', 'job')?.['status'] === 'up') await desk.clock.run(50);
  expect(desk.clock.now() - due).toBeLessThanOrEqual(1_000);
  expect(desk.row('services', 'job')?.['since']).toBe(due);
  await desk.close();
});

test('[CO2] an explicit fail is down at once, start and log only live', async () => {
  const desk = await openDesk();
  await heartbeat(desk);
  await desk.beats.beat(beatOf('nightly', { signal: 'start' }));
  expect(desk.row('services', 'nightly')).toMatchObject({ status: 'unknown', fresh: 'live' });
  await desk.beats.beat(beatOf('nightly', { signal: 'fail', text: 'exit 3' }));
  expect(desk.row('services', 'nightly')).toMatchObject({
    status: 'down',
    reason: { code: 'reported_fail', text: 'exit 3' },
  });
  await desk.close();
});

test('[CO2] without a credential only the token beats, and it says nothing of other slugs', async () => {
  const desk = await openDesk();
  const token = await heartbeat(desk);
  expect(token).toMatch(/^hb_[\w-]{22}$/);
  const unknown = await desk.beats.beat(beatOf('nightly', { principal: null }));
  const stranger = await desk.beats.beat(beatOf('no-such', { principal: null }));
  expect(unknown).toEqual(stranger);
  expect(unknown).toMatchObject({ ok: false, code: 'not_found' });
  expect(await desk.beats.beat(beatOf(token, { principal: null }))).toMatchObject({ ok: true });
  expect(desk.row('services', 'nightly')?.['status']).toBe('up');
  expect(JSON.stringify(desk.row('services', 'nightly'))).not.toContain(token);
  await desk.close();
});

test('[CO2] a deleted service takes its token with it', async () => {
  const desk = await openDesk();
  const token = await heartbeat(desk);
  await desk.commands.mutate(admin, { collection: 'services', id: 'nightly', op: 'del' });
  expect(await desk.beats.beat(beatOf(token, { principal: null }))).toMatchObject({ ok: false, code: 'not_found' });
  await desk.close();
});

test('[CO2] another organization cannot beat a service, by id or by token', async () => {
  const desk = await openDesk();
  const token = await heartbeat(desk);
  const other = caller(['report'], { org: 'other', id: 'k2' });
  for (const slug of ['nightly', token]) {
    expect(await desk.beats.beat(beatOf(slug, { principal: other }))).toMatchObject({ ok: false, code: 'not_found' });
  }
  expect(desk.row('services', 'nightly')?.['status']).toBe('pending');
  await desk.close();
});

test('[CO2] a credential that may only read cannot beat; a probed service cannot be beaten', async () => {
  const desk = await openDesk();
  await heartbeat(desk);
  expect(await desk.beats.beat(beatOf('nightly', { principal: caller(['read']) }))).toMatchObject({
    ok: false,
    code: 'forbidden',
  });
  await desk.commands.mutate(admin, {
    collection: 'services',
    id: 'web',
    op: 'create',
    fields: { name: 'Web', kind: 'http', target: 'https://example.com/' },
  });
  expect(await desk.beats.beat(beatOf('web'))).toMatchObject({ ok: false, code: 'unsupported' });
  await desk.close();
});

test('[CO2] create makes the service with the first beat, up to the limit', async () => {
  const desk = await openDesk({ limits: { beatServicesMax: 2 } });
  const create = { periodMs: 30_000 };
  expect(await desk.beats.beat(beatOf('../x', { create }))).toMatchObject({ ok: false, code: 'bad_field' });
  expect(await desk.beats.beat(beatOf('a'))).toMatchObject({ ok: false, code: 'not_found' });
  for (const slug of ['a', 'b']) expect(await desk.beats.beat(beatOf(slug, { create }))).toMatchObject({ ok: true });
  expect(desk.row('services', 'a')).toMatchObject({ status: 'up', kind: 'heartbeat', managedBy: 'beat' });
  expect(desk.row('checks', 'a')).toMatchObject({ intervalMs: 30_000, graceMs: 15_000 });
  expect(await desk.beats.beat(beatOf('c', { create }))).toMatchObject({ ok: false, code: 'too_large' });
  expect(await desk.beats.beat(beatOf('a', { create }))).toMatchObject({ ok: true });
  await desk.close();
});

test('[CO2] an agent may beat too', async () => {
  const desk = await openDesk();
  await desk.commands.mutate(admin, { collection: 'agents', id: 'a7', op: 'create', fields: { name: 'Seven' } });
  await desk.beats.beat(beatOf('a7', { periodMs: 10_000 }));
  expect(desk.row('agents', 'a7')).toMatchObject({ status: 'up', phase: 'idle' });
  await desk.clock.run(26_000);
  expect(desk.row('agents', 'a7')).toMatchObject({ status: 'down', phase: 'offline' });
  await desk.close();
});

async function agent(desk: Desk): Promise<void> {
  const made = await desk.commands.mutate(reporter, {
    collection: 'agents',
    id: 'a7',
    op: 'call',
    name: 'present',
    fields: { name: 'Seven' },
  });
  expect(made).toMatchObject({ ok: true, value: { value: { id: 'a7' } } });
}

test('[CO3] an open connection is life; the last one to close leaves a grace of ten seconds', async () => {
  const desk = await openDesk();
  await agent(desk);
  desk.presence.opened('main', 'a7');
  desk.presence.opened('main', 'a7');
  await desk.clock.run(86_400_000);
  expect(desk.row('agents', 'a7')).toMatchObject({ status: 'up', presence: 'socket', name: 'Seven' });
  desk.presence.closed('main', 'a7');
  await desk.clock.run(60_000);
  expect(desk.row('agents', 'a7')?.['status']).toBe('up');
  desk.presence.closed('main', 'a7');
  await desk.clock.run(9_000);
  expect(desk.row('agents', 'a7')).toMatchObject({ status: 'up', fresh: 'late' });
  await desk.clock.run(1_500);
  expect(desk.row('agents', 'a7')).toMatchObject({ status: 'down', phase: 'offline' });
  expect(desk.presence.size).toBe(0);
  await desk.close();
});

test('[CO3] coming back within the grace leaves no trace in the history', async () => {
  const desk = await openDesk();
  await agent(desk);
  desk.presence.opened('main', 'a7');
  await desk.clock.run(1_000);
  for (let reload = 0; reload < 5; reload++) {
    desk.presence.closed('main', 'a7');
    await desk.clock.run(3_000);
    desk.presence.opened('main', 'a7');
    await desk.clock.run(3_000);
  }
  await desk.clock.run(60_000);
  expect(await desk.transitions('agents', 'a7')).toEqual(['pending>up']);
  await desk.close();
});

test('[CO3] one that closes more often than it opened is present no less', async () => {
  const desk = await openDesk();
  await agent(desk);
  desk.presence.closed('main', 'a7');
  desk.presence.opened('main', 'a7');
  await desk.clock.run(60_000);
  expect(desk.row('agents', 'a7')?.['status']).toBe('up');
  await desk.close();
});

test('[CO3] what changes while it is being written is written after it, one thing at a time', async () => {
  const told: string[] = [];
  const waiting: (() => void)[] = [];
  const clock = new FakeClock();
  const presence = new Presence({
    clock,
    limits: { presenceGraceMs: 10_000, presenceRetryMs: 1_000 },
    observe: (_org, _collection, _id, { kind }) => {
      told.push(kind);
      return new Promise((resolve) => void waiting.push(() => resolve({ ok: true, value: null })));
    },
  });
  presence.opened('main', 'a7');
  presence.closed('main', 'a7');
  presence.opened('main', 'a7');
  presence.closed('main', 'a7');
  expect(told).toEqual(['beat']);
  waiting.shift()?.();
  await clock.run(0);
  expect(told).toEqual(['beat', 'gone']);
  waiting.shift()?.();
  await clock.run(0);
  expect(told).toEqual(['beat', 'gone']);
  presence.close();
});

test('[CO3] presence that could not be written is written again', async () => {
  let isDown = false;
  const told: string[] = [];
  const clock = new FakeClock();
  const presence = new Presence({
    clock,
    limits: { presenceGraceMs: 10_000, presenceRetryMs: 1_000 },
    observe: (_org, _collection, _id, { kind }) => {
      told.push(kind);
      return Promise.resolve(isDown ? { ok: false, code: 'unavailable', message: '' } : { ok: true, value: null });
    },
  });
  presence.opened('main', 'a7');
  await clock.run(0);
  isDown = true;
  presence.closed('main', 'a7');
  await clock.run(2_500);
  expect(told).toEqual(['beat', 'gone', 'gone', 'gone']);
  isDown = false;
  await clock.run(1_000);
  expect(told).toHaveLength(5);
  await clock.run(60_000);
  expect(told).toHaveLength(5);
  presence.close();
  expect(clock.pending).toBe(0);
});

test('[DE8] after a restart nobody is blamed for our own gap', async () => {
  const first = await openDesk();
  await heartbeat(first);
  await first.beats.beat(beatOf('nightly'));
  await agent(first);
  first.presence.opened('main', 'a7');
  await first.reports.report(reporter, { collection: 'jobs', id: 'j1', state: 'running', leaseMs: 60_000 });
  await first.close();
  first.clock.advance(3_600_000);

  const second = await openDesk({ store: first.store, clock: first.clock });
  const recorded = second.committed.length;
  expect(await awake(second.deps, second.keep.live)).toBe(3);
  await second.clock.run(14_000);
  expect(second.row('services', 'nightly')?.['status']).toBe('up');
  expect(second.row('agents', 'a7')?.['status']).toBe('up');
  expect(second.row('jobs', 'j1')?.['state']).toBe('running');
  expect(second.committed.slice(recorded).flatMap(({ transitions }) => transitions)).toEqual([]);
  // Those that really are gone are found out a little later.
  await second.clock.run(300_000);
  expect(second.row('services', 'nightly')?.['status']).toBe('down');
  expect(second.row('agents', 'a7')?.['status']).toBe('down');
  expect(second.row('jobs', 'j1')?.['state']).toBe('lost');
  await second.close();
});
