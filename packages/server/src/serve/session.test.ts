import { decodeDownstream, JSON_DEPTH_MAX, type Downstream } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { expectNoLeaks } from '../testing/leaks.ts';
import { principal, World, type Caller } from '../testing/world.ts';
import type { MutOutcome } from './session.ts';

const all = { t: 'sub', s: 1, c: 'services', iv: 0 } as const;

function service(world: World, id: string, fields: object | null): void {
  world.write('main', { c: 'services', id, fields: fields === null ? null : { ...fields } });
}

function kinds(caller: Caller): string[] {
  return caller.heard.map((frame) => frame.t);
}

function raw(caller: Caller, text: string): void {
  caller.pair.caller.send(text);
}

test('[FR12] [RS1] hello opens its subscriptions after welcome, in their order', async () => {
  const world = new World();
  service(world, 'a', { status: 'up' });
  const caller = await world.connect('read', {
    subs: [all, { t: 'sub', s: 2, c: 'agents' }, { t: 'sub', s: 3, c: 'checks' }],
  });
  expect(kinds(caller)).toEqual(['welcome', 'subd', 's', 'subd', 's', 'err']);
  expect(caller.heard[0]).toMatchObject({
    epoch: 'e1',
    org: 'main',
    hb: 15_000,
    win: 131_072,
    scopes: ['read'],
    exp: null,
  });
  expect(caller.heard[1]).toMatchObject({ s: 1, v: 1, n: 1, iv: 0, how: 'snapshot' });
  expect(caller.heard[3]).toMatchObject({ s: 2, n: 0, iv: 100 });
  expect(caller.heard[5], '[ER2]').toMatchObject({ s: 3, code: 'forbidden' });
  expect(caller.pair.writes.length, 'all of it is one write').toBe(1);
  expectNoLeaks(world);
});

test('[FR10] a frame before hello, or a text that is not JSON, closes with 4500', async () => {
  const world = new World();
  const early = world.dial();
  early.say(all);
  expect(early.closedWith).toBe(4500);
  const garbled = world.dial();
  raw(garbled, '{"t":"hello"');
  expect(garbled.closedWith).toBe(4500);
  const later = await world.connect();
  raw(later, 'nonsense');
  expect(later.closedWith).toBe(4500);
  expect(later.take('err').at(-1), '[ER4]').toMatchObject({ code: 'bad_request', fatal: true });
  expectNoLeaks(world);
});

test('[FR10] a second hello is refused and the connection lives on', async () => {
  const world = new World();
  const caller = await world.connect();
  caller.say({ t: 'hello', p: 1, client: 'again', token: 'admin' });
  expect(caller.take('err')).toMatchObject([{ code: 'bad_request' }]);
  expect(caller.closedWith).toBeNull();
  expectNoLeaks(world);
});

test.each([0, 2, 99])('[FR11] protocol %i is not served', async (p) => {
  const world = new World();
  const caller = world.dial();
  raw(caller, JSON.stringify({ t: 'hello', p, client: 'x', token: 'read' }));
  await settle();
  // 0 is no version at all; the others are versions we do not speak.
  expect(caller.closedWith).toBe(p === 0 ? 4500 : 4501);
  if (p !== 0) expect(caller.take('err')).toMatchObject([{ code: 'unsupported', fatal: true }]);
  expectNoLeaks(world);
});

