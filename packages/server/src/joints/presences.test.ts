/** Who is here, from callers' wires to the store and back: the real session, commands and commit on a virtual clock. */
import type { Json, Row, Upstream } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { Visits } from '../collect/beats/visits.ts';
import type { Act } from '../collect/commands/verb.ts';
import { MemoryStore } from '../keep/memory-store.ts';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import type { Principal } from '../lib/principal.ts';
import { Hub } from '../publish/hub.ts';
import { Gateway } from '../serve/gateway.ts';
import { caller as principalOf, openDesk, type Desk } from '../testing/desk.ts';
import { SocketPair } from '../testing/socket-pair.ts';
import { Caller } from '../testing/world.ts';
import { mutations } from './mutations.ts';

const PEOPLE: Readonly<Record<string, Principal>> = {
  ana: principalOf(['read'], { kind: 'user', id: 'u1', name: 'Ana' }),
  ben: principalOf(['admin'], { kind: 'user', id: 'u2', name: 'Ben' }),
  rep: principalOf(['report'], { id: 'k2', name: 'Rep' }),
  eve: principalOf(['read'], { id: 'u1', name: 'Eve', org: 'acme' }),
};

interface House {
  readonly desk: Desk;
  readonly visits: Visits;
  connect(token: string): Promise<Caller>;
  /** What an organization's records say, without what every record carries. */
  here(org?: string): readonly Json[];
  close(): Promise<void>;
}

async function house({
  store = new MemoryStore(),
  limits: lower = {},
}: { store?: MemoryStore; limits?: Partial<Limits> } = {}): Promise<House> {
  const limits = { ...defaults, ...lower };
  let hub: Hub | null = null;
  const acts: Record<string, Act> = {
    'presences/enter': (call) => visits.enter(call),
    'presences/leave': (call) => visits.leave(call),
  };
  const desk = await openDesk({ store, acts, onCommitted: (committed) => hub?.apply(committed) });
  const { clock, keep } = desk;
  const visits = new Visits({ clock, limits, commit: keep.commit });
  hub = new Hub({ clock, live: keep.live, epoch: keep.commit.epoch, limits });
  const made = hub;
  const gateway = new Gateway({
    clock,
    hub,
    limits,
    log: silentLog,
    mutate: mutations(desk.commands),
    onEnded: (via) => visits.ended(via),
    authenticate: async ({ bearer = '' }) => {
      const value = PEOPLE[bearer];
      return value === undefined ? { ok: false, code: 'auth_invalid', message: 'nobody' } : { ok: true, value };
    },
  });
  visits.start(keep.live);
  return {
    desk,
    visits,
    async connect(token) {
      const pair = new SocketPair({ clock });
      pair.receiver = gateway.open(pair, { cookie: null, origin: null, host: null });
      const caller = new Caller(pair);
      caller.say({ t: 'hello', p: 1, client: 'test', token });
      await clock.run(0);
      expect(caller.take('welcome')).toHaveLength(1);
      return caller;
    },
    here: (org = 'main') =>
      Array.from(keep.live.entries(org, 'presences'), ({ row }) => shownOf(row)).sort((a, b) =>
        JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
      ),
    async close() {
      visits.close();
      gateway.close();
      made.close();
      await desk.close();
    },
  };
}

function shownOf({ who = null, name = null, kind = null, at = null, state = null }: Row): Json {
  return [who, name, kind, at, state];
}

let last = 0;

async function say(
  { desk }: House,
  caller: Caller,
  name: string,
  k: string,
  f: Extract<Upstream, { t: 'mut' }>['f'] = {},
): Promise<unknown> {
  last += 1;
  const m = `t.${last}`;
  caller.say({ t: 'mut', m, c: 'presences', k, op: 'call', name, f });
  await desk.clock.run(50);
  const answers = caller.take('mr').filter((answer) => answer.m === m);
  expect(answers).toHaveLength(1);
  return answers[0];
}

const ana = ['u1', 'Ana', 'user', 'customers/42', 'active'];

