import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { WireEvents } from '../connect/transport.ts';
import { FakeEnv } from '../testing/index.ts';
import { readObject } from './frame.ts';
import { BEHIND_MAX, Hub, LINES_MAX, STRANGE } from './hub.ts';

const WHO = '0123456789abcdef';

/** A hub whose server is the test. */
class World {
  readonly env = new FakeEnv();
  /** What the server was told, without probes and acknowledgements unless asked for. */
  readonly sent: JsonObject[] = [];
  readonly down: [string, JsonObject][] = [];
  readonly cut: [string, number, string][] = [];
  closed = 0;
  server: WireEvents | null = null;
  readonly hub: Hub;

  constructor(who: string | null = null) {
    this.hub = new Hub({
      env: this.env,
      url: 'ws://x',
      who,
      dial: (_, events) => {
        this.server = events;
        return {
          send: (text) => this.sent.push(readObject(text) ?? {}),
          close: () => {
            this.closed += 1;
          },
        };
      },
      down: (line, text) => this.down.push([line, readObject(text) ?? {}]),
      cut: (line, code, reason) => this.cut.push([line, code, reason]),
    });
  }

  open(line: string, ...subs: JsonObject[]): void {
    const isFirst = this.server === null;
    this.hub.open(line, { t: 'hello', p: 1, client: 't', tab: line, subs });
    if (isFirst) {
      this.server?.opened();
      this.say({
        t: 'welcome',
        sid: 'c',
        epoch: 'e',
        org: 'main',
        who: WHO,
        now: 5_000,
        hb: 15_000,
        win: 131_072,
        max: { subs: 256, messageBytes: 65_536 },
        exp: null,
        scopes: ['read'],
        feat: [],
      });
    }
  }

  say(frame: JsonObject): void {
    this.server?.text(JSON.stringify(frame));
  }

  tab(line: string, frame: JsonObject): void {
    this.hub.take(line, frame, JSON.stringify(frame));
  }

  /** What the server was told since the last look. */
  told(...kinds: readonly string[]): readonly JsonObject[] {
    return this.sent
      .splice(0)
      .filter(({ t }) => (kinds.length === 0 ? t !== 'p' && t !== 'a' : kinds.some((kind) => kind === t)));
  }

  heard(line: string, ...kinds: readonly string[]): readonly JsonObject[] {
    return this.down.filter(([to, { t }]) => to === line && kinds.some((kind) => kind === t)).map(([, frame]) => frame);
  }
}

const sub = (s: number, more: JsonObject = {}): JsonObject => ({ t: 'sub', s, c: 'services', iv: 100, ...more });
const since = (v: number, e = 'e'): JsonObject => ({ since: { e, v } });
const subd = (s: number, w: number, how: string, v = 50): JsonObject => ({ t: 'subd', s, w, v, iv: 100, how, n: 1 });
const delta = (w: number, from: number, to: number): JsonObject => ({ t: 'd', w, v: [from, to], at: 1, o: [] });
const chunk = (w: number, v: number, i: number, last: boolean): JsonObject => ({ t: 's', w, v, i, last, r: [] });

test('[TB8] a view that others look at is asked for from where the last of them stands', () => {
  const world = new World();
  world.open('a', sub(1, since(20)));
  expect(world.told('sub')).toEqual([sub(1, since(20))]);
  world.say(subd(1, 7, 'delta'));
  world.say(delta(7, 20, 50));
  // Ahead of the other: the subscription that serves both must not begin behind what the other was told.
  world.open('b', sub(1, since(80)));
  expect(world.told('sub')).toEqual([sub(2, since(50))]);
  world.say(subd(2, 7, 'delta'));
  world.say(delta(7, 50, 90));
  world.open('c', sub(1, since(30)));
  expect(world.told('sub')).toEqual([sub(3, since(30))]);
  world.say(subd(3, 7, 'delta', 90));
  world.say(delta(7, 30, 90));
  expect(
    world.heard('a', 'd').map(({ v }) => v),
    'what a tab holds already is not sent to it',
  ).toEqual([
    [20, 50],
    [50, 90],
  ]);
  expect(world.heard('c', 'd').map(({ v }) => v)).toEqual([[30, 90]]);
  world.open('d', sub(1, since(90, 'other')));
  expect(world.told('sub'), 'positions of two histories: everything').toEqual([sub(4)]);
});