test.each([
  ['unknown_frame', '{"t":"shout"}', {}],
  ['bad_request', '{"t":"sub","s":7}', { s: 7 }],
  ['bad_request', '{"t":"sub","s":"1","c":"services"}', {}],
  ['bad_request', '[]', {}],
  ['bad_request', 'null', {}],
  [
    'bad_request',
    `{"t":"sub","s":8,"c":"services","f":${'['.repeat(JSON_DEPTH_MAX + 1)}${']'.repeat(JSON_DEPTH_MAX + 1)}}`,
    {},
  ],
  ['bad_request', '{"t":"sub","s":9,"c":"services","__proto__":{}}', {}],
  ['bad_filter', '{"t":"sub","s":10,"c":"services","f":["like","name","x"]}', { s: 10 }],
  ['bad_filter', '{"t":"sub","s":11,"c":"services","f":["eq","password","x"]}', { s: 11 }],
  ['bad_field', '{"t":"sub","s":12,"c":"services","fields":["name","password"]}', { s: 12 }],
  ['bad_field', '{"t":"sub","s":13,"c":"services","fields":["reason.text","password.hash"]}', { s: 13 }],
  [
    'too_complex',
    `{"t":"sub","s":13,"c":"services","f":["in","n",[${Array.from({ length: 1001 }, (_, i) => i).join()}]]}`,
    { s: 13 },
  ],
  ['unknown_collection', '{"t":"sub","s":14,"c":"constructor"}', { s: 14 }],
  ['forbidden', '{"t":"sub","s":15,"c":"checks"}', { s: 15 }],
  ['bad_request', '{"t":"a","n":5}', {}],
])(
  '[FR5] [FR6] [FI12] [BP6] [SE1] what is no good is answered with %s and the connection lives on: %s',
  async (code, text, about) => {
    const world = new World();
    const caller = await world.connect();
    caller.take('welcome');
    raw(caller, text);
    expect(caller.heard).toMatchObject([{ t: 'err', code, ...about }]);
    expect(caller.closedWith).toBeNull();
    caller.take('err');
    caller.say({ t: 'p', i: 4 });
    expect(caller.heard, '[LV3]').toMatchObject([{ t: 'q', i: 4 }]);
    expectNoLeaks(world);
  },
);

test('[RS12] [RS18] numbers are not used twice, and ending what is not open does nothing', async () => {
  const world = new World();
  const caller = await world.connect('read', { subs: [all] });
  caller.take('s');
  caller.say({ t: 'sub', s: 1, c: 'agents' });
  expect(caller.take('err')).toMatchObject([{ s: 1, code: 'bad_request' }]);
  caller.say({ t: 'unsub', s: 99 });
  caller.say({ t: 'unsub', s: 1 });
  caller.say({ t: 'unsub', s: 1 });
  service(world, 'a', {});
  world.step(100);
  expect(caller.heard).toEqual([]);
  expectNoLeaks(world);
});

test('[RS13] the same view again takes over the old subscription', async () => {
  const world = new World();
  service(world, 'a', { status: 'up' });
  const caller = await world.connect('read', { subs: [all] });
  const [first] = caller.take('subd');
  caller.say({ t: 'sub', s: 2, c: 'services', f: ['and'], iv: 0 });
  expect(caller.take('subd')).toMatchObject([{ s: 2, w: first?.w, how: 'snapshot' }]);
  expect(world.gateway.stats.subscriptions).toBe(1);
  service(world, 'a', { status: 'down' });
  world.step();
  expect(caller.take('d'), 'one frame, not two').toHaveLength(1);
  expectNoLeaks(world);
});

test('a connection has at most as many subscriptions as the limit says', async () => {
  const world = new World({ limits: { subscriptionsPerConnectionMax: 3 } });
  const caller = await world.connect();
  for (let s = 1; s <= 4; s++) caller.say({ t: 'sub', s, c: 'services', f: ['gt', 'latencyMs', s] });
  expect(caller.take('err')).toMatchObject([{ s: 4, code: 'too_many_subs' }]);
  expectNoLeaks(world);
});

test('[RS2] [RS3] [RS4] [RS17] how a resume is answered', async () => {
  const world = new World({ limits: { viewLeavesMax: 1 } });
  for (const id of ['a', 'b', 'c']) service(world, id, { status: 'up' });
  const watcher = await world.connect('read', { subs: [all] });
  service(world, 'a', null);
  service(world, 'b', null);
  service(world, 'c', { status: 'down' });
  const how = async (e: string, v: number): Promise<Downstream[]> => {
    const caller = await world.connect('read', { subs: [{ ...all, since: { e, v } }] });
    const heard = caller.heard.slice(1);
    caller.pair.caller.close();
    return heard;
  };
  expect(await how('e1', 5)).toMatchObject([
    { how: 'delta', v: 6 },
    { t: 'd', v: [5, 6], o: [[3, 6, { status: 'down' }]] },
  ]);
  expect(await how('e1', 6), 'nothing missed, nothing sent').toMatchObject([{ how: 'delta', v: 6, n: 1 }]);
  expect(await how('e1', 3)).toMatchObject([{ how: 'reconcile' }, { t: 's', r: [[3, 'c', 6, {}]], keep: [] }]);
  expect(await how('e0', 5)).toMatchObject([{ how: 'snapshot' }, { t: 's', last: true }]);
  expect(await how('e1', 7)).toMatchObject([{ how: 'snapshot' }, { t: 's', last: true }]);
  world.live.sweep(world.clock.now());
  expect(await how('e1', 4), 'deletions before the floor are forgotten').toMatchObject([
    { how: 'snapshot' },
    { t: 's' },
  ]);
  watcher.pair.caller.close();
  expectNoLeaks(world);
});

