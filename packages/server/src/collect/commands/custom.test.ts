import { caller as mine, claim, defineCollection } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { MemoryStore } from '../../keep/memory-store.ts';
import { caller, openDesk, type Desk, type DeskOptions } from '../../testing/desk.ts';
import type { Principal } from '../../lib/principal.ts';
import type { Mutation } from './command.ts';
import { plainContract } from './plain.contract.ts';

const admin = caller(['admin']);
const ana = caller(['read', 'report'], { id: 'ana' });
const ben = caller(['read', 'report'], { id: 'ben' });

const parts = defineCollection({
  name: 'parts',
  schema: { title: z.string().min(1).max(50), stock: z.int().min(0), place: z.string() },
});

plainContract('[CC2] [CC11]', {
  collection: 'parts',
  definitions: [parts],
  body: { title: 'Bolt', stock: 4, place: 'a1' },
  changes: [{ stock: 3 }, { stock: 2 }, { place: 'b2' }],
  unfit: [{ title: 'Bolt', stock: -1, place: 'a1' }, 'stock'],
});

plainContract('[CC2]', {
  collection: 'policies',
  body: { name: 'Night', steps: [{ afterMs: 0, channels: ['c'] }], groupWaitMs: 5 },
  changes: [{ groupWaitMs: 6 }, { groupWaitMs: 7 }, { name: 'Day' }],
  unfit: [{ name: 'Night', steps: [{ afterMs: 0, channels: ['c'] }], groupWaitMs: -1 }, 'groupWaitMs'],
});

const orders = defineCollection({
  name: 'orders',
  schema: {
    title: z.string().max(100),
    state: z.enum(['open', 'paid', 'sent']).default('open'),
    cents: z.int().min(0).default(0),
    note: z.string().max(70_000).optional(),
    status: z.string().default('new'),
    tags: z.array(z.string()).default([]),
    owner: z.string(),
    isLarge: z.boolean(),
  },
  set: { patch: ['title', 'note', 'cents', 'tags'] },
  stamp: { owner: mine('id') },
  computed: { isLarge: (order) => order.cents > 1_000 },
  access: { write: 'report', report: 'report', rows: ['eq', 'owner', mine('id')], adminSeesAll: true },
  commands: {
    pay: {
      args: { cents: z.int().min(1) },
      apply: ({ state, cents }, args, { refuse, caller: { id } }) =>
        state === 'open'
          ? { state: 'paid', cents: cents + args.cents, note: `by ${id}` }
          : refuse(`it is ${state}`, 'gone'),
    },
    spoil: {
      apply: (order) => {
        // What an app must not do, and what must not hurt when it does.
        order.tags.push('spoiled');
        throw new Error('on purpose');
      },
    },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: an app without types can write this.
    slip: { apply: () => ({ nosuch: 1 }) as object },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: an app without types can write this.
    later: { apply: () => Promise.resolve({ state: 'sent' }) as object },
    wrong: { apply: () => ({ cents: -5 }) },
    close: { scope: 'admin', apply: () => ({ state: 'sent' }) },
  },
});

function open(options: DeskOptions = {}): Promise<Desk> {
  return openDesk({ collections: [orders], ...options });
}

function send(desk: Desk, who: Principal, mutation: Partial<Mutation> & Pick<Mutation, 'op'>) {
  return desk.commands.mutate(who, { collection: 'orders', id: '', ...mutation });
}

async function made(desk: Desk, who: Principal, fields: JsonObject = { title: 'Tea' }): Promise<string> {
  const result = await send(desk, who, { op: 'create', fields });
  if (!result.ok) throw new Error(result.message);
  return result.value.value.id;
}

test('[CC3] defaults, stamps, computed and optional fields are there from the first version on', async () => {
  const desk = await open();
  const id = await made(desk, ana);
  expect(id).toMatch(/^ord_/);
  expect(desk.row('orders', id)).toMatchObject({
    title: 'Tea',
    state: 'open',
    cents: 0,
    note: null,
    owner: 'ana',
    isLarge: false,
    expiresAt: null,
    isStale: false,
  });
  await send(desk, ana, { op: 'patch', id, fields: { cents: 2_000 } });
  expect(desk.row('orders', id)).toMatchObject({ cents: 2_000, isLarge: true, state: 'open' });
  await desk.close();
});