test('[TB8] while somebody waits for a snapshot nobody takes it away', () => {
  const world = new World();
  world.open('a', sub(1));
  world.say(subd(1, 7, 'snapshot'));
  world.say(chunk(7, 50, 0, false));
  world.told();
  world.open('b', sub(1, since(50)));
  expect(world.told('sub'), 'the snapshot that is on its way ends with it').toEqual([sub(2)]);
  world.say(subd(2, 7, 'snapshot'));
  world.say(chunk(7, 50, 0, false));
  world.say(chunk(7, 50, 1, true));
  for (const line of ['a', 'b']) expect(world.heard(line, 's').at(-1)).toEqual(chunk(7, 50, 1, true));
  world.open('c', sub(1, since(50)));
  expect(world.told('sub')).toEqual([sub(3, since(50))]);
});

test('[TB8] a position the server knows nothing of costs those nothing who stand elsewhere', () => {
  const world = new World();
  world.open('a', sub(1, since(20)));
  world.open('b', sub(1, since(10)));
  world.told();
  world.say(subd(1, 7, 'snapshot'));
  world.say(subd(2, 7, 'delta'));
  expect(world.told('sub'), 'a was promised chunks that the second subscription has taken away').toEqual([sub(3)]);
});

test('[TB8] two wishes that are one view for the server are served as one, also when one of them ends', () => {
  const world = new World();
  world.open('a', sub(1, since(20)));
  world.say(subd(1, 7, 'delta', 20));
  world.open('b', sub(1, { f: ['all'], ...since(60) }));
  world.told();
  world.say(subd(2, 7, 'delta', 60));
  expect(world.told('sub'), 'the server begins at 60 now, and a stands at 20').toEqual([
    sub(3, { f: ['all'], ...since(20) }),
  ]);
  world.say(subd(3, 7, 'delta', 60));
  world.say(delta(7, 20, 60));
  expect(world.heard('a', 'd')).toHaveLength(1);
  world.tab('b', { t: 'unsub', s: 1 });
  expect(world.told()).toEqual([]);
  world.say(delta(7, 60, 61));
  expect(world.heard('a', 'd')).toHaveLength(2);
  world.tab('a', { t: 'unsub', s: 1 });
  expect(world.told()).toEqual([{ t: 'unsub', s: 3 }]);
});

test('[TB8] a wish that is given up before its answer leaves nobody without news', () => {
  const world = new World();
  world.open('a', sub(1, since(20)));
  world.say(subd(1, 7, 'delta', 20));
  world.open('b', sub(1, { f: ['all'] }));
  world.tab('b', { t: 'unsub', s: 1 });
  world.told();
  world.say(subd(2, 7, 'snapshot'));
  expect(world.told('sub')).toEqual([sub(3, since(20))]);
});

test('[TB8] a tab that asks for one view twice hears both answers', () => {
  const world = new World();
  world.open('a', sub(1), sub(2));
  world.say(subd(1, 7, 'snapshot'));
  world.say(subd(2, 7, 'snapshot'));
  expect(world.heard('a', 'subd').map(({ s }) => s)).toEqual([1, 2]);
  world.say(chunk(7, 50, 0, true));
  expect(world.heard('a', 's')).toHaveLength(1);
});