test('[IV4] a hidden caller is told every 5 s, and at once when it is back', async () => {
  const world = new World();
  service(world, 'a', { latencyMs: 0 });
  const caller = await world.connect('read', { subs: [all] });
  caller.ack();
  caller.say({ t: 'vis', hidden: true });
  service(world, 'a', { latencyMs: 1 });
  world.step();
  expect(caller.take('d')).toHaveLength(1);
  caller.say({ t: 'a', n: 2 });
  for (let i = 2; i < 40; i++) {
    service(world, 'a', { latencyMs: i });
    world.step(100);
  }
  expect(caller.take('d')).toHaveLength(0);
  caller.say({ t: 'vis', hidden: false });
  expect(caller.take('d')).toMatchObject([{ v: [2, 40] }]);
  service(world, 'a', { latencyMs: 99 });
  world.step();
  expect(caller.take('d')).toHaveLength(1);
  expectNoLeaks(world);
});

test('[IV5] another interval comes without a snapshot and without a gap', async () => {
  const world = new World();
  service(world, 'a', { latencyMs: 0 });
  const caller = await world.connect('read', { subs: [{ ...all, iv: 1000 }] });
  caller.ack();
  service(world, 'a', { latencyMs: 1 });
  world.step();
  service(world, 'a', { latencyMs: 2 });
  world.step();
  caller.say({ t: 'iv', s: 1, iv: 0 });
  world.step();
  expect(caller.take('d').map(({ v }) => v)).toEqual([
    [1, 2],
    [2, 3],
  ]);
  expectNoLeaks(world);
});

test('[LV1] [LV2] after 15 s of silence a watermark says that all is current', async () => {
  const world = new World();
  service(world, 'a', {});
  const caller = await world.connect('read', { subs: [all] });
  caller.ack();
  world.write('main', { c: 'jobs', id: 'j', fields: {} });
  world.step(14_000);
  expect(caller.heard).toEqual([]);
  world.step(2_000);
  expect(caller.take('h')).toEqual([{ t: 'h', v: 2, now: expect.any(Number) }]);
  world.step(31_000);
  expect(caller.take('h')).toHaveLength(2);
  expectNoLeaks(world);
});

test('[LV6] no hello within 10 s closes with 4008', () => {
  const world = new World();
  const caller = world.dial();
  world.step(9_000);
  expect(caller.closedWith).toBeNull();
  world.step(2_000);
  expect(caller.closedWith).toBe(4008);
  expectNoLeaks(world);
});

test.each([
  [undefined, 'auth_required'],
  ['wrong', 'auth_invalid'],
])('[AU2] with the token %s a connection ends with %s and 4401', async (token, code) => {
  const world = new World();
  const caller = world.dial();
  caller.say({ t: 'hello', p: 1, client: 'x', ...(token === undefined ? {} : { token }) });
  await settle();
  expect(caller.heard).toMatchObject([{ t: 'err', code, fatal: true }]);
  expect(caller.closedWith).toBe(4401);
  expectNoLeaks(world);
});