test('[PR1] whoever enters is seen under the name of their credential; no other can be claimed', async () => {
  const at = await house();
  const [one, two] = [await at.connect('ana'), await at.connect('ben')];
  two.say({ t: 'sub', s: 1, c: 'presences', iv: 0 });
  await at.desk.clock.run(50);
  two.take('s');
  expect(await say(at, one, 'enter', 's1', { at: 'customers/42' })).toMatchObject({
    ok: true,
    value: { who: 'u1', id: expect.stringMatching(/^[0-9a-f]{24}$/) },
  });
  expect(at.here()).toEqual([ana]);
  expect(JSON.stringify(two.take('d'))).toContain('customers/42');
  for (const more of [{ name: 'Ben' }, { who: 'u2' }, { kind: 'key' }]) {
    expect(await say(at, one, 'enter', 's2', { at: '', ...more })).toMatchObject({ ok: false, code: 'bad_field' });
  }
  for (const f of [{}, { at: 'x'.repeat(201) }, { at: '\u0000' }, { at: '', state: 'away' }]) {
    expect(await say(at, one, 'enter', 's2', f)).toMatchObject({ ok: false, code: 'bad_field' });
  }
  for (const op of ['create', 'patch', 'del'] as const) {
    const id = at.desk.keep.live.entries('main', 'presences')[Symbol.iterator]().next().value?.id ?? '';
    two.say({ t: 'mut', m: `t.${op}`, c: 'presences', k: op === 'create' ? 'x' : id, op, f: { name: 'Eve' } });
    await at.desk.clock.run(50);
    expect(two.take('mr')).toMatchObject([{ ok: false }]);
  }
  expect(at.here()).toEqual([ana]);
  await at.close();
});

test('[PR1] the scope is read, and another organization sees nobody', async () => {
  const at = await house();
  const rep = await at.connect('rep');
  expect(await say(at, rep, 'enter', 's1', { at: '' })).toMatchObject({ ok: false, code: 'forbidden' });
  const [one, eve] = [await at.connect('ana'), await at.connect('eve')];
  await say(at, one, 'enter', 's1', { at: 'customers/42' });
  eve.say({ t: 'sub', s: 1, c: 'presences', iv: 0 });
  await at.desk.clock.run(50);
  expect(eve.take('s')).toMatchObject([{ r: [] }]);
  // The same id of a stay, and of a caller, elsewhere is somebody else's.
  await say(at, eve, 'leave', 's1');
  await say(at, eve, 'enter', 's1', { at: 'customers/42' });
  expect(at.here()).toEqual([ana]);
  expect(at.here('acme')).toEqual([['u1', 'Eve', 'key', 'customers/42', 'active']]);
  await at.close();
});

test('[PR1] without a live connection nobody enters', async () => {
  const at = await house();
  const mutation = { collection: 'presences', id: 's1', op: 'call', name: 'enter', fields: { at: '' } } as const;
  expect(await at.desk.commands.mutate(principalOf(['read']), mutation)).toMatchObject({
    ok: false,
    code: 'unsupported',
  });
  await at.close();
});

test('[PR2] several stays at one place are one record until the last one ends', async () => {
  const at = await house();
  const [one, two] = [await at.connect('ana'), await at.connect('ana')];
  const at42 = { at: 'customers/42' };
  await say(at, one, 'enter', 's1', at42);
  await say(at, one, 'enter', 's1', at42);
  await say(at, one, 'enter', 's2', { ...at42, state: 'idle' });
  await say(at, two, 'enter', 's1', { ...at42, state: 'idle' });
  expect(at.here()).toEqual([ana]);
  await say(at, one, 'leave', 's1');
  expect(at.here()).toEqual([ana.with(4, 'idle')]);
  await say(at, one, 'leave', 's1');
  await say(at, one, 'leave', 's2');
  expect(at.here()).toHaveLength(1);
  await say(at, two, 'leave', 's1');
  expect(at.here()).toEqual([]);
  expect(at.visits.size).toBe(0);
  await at.close();
});

test('[PR2] a stay that enters another place has left the first', async () => {
  const at = await house();
  const one = await at.connect('ana');
  await say(at, one, 'enter', 's1', { at: 'a' });
  await say(at, one, 'enter', 's1', { at: 'b' });
  expect(at.here()).toEqual([ana.with(3, 'b')]);
  await at.close();
});

test('[PR3] a connection that ends takes its stays with it after a grace; coming back within leaves no trace', async () => {
  const at = await house();
  const { clock } = at.desk;
  const one = await at.connect('ana');
  await say(at, one, 'enter', 's1', { at: 'customers/42' });
  const before = at.desk.committed.length;
  one.pair.cut();
  await clock.run(9_000);
  expect(at.here()).toEqual([ana]);
  const back = await at.connect('ana');
  await say(at, back, 'enter', 's9', { at: 'customers/42' });
  await clock.run(20_000);
  expect(at.here()).toEqual([ana]);
  expect(at.desk.committed).toHaveLength(before);
  back.pair.caller.close();
  await clock.run(9_999);
  expect(at.here()).toEqual([ana]);
  await clock.run(1);
  expect(at.here()).toEqual([]);
  expect(at.visits.size).toBe(0);
  await at.close();
});

