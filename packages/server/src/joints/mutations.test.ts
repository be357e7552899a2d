/**
 * `mut` frames from a caller's socket to the store and back: the real session, commands, engine and commit on a virtual
 * clock, over a store in memory.
 */
import { type Downstream, type Json, type JsonObject, type Upstream } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import type { Principal, Scope } from '../lib/principal.ts';
import { Hub } from '../publish/hub.ts';
import { Gateway } from '../serve/gateway.ts';
import { caller as principalOf, openDesk, type Desk } from '../testing/desk.ts';
import { SocketPair } from '../testing/socket-pair.ts';
import { Caller } from '../testing/world.ts';
import { mutations } from './mutations.ts';

type Mut = Extract<Upstream, { t: 'mut' }>;
type Answer = Extract<Downstream, { t: 'mr' }>;

interface House {
  readonly desk: Desk;
  readonly hub: Hub;
  /** A welcomed caller. */
  connect(token: string): Promise<Caller>;
  close(): Promise<void>;
}

const PEOPLE: Readonly<Record<string, Principal>> = {
  ana: person('ana', ['admin']),
  ben: person('ben', ['admin']),
  rep: person('rep', ['report']),
  eve: person('eve', ['read']),
};

function person(id: string, scopes: readonly Scope[]): Principal {
  return principalOf(scopes, { id, name: id });
}

async function house(store: MemoryStore = new MemoryStore()): Promise<House> {
  let hub: Hub | null = null;
  const desk = await openDesk({ store, onCommitted: (committed) => hub?.apply(committed) });
  const { clock, keep } = desk;
  const made = new Hub({ clock, live: keep.live, epoch: keep.commit.epoch, limits });
  hub = made;
  const gateway = new Gateway({
    clock,
    hub: made,
    log: silentLog,
    mutate: mutations(desk.commands),
    authenticate: async ({ bearer = '' }) => {
      const value = PEOPLE[bearer];
      return value === undefined
        ? { ok: false, code: 'auth_invalid', message: 'nobody here has this token' }
        : { ok: true, value };
    },
  });
  return {
    desk,
    hub: made,
    async connect(token) {
      const pair = new SocketPair({ clock });
      pair.receiver = gateway.open(pair, { cookie: null, origin: null, host: null });
      const caller = new Caller(pair);
      caller.say({ t: 'hello', p: 1, client: 'test', token });
      await clock.run(0);
      expect(caller.take('welcome')).toHaveLength(1);
      return caller;
    },
    async close() {
      gateway.close();
      made.close();
      await desk.close();
    },
  };
}

let last = 0;