test('[AU1] a session cookie lets in as a token does, and a token wins over it', async () => {
  const world = new World();
  const byCookie = world.dial({ cookie: 'read' });
  byCookie.say({ t: 'hello', p: 1, client: 'x' });
  const byToken = world.dial({ cookie: 'read' });
  byToken.say({ t: 'hello', p: 1, client: 'x', token: 'other' });
  await settle();
  expect(byCookie.take('welcome')).toMatchObject([{ org: 'main' }]);
  expect(byToken.take('welcome')).toMatchObject([{ org: 'other' }]);
  expectNoLeaks(world);
});

function shortLived(world: World, lifeMs: number, scopes: readonly ('admin' | 'read')[] = ['read']): void {
  world.principals.set('short', principal('reader', 'main', scopes, world.clock.now() + lifeMs));
}

test('[AU4] a minute before the end the server asks, and a good token goes on', async () => {
  const world = new World();
  shortLived(world, 120_000);
  const caller = await world.connect('short', { subs: [all] });
  caller.ack();
  world.step(58_000);
  expect(caller.take('auth')).toEqual([]);
  world.step(3_000);
  expect(caller.take('auth')).toMatchObject([{ why: 'expiring', in: expect.any(Number) }]);
  shortLived(world, 600_000);
  caller.say({ t: 'auth', token: 'short' });
  await settle();
  expect(caller.take('authd')).toEqual([{ t: 'authd', exp: world.clock.now() + 600_000, scope: 'same' }]);
  world.step(120_000);
  expect(caller.heard.filter((frame) => frame.t !== 'h')).toEqual([]);
  expectNoLeaks(world);
});

test('[AU3] a token of somebody else closes with 4505', async () => {
  const world = new World();
  const caller = await world.connect('read', { subs: [all] });
  caller.say({ t: 'auth', token: 'other' });
  await settle();
  expect(caller.closedWith).toBe(4505);
  expectNoLeaks(world);
});

test('[AU5] [AU6] without a fresh token the views pause, and go on from where they stopped', async () => {
  const world = new World();
  service(world, 'a', { latencyMs: 0 });
  shortLived(world, 70_000);
  const caller = await world.connect('short', { subs: [all] });
  caller.ack();
  world.step(99_000);
  expect(caller.take('err')).toEqual([]);
  world.step(2_000);
  expect(caller.take('err')).toMatchObject([{ code: 'auth_expired' }]);
  for (let i = 1; i < 10; i++) {
    service(world, 'a', { latencyMs: i });
    world.step(5_000);
  }
  expect(caller.heard.filter((frame) => frame.t === 'd' || frame.t === 'h')).toEqual([]);
  shortLived(world, 600_000);
  caller.take('d');
  caller.say({ t: 'auth', token: 'short' });
  await settle();
  world.step();
  expect(kinds(caller)).toEqual(['authd', 'd']);
  expect(caller.take('d')).toMatchObject([{ v: [1, 10], o: [[1, 10, { latencyMs: 9 }]] }]);
  expectNoLeaks(world);
});

test('[AU5] five minutes after the pause the connection goes', async () => {
  const world = new World();
  shortLived(world, 10_000);
  const caller = await world.connect('short', { subs: [all] });
  caller.ack();
  world.step(45_000);
  expect(caller.closedWith).toBeNull();
  world.step(300_000);
  expect(caller.closedWith).toBe(4401);
  expectNoLeaks(world);
});

test('a bad token on a living connection is answered and changes nothing', async () => {
  const world = new World();
  const caller = await world.connect('read', { subs: [all] });
  caller.ack();
  caller.say({ t: 'auth', token: 'wrong' });
  caller.say({ t: 'auth', token: 'wrong' });
  await settle();
  expect(caller.take('err')).toMatchObject([{ code: 'rate_limited' }, { code: 'auth_invalid' }]);
  service(world, 'a', {});
  world.step();
  expect(caller.take('d')).toHaveLength(1);
  expectNoLeaks(world);
});