test('[CC3] nobody sets what is stamped, computed, or not theirs to set; a change never brings a default back', async () => {
  const desk = await open();
  const id = await made(desk, ana, { title: 'Tea', cents: 7 });
  for (const fields of [{ owner: 'ben' }, { isLarge: true }, { state: 'paid' }, { title: 5 }, { note: 5 }]) {
    expect(await send(desk, ana, { op: 'patch', id, fields })).toMatchObject({ code: 'bad_field' });
  }
  for (const fields of [{ title: 'x', owner: 'ben' }, { title: 'x', isLarge: true }, {}]) {
    expect(await send(desk, ana, { op: 'create', fields })).toMatchObject({ code: 'bad_field' });
  }
  expect(await send(desk, ana, { op: 'create', id: 'mine', fields: { title: 'x' } })).toMatchObject({
    code: 'bad_field',
  });
  await send(desk, ana, { op: 'patch', id, fields: { title: 'Mate', note: 'green' } });
  expect(desk.row('orders', id)).toMatchObject({ title: 'Mate', cents: 7, note: 'green', owner: 'ana' });
  await send(desk, ana, { op: 'patch', id, fields: { note: null } });
  expect(desk.row('orders', id)).toMatchObject({ note: null });
  await desk.close();
});

test('[CC4] what is not yours is refused like what is not there, by every way to write', async () => {
  const desk = await open();
  const id = await made(desk, ana);
  const ways: readonly (Partial<Mutation> & Pick<Mutation, 'op'>)[] = [
    { op: 'patch', fields: { title: 'stolen' } },
    { op: 'del' },
    { op: 'put', fields: { title: 'stolen' } },
    { op: 'call', name: 'pay', fields: { cents: 5 } },
  ];
  for (const way of ways) {
    const hidden = await send(desk, ben, { ...way, id });
    const none = await send(desk, ben, { ...way, id: 'ord_none' });
    expect(hidden).toMatchObject({ ok: false, code: 'not_found' });
    expect(JSON.stringify(hidden).replaceAll(id, 'ord_none')).toBe(JSON.stringify(none));
  }
  const report = await desk.reports.report(ben, { collection: 'orders', id, title: 'stolen' });
  expect(report).toMatchObject({ ok: false, code: 'not_found' });
  const many = await desk.reports.reportAll(ben, [{ collection: 'orders', id, title: 'stolen' }]);
  expect(many).toMatchObject([{ ok: false, code: 'not_found' }]);
  expect(desk.row('orders', id)).toMatchObject({ title: 'Tea', version: 1 });
  expect(await send(desk, admin, { op: 'patch', id, fields: { title: 'seen' } })).toMatchObject({ ok: true });
  await desk.close();
});

const teams = defineCollection({
  name: 'notes',
  schema: { team: z.string(), text: z.string() },
  ids: 'either',
  access: {
    write: 'report',
    report: 'report',
    rows: ['in', 'team', claim('teams')],
    writeRows: ['and', ['in', 'team', claim('teams')], ['not', ['eq', 'team', claim('readsOnly')]]],
  },
});

test('[CC4] a write is judged by the record before and after; a missing claim lets nothing through', async () => {
  const desk = await openDesk({ collections: [teams] });
  const note = (who: Principal, mutation: Partial<Mutation> & Pick<Mutation, 'op'>) =>
    desk.commands.mutate(who, { collection: 'notes', id: 'n', ...mutation });
  const eva = caller(['read', 'report'], { id: 'eva', claims: { teams: ['red', 'blue'], readsOnly: 'blue' } });
  expect(await note(eva, { op: 'create', fields: { team: 'green', text: 'a' } })).toMatchObject({ code: 'forbidden' });
  expect(await note(eva, { op: 'create', fields: { team: 'blue', text: 'a' } })).toMatchObject({ code: 'forbidden' });
  expect(await note(eva, { op: 'create', fields: { team: 'red', text: 'a' } })).toMatchObject({ ok: true });
  expect(await note(eva, { op: 'patch', fields: { team: 'green' } })).toMatchObject({ code: 'forbidden' });
  expect(await note(eva, { op: 'patch', fields: { team: 'blue' } })).toMatchObject({ code: 'forbidden' });
  expect(desk.row('notes', 'n')).toMatchObject({ team: 'red', version: 1 });
  const blind = caller(['read', 'report'], { id: 'eva', claims: { teams: ['red'] } });
  expect(await note(blind, { op: 'patch', fields: { text: 'b' } })).toMatchObject({ code: 'forbidden' });
  for (const claims of [{}, { teams: null }, { teams: { red: true } }]) {
    expect(await note(caller(['admin'], { claims }), { op: 'del' })).toMatchObject({ code: 'not_found' });
  }
  await desk.close();
});