/** Says a mutation and waits for its one answer. */
async function ask(
  { desk }: House,
  caller: Caller,
  mut: Omit<Mut, 't' | 'm'> & { readonly m?: string },
): Promise<Answer> {
  last += 1;
  const m = mut.m ?? `t.${last}`;
  caller.say({ t: 'mut', ...mut, m });
  await desk.clock.run(50);
  const answers = caller.take('mr').filter((answer) => answer.m === m);
  expect(answers).toHaveLength(1);
  const [answer] = answers;
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

/** A service that ana has made; returns the version it was made at. */
async function made(at: House, ana: Caller, id: string): Promise<number> {
  const f: JsonObject = { name: 'A', kind: 'http', target: 'https://example.org/', labels: { env: 'prod' } };
  const answer = await ask(at, ana, { c: 'services', k: id, op: 'create', f });
  expect(answer).toMatchObject({ ok: true, k: id });
  return answer.ok ? answer.v : 0;
}

function field({ desk }: House, id: string, name: string): Json | undefined {
  return desk.row('services', id)?.[name];
}

test('[MU3] [CO12] with base, only a field that both touched is a conflict, and a conflict changes nothing', async () => {
  const at = await house();
  const [ana, ben] = [await at.connect('ana'), await at.connect('ben')];
  const base = await made(at, ana, 'a');
  const seen = { c: 'services', k: 'a', op: 'patch', base } as const;
  const first = await ask(at, ana, { ...seen, f: { name: 'by ana' } });
  expect(first).toMatchObject({ ok: true });
  // Ben saw the record before that, and touches something else.
  expect(await ask(at, ben, { ...seen, f: { target: 'https://example.com/' } })).toMatchObject({ ok: true });
  const version = at.desk.keep.live.version('main');
  const refused = await ask(at, ben, { ...seen, f: { name: 'by ben', labels: { env: 'test' } } });
  expect(refused).toMatchObject({ ok: false, code: 'conflict', v: version, fields: ['name'], cur: { name: 'by ana' } });
  expect([field(at, 'a', 'name'), field(at, 'a', 'labels')]).toEqual(['by ana', { env: 'prod' }]);
  expect(at.desk.keep.live.version('main')).toBe(version);
  // With what the answer said it goes through.
  expect(await ask(at, ben, { ...seen, f: { name: 'by ben' }, base: version })).toMatchObject({ ok: true });
  expect(field(at, 'a', 'name')).toBe('by ben');
  await at.close();
});

test('[MU4] without base the last writer wins, field by field', async () => {
  const at = await house();
  const [ana, ben] = [await at.connect('ana'), await at.connect('ben')];
  await made(at, ana, 'a');
  // Both are on their way before either is answered.
  ana.say({
    t: 'mut',
    m: 'x.1',
    c: 'services',
    k: 'a',
    op: 'patch',
    f: { name: 'by ana', target: 'https://a.example/' },
  });
  ben.say({ t: 'mut', m: 'y.1', c: 'services', k: 'a', op: 'patch', f: { name: 'by ben', labels: { env: 'test' } } });
  await at.desk.clock.run(50);
  const [one, two] = [ana.take('mr')[0], ben.take('mr')[0]];
  expect([one, two]).toMatchObject([{ ok: true }, { ok: true }]);
  expect(at.desk.row('services', 'a')).toMatchObject({
    name: 'by ben',
    target: 'https://a.example/',
    labels: { env: 'test' },
    version: two?.ok ? two.v : -1,
  });
  await at.close();
});

test('[MU5] [CO14] a repeat is answered as the first was and done once, on another connection and after a restart too', async () => {
  const store = new MemoryStore();
  const at = await house(store);
  const ana = await at.connect('ana');
  await made(at, ana, 'a');
  const mut = {
    m: 'tab.7',
    c: 'services',
    k: '',
    op: 'create',
    f: { name: 'New', kind: 'http', target: 'https://e.org/' },
  } as const;
  const first = await ask(at, ana, mut);
  expect(first).toMatchObject({ ok: true });
  const version = at.desk.keep.live.version('main');
  expect(await ask(at, ana, mut)).toEqual(first);
  ana.pair.cut();
  const again = await at.connect('ana');
  expect(await ask(at, again, mut)).toEqual(first);
  expect(at.desk.keep.live.version('main')).toBe(version);
  // The same word of somebody else is another mutation.
  const theirs = await ask(at, await at.connect('ben'), mut);
  expect(theirs).toMatchObject({ ok: true });
  expect(theirs.ok && first.ok && theirs.k !== first.k).toBe(true);
  await at.close();
  const restarted = await house(store);
  const after = restarted.desk.keep.live.version('main');
  expect(await ask(restarted, await restarted.connect('ana'), mut)).toEqual(first);
  expect(restarted.desk.keep.live.version('main')).toBe(after);
  // A day later it is forgotten, and done.
  await restarted.desk.clock.run(limits.idempotencyMs + 60_000);
  const late = await ask(restarted, await restarted.connect('ana'), mut);
  expect(late).toMatchObject({ ok: true });
  expect(late.ok && first.ok && late.k !== first.k).toBe(true);
  await restarted.close();
});

test.each([
  [
    'create of a known id',
    'ana',
    'exists',
    { op: 'create', k: 'a', f: { name: 'A', kind: 'http', target: 'https://e.org/' } },
  ],
  ['patch of an unknown record', 'ana', 'not_found', { op: 'patch', k: 'nobody', f: { name: 'X' } }],
  ['put of an unknown record', 'ana', 'not_found', { op: 'put', k: 'nobody', f: { status: 'up' } }],
  ['del of an unknown record', 'ana', 'not_found', { op: 'del', k: 'nobody' }],
  ['call on an unknown record', 'ana', 'not_found', { op: 'call', k: 'nobody', name: 'pause' }],
  ['a field that only we own', 'ana', 'bad_field', { op: 'patch', k: 'a', f: { status: 'up' } }],
  ['a field nobody has', 'ana', 'bad_field', { op: 'patch', k: 'a', f: { nonsense: 1 } }],
  ['a value that does not fit', 'ana', 'bad_field', { op: 'patch', k: 'a', f: { name: 7 } }],
  [
    'an argument that does not fit',
    'ana',
    'bad_field',
    { op: 'call', k: 'a', name: 'override', f: { status: 'fine' } },
  ],
  ['a patch without the scope', 'eve', 'forbidden', { op: 'patch', k: 'a', f: { name: 'X' } }],
  ['a reporter who patches', 'rep', 'forbidden', { op: 'patch', k: 'a', f: { name: 'X' } }],
  ['a reader who reports', 'eve', 'forbidden', { op: 'put', k: 'a', f: { status: 'up' } }],
  ['a delete without the scope', 'rep', 'forbidden', { op: 'del', k: 'a' }],
] as const)('[MU6] [MU1] %s by %s is %s, and nothing is changed', async (_what, who, code, mut) => {
  const at = await house();
  const ana = await at.connect('ana');
  await made(at, ana, 'a');
  const before = [at.desk.keep.live.version('main'), at.desk.row('services', 'a')];
  expect(await ask(at, await at.connect(who), { c: 'services', ...mut })).toMatchObject({ ok: false, code });
  expect([at.desk.keep.live.version('main'), at.desk.row('services', 'a')]).toEqual(before);
  await at.close();
});