test('[AU7] [SE3] a narrowed credential loses what it may no longer see, and keeps the rest', async () => {
  const world = new World();
  service(world, 'a', {});
  world.write('main', { c: 'checks', id: 'a', fields: {} });
  shortLived(world, 3_600_000, ['admin']);
  const caller = await world.connect('short', { subs: [all, { t: 'sub', s: 2, c: 'checks', iv: 0 }] });
  caller.ack();
  shortLived(world, 3_600_000);
  caller.say({ t: 'auth', token: 'short' });
  await settle();
  expect(caller.heard).toMatchObject([
    { t: 'authd', scope: 'changed' },
    { t: 'err', s: 2, code: 'forbidden' },
  ]);
  caller.take('err');
  service(world, 'a', { status: 'down' });
  world.write('main', { c: 'checks', id: 'a', fields: { x: 1 } });
  world.step();
  expect(caller.take('d')).toHaveLength(1);
  world.gateway.revise('reader', principal('reader', 'main', ['report']));
  expect(caller.take('err')).toMatchObject([{ s: 1, code: 'forbidden' }]);
  expectNoLeaks(world);
});

test.each(['slow to confirm', 'in the middle of a snapshot', 'paused'] as const)(
  '[AU7] [BP2] a caller that is %s hears of its denial at once, and no data with or after it',
  async (how) => {
    const world = new World();
    for (let i = 0; i < 100; i++) {
      world.write('main', { c: 'checks', id: `x${i}`, fields: { description: 'words '.repeat(500) } });
    }
    shortLived(world, 10_000, ['admin']);
    // Two views, so that the second must not begin where the first was stopped.
    const checks = { t: 'sub', c: 'checks', iv: 0 } as const;
    const subs = [
      { ...checks, s: 1 },
      { ...checks, s: 2, f: ['prefix', 'id', 'x'] },
    ];
    const caller = await world.connect('short', { subs });
    if (how !== 'in the middle of a snapshot') {
      while (caller.heard.some(({ t }) => t === 's')) caller.ack();
    }
    if (how === 'slow to confirm') {
      world.write('main', { c: 'checks', id: 'x1', fields: { x: 1 } });
      world.step(6_500);
      expect(world.gateway.stats.lagging).toBe(1);
    }
    if (how === 'paused') world.step(45_000);
    caller.take('err');
    world.gateway.revise('reader', principal('reader', 'main', ['read'], world.clock.now() + 3_600_000));
    world.write('main', { c: 'checks', id: 'x2', fields: { x: 2 } });
    world.step(1_000);
    caller.say({ t: 'a', n: 1 });
    world.step(1_000);
    expect(caller.heard).toMatchObject([
      { t: 'err', s: 1, code: 'forbidden' },
      { t: 'err', s: 2, code: 'forbidden' },
    ]);
    expectNoLeaks(world);
  },
);

test('[RS16] [AU7] who comes back as the same identity with less is refused what is gone, and never resumed into it', async () => {
  const world = new World();
  service(world, 'a', {});
  world.write('main', { c: 'checks', id: 'a', fields: {} });
  const checks = { t: 'sub', s: 2, c: 'checks', iv: 0 } as const;
  shortLived(world, 3_600_000, ['admin']);
  const before = await world.connect('short', { subs: [all, checks] });
  before.pair.cut();
  shortLived(world, 3_600_000);
  world.write('main', { c: 'checks', id: 'a', fields: { x: 1 } });
  const since = { e: 'e1', v: 2 };
  const after = await world.connect('short', {
    subs: [
      { ...all, since },
      { ...checks, since },
    ],
  });
  expect(after.heard).toMatchObject([
    { t: 'welcome', scopes: ['read'] },
    { t: 'subd', s: 1, how: 'delta' },
    { t: 'err', s: 2, code: 'forbidden' },
  ]);
  expectNoLeaks(world);
});

test('[FR13] who names the principal on every connection and after a restart, and nobody else', async () => {
  const who = async (world: World, token: string): Promise<string> => {
    const caller = await world.connect(token);
    return caller.take('welcome')[0]?.who ?? '';
  };
  const [world, restarted] = [new World(), new World({ epoch: 'e2' })];
  const other = principal('reader', 'other', ['read']);
  const wider = principal('reader', 'main', ['read', 'report']);
  for (const each of [world, restarted]) each.principals.set('elsewhere', other).set('wider', wider);
  const first = await who(world, 'read');
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect([await who(world, 'read'), await who(restarted, 'read'), await who(world, 'wider')]).toEqual([
    first,
    first,
    first,
  ]);
  expect(
    new Set([first, await who(world, 'report'), await who(world, 'elsewhere'), await who(world, 'admin')]).size,
  ).toBe(4);
  for (const each of [world, restarted]) expectNoLeaks(each);
});