test('[PR3] an enter whose connection ends before it is written leaves nobody behind', async () => {
  const at = await house();
  const one = await at.connect('ana');
  one.say({ t: 'mut', m: 'x', c: 'presences', k: 's1', op: 'call', name: 'enter', f: { at: 'a' } });
  one.pair.cut();
  await at.desk.clock.run(11_000);
  expect(at.here()).toEqual([]);
  expect(at.visits.size).toBe(0);
  await at.close();
});

test('[PR6] a removal that the store had no time for is made again, until the record says what is the case', async () => {
  const at = await house();
  const { clock, keep } = at.desk;
  const codes: string[] = [];
  let isBusy = false;
  const visits = new Visits({
    clock,
    limits: defaults,
    commit: {
      version: (org) => keep.commit.version(org),
      write: async (org, actor, tx) => {
        if (!isBusy) return keep.commit.write(org, actor, tx);
        codes.push('overloaded');
        return { ok: false, code: 'overloaded', message: 'busy' };
      },
    },
  });
  const collection = at.desk.deps.authorize(PEOPLE['ben'] ?? principalOf([]), 'read', 'presences');
  if (!collection.ok) throw new Error(collection.message);
  const [via, principal] = [{}, principalOf(['read'], { kind: 'user', id: 'u1', name: 'Ana' })];
  const call = { principal, collection: collection.value, args: { at: 'customers/42' }, via };
  const asked = async (work: Promise<unknown>): Promise<unknown> => {
    await clock.run(0);
    return work;
  };
  expect(await asked(visits.enter({ ...call, id: 's1' }))).toMatchObject({ ok: true });
  isBusy = true;
  expect(await asked(visits.leave({ ...call, id: 's1' }))).toMatchObject({ ok: true });
  expect(await asked(visits.enter({ ...call, id: 's2', args: { at: 'b' } }))).toMatchObject({ code: 'overloaded' });
  await clock.run(1_500);
  expect([at.here(), codes.length]).toEqual([[ana], 5]);
  isBusy = false;
  await clock.run(1_000);
  expect(at.here()).toEqual([]);
  expect(visits.size).toBe(0);
  visits.close();
  await at.close();
});

test('[PR4] after a stop or a crash of the server whoever does not come back within the grace is gone', async () => {
  const store = new MemoryStore();
  const first = await house({ store });
  for (const [token, place] of [
    ['ana', 'customers/42'],
    ['ben', 'b'],
  ] as const) {
    await say(first, await first.connect(token), 'enter', 's1', { at: place });
  }
  await first.close();
  const second = await house({ store });
  expect(second.here()).toHaveLength(2);
  await say(second, await second.connect('ana'), 'enter', 's1', { at: 'customers/42' });
  await second.desk.clock.run(10_000);
  expect(second.here()).toEqual([ana]);
  await second.close();
});

test('[PR5] stays of a connection, places of a caller and presences of an organization are bounded', async () => {
  const limits = { staysPerConnectionMax: 3, placesPerPrincipalMax: 2, presencesPerOrgMax: 3 };
  const at = await house({ limits });
  const [one, two] = [await at.connect('ana'), await at.connect('ben')];
  const full = { ok: false, code: 'rate_limited' };
  for (const [k, place] of [
    ['s1', 'a'],
    ['s2', 'a'],
    ['s3', 'b'],
  ] as const) {
    expect(await say(at, one, 'enter', k, { at: place })).toMatchObject({ ok: true });
  }
  expect(await say(at, one, 'enter', 's4', { at: 'a' })).toMatchObject(full);
  expect(await say(at, one, 'enter', 's1', { at: 'a', state: 'idle' })).toMatchObject({ ok: true });
  await say(at, one, 'leave', 's2');
  expect(await say(at, one, 'enter', 's4', { at: 'c' })).toMatchObject(full);
  expect(await say(at, two, 'enter', 's1', { at: 'a' })).toMatchObject({ ok: true });
  expect(await say(at, two, 'enter', 's2', { at: 'b' })).toMatchObject(full);
  await say(at, one, 'leave', 's3');
  expect(await say(at, two, 'enter', 's2', { at: 'b' })).toMatchObject({ ok: true });
  await at.close();
});
