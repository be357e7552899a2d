/** Bulk jobs over the real commands and a real commit: what is done, once, whatever happens in between. */
import type { Job } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
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
  const acts: CommandsDeps['acts'] = {
    'jobs/bulk': (call) => bulk.begin(call),
    'jobs/undo': (call) => bulk.undo(call),
  };
  const desk = await openDesk({ ...options, acts });
  const known = new Set(['k1', 'k2']);
  const bulk = new Bulk({
    commands: { ...desk.deps, acts, idempotency: desk.keep.idempotency },
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