test('[SE3] a revoked credential ends its connections at once, and no other', async () => {
  const world = new World();
  const [one, two, other] = [await world.connect('read'), await world.connect('read'), await world.connect('other')];
  world.gateway.revise('reader', null);
  expect([one.closedWith, two.closedWith, other.closedWith]).toEqual([4401, 4401, null]);
  expect(one.take('auth')).toMatchObject([{ why: 'revoked' }]);
  expectNoLeaks(world);
});

test('[SE3] a credential that is revoked while it is being checked lets nobody in', async () => {
  const world = new World();
  const caller = world.dial();
  caller.say({ t: 'hello', p: 1, client: 'x', token: 'read', subs: [all] });
  // The check has its answer already; it is only on its way.
  world.principals.delete('read');
  world.gateway.revise('reader', null);
  await settle();
  expect(caller.closedWith).toBe(4401);
  expect(kinds(caller)).toEqual(['err']);
  expectNoLeaks(world);
});

test('[SE3] a credential that is narrowed while its renewal is being checked is not widened by it', async () => {
  const world = new World();
  world.write('main', { c: 'checks', id: 'a', fields: {} });
  shortLived(world, 3_600_000, ['admin']);
  const caller = await world.connect('short', { subs: [{ t: 'sub', s: 1, c: 'checks', iv: 0 }] });
  caller.ack();
  caller.say({ t: 'auth', token: 'short' });
  shortLived(world, 3_600_000);
  world.gateway.revise('reader', world.principals.get('short') ?? null);
  await settle();
  caller.say({ t: 'sub', s: 2, c: 'checks', iv: 0 });
  expect(caller.heard).toMatchObject([
    { t: 'err', s: 1, code: 'forbidden' },
    { t: 'authd', scope: 'same' },
    { t: 'err', s: 2, code: 'forbidden' },
  ]);
  expectNoLeaks(world);
});

test('[AU5] [MU1] while paused nothing is carried out, and what was begun before is answered', async () => {
  const done: ((outcome: MutOutcome) => void)[] = [];
  const world: World = new World({ mutate: () => new Promise((resolve) => void done.push(resolve)) });
  service(world, 'a', {});
  shortLived(world, 10_000, ['admin']);
  const caller = await world.connect('short', { subs: [all] });
  caller.ack();
  world.step(30_000);
  caller.say({ t: 'mut', m: 't.1', c: 'services', k: 'a', op: 'del' });
  world.step(15_000);
  expect(caller.take('err')).toMatchObject([{ code: 'auth_expired' }]);
  caller.say({ t: 'mut', m: 't.2', c: 'services', k: 'a', op: 'del' });
  expect(done).toHaveLength(1);
  service(world, 'a', null);
  done[0]?.({ ok: true, v: 2, k: 'a' });
  await settle();
  expect(caller.take('mr')).toMatchObject([
    { m: 't.2', ok: false, code: 'auth_expired' },
    { m: 't.1', ok: true, v: 2 },
  ]);
  expectNoLeaks(world);
});

test('[AU5] [SE3] narrowing an expired credential does not wake its views', async () => {
  const world = new World();
  service(world, 'a', {});
  shortLived(world, 10_000, ['admin']);
  const caller = await world.connect('short', { subs: [all] });
  caller.ack();
  world.step(45_000);
  service(world, 'a', { status: 'down' });
  caller.take('err');
  world.gateway.revise('reader', principal('reader', 'main', ['read'], world.clock.now() - 35_000));
  world.step(2_000);
  expect(caller.heard).toEqual([]);
  // The end comes when it would have come.
  world.step(299_000);
  expect(caller.closedWith).toBe(4401);
  expectNoLeaks(world);
});