test('[CC2] a report makes the record when there is none, and changes what it says of one that is there', async () => {
  const desk = await open();
  const first = await desk.reports.report(ana, { collection: 'orders', title: 'Tea', status: 'hot' });
  const id = first.ok ? first.value.value.id : '';
  expect(desk.row('orders', id)).toMatchObject({ title: 'Tea', status: 'hot', owner: 'ana', cents: 0 });
  await desk.reports.report(ana, { collection: 'orders', id, cents: 9 });
  expect(desk.row('orders', id)).toMatchObject({ title: 'Tea', status: 'hot', cents: 9 });
  expect(await desk.reports.report(ana, { collection: 'orders', cents: 9 })).toMatchObject({ code: 'bad_field' });
  expect(await desk.reports.report(ana, { collection: 'orders', id, owner: 'ben' })).toMatchObject({
    code: 'bad_field',
  });
  expect(await desk.reports.report(caller(['read']), { collection: 'orders', title: 'x' })).toMatchObject({
    code: 'forbidden',
  });
  await desk.close();
});

test('[CC6] a command does what it says in one transaction, or refuses with its own code and writes nothing', async () => {
  const desk = await open();
  const id = await made(desk, ana);
  const call = (name: string, fields: JsonObject = {}, who = ana) => send(desk, who, { op: 'call', id, name, fields });
  expect(await call('pay', { cents: 1_500 })).toMatchObject({ ok: true });
  expect(desk.row('orders', id)).toMatchObject({ state: 'paid', cents: 1_500, note: 'by ana', isLarge: true });
  expect(await call('pay', { cents: 1 })).toMatchObject({ ok: false, code: 'gone', message: 'it is paid' });
  expect(await call('pay', { cents: 0 })).toMatchObject({ code: 'bad_field' });
  expect(await call('pay', { cents: 1, more: 1 })).toMatchObject({ code: 'bad_field' });
  expect(await call('nosuch')).toMatchObject({ code: 'unsupported' });
  expect(await call('constructor')).toMatchObject({ code: 'unsupported' });
  expect(await call('close')).toMatchObject({ code: 'forbidden' });
  expect(await call('close', {}, admin)).toMatchObject({ ok: true });
  expect(desk.committed).toHaveLength(3);
  await desk.close();
});

test('[CC6] a command that throws, answers a promise, a stranger or what does not fit writes nothing and harms nothing', async () => {
  const desk = await open();
  const id = await made(desk, ana);
  for (const [name, code] of [
    ['spoil', 'internal'],
    ['slip', 'internal'],
    ['later', 'internal'],
    ['wrong', 'bad_field'],
  ] as const) {
    expect(await send(desk, ana, { op: 'call', id, name }), name).toMatchObject({ ok: false, code });
  }
  expect(desk.row('orders', id)).toMatchObject({ version: 1, tags: [], cents: 0 });
  expect(await send(desk, ana, { op: 'patch', id, fields: { title: 'on' } })).toMatchObject({ ok: true });
  await desk.close();
});

/** What an app without types, or with a mistake, may answer; each of it is told as `internal` and logged once. */
const shared: string[] = [];
const garbage: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  nil: () => null,
  five: () => 5,
  list: () => [{ title: 'x' }],
  text: () => 'title',
  func: () => () => ({ title: 'x' }),
  'later-no': async () => {
    throw new Error('later');
  },
  // oxlint-disable-next-line unicorn/no-thenable -- what is being tried.
  thenable: () => Object.fromEntries([['then', (_: unknown, no: (error: Error) => void) => no(new Error('later'))]]),
  'throws-nothing': () => {
    // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- what is being tried.
    throw undefined;
  },
  trap: () => ({
    get title(): string {
      throw new Error('trapped');
    },
  }),
  envelope: () => ({ version: 7 }),
  labels: () => ({ labels: { a: 'b' } }),
  big: () => ({ any: 5n }),
  date: () => ({ any: new Date(0) }),
  nan: () => ({ any: { deep: [NaN] } }),
  fn: () => ({ any: () => 5 }),
  loop: () => {
    const any: unknown[] = [];
    any.push(any);
    return { any };
  },
  proto: () => ({ any: JSON.parse('{"__proto__":{"isAdmin":true}}') as unknown }),
  'refused-nil': () => ({ refused: null }),
  'refused-code': () => ({ refused: { code: 'auth_invalid', message: 'x' } }),
  'refused-words': () => ({ refused: { code: 'gone', message: { toString: null } } }),
};
const wild = defineCollection({
  name: 'wilds',
  schema: { title: z.string().default(''), any: z.unknown(), tags: z.array(z.string()).default([]) },
  commands: {
    ...Object.fromEntries(
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: an app without types can write this.
      Object.entries(garbage).map(([name, answer]) => [name, { apply: () => answer() as object }]),
    ),
    share: {
      apply: () => {
        shared.push('x');
        return { tags: shared };
      },
    },
  },
});

