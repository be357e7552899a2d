/** Bulk jobs over the real commands and a real commit: what is done, once, whatever happens in between. */
import type { Job } from '@statewire/model';
import { ok, refuse, type Json, type JsonObject, type Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { CommandsDeps } from '../collect/commands/command.ts';
import type { MemoryStore } from '../keep/memory-store.ts';
import type { Limits } from '../lib/limits.ts';
import type { Principal } from '../lib/principal.ts';
import { scopeFilter } from '../publish/access.ts';
import { caller, openDesk, type Desk } from '../testing/desk.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Bulk } from './bulk.ts';

const admin = caller(['admin']);

interface World {
  readonly desk: Desk;
  readonly bulk: Bulk;
  /** Who may still act; emptied by a test that takes rights away. */
  readonly known: Set<string>;
  /** Services that were asked to be probed. */
  readonly woken: readonly string[];
  job(id: string): Job;
  begin(wish: object, who?: Principal, key?: string): ReturnType<Desk['commands']['mutate']>;
  undo(id: string, who?: Principal): ReturnType<Desk['commands']['mutate']>;
  /** The id of a job that was begun. */
  begun(wish: object, who?: Principal): Promise<string>;
  /** Until nothing is under way. */
  settle(id: string): Promise<Job>;
  close(): Promise<void>;
}

async function open(
  options: { readonly store?: MemoryStore; readonly clock?: FakeClock; readonly limits?: Partial<Limits> } = {},
): Promise<World> {
  const woken: string[] = [];
  const many: CommandsDeps['many'] = {
    'services/refresh': ({ id }) => {
      if (id === 'idle') return refuse('not_found', `services/${id} has no active check to refresh`);
      woken.push(id);
      return ok({ id });
    },
  };
  const acts: CommandsDeps['acts'] = {
    'jobs/bulk': (call) => bulk.begin(call),
    'jobs/undo': (call) => bulk.undo(call),
  };
  const desk = await openDesk({ ...options, acts });
  const known = new Set(['k1', 'k2']);
  const bulk = new Bulk({
    commands: { ...desk.deps, acts, many, idempotency: desk.keep.idempotency },
    live: desk.keep.live,
    store: desk.store,
    scopeOf: (principal, name) => scopeFilter(principal, name),
    whoNow: (principal) => (known.has(principal.id) ? principal : null),
    onError: (error) => {
      throw error;
    },
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `jobs` are Job.
  const job = (id: string): Job => desk.row('jobs', id) as Job;
  const begin: World['begin'] = (wish, who = admin, key) =>
    desk.commands.mutate(who, {
      collection: 'jobs',
      id: '',
      op: 'call',
      name: 'bulk',
      fields: { ...wish },
      key,
    });
  return {
    desk,
    bulk,
    known,
    woken,
    job,
    begin,
    undo: (id, who = admin) => desk.commands.mutate(who, { collection: 'jobs', id, op: 'call', name: 'undo' }),
    async begun(wish, who) {
      const done = await begin(wish, who);
      if (!done.ok) throw new Error(`${done.code}: ${done.message}`);
      return done.value.value.id;
    },
    async settle(id) {
      for (let turns = 0; turns < 10_000 && job(id).endedAt === null; turns++) await Promise.resolve();
      return job(id);
    },
    async close() {
      bulk.close();
      await desk.close();
    },
  };
}

async function fill({ desk }: World, count: number, fields: JsonObject = {}): Promise<void> {
  for (let i = 0; i < count; i++) {
    const id = `c${String(i).padStart(3, '0')}`;
    await desk.commands.mutate(admin, { collection: 'customers', id, op: 'create', fields: { name: id, ...fields } });
  }
}

const plans = ({ desk }: World): readonly unknown[] =>
  Array.from(desk.keep.live.entries('main', 'customers'), ({ row }) => row['plan']);

test('[BO5] what passes the filter when the job begins is changed, and the job says how far it is', async () => {
  const world = await open({ limits: { bulkSliceRows: 4 } });
  await fill(world, 10, { plan: 'free' });
  await world.desk.commands.mutate(admin, {
    collection: 'customers',
    id: 'c003',
    op: 'patch',
    fields: { plan: 'pro' },
  });
  const before = world.desk.committed.length;
  const id = await world.begun({
    collection: 'customers',
    where: ['eq', 'plan', 'free'],
    op: 'change',
    fields: { plan: 'team' },
  });
  expect(world.job(id)).toMatchObject({ kind: 'bulk', owner: 'Ana', title: 'Change 9 customers', leaseUntil: null });
  const done = await world.settle(id);
  expect(done).toMatchObject({
    state: 'succeeded',
    progress: { done: 9, total: 9, unit: 'customers', pct: 100 },
    bulk: { collection: 'customers', op: 'change', failed: 0, failures: [], undoable: 9, undoneBy: null },
  });
  expect(plans(world).filter((plan) => plan === 'team')).toHaveLength(9);
  expect(world.desk.row('customers', 'c003')).toMatchObject({ plan: 'pro' });
  // Slices of four: no transaction holds more of them, and the job's record is part of each.
  const slices = world.desk.committed
    .slice(before)
    .filter(({ changes }) => changes.some(({ collection }) => collection === 'customers'));
  expect(slices.map(({ changes }) => changes.filter(({ collection }) => collection === 'customers').length)).toEqual([
    4, 4, 1,
  ]);
  expect(slices.every(({ changes }) => changes.some((change) => change.id === id))).toBe(true);
  await world.close();
});

test('[BO6] a restart between any two transactions goes on where the job was: each record once, and none left out', async () => {
  // Counts how often each customer was written, over all lives of the server.
  for (let stopAfter = 1; stopAfter <= 6; stopAfter++) {
    const clock = new FakeClock();
    const limits = { bulkSliceRows: 3 };
    let world = await open({ clock, limits });
    await fill(world, 10);
    const { store } = world.desk;
    const id = await world.begun({ collection: 'customers', where: ['all'], op: 'change', fields: { plan: 'pro' } });
    const writes = new Map<string, number>();
    const count = (from: number): void => {
      for (const { changes } of world.desk.committed.slice(from))
        for (const change of changes)
          if (change.collection === 'customers') writes.set(change.id, (writes.get(change.id) ?? 0) + 1);
    };
    const from = world.desk.committed.length;
    for (let turns = 0; turns < 1_000 && world.desk.committed.length < from + stopAfter; turns++)
      await Promise.resolve();
    await world.close();
    count(from);
    world = await open({ clock, limits, store });
    world.bulk.start();
    expect(await world.settle(id)).toMatchObject({
      state: 'succeeded',
      progress: { done: 10 },
      bulk: { undoable: 10 },
    });
    count(0);
    expect([...writes.values()], `stopped after ${stopAfter}`).toEqual(Array.from({ length: 10 }, () => 1));
    expect(plans(world)).toEqual(Array.from({ length: 10 }, () => 'pro'));
    // What was written before and after the restart is taken back alike.
    const undone = await world.undo(id);
    await world.settle(undone.ok ? undone.value.value.id : '');
    expect(plans(world)).toEqual(Array.from({ length: 10 }, () => ''));
    await world.close();
  }
});

test('[BO7] each record is judged as if it came alone: one that is refused is named, and the others are done', async () => {
  const world = await open({ limits: { bulkFailuresMax: 2 } });
  await fill(world, 3);
  for (const customer of ['c000', 'c001']) {
    await world.desk.commands.mutate(admin, {
      collection: 'users',
      id: `of-${customer}`,
      op: 'create',
      fields: { name: 'u', customer },
    });
  }
  const id = await world.begun({ collection: 'customers', ids: ['c000', 'c001', 'c002', 'nosuch'], op: 'delete' });
  const done = await world.settle(id);
  expect(done).toMatchObject({ state: 'succeeded', reason: { code: 'partly', text: '3 of 4 were refused.' } });
  expect(done.bulk?.failed).toBe(3);
  expect(done.bulk?.failures.map(({ id: of, code }) => [of, code])).toEqual([
    ['c000', 'precondition'],
    ['c001', 'precondition'],
  ]);
  expect([world.desk.row('customers', 'c000')?.['users'], world.desk.row('customers', 'c002')]).toEqual([1, null]);
  await world.close();
});

test('[BO7] who may not do it to one may not do it to many, and whose rights end in between does no more', async () => {
  const world = await open({ limits: { bulkSliceRows: 2 } });
  await fill(world, 6);
  const wish = { collection: 'customers', where: ['all'], op: 'change', fields: { plan: 'pro' } };
  expect(await world.begin(wish, caller(['read']))).toMatchObject({ code: 'forbidden' });
  expect(await world.begin({ ...wish, fields: { nosuch: 1 } })).toMatchObject({ code: 'bad_field' });
  expect(await world.begin({ ...wish, fields: {} })).toMatchObject({ code: 'bad_field' });
  expect(await world.begin({ ...wish, op: 'nosuch' })).toMatchObject({ code: 'unsupported' });
  expect(await world.begin({ ...wish, where: ['eq', 'nosuch', 1] })).toMatchObject({ code: 'bad_filter' });
  expect(await world.begin({ ...wish, ids: ['c000'] })).toMatchObject({ code: 'bad_field' });
  expect(await world.begin({ ...wish, collection: 'deliveries' })).toMatchObject({ ok: false });
  const before = world.desk.committed.length;
  expect(world.desk.committed.slice(before)).toEqual([]);
  const id = await world.begun(wish, caller(['admin'], { id: 'k2', name: 'Bo' }));
  while (world.job(id).progress.done === 0) await Promise.resolve();
  world.known.delete('k2');
  const done = await world.settle(id);
  expect(done).toMatchObject({ state: 'failed', reason: { code: 'forbidden' } });
  expect(done.progress.done).toBeLessThan(6);
  expect(plans(world).filter((plan) => plan === 'pro')).toHaveLength(done.progress.done);
  await world.close();
});

test('[BO8] canceled between two slices: what was done stays, is said, and can be taken back', async () => {
  const world = await open({ limits: { bulkSliceRows: 2 } });
  await fill(world, 9);
  const id = await world.begun({
    collection: 'customers',
    where: ['all'],
    op: 'label',
    fields: { set: { tier: 'gold' } },
  });
  while (world.job(id).progress.done === 0) await Promise.resolve();
  await world.desk.commands.mutate(admin, { collection: 'jobs', id, op: 'call', name: 'cancel' });
  const done = await world.settle(id);
  expect(done.state).toBe('canceled');
  expect(done.progress.done).toBeGreaterThan(0);
  expect(done.progress.done).toBeLessThan(9);
  const gold = () =>
    Array.from(world.desk.keep.live.entries('main', 'customers')).filter(
      ({ row }) => JSON.stringify(row['labels']) !== '{}',
    );
  expect(gold()).toHaveLength(done.progress.done);
  const undone = await world.undo(id);
  await world.settle(undone.ok ? undone.value.value.id : '');
  expect(gold()).toHaveLength(0);
  await world.close();
});

test('[BO9] taken back, each record is what it was; what somebody changed since stays, and is reported', async () => {
  const world = await open();
  await fill(world, 4, { plan: 'free', owner: 'Ana' });
  const id = await world.begun({
    collection: 'customers',
    where: ['all'],
    op: 'change',
    fields: { plan: 'pro', owner: 'Bo' },
  });
  expect(await world.undo('nosuch')).toMatchObject({ code: 'not_found' });
  await world.settle(id);
  const patch = (of: string, fields: JsonObject) =>
    world.desk.commands.mutate(admin, { collection: 'customers', id: of, op: 'patch', fields });
  await patch('c001', { plan: 'enterprise' });
  // Another field is no hindrance, and neither is one that is what the job made it.
  await patch('c002', { notes: 'called' });
  const undone = await world.undo(id);
  const undo = await world.settle(undone.ok ? undone.value.value.id : '');
  expect(undo).toMatchObject({ progress: { done: 4 }, bulk: { op: 'undo', undoOf: id, failed: 1, undoable: 0 } });
  expect(undo.bulk?.failures).toMatchObject([
    { id: 'c001', code: 'conflict', message: 'plan changed since; it stays' },
  ]);
  expect(plans(world)).toEqual(['free', 'enterprise', 'free', 'free']);
  expect(world.desk.row('customers', 'c001')).toMatchObject({ owner: 'Bo' });
  expect(world.desk.row('customers', 'c002')).toMatchObject({ owner: 'Ana', notes: 'called' });
  expect(world.job(id).bulk?.undoneBy).toBe(undo.id);
  expect(await world.undo(id)).toMatchObject({ code: 'exists' });
  expect(await world.undo(undo.id)).toMatchObject({ code: 'unsupported' });
  await world.close();
});

test('[BO9] deleted customers come back as they were, commands are taken back by their opposite', async () => {
  const world = await open();
  await fill(world, 2, { plan: 'pro', tags: ['vip'], attributes: { seats: 3 } });
  const gone = await world.begun({ collection: 'customers', where: ['all'], op: 'delete' });
  await world.settle(gone);
  expect(plans(world)).toEqual([]);
  const back = await world.undo(gone);
  await world.settle(back.ok ? back.value.value.id : '');
  expect(world.desk.row('customers', 'c001')).toMatchObject({
    plan: 'pro',
    tags: ['vip'],
    attributes: { seats: 3 },
    users: 0,
  });
  for (const id of ['a', 'b']) {
    await world.desk.commands.mutate(admin, {
      collection: 'services',
      id,
      op: 'create',
      fields: { name: id, kind: 'heartbeat' },
    });
  }
  await world.desk.commands.mutate(admin, { collection: 'services', id: 'b', op: 'call', name: 'pause' });
  const paused = await world.begun({ collection: 'services', ids: ['a', 'b'], op: 'pause' });
  // The one that was paused before is none of those that the undo wakes.
  expect((await world.settle(paused)).bulk).toMatchObject({ failed: 0, undoable: 1 });
  const resumed = await world.undo(paused);
  await world.settle(resumed.ok ? resumed.value.value.id : '');
  expect(['a', 'b'].map((id) => world.desk.row('services', id)?.['desired'])).toEqual(['active', 'paused']);
  await world.close();
});

test('[BO10] secrets are set one record at a time: a plan is kept, shown and told to the audit log', async () => {
  const world = await open();
  const version = world.desk.keep.commit.version('main');
  for (const [collection, fields, path] of [
    ['channels', { secrets: { url: 'https://hooks.example.org/x' } }, 'secrets.url'],
    ['services', { check: { secrets: { password: 'x' } } }, 'check.secrets.password'],
  ] as const) {
    expect(await world.begin({ collection, ids: ['any'], op: 'change', fields })).toMatchObject({
      ok: false,
      code: 'bad_field',
      message: expect.stringContaining(`fields.${path}: a secret is set on one record at a time`),
    });
  }
  expect(world.desk.keep.commit.version('main')).toBe(version);
  await world.close();
});

test('[BO10] the server’s own jobs are moved by nobody else, and a repeated request starts one job', async () => {
  const world = await open({ limits: { bulkJobsPerOrgMax: 1, bulkRecordsMax: 3, bulkSliceRows: 1 } });
  await fill(world, 4);
  const wish = { collection: 'customers', ids: ['c000', 'c001'], op: 'change', fields: { plan: 'pro' } };
  const [first, over] = await Promise.all([world.begin(wish, admin, 'once'), world.begin(wish)]);
  expect(over).toMatchObject({ code: 'overloaded' });
  expect(await world.begin(wish, admin, 'once')).toEqual(first);
  const id = first.ok ? first.value.value.id : '';
  const report = await world.desk.reports.report(admin, { collection: 'jobs', id, done: 99, state: 'succeeded' });
  expect(report).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await world.settle(id)).toMatchObject({ state: 'succeeded', progress: { done: 2 } });
  expect(await world.begin({ ...wish, ids: undefined, where: ['all'] })).toMatchObject({ code: 'too_complex' });
  await world.close();
});

test('[BO10] another organization’s records and jobs are none', async () => {
  const world = await open();
  await fill(world, 2);
  const other = caller(['admin'], { org: 'other' });
  const theirs = await world.begun({ collection: 'customers', where: ['all'], op: 'delete' }, other);
  for (let turns = 0; turns < 1_000 && world.desk.row('jobs', theirs, 'other')?.['endedAt'] === null; turns++)
    await Promise.resolve();
  expect(world.desk.row('jobs', theirs, 'other')).toMatchObject({ state: 'succeeded', progress: { total: 0 } });
  const id = await world.begun({ collection: 'customers', where: ['all'], op: 'change', fields: { plan: 'pro' } });
  await world.settle(id);
  expect(await world.undo(id, other)).toMatchObject({ code: 'not_found' });
  expect(plans(world)).toEqual(['pro', 'pro']);
  await world.close();
});

interface Case {
  readonly of: 'agents' | 'alerts' | 'services';
  readonly op: string;
  readonly fields?: JsonObject;
  /** Commands that each record has been through before. */
  readonly first?: readonly (readonly [name: string, args: JsonObject])[];
  /** What it makes of each record. */
  readonly to: JsonObject;
  /** How many can be taken back; all of them unless it says otherwise. */
  readonly undoable?: number;
  /** Why the second is refused, where it is not done to both. */
  readonly refused?: string;
}

const LATER = 3_600_000;

/** Every operation that the lists of services, alerts and agents offer; times are counted from when the test begins. */
const CASES: readonly Case[] = [
  { of: 'services', op: 'refresh', to: {}, undoable: 0 },
  { of: 'services', op: 'pause', to: { desired: 'paused' } },
  { of: 'services', op: 'resume', first: [['pause', {}]], to: { desired: 'active' } },
  { of: 'services', op: 'retire', to: { desired: 'retired' } },
  { of: 'services', op: 'mute', fields: { until: LATER }, to: { mutedUntil: LATER } },
  { of: 'services', op: 'mute', to: { overlay: { muted: true }, mutedUntil: null } },
  { of: 'services', op: 'mute', first: [['mute', {}]], fields: { until: LATER }, to: { mutedUntil: LATER } },
  { of: 'services', op: 'unmute', first: [['mute', { until: LATER }]], to: { overlay: { muted: false } } },
  { of: 'services', op: 'label', fields: { set: { env: 'prod' }, unset: ['a'] }, to: { labels: { env: 'prod' } } },
  { of: 'services', op: 'change', fields: { group: 'Shop' }, to: { group: 'Shop' } },
  { of: 'alerts', op: 'ack', fields: { note: 'mine' }, to: { state: 'acknowledged', ackedBy: 'Ana' } },
  { of: 'alerts', op: 'unack', first: [['ack', {}]], to: { state: 'firing', ackedAt: null }, undoable: 0 },
  { of: 'alerts', op: 'snooze', fields: { until: LATER }, to: { snoozedUntil: LATER } },
  {
    of: 'alerts',
    op: 'snooze',
    first: [['snooze', { until: 2 * LATER }]],
    fields: { until: LATER },
    to: { snoozedUntil: LATER },
  },
  { of: 'alerts', op: 'unsnooze', first: [['snooze', { until: LATER }]], to: { snoozedUntil: null } },
  { of: 'alerts', op: 'assign', fields: { to: 'Bo' }, to: { assignee: 'Bo' } },
  { of: 'alerts', op: 'resolve', to: { state: 'resolved' }, undoable: 0 },
  { of: 'agents', op: 'pause', to: { desired: 'paused' } },
  { of: 'agents', op: 'resume', first: [['pause', {}]], to: { desired: 'active' } },
  { of: 'agents', op: 'maintenance', fields: { until: LATER, text: 'disk' }, to: { status: 'maintenance' } },
  { of: 'agents', op: 'message', fields: { text: 'hello' }, to: {}, undoable: 0 },
  { of: 'agents', op: 'retire', to: { desired: 'retired' } },
  { of: 'agents', op: 'retire', first: [['retire', {}]], to: { desired: 'retired' }, refused: 'gone', undoable: 0 },
  { of: 'agents', op: 'label', fields: { set: { rack: '7' } }, to: { labels: { a: 'b', rack: '7' } } },
];

test.each(CASES)('[BO15] $of, $op: done to each, and taken back where there is a way back', async (each) => {
  const { of, op, first = [], to, undoable = 2 } = each;
  const world = await open();
  const now = Math.floor(world.desk.clock.now());
  const fields = later(each.fields ?? {}, now);
  const ids = ['x1', 'x2'];
  for (const id of ids) {
    await born(world, of, id);
    for (const [name, args] of first) {
      const done = await world.desk.commands.mutate(admin, {
        collection: of,
        id,
        op: 'call',
        name,
        fields: later(args, now),
      });
      expect(done).toMatchObject({ ok: true });
    }
  }
  const before = ids.map((id) => world.desk.row(of, id));
  const job = await world.settle(await world.begun({ collection: of, where: ['in', 'id', ids], op, fields }));
  if (each.refused !== undefined) {
    expect(job).toMatchObject({ state: 'failed', bulk: { failed: 2, undoable: 0 } });
    expect(job.bulk?.failures.map(({ code }) => code)).toEqual([each.refused, each.refused]);
    await world.close();
    return;
  }
  expect(job).toMatchObject({ state: 'succeeded', progress: { done: 2 }, bulk: { failed: 0, undoable } });
  for (const id of ids) expect(world.desk.row(of, id)).toMatchObject(later(to, now));
  if (op === 'refresh') expect(world.woken).toEqual(ids);
  const undone = await world.undo(job.id);
  if (undoable === 0) expect(undone).toMatchObject({ code: 'gone' });
  else {
    expect(await world.settle(undone.ok ? undone.value.value.id : '')).toMatchObject({
      state: 'succeeded',
      bulk: { failed: 0 },
    });
    ids.forEach((id, i) => expect(standOf(world.desk.row(of, id))).toEqual(standOf(before[i] ?? null)));
  }
  await world.close();
});

test('[BO15] a permission for one command is asked for that command, and for no other', async () => {
  const world = await open();
  for (const of of ['services', 'alerts', 'agents'] as const) await born(world, of, 'x1');
  const only = (...permissions: readonly string[]): Principal => ({
    ...caller(['read'], { id: 'k2', name: 'Bo' }),
    permissions: ['*:read', 'jobs:bulk', ...permissions],
  });
  const now = Math.floor(world.desk.clock.now());
  const held = [
    ['services', 'services:mute', 'mute', {}],
    ['services', 'services:refresh', 'refresh', {}],
    ['services', 'services:change', 'label', { set: { a: 'c' } }],
    ['services', 'services:delete', 'delete', {}],
    ['alerts', 'alerts:ack', 'ack', {}],
    ['alerts', 'alerts:snooze', 'snooze', { until: now + LATER }],
    ['alerts', 'alerts:assign', 'assign', { to: 'Bo' }],
    ['agents', 'agents:pause', 'pause', {}],
    ['agents', 'agents:retire', 'retire', {}],
  ] as const;
  for (const [collection, permission, op, fields] of held) {
    const wish = { collection, ids: ['x1'], op, fields };
    // Whoever may do everything else with these records may not do this.
    const others = held.filter(([, other]) => other !== permission).map(([, other]) => other);
    expect(await world.begin(wish, only(...others)), permission).toMatchObject({ ok: false, code: 'forbidden' });
    expect((await world.settle(await world.begun(wish, only(permission)))).state, permission).toBe('succeeded');
  }
  // What needs a look at the world is asked of each, and who cannot be looked at is named.
  await born(world, 'services', 'idle');
  await born(world, 'services', 'x2');
  const looked = await world.settle(
    await world.begun({ collection: 'services', ids: ['x2', 'idle'], op: 'refresh' }, only('services:refresh')),
  );
  expect(looked.bulk?.failures).toMatchObject([{ id: 'idle', code: 'not_found' }]);
  expect(await world.begin({ collection: 'services', ids: ['x2'], op: 'accept-tools' })).toMatchObject({
    code: 'unsupported',
  });
  await world.close();
});

async function born({ desk }: World, of: Case['of'], id: string): Promise<void> {
  if (of === 'alerts') {
    await desk.keep.commit.write('main', 'system', (draft) => {
      draft.put('alerts', id, {
        ...ALERT,
        labels: { a: 'b' },
        startedAt: draft.now,
        firedAt: draft.now,
      });
      return ok(null);
    });
    return;
  }
  const fields = { id, name: id, labels: { a: 'b' }, ...(of === 'services' ? { kind: 'heartbeat' } : {}) };
  const made = await desk.commands.mutate(admin, { collection: of, id: '', op: 'create', fields });
  expect(made).toMatchObject({ ok: true });
}

/** An alert that fires, with what commands read of it. */
const ALERT = {
  observedAt: null,
  source: null,
  policy: null,
  state: 'firing',
  severity: 'critical',
  ackedAt: null,
  ackedBy: null,
  assignee: null,
  snoozedUntil: null,
  resolvedAt: null,
  note: '',
  events: [],
  due: {},
  step: 0,
  nextAt: null,
  suppressed: null,
  notified: { count: 0, channels: [], lastAt: null },
} as const;

/** Times that a case names, counted from now. */
function later(fields: JsonObject, now: number): JsonObject {
  const read = (value: Json): Json => (typeof value === 'number' && value >= LATER ? now + value : value);
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, read(value)]));
}

/** What people made of a record. */
function standOf(row: Row | null): object {
  return Object.fromEntries(STAND.map((field) => [field, row?.[field]]));
}

const STAND = ['desired', 'group', 'labels', 'mutedUntil', 'overlay', 'ackedAt', 'assignee', 'snoozedUntil', 'state'];