test('[SE2] messages wait while the credential is checked, up to a bound', async () => {
  const world = new World();
  const caller = world.dial();
  caller.say({ t: 'hello', p: 1, client: 'x', token: 'read' });
  caller.say(all);
  caller.say({ t: 'p', i: 1 });
  expect(caller.heard).toEqual([]);
  await settle();
  expect(kinds(caller)).toEqual(['welcome', 'subd', 's', 'q']);
  const eager = world.dial();
  eager.say({ t: 'hello', p: 1, client: 'x', token: 'read' });
  for (let i = 0; i < 300; i++) eager.say({ t: 'p', i });
  await settle();
  expect(eager.closedWith).toBe(4429);
  expect(eager.take('welcome')).toEqual([]);
  const fat = world.dial();
  fat.say({ t: 'hello', p: 1, client: 'x', token: 'read' });
  for (let i = 0; i < 9; i++) fat.say({ t: 'auth', token: 'x'.repeat(30_000) });
  expect(fat.closedWith).toBe(4429);
  expectNoLeaks(world);
});

test('[SE6] a flood of messages closes with 4429', async () => {
  const world = new World();
  const caller = await world.connect();
  for (let i = 0; i < 2_100; i++) caller.say({ t: 'p', i });
  expect(caller.closedWith).toBe(4429);
  expectNoLeaks(world);
});

test('[MU1] [MU2] mr comes once, after the frames that hold the change', async () => {
  const world: World = new World({
    mutate: async (who, frame): Promise<MutOutcome> => {
      expect(who.id).toBe('admin');
      const { version } = world.write('main', { c: frame.c, id: frame.k, fields: frame.f ?? {} });
      return { ok: true, v: version, k: frame.k, value: 'done' };
    },
  });
  const caller = await world.connect('admin', { subs: [{ ...all, iv: 5000 }] });
  caller.ack();
  for (const n of [1, 2])
    caller.say({ t: 'mut', m: `t.${n}`, c: 'services', k: 'a', op: 'patch', f: { latencyMs: n } });
  await settle();
  expect(kinds(caller)).toEqual(['d', 'mr', 'mr']);
  expect(caller.heard).toMatchObject([
    { v: [0, 2] },
    { m: 't.1', ok: true, v: 1, k: 'a', value: 'done' },
    { m: 't.2', v: 2 },
  ]);
  expectNoLeaks(world);
});

test('[ER7] [SE8] a mistake of our own is answered with internal, logged, and says nothing of itself', async () => {
  const world = new World({ mutate: () => Promise.reject(new Error('secret detail')) });
  const caller = await world.connect('admin');
  caller.say({ t: 'mut', m: 't.1', c: 'services', k: 'a', op: 'del' });
  await settle();
  const [answer] = caller.take('mr');
  expect(answer).toMatchObject({ m: 't.1', ok: false, code: 'internal' });
  expect(JSON.stringify(answer)).not.toContain('secret');
  expect(world.logged.filter(({ text }) => text !== 'connected')).toHaveLength(1);
  expectNoLeaks(world);
});

test('[MU7] [ER3] more than the burst of mutations is refused and not carried out', async () => {
  let done = 0;
  const world = new World({
    mutate: async () => {
      done += 1;
      return { ok: true, v: 0, k: 'a' };
    },
  });
  const caller = await world.connect('admin');
  for (let n = 0; n < 80; n++) caller.say({ t: 'mut', m: `t.${n}`, c: 'services', k: 'a', op: 'del' });
  await settle();
  const answers = caller.take('mr');
  expect(answers).toHaveLength(80);
  expect(done).toBe(50);
  expect(answers.filter((mr) => !mr.ok && mr.code === 'rate_limited')).toHaveLength(30);
  world.step(1_000);
  caller.say({ t: 'mut', m: 't.x', c: 'services', k: 'a', op: 'del' });
  await settle();
  expect(done).toBe(51);
  expectNoLeaks(world);
});

test('[SE4] an agent is present while one of its connections lives', async () => {
  const world = new World({ mutate: async (_, frame) => ({ ok: true, v: 0, k: frame.k }) });
  const present = { t: 'mut', m: 't.1', c: 'agents', k: 'robot', op: 'call', name: 'present' } as const;
  const [one, two] = [await world.connect('report'), await world.connect('report')];
  for (const caller of [one, one, two]) caller.say(present);
  await settle();
  expect(world.presences).toEqual([{ org: 'main', agent: 'robot', isPresent: true }]);
  one.pair.cut();
  expect(world.presences).toHaveLength(1);
  two.pair.caller.close();
  expect(world.presences.at(-1)).toEqual({ org: 'main', agent: 'robot', isPresent: false });
  expectNoLeaks(world);
});