test.each(Object.keys(garbage))(
  '[CC6] a command that answers %s is refused as internal, is logged once with its name, and writes nothing',
  async (name) => {
    const errors: object[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (details: object) => void errors.push(details) };
    const desk = await openDesk({ collections: [wild], log });
    await desk.commands.mutate(admin, { collection: 'wilds', id: 'w', op: 'create', fields: { any: 0 } });
    const before = desk.row('wilds', 'w');
    const answer = await desk.commands.mutate(admin, { collection: 'wilds', id: 'w', op: 'call', name });
    expect(answer).toMatchObject({
      ok: false,
      code: 'internal',
      message: expect.stringContaining('nothing was written'),
    });
    expect(errors).toHaveLength(1);
    if (name !== 'trap') {
      expect(errors).toMatchObject([
        { org: 'main', err: { message: expect.stringContaining(`command ${name} of wilds`) } },
      ]);
    }
    expect(desk.row('wilds', 'w')).toBe(before);
    expect(desk.committed).toHaveLength(1);
    expect(
      await desk.commands.mutate(admin, { collection: 'wilds', id: 'w', op: 'patch', fields: { title: 'on' } }),
    ).toMatchObject({ ok: true });
    await desk.close();
  },
);

test('[CC6] what a command answers is copied: what the app does to it later reaches no record', async () => {
  const desk = await openDesk({ collections: [wild] });
  const call = (id: string) => desk.commands.mutate(admin, { collection: 'wilds', id, op: 'call', name: 'share' });
  for (const id of ['a', 'b'])
    await desk.commands.mutate(admin, { collection: 'wilds', id, op: 'create', fields: { any: 0 } });
  await call('a');
  await call('b');
  shared.push('afterwards');
  expect(desk.row('wilds', 'a')).toMatchObject({ tags: ['x'] });
  expect(desk.row('wilds', 'b')).toMatchObject({ tags: ['x', 'x'] });
  await desk.close();
});

test('[CC10] a record beyond the limit is refused with both numbers', async () => {
  const desk = await open();
  const refused = await send(desk, ana, { op: 'create', fields: { title: 'x', note: 'n'.repeat(66_000) } });
  expect(refused).toMatchObject({ ok: false, code: 'too_large' });
  expect(refused.ok ? '' : refused.message).toMatch(/66\d{3} characters, limit 65536/);
  await desk.close();
});

const sessions = defineCollection({
  name: 'sessions',
  schema: { user: z.string() },
  expiry: { ttlMs: 60_000, staleAfterMs: 20_000 },
  access: { report: 'report' },
});

test('[CC7] a record goes stale and ends at its own absolute times; each write moves both', async () => {
  const desk = await openDesk({ collections: [sessions] });
  const at = desk.clock.now();
  await desk.reports.report(admin, { collection: 'sessions', id: 's', user: 'ana' });
  expect(desk.row('sessions', 's')).toMatchObject({ expiresAt: at + 60_000, isStale: false, nextAt: at + 20_000 });
  await desk.clock.run(21_000);
  expect(desk.row('sessions', 's')).toMatchObject({ isStale: true, nextAt: at + 60_000 });
  await desk.reports.report(admin, { collection: 'sessions', id: 's', user: 'ana' });
  expect(desk.row('sessions', 's')).toMatchObject({ isStale: false, expiresAt: desk.clock.now() + 60_000 });
  await desk.clock.run(59_000);
  expect(desk.row('sessions', 's')).toMatchObject({ isStale: true });
  await desk.clock.run(2_000);
  expect(desk.row('sessions', 's')).toBeNull();
  expect(desk.committed.at(-1)?.changes).toMatchObject([{ id: 's', after: null }]);
  await desk.close();
});