test('[TB13] the server is told of one caller: visible if any tab is, the shortest interval, one count of frames', async () => {
  const world = new World();
  world.open('a', sub(1, { iv: 250 }));
  world.say(subd(1, 7, 'snapshot'));
  world.say(chunk(7, 50, 0, false));
  world.say(chunk(7, 50, 1, true));
  world.told();
  world.open('b', sub(4, { iv: 50, ...since(50) }));
  expect(world.told('sub')).toEqual([sub(2, { iv: 50, ...since(50) })]);
  world.say(subd(2, 7, 'delta'));
  world.tab('a', { t: 'vis', hidden: true });
  expect(world.told()).toEqual([]);
  world.tab('b', { t: 'vis', hidden: true });
  expect(world.told()).toEqual([{ t: 'vis', hidden: true }]);
  world.hub.close('b');
  expect(world.told()).toEqual([{ t: 'iv', s: 2, iv: 250 }]);
  world.tab('a', { t: 'vis', hidden: false });
  world.say(delta(7, 50, 51));
  world.say(delta(99, 50, 51));
  await world.env.advance(250);
  expect(world.told()).toEqual([{ t: 'vis', hidden: false }]);
  expect(world.sent).toEqual([]);
  world.say(delta(7, 51, 52));
  await world.env.advance(250);
  expect(world.told('a'), 'all data frames count, those for nobody too').toEqual([{ t: 'a', n: 5 }]);
});

test('[TB12] a command is answered on the line it came from, also after that tab came back on another', () => {
  const world = new World();
  world.open('a');
  world.open('b');
  world.tab('b', { t: 'mut', m: 'b.1', c: 'services', k: 'x', op: 'del' });
  expect(world.told('mut')).toHaveLength(1);
  world.hub.close('b');
  world.open('b2');
  world.tab('b2', { t: 'mut', m: 'b.1', c: 'services', k: 'x', op: 'del' });
  world.say({ t: 'mr', m: 'b.1', ok: true, v: 5, k: 'x' });
  expect(world.heard('b2', 'mr')).toHaveLength(1);
  expect(world.heard('a', 'mr')).toEqual([]);
});

test('[TB14] one tab is asked for a token in time, all when it is late; a refused token is the affair of the tab that showed it', () => {
  const world = new World();
  world.open('a');
  world.open('b');
  world.say({ t: 'auth', in: 60_000, why: 'expiring' });
  expect([world.heard('a', 'auth').length, world.heard('b', 'auth').length]).toEqual([1, 0]);
  world.tab('b', { t: 'auth', token: 'bad' });
  world.tab('a', { t: 'auth', token: 'later' });
  expect(world.told('auth'), 'one at a time').toEqual([{ t: 'auth', token: 'bad' }]);
  world.say({ t: 'err', code: 'auth_expired', msg: 'this token is old' });
  expect([world.heard('a', 'err').length, world.heard('b', 'err').length]).toEqual([0, 1]);
  world.say({ t: 'err', code: 'auth_expired', msg: 'the views pause' });
  expect([world.heard('a', 'err').length, world.heard('b', 'err').length]).toEqual([1, 2]);
  world.tab('a', { t: 'auth', token: 'good' });
  world.say({ t: 'authd', exp: null, scope: 'same' });
  expect([world.heard('a', 'authd').length, world.heard('b', 'authd').length]).toEqual([1, 1]);
});

test('[TB14] a token of somebody else ends the tab that showed it, and the others come back', () => {
  const world = new World();
  world.open('a');
  world.open('b');
  world.tab('b', { t: 'auth', token: 'of another' });
  world.server?.closed(4505, 'forbidden');
  expect(world.cut).toEqual([
    ['b', 4505, 'forbidden'],
    ['a', 1006, 'another tab showed the token of somebody else'],
  ]);
});

test('[TB11] whom the server takes for somebody else gets nothing, and all go', () => {
  const world = new World('ffffffffffffffff');
  world.open('a', sub(1));
  expect(world.cut).toEqual([['a', 1006, STRANGE]]);
  expect(world.down).toEqual([]);
  expect(world.told('sub')).toEqual([]);
  expect(world.closed).toBe(1);
});

test('[TB17] the hub finds out that the wire is dead, and says a word to those who have nothing to hear while it lives', async () => {
  const world = new World();
  world.open('a');
  world.open('b');
  world.say({ t: 'q', i: 1, now: 5_000 });
  world.tab('b', { t: 'p', i: 9 });
  const [probe] = world.told('p').slice(-1);
  world.say({ t: 'q', i: probe?.['i'] ?? 0, now: 7_000 });
  expect(world.heard('b', 'q')).toEqual([{ t: 'q', i: 9, now: 7_000 }]);
  await world.env.advance(10_000);
  world.say({ t: 'unknown to this release' });
  await world.env.advance(14_999);
  world.hub.tick();
  expect(world.heard('a', 'q')).toEqual([]);
  await world.env.advance(1);
  world.hub.tick();
  expect(world.heard('a', 'q')).toHaveLength(1);
  await world.env.advance(40_000);
  expect(world.cut.map(([line]) => line)).toEqual(['a', 'b']);
  expect(world.env.pending.timers).toBe(0);
});