test('[SE5] [ER6] stopping tells everybody when to come back, not all at once', async () => {
  const world = new World();
  const callers = await Promise.all(Array.from({ length: 20 }, () => world.connect()));
  world.gateway.close();
  const afters = callers.map((caller) => caller.take('bye')[0]?.after ?? -1);
  expect(callers.every((caller) => caller.closedWith === 4001)).toBe(true);
  expect(Math.min(...afters)).toBeGreaterThanOrEqual(0);
  expect(new Set(afters).size).toBeGreaterThan(5);
  expect(world.gateway.hasRoom).toBe(false);
  expectNoLeaks(world);
});

test('[FR9] everything the server says is ASCII and is a frame', async () => {
  const world = new World();
  service(world, 'a', { name: 'Zürich 🚦 \u2028' });
  world.principals.set('grün', principal('grün', 'main', ['read']));
  const caller = await world.connect('grün', { subs: [all, { t: 'sub', s: 2, c: 'größe' }] });
  for (const text of caller.pair.writes.flat()) {
    // oxlint-disable-next-line no-control-regex -- the range is ASCII, control characters and all.
    expect(text).toMatch(/^[\x00-\x7f]*$/);
    expect(decodeDownstream(text).ok).toBe(true);
  }
  expect(caller.take('s')).toMatchObject([{ r: [[1, 'a', 1, { name: 'Zürich 🚦 \u2028' }]] }]);
  expectNoLeaks(world);
});

test('[AT3] a refused subscription is told once per collection and connection, and what repeats is one number', async () => {
  const world = new World();
  const caller = await world.connect('read');
  let s = 0;
  const ask = (c: string): void => caller.say({ t: 'sub', s: (s += 1), c });
  for (let i = 0; i < 50; i += 1) ask('checks');
  ask('channels');
  expect(world.refused).toMatchObject([
    {
      org: 'main',
      action: 'checks:read',
      outcome: 'forbidden',
      actor: { id: 'reader' },
      target: { collection: 'checks' },
    },
    { action: 'channels:read', outcome: 'forbidden' },
  ]);
  // What goes on for hours is told from time to time.
  world.step(world.limits.denialsMs + 1_000);
  expect(caller.closedWith).toBeNull();
  expect(world.refused.slice(2)).toMatchObject([{ action: 'checks:read', more: 49 }]);
  ask('checks');
  caller.pair.caller.close();
  expect(world.refused.slice(3)).toMatchObject([{ action: 'checks:read', more: 1 }]);
  expectNoLeaks(world);
});

test('[AT3] names that a caller makes up, and panels, add no rows', async () => {
  const world = new World();
  const caller = await world.connect('report');
  const names = [
    'agents',
    'alerts',
    'audit',
    'channels',
    'checks',
    'customers',
    'incidents',
    'keys',
    'members',
    'rules',
    'settings',
    'users',
  ];
  names.forEach((c, i) => caller.say({ t: 'sub', s: i + 1, c }));
  for (let i = 0; i < 30; i += 1) caller.say({ t: 'sub', s: 100 + i, c: `made-up-${i}` });
  expect(world.refused.length).toBeLessThanOrEqual(world.limits.denialKindsPerConnectionMax + 1);
  const before = world.refused.length;
  expect(before).toBeGreaterThan(1);
  world.principals.set('panel', {
    ...principal('panel', 'main', ['read']),
    embed: { views: new Map(), from: { origin: null, isOwn: true } },
  });
  const panel = await world.connect('panel');
  panel.say({ t: 'sub', s: 1, c: 'services' });
  expect(panel.take('err')).toMatchObject([{ code: 'forbidden' }]);
  panel.pair.caller.close();
  expect(world.refused).toHaveLength(before);
  expectNoLeaks(world);
});