test('[CC7] what came due while nobody ran happens at the start, once', async () => {
  const store = new MemoryStore();
  const before = await openDesk({ collections: [sessions], store });
  await before.reports.report(admin, { collection: 'sessions', id: 'old', user: 'ana' });
  await before.clock.run(30_000);
  await before.reports.report(admin, { collection: 'sessions', id: 'young', user: 'ben' });
  const { clock } = before;
  await before.close();
  clock.advance(40_000);
  const after = await openDesk({ collections: [sessions], store, clock });
  await after.clock.run(40_000);
  expect(after.row('sessions', 'old')).toBeNull();
  expect(after.committed.filter(({ changes }) => changes.some(({ after: row }) => row === null))).not.toHaveLength(0);
  await after.close();
});

test('[CC7] callers say when a record ends where the definition lets them', async () => {
  const links = defineCollection({
    name: 'links',
    schema: { to: z.string() },
    expiry: { perRecord: true, ttlMs: 90_000 },
  });
  const desk = await openDesk({ collections: [links] });
  const at = desk.clock.now();
  const link = (id: string, fields: JsonObject, op: 'create' | 'patch' = 'create') =>
    desk.commands.mutate(admin, { collection: 'links', id, op, fields });
  await link('a', { to: 'x' });
  await link('b', { to: 'x', ttlMs: 5_000 });
  await link('c', { to: 'x', expiresAt: at + 7_000 });
  await link('d', { to: 'x', expiresAt: null });
  const ends = () => ['a', 'b', 'c', 'd'].map((id) => desk.row('links', id)?.['expiresAt']);
  expect(ends()).toEqual([at + 90_000, at + 5_000, at + 7_000, null]);
  await link('b', { to: 'y' }, 'patch');
  expect(ends()[1]).toBe(at + 5_000);
  for (const fields of [{ expiresAt: at }, { expiresAt: at + 9, ttlMs: 9 }, { ttlMs: 0 }, { expiresAt: 'soon' }]) {
    expect(await link('e', { to: 'x', ...fields })).toMatchObject({ code: 'bad_field' });
  }
  await desk.clock.run(8_000);
  expect(ends()).toEqual([at + 90_000, undefined, undefined, null]);
  await desk.close();
});

test('[CC8] [CC9] a definition may grow, change and go; records stay, and say what does not fit', async () => {
  const store = new MemoryStore();
  const as = async (
    schema: Parameters<typeof defineCollection>[0]['schema'] | null,
    work: (desk: Desk) => Promise<void>,
  ) => {
    const collections = schema === null ? [] : [defineCollection({ name: 'tasks', schema })];
    const desk = await openDesk({ store, collections });
    await work(desk);
    await desk.close();
  };
  const write = (desk: Desk, op: 'create' | 'patch', id: string, fields: JsonObject) =>
    desk.commands.mutate(admin, { collection: 'tasks', id, op, fields });
  await as({ title: z.string(), size: z.string() }, async (desk) => {
    await write(desk, 'create', 'a', { title: 'A', size: 'big' });
    await write(desk, 'create', 'b', { title: 'B', size: '7' });
  });
  await as({ title: z.string(), size: z.string(), state: z.enum(['open', 'done']).default('open') }, async (desk) => {
    expect(desk.misfits).toEqual([]);
    expect(desk.row('tasks', 'a')).toMatchObject({ state: 'open', version: 3 });
  });
  await as(null, async (desk) => {
    expect(await write(desk, 'patch', 'a', { title: 'x' })).toMatchObject({ code: 'unknown_collection' });
    expect(desk.row('tasks', 'a')).toMatchObject({ title: 'A' });
  });
  await as({ title: z.string(), size: z.int() }, async (desk) => {
    expect(desk.misfits).toMatchObject([
      {
        collection: 'tasks',
        count: 2,
        first: { org: 'main', id: 'a', flaw: expect.stringContaining('size') },
        left: ['state'],
      },
    ]);
    expect(desk.row('tasks', 'a')).toMatchObject({ size: 'big', state: 'open', version: 3 });
    expect(await write(desk, 'patch', 'a', { title: 'x' })).toMatchObject({ code: 'bad_field' });
    expect(await write(desk, 'patch', 'a', { size: 3 })).toMatchObject({ ok: true });
    expect(desk.row('tasks', 'a')).toMatchObject({ size: 3, title: 'A', state: 'open' });
  });
  await as({ title: z.string(), size: z.int() }, async (desk) => {
    expect(desk.misfits).toMatchObject([{ count: 1, first: { id: 'b' } }]);
  });
});