test('[TB16] a tab that does not keep up is let go, and there is a bound to lines', () => {
  const world = new World();
  world.open('a', sub(1, since(0)));
  world.say(subd(1, 7, 'delta', 0));
  for (let v = 0; v < BEHIND_MAX; v += 1) world.say(delta(7, v, v + 1));
  expect(world.cut).toEqual([]);
  world.tab('a', { t: 'a', n: 10 });
  for (let v = BEHIND_MAX; v < BEHIND_MAX + 10; v += 1) world.say(delta(7, v, v + 1));
  expect(world.cut).toEqual([]);
  world.say(delta(7, BEHIND_MAX + 10, BEHIND_MAX + 11));
  expect(world.cut.map(([line, code]) => [line, code])).toEqual([['a', 4408]]);
  expect(world.hub.size).toBe(0);
  for (let i = 0; i <= LINES_MAX; i += 1) world.open(`l${i}`);
  expect(world.hub.size).toBe(LINES_MAX);
  expect(world.cut.at(-1)?.slice(0, 2)).toEqual([`l${LINES_MAX}`, 4429]);
});

test('[TB8] a refusal goes to the tab that asked; an end of what is open goes to all', () => {
  const world = new World();
  world.open('a', sub(1, since(1)));
  world.say(subd(1, 7, 'delta', 1));
  world.open('b', sub(5, since(1)));
  world.say({ t: 'err', s: 2, code: 'too_many_subs', msg: 'no' });
  expect([world.heard('a', 'err').length, world.heard('b', 'err').map(({ s }) => s)]).toEqual([0, [5]]);
  world.say(delta(7, 1, 2));
  expect([world.heard('a', 'd').length, world.heard('b', 'd').length]).toEqual([1, 0]);
  world.say({ t: 'err', s: 1, code: 'forbidden', msg: 'no more' });
  expect(world.heard('a', 'err').map(({ s }) => s)).toEqual([1]);
  world.say(delta(7, 2, 3));
  expect(world.heard('a', 'd')).toHaveLength(1);
});

test('[CL13] a text that is no frame costs the connection of all', () => {
  const world = new World();
  world.open('a');
  world.server?.text('{"t":"welcome"');
  expect(world.cut.map(([line, code]) => [line, code])).toEqual([['a', 1002]]);
});

test('[TB20] the hub leaves for a tab that is gone until that was confirmed, and for no stay that was left', async () => {
  const world = new World();
  world.open('a');
  world.open('b');
  const call = (name: string, k: string): JsonObject => ({
    t: 'mut',
    m: `${k}.${name}`,
    c: 'presences',
    k,
    op: 'call',
    name,
  });
  world.tab('b', call('enter', 's1'));
  world.tab('b', call('enter', 's2'));
  world.tab('b', call('leave', 's2'));
  world.tab('a', call('enter', 's3'));
  world.told();
  world.hub.close('b');
  const leave = { t: 'mut', m: 'hub.leave.s1', c: 'presences', k: 's1', op: 'call', name: 'leave', f: {} };
  expect(world.told('mut')).toEqual([leave]);
  world.say({ t: 'mr', m: 'hub.leave.s1', ok: false, code: 'rate_limited', msg: 'busy' });
  world.say({ t: 'q', i: 1, now: 5_000 });
  world.hub.tick();
  expect(world.told('mut')).toEqual([leave]);
  world.say({ t: 'mr', m: 'hub.leave.s1', ok: true, v: 1, k: 's1' });
  world.hub.tick();
  expect(world.told('mut')).toEqual([]);
  expect(world.heard('a', 'mr')).toEqual([]);
});
