import type { Row } from '@statewire/protocol';
import { describe, expect, test } from 'vitest';
import { createClient, type ClientOptions, type CoreClient } from './client.ts';
import { FakeEnv, FakeServer } from './testing/index.ts';
import type { CollectionState } from './views/shown.ts';

interface World {
  readonly env: FakeEnv;
  readonly server: FakeServer;
  readonly sw: CoreClient;
}

function world(options: Partial<ClientOptions> = {}): World {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now() + 5_000 });
  const sw = createClient({ url: 'http://fake.test', env, dial: server.dial, ...options });
  return { env, server, sw };
}

/** Ends the client and looks for what it left behind. */
function expectNoLeaks({ env, server, sw }: World): void {
  sw.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  expect(server.connections).toBe(0);
  expect(env.errors).toEqual([]);
}

function watch(w: World, name = 'services'): { readonly states: CollectionState<Row>[]; readonly close: () => void } {
  const states: CollectionState<Row>[] = [];
  const { close } = w.sw.collection(name).subscribe((state) => states.push(state));
  return { states, close };
}

describe('connecting', () => {
  test('[CL1] [T4] nothing is opened until something is asked for', async () => {
    const w = world();
    await w.env.advance(60_000);
    expect(w.server.dials).toBe(0);
    expect(w.env.pending).toEqual({ timers: 0, listeners: 0 });
    expect(w.sw.connection.state).toBe('idle');
    watch(w);
    await w.env.settle();
    expect(w.server.dials).toBe(1);
    expect(w.sw.connection.state).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL2] [T26] connecting twice, and many subscriptions, make one socket', async () => {
    const w = world();
    w.sw.connect();
    w.sw.connect();
    watch(w, 'services');
    watch(w, 'agents');
    w.sw.reconnect();
    await w.env.advance(1_000);
    w.sw.connect();
    watch(w, 'jobs');
    await w.env.advance(1_000);
    expect(w.server.dials).toBe(1);
    expect(w.server.subscriptions).toBe(3);
    expectNoLeaks(w);
  });

  test('[CL3] [T9] disconnect() stays disconnected, and connect() ends it', async () => {
    const w = world();
    const { states } = watch(w);
    await w.env.settle();
    w.sw.disconnect();
    expect(w.server.connections).toBe(0);
    expect(states.at(-1)?.status).toBe('offline');
    w.env.signal('online');
    w.env.signal('visible');
    watch(w, 'agents');
    await w.env.advance(600_000);
    expect(w.server.dials).toBe(1);
    expect(w.sw.connection.state).toBe('offline');
    w.sw.connect();
    await w.env.settle();
    expect(states.at(-1)?.status).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL4] [LV7] [T1] it never gives up: after an hour without a server it is back within a try', async () => {
    const w = world();
    watch(w);
    await w.env.settle();
    w.server.isUp = false;
    w.server.cut();
    await w.env.advance(3_600_000);
    expect(w.server.dials).toBeGreaterThan(200);
    expect(w.sw.connection.get().state).toBe('reconnecting');
    w.server.isUp = true;
    await w.env.advance(15_000);
    expect(w.sw.connection.state).toBe('live');
    expectNoLeaks(w);
  });

  test.each(['online', 'visible', 'focus', 'pageshow', 'resume'] as const)(
    '[CL5] [T1] the signal "%s" tries at once instead of waiting',
    async (signal) => {
      const w = world();
      watch(w);
      await w.env.settle();
      w.server.isUp = false;
      w.env.chance = 0.999;
      w.server.cut();
      // The next planned try is more than ten seconds away.
      await w.env.advance(62_000);
      w.server.isUp = true;
      const before = w.server.dials;
      expect(w.sw.connection.state).toBe('reconnecting');
      w.env.signal(signal);
      await w.env.settle();
      expect(w.server.dials).toBe(before + 1);
      expect(w.sw.connection.state).toBe('live');
      expectNoLeaks(w);
    },
  );

  test('[CL5] [T1] a click on reconnect tries at once', async () => {
    const w = world();
    watch(w);
    await w.env.settle();
    w.server.isUp = false;
    w.env.chance = 0.999;
    w.server.cut();
    await w.env.advance(30_000);
    w.server.isUp = true;
    w.sw.reconnect();
    await w.env.settle();
    expect(w.sw.connection.state).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL6] [LV4] [T3] a half-open connection is found by the watchdog: first stale, then a new socket', async () => {
    const w = world();
    const { states } = watch(w);
    await w.env.settle();
    w.env.visible = false;
    w.server.isMute = true;
    await w.env.advance(19_900);
    expect(states.at(-1)?.status).toBe('live');
    await w.env.advance(200);
    expect(states.at(-1)?.status).toBe('stale');
    w.server.isMute = false;
    await w.env.advance(1_000);
    expect(w.server.dials).toBe(2);
    expect(states.at(-1)?.status).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL7] [LV4] [LV5] [T3] on waking, a dead wire is replaced within 2.5 s, and what is shown reads stale meanwhile', async () => {
    const w = world();
    const { states } = watch(w);
    await w.env.settle();
    w.server.isMute = true;
    // A laptop's sleep: the clock moves on, no timer rings.
    w.env.jump(3_600_000);
    w.env.signal('visible');
    expect(states.at(-1)?.status).toBe('stale');
    await w.env.settle();
    w.server.isMute = false;
    await w.env.advance(2_700);
    expect(w.server.dials).toBe(2);
    expect(states.at(-1)?.status).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL7] a living wire survives a wake: one probe, the same socket', async () => {
    const w = world();
    const { states } = watch(w);
    await w.env.settle();
    w.env.jump(3_600_000);
    w.env.signal('pageshow');
    w.env.signal('focus');
    await w.env.settle();
    w.env.signal('visible');
    await w.env.advance(5_000);
    expect(w.server.dials).toBe(1);
    expect(states.at(-1)?.status).toBe('live');
    expect(w.server.received.filter(({ t }) => t === 'p')).toHaveLength(2);
    expectNoLeaks(w);
  });

  test('[CL8] [LV5] while a person looks it probes each 30 s, hidden it does not, and it says so', async () => {
    const w = world();
    watch(w);
    await w.env.settle();
    const probes = (): number => w.server.received.filter(({ t }) => t === 'p').length;
    for (let i = 0; i < 9; i += 1) {
      await w.env.advance(10_000);
      w.server.beat();
    }
    expect(probes()).toBe(1 + 3);
    w.env.signal('hidden');
    await w.env.settle();
    expect(w.server.received.at(-1)).toEqual({ t: 'vis', hidden: true });
    for (let i = 0; i < 9; i += 1) {
      await w.env.advance(10_000);
      w.server.beat();
    }
    expect(probes()).toBe(1 + 3);
    w.env.signal('visible');
    await w.env.settle();
    expect(w.server.received.slice(-2)).toEqual([
      { t: 'vis', hidden: false },
      { t: 'p', i: 5 },
    ]);
    expectNoLeaks(w);
  });

  test('[CL9] bye.after is honoured, and focus does not undercut it; a click does', async () => {
    const w = world();
    watch(w);
    await w.env.settle();
    w.server.say({ t: 'bye', code: 4001, after: 8_000 });
    await w.env.advance(7_900);
    w.env.signal('focus');
    await w.env.settle();
    expect(w.server.dials).toBe(1);
    await w.env.advance(400);
    expect(w.server.dials).toBe(2);
    w.server.say({ t: 'bye', code: 4001, after: 60_000 });
    await w.env.advance(1_000);
    w.sw.reconnect();
    await w.env.settle();
    expect(w.server.dials).toBe(3);
    expectNoLeaks(w);
  });

  test('[CL10] codes from 4500 end it with an error state, below they do not', async () => {
    const w = world();
    const { states } = watch(w);
    await w.env.settle();
    w.server.cut(4408);
    await w.env.advance(1_000);
    expect(states.at(-1)?.status).toBe('live');
    w.server.cut(4501, 'too old');
    await w.env.advance(600_000);
    expect(w.server.dials).toBe(2);
    expect(w.sw.connection.get()).toMatchObject({ state: 'closed', retryAt: null, error: { code: 'version' } });
    expect(states.at(-1)).toMatchObject({ status: 'offline', error: { code: 'version' } });
    expect(await w.sw.collection('services').call('a', 'refresh')).toMatchObject({ ok: false, code: 'version' });
    expectNoLeaks(w);
  });

  test('[CL11] an attempt that hangs is given up after 10 s', async () => {
    const w = world();
    w.server.isMute = true;
    watch(w);
    await w.env.advance(9_900);
    expect(w.server.dials).toBe(1);
    w.server.isMute = false;
    await w.env.advance(500);
    expect(w.server.dials).toBe(2);
    expect(w.sw.connection.state).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL12] a page that goes into the back-forward cache has no socket there, and has one when it returns', async () => {
    const w = world();
    const { states } = watch(w);
    await w.env.settle();
    w.env.signal('pagehide');
    expect(w.server.connections).toBe(0);
    await w.env.advance(60_000);
    expect(w.server.dials).toBe(1);
    w.env.signal('pageshow');
    await w.env.settle();
    expect(states.at(-1)?.status).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL13] a text that is no frame costs the connection, an unknown kind of frame does not', async () => {
    const w = world();
    watch(w);
    await w.env.settle();
    w.server.sayText('{"t":"future","x":1}');
    await w.env.advance(1_000);
    expect(w.server.dials).toBe(1);
    w.server.sayText('{"t":"d","w":1');
    await w.env.advance(1_000);
    expect(w.server.dials).toBe(2);
    expect(w.sw.connection.state).toBe('live');
    expectNoLeaks(w);
  });
});

describe('credentials', () => {
  test('[CL20] [AU9] [T27] the token function is called before each attempt', async () => {
    let n = 0;
    const w = world({ token: () => Promise.resolve(`key-${(n += 1)}`) });
    watch(w);
    await w.env.settle();
    w.server.cut();
    await w.env.advance(1_000);
    expect(w.server.tokens).toEqual(['key-1', 'key-2']);
    expectNoLeaks(w);
  });

  test('[CL21] a token function that throws or rejects counts as a failed attempt', async () => {
    let n = 0;
    const w = world({
      token: () => {
        n += 1;
        if (n === 1) throw new Error('sign-in is down');
        return n === 2 ? Promise.reject(new Error('still down')) : 'key';
      },
    });
    const { states } = watch(w);
    await w.env.settle();
    expect(w.sw.connection.get().error?.message).toContain('sign-in is down');
    await w.env.advance(2_000);
    expect(w.server.tokens).toEqual(['key']);
    expect(states.at(-1)?.status).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL22] an auth frame is answered in band with a fresh token of the same identity', async () => {
    let n = 0;
    const w = world({ token: () => jwt({ sub: 'u1', n: (n += 1) }) });
    watch(w);
    await w.env.settle();
    w.server.say({ t: 'auth', in: 60_000, why: 'expiring' });
    await w.env.settle();
    expect(w.server.tokens).toEqual([jwt({ sub: 'u1', n: 1 }), jwt({ sub: 'u1', n: 2 })]);
    expect(w.server.dials).toBe(1);
    expect(w.sw.connection.state).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL23] [AU9] [RS16] two identities never share a connection: the second gets its own and none of the first one’s rows', async () => {
    const tokens = [jwt({ sub: 'u1' }), jwt({ sub: 'u2' }), jwt({ sub: 'u2' })];
    const w = world({ token: () => tokens.shift() ?? '' });
    w.server.put('services', { id: 'secret-of-u1' });
    const { states } = watch(w);
    await w.env.settle();
    expect(states.at(-1)?.rows).toHaveLength(1);
    const seen = states.length;
    w.server.say({ t: 'auth', in: 60_000, why: 'expiring' });
    await w.env.advance(1_000);
    expect(w.server.tokens).toEqual([jwt({ sub: 'u1' }), jwt({ sub: 'u2' })]);
    expect(w.server.dials).toBe(2);
    const hello = w.server.received.filter(({ t }) => t === 'hello').at(-1);
    expect(hello).toMatchObject({ subs: [{ c: 'services' }] });
    expect(JSON.stringify(hello)).not.toContain('since');
    expect(states.slice(seen).some((state) => state.rows.length === 0)).toBe(true);
    expectNoLeaks(w);
  });

  test('[CL24] [AU10] [RS16] with the same cookie name and another person behind it, nothing of the first is shown or sent', async () => {
    const w = world();
    w.server.put('services', { id: 'secret-of-one' });
    const { states } = watch(w);
    await w.env.settle();
    w.server.isMute = true;
    const asked = w.sw.collection('services').patch('secret-of-one', { name: 'by one' }, { optimistic: true });
    await w.env.settle();
    w.server.isMute = false;
    w.server.cut();
    w.server.remove('services', 'secret-of-one');
    w.server.put('services', { id: 'of-both' });
    w.server.principal = 'another';
    const seen = states.length;
    const muts = w.server.received.filter(({ t }) => t === 'mut').length;
    await w.env.advance(1_000);
    expect(states.slice(seen).flatMap(({ rows }) => rows.map(({ id }) => id))).not.toContain('secret-of-one');
    expect(states.at(-1)).toMatchObject({ status: 'live', rows: [{ id: 'of-both' }] });
    const sub = w.server.received.filter(({ t }) => t === 'sub').at(-1);
    expect(sub).toMatchObject({ c: 'services' });
    expect(sub).not.toHaveProperty('since');
    expect(await asked).toMatchObject({ ok: false, code: 'forbidden' });
    expect(w.server.received.filter(({ t }) => t === 'mut')).toHaveLength(muts);
    expectNoLeaks(w);
  });

  test('[CL23] [AU10] a token that does not say whose it is gets its own connection, which resumes for the same principal', async () => {
    let n = 0;
    const w = world({ token: () => `key-${(n += 1)}` });
    w.server.put('services', { id: 'a' });
    const { states } = watch(w);
    await w.env.settle();
    const seen = states.length;
    w.server.say({ t: 'auth', in: 60_000, why: 'expiring' });
    await w.env.advance(1_000);
    expect(w.server.dials).toBe(2);
    expect(states.slice(seen).every(({ rows }) => rows.length === 1)).toBe(true);
    const hello = w.server.received.filter(({ t }) => t === 'hello').at(-1);
    expect(hello).toMatchObject({ subs: [{ since: { e: 'e1' } }] });
    expectNoLeaks(w);
  });

  test('[CL24] [RS16] another organization starts with nothing', async () => {
    const w = world();
    w.server.put('services', { id: 'of-main' });
    const { states } = watch(w);
    await w.env.settle();
    w.server.org = 'other';
    w.server.remove('services', 'of-main');
    w.server.cut();
    await w.env.advance(1_000);
    expect(states.at(-1)).toMatchObject({ status: 'live', rows: [] });
    expect(w.server.subscriptions).toBe(1);
    expectNoLeaks(w);
  });

  test('[CL25] expiry pauses the views, a good token resumes them on the same socket', async () => {
    let isFresh = false;
    const w = world({ token: () => jwt({ sub: 'u1', isFresh }) });
    const { states } = watch(w);
    await w.env.settle();
    w.server.admits = () => isFresh;
    w.server.say({ t: 'err', code: 'auth_expired', msg: 'expired' });
    expect(states.at(-1)?.status).toBe('denied');
    expect(w.sw.connection.state).toBe('unauthorized');
    isFresh = true;
    await w.env.settle();
    expect(states.at(-1)?.status).toBe('live');
    expect(w.server.dials).toBe(1);
    expectNoLeaks(w);
  });

  test('[CL26] a refused fixed token stops and waits for a person; a function is asked again', async () => {
    const fixed = world({ token: 'bad' });
    fixed.server.admits = (token) => token === 'good';
    const seen = watch(fixed);
    await fixed.env.advance(3_600_000);
    expect(fixed.server.dials).toBe(1);
    expect(seen.states.at(-1)).toMatchObject({ status: 'denied', error: { code: 'auth_invalid' } });
    expect(fixed.sw.connection.get()).toMatchObject({ state: 'unauthorized', retryAt: null });
    expectNoLeaks(fixed);

    let n = 0;
    const asked = world({ token: () => ((n += 1) < 4 ? 'bad' : 'good') });
    asked.server.admits = (token) => token === 'good';
    watch(asked);
    await asked.env.advance(20_000);
    expect(asked.sw.connection.state).toBe('live');
    expectNoLeaks(asked);
  });
});

describe('views', () => {
  test('[CL30] a reconnect resumes each view from its own position, with one catch-up and no flash of emptiness', async () => {
    const w = world();
    w.server.put('services', { id: 'a', status: 'up' });
    const { states } = watch(w);
    await w.env.settle();
    w.server.cut();
    w.server.put('services', { id: 'b', status: 'down' });
    w.server.put('services', { id: 'a', status: 'down' });
    w.server.put('services', { id: 'a', status: 'up' });
    const cutAt = states.length;
    await w.env.advance(1_000);
    expect(states.slice(cutAt).every((state) => state.rows.length > 0)).toBe(true);
    const { rows } = states.at(-1) ?? { rows: [] };
    expect(rows.map(({ id, status }) => [id, status])).toEqual([
      ['a', 'up'],
      ['b', 'down'],
    ]);
    const hellos = w.server.received.filter((frame) => frame.t === 'hello');
    expect(hellos.at(-1)?.subs?.[0]?.since).toEqual({ e: 'e1', v: 2 });
    expect(states.slice(cutAt).filter((state, i, all) => i > 0 && state.rows !== all[i - 1]?.rows)).toHaveLength(1);
    expectNoLeaks(w);
  });

  test.each(['reconcile', 'snapshot'] as const)(
    '[CL31] a resume that the server answers with a %s keeps what did not change',
    async (how) => {
      const w = world();
      w.server.put('services', { id: 'a', facts: { reach: { v: 'ok' } } });
      w.server.put('services', { id: 'gone' });
      const { states } = watch(w);
      await w.env.settle();
      const before = states.at(-1)?.get('a');
      w.server.cut();
      w.server.remove('services', 'gone');
      w.server.put('services', { id: 'new' });
      if (how === 'reconcile') w.server.forgetHistory();
      else w.server.startEpoch('e2');
      await w.env.advance(1_000);
      expect(
        states
          .at(-1)
          ?.rows.map(({ id }) => id)
          .sort(),
      ).toEqual(['a', 'new']);
      expect(states.at(-1)?.get('a')).toBe(before);
      w.server.put('services', { id: 'a', name: 'changed' });
      expect(states.at(-1)?.get('a')).toMatchObject({ name: 'changed', facts: { reach: { v: 'ok' } } });
      expectNoLeaks(w);
    },
  );

  test('[CL32] equal wishes share one subscription; the last one lingers 5 s', async () => {
    const w = world();
    const one = w.sw
      .collection('services')
      .where({ status: ['down', 'degraded'] })
      .subscribe(() => undefined);
    const two = w.sw
      .collection('services')
      .where({ status: ['degraded', 'down'] })
      .subscribe(() => undefined);
    await w.env.settle();
    expect(w.server.subscriptions).toBe(1);
    one.close();
    one.close();
    await w.env.advance(10_000);
    expect(w.server.subscriptions).toBe(1);
    two.close();
    await w.env.advance(4_000);
    expect(w.server.subscriptions).toBe(1);
    const three = w.sw
      .collection('services')
      .where({ status: ['down', 'degraded'] })
      .subscribe(() => undefined);
    await w.env.advance(10_000);
    expect(w.server.subscriptions).toBe(1);
    expect(w.server.received.filter(({ t }) => t === 'sub' || t === 'unsub')).toEqual([]);
    three.close();
    await w.env.advance(5_100);
    expect(w.server.subscriptions).toBe(0);
    expectNoLeaks(w);
  });

  test('[CL33] [T5] [T6] each change is told once per listener, as keyed rows', async () => {
    const w = world();
    const one = watch(w);
    const two = watch(w);
    await w.env.settle();
    const counts = [one.states.length, two.states.length];
    w.server.put('services', { id: 'a', n: 0 });
    expect([one.states.length, two.states.length]).toEqual(counts.map((n) => n + 1));
    expect(one.states.at(-1)?.get('a')).toMatchObject({ id: 'a', n: 0 });
    expectNoLeaks(w);
  });

  test('[CL34] [T7] a late subscriber gets falsy values and the version at once', async () => {
    const w = world();
    w.server.put('services', { id: 'a', count: 0, text: '', flag: false });
    watch(w);
    await w.env.settle();
    const late = watch(w);
    expect(late.states[0]?.rows).toEqual([{ id: 'a', org: 'main', version: 2, count: 0, text: '', flag: false }]);
    expect(late.states[0]).toMatchObject({ status: 'live', version: 2 });
    expectNoLeaks(w);
  });

  test('[CL35] [RS9] a handler that throws stops nobody, and the position moves before handlers run', async () => {
    const w = world();
    const seen: (number | null)[] = [];
    const bad = w.sw.collection('services').subscribe((state) => {
      if (state.hasData) throw new Error('bad handler');
    });
    const view = w.sw.collection('services').view();
    view.subscribe(() => {
      seen.push(view.get().version);
    });
    await w.env.settle();
    const v = w.server.put('services', { id: 'a' });
    expect(seen.at(-1)).toBe(v);
    expect(w.env.errors).toHaveLength(2);
    w.server.put('services', { id: 'b' });
    expect(view.rows).toHaveLength(2);
    bad.close();
    w.env.errors.length = 0;
    expectNoLeaks(w);
  });

  test('[CL36] [T32] changes that come before the first snapshot is complete are not lost', async () => {
    const w = world();
    for (let i = 0; i < 250; i += 1) w.server.put('services', { id: `s${i}`, n: 0 });
    const { states } = watch(w);
    w.sw.collection('services').subscribe((state) => {
      // Inside the very first notification another change happens.
      if (state.rows.length === 250 && state.get('s7')?.['n'] === 0) w.server.put('services', { id: 's7', n: 1 });
    });
    await w.env.settle();
    expect(states.at(-1)?.get('s7')).toMatchObject({ n: 1 });
    expect(states.filter((state) => state.hasData && state.rows.length < 250)).toEqual([]);
    expectNoLeaks(w);
  });

  test('[CL37] [T31] a key of a nested object can be removed, and its siblings keep their identity', async () => {
    const w = world();
    w.server.put('services', { id: 'a', labels: { team: 'x', env: 'prod' }, facts: { reach: { v: 'ok' } } });
    const { states } = watch(w);
    await w.env.settle();
    const before = states.at(-1)?.get('a');
    w.server.put('services', { id: 'a', labels: { team: 'x' } });
    const after = states.at(-1)?.get('a');
    expect(after?.['labels']).toEqual({ team: 'x' });
    expect(after?.['facts']).toBe(before?.['facts']);
    expectNoLeaks(w);
  });

  test('[CL38] [T30] one listener leaving takes nothing from the others, before and after a reconnect', async () => {
    const w = world();
    const one = watch(w);
    const two = watch(w);
    await w.env.settle();
    one.close();
    w.server.cut();
    await w.env.advance(10_000);
    const silent = one.states.length;
    w.server.put('services', { id: 'a' });
    expect(two.states.at(-1)?.rows).toHaveLength(1);
    expect(one.states).toHaveLength(silent);
    expectNoLeaks(w);
  });

  test('[CL39] a refused view says why; with a time to retry it is tried again', async () => {
    const w = world();
    const bad = w.sw.collection('services').where(['nonsense']);
    const states: CollectionState<Row>[] = [];
    bad.subscribe((state) => states.push(state));
    await w.env.settle();
    expect(states.at(-1)).toMatchObject({ status: 'denied', error: { code: 'bad_filter' } });
    await w.env.advance(60_000);
    expect(w.server.received.filter(({ t }) => t === 'sub')).toEqual([]);
    const good = watch(w);
    await w.env.settle();
    const s = w.server.received.flatMap((frame) => (frame.t === 'sub' ? [frame.s] : [])).at(-1) ?? 0;
    w.server.say({ t: 'err', s, code: 'overloaded', msg: 'full', retry: 3_000 });
    expect(good.states.at(-1)?.status).toBe('denied');
    await w.env.advance(3_300);
    expect(good.states.at(-1)?.status).toBe('live');
    expectNoLeaks(w);
  });

  test('[CL39] [AU7] a view that may no longer be seen holds nothing, and comes back when it may be', async () => {
    const w = world();
    w.server.put('services', { id: 'a' });
    const { states } = watch(w);
    await w.env.settle();
    w.server.say({ t: 'err', s: 1, code: 'forbidden', msg: 'no longer yours' });
    expect(states.at(-1)).toMatchObject({ status: 'denied', rows: [], hasData: false, error: { code: 'forbidden' } });
    w.server.say({ t: 'authd', exp: null, scope: 'changed' });
    await w.env.settle();
    expect(states.at(-1)).toMatchObject({ status: 'live', rows: [{ id: 'a' }], error: null });
    expectNoLeaks(w);
  });

  test('[CL59] whoever watches the connection hears when what the credential may do has changed, and only then', async () => {
    const w = world();
    watch(w);
    await w.env.settle();
    const heard: number[] = [];
    w.sw.connection.subscribe(() => heard.push(w.sw.connection.get().revision));
    expect(w.sw.connection.get().revision).toBe(1);
    w.server.say({ t: 'authd', exp: null, scope: 'same' });
    await w.env.settle();
    expect(w.sw.connection.get().revision).toBe(1);
    w.server.say({ t: 'authd', exp: null, scope: 'changed' });
    await w.env.settle();
    expect(heard.at(-1)).toBe(2);
    expectNoLeaks(w);
  });

  test.each(['a half snapshot', 'a watermark', 'a cut'] as const)(
    '[CL39] [AU7] a denial takes the rows at once, and %s around it brings none back',
    async (what) => {
      const w = world();
      w.server.put('services', { id: 'a' });
      const { states } = watch(w);
      await w.env.settle();
      if (what === 'a half snapshot') {
        w.server.say({ t: 's', w: 1001, v: 5, i: 0, last: false, r: [[1, 'a', 2, { name: 'half' }]] });
      }
      if (what === 'a watermark') w.server.beat();
      w.server.say({ t: 'err', s: 1, code: 'forbidden', msg: 'no longer yours' });
      expect(states.at(-1)).toMatchObject({ status: 'denied', rows: [], hasData: false, version: null });
      // What was under way for it is for nobody now.
      w.server.say({ t: 's', w: 1001, v: 5, i: 1, last: true, r: [[2, 'b', 5, {}]] });
      w.server.say({ t: 'd', w: 1001, v: [2, 6], at: 0, o: [[3, 6, { name: 'late' }, 'c']] });
      if (what === 'a watermark') w.server.beat();
      expect(states.at(-1)).toMatchObject({ status: 'denied', rows: [], hasData: false, version: null });
      if (what === 'a cut') {
        w.server.cut();
        expect(states.at(-1)).toMatchObject({ rows: [], hasData: false });
        await w.env.advance(1_000);
        const hello = w.server.received.filter(({ t }) => t === 'hello').at(-1);
        expect(JSON.stringify(hello)).not.toContain('since');
      }
      expectNoLeaks(w);
    },
  );

  test('[CL40] [RS8] an update of a row that is not held is mended by a snapshot', async () => {
    const w = world();
    w.server.put('services', { id: 'a', n: 1 });
    const { states } = watch(w);
    await w.env.settle();
    w.server.say({ t: 'd', w: 1001, v: [2, 3], at: 0, o: [[77, 3, { n: 9 }]] });
    await w.env.settle();
    const subs = w.server.received.filter(({ t }) => t === 'sub');
    expect(subs).toHaveLength(1);
    expect(subs[0]).not.toHaveProperty('since');
    expect(states.at(-1)).toMatchObject({ status: 'live', rows: [{ id: 'a', n: 1 }] });
    expectNoLeaks(w);
  });

  test('[CL40] [RS7] a gap is mended from the position held, a second one by a snapshot', async () => {
    const w = world();
    w.server.put('services', { id: 'a', n: 1 });
    const { states } = watch(w);
    await w.env.settle();
    w.server.say({ t: 'd', w: 1001, v: [500, 501], at: 0, o: [[1, 501, { n: 99 }]] });
    expect(states.at(-1)?.get('a')).toMatchObject({ n: 1 });
    await w.env.settle();
    const subs = (): unknown[] => w.server.received.filter(({ t }) => t === 'sub' || t === 'unsub');
    expect(subs()).toMatchObject([
      { t: 'unsub', s: 1 },
      { t: 'sub', s: 2, since: { e: 'e1', v: 2 } },
    ]);
    w.server.say({ t: 'd', w: 1001, v: [500, 501], at: 0, o: [[1, 501, { n: 99 }]] });
    await w.env.advance(1_000);
    expect(JSON.stringify(subs().at(-1))).not.toContain('since');
    w.server.put('services', { id: 'a', n: 2 });
    expect(states.at(-1)).toMatchObject({ status: 'live' });
    expect(states.at(-1)?.get('a')).toMatchObject({ n: 2 });
    expectNoLeaks(w);
  });

  test('[CL41] [BP1] data frames are acknowledged every 16 or after 250 ms, also those for nobody', async () => {
    const w = world();
    const { close } = watch(w);
    await w.env.settle();
    const acks = (): number[] => w.server.received.flatMap((frame) => (frame.t === 'a' ? [frame.n] : []));
    expect(acks()).toEqual([]);
    await w.env.advance(250);
    expect(acks()).toEqual([1]);
    for (let i = 0; i < 16; i += 1) w.server.put('services', { id: 'a', n: i });
    await w.env.settle();
    expect(acks()).toEqual([1, 17]);
    w.server.say({ t: 'd', w: 77, v: [1, 2], at: 0, o: [] });
    await w.env.advance(250);
    expect(acks()).toEqual([1, 17, 18]);
    w.server.cut();
    await w.env.advance(1_000);
    w.server.put('services', { id: 'b' });
    await w.env.advance(250);
    expect(acks().at(-1)).toBe(1);
    close();
    expectNoLeaks(w);
  });

  test('[CL41] [BP1] each chunk of a snapshot but the last is acknowledged at once', async () => {
    const w = world();
    const { close } = watch(w);
    await w.env.settle();
    await w.env.advance(250);
    const acks = (): number[] => w.server.received.flatMap((frame) => (frame.t === 'a' ? [frame.n] : []));
    expect(acks()).toEqual([1]);
    for (const i of [0, 1, 2]) w.server.say({ t: 's', w: 77, v: 9, i, last: i === 2, r: [] });
    await w.env.settle();
    expect(acks()).toEqual([1, 2, 3]);
    await w.env.advance(250);
    expect(acks()).toEqual([1, 2, 3, 4]);
    close();
    expectNoLeaks(w);
  });

  test('[CL42] the shortest interval that anyone wants is the one asked for', async () => {
    const w = world();
    const slow = w.sw
      .collection('services')
      .every(1_000)
      .subscribe(() => undefined);
    await w.env.settle();
    const fast = w.sw
      .collection('services')
      .every(50)
      .subscribe(() => undefined);
    fast.close();
    await w.env.settle();
    expect(w.server.received.filter(({ t }) => t === 'iv')).toEqual([
      { t: 'iv', s: 1, iv: 50 },
      { t: 'iv', s: 1, iv: 1_000 },
    ]);
    slow.close();
    expectNoLeaks(w);
  });

  describe('[CL32] [RS13] wishes written differently that the server takes for one view', () => {
    const plain = ['eq', 'status', 'up'];
    const wordy = ['and', ['eq', 'status', 'up'], ['eq', 'status', 'up']];

    /** A world whose client is heard only when `release` is called. */
    function slow(): World & { readonly release: () => Promise<void>; hold: boolean } {
      const env = new FakeEnv();
      const server = new FakeServer({ now: () => env.now() });
      let waiting: (() => void)[] = [];
      const sw = createClient({
        url: 'http://fake.test',
        env,
        lingerMs: 0,
        dial: (url, events) => {
          const wire = server.dial(url, events);
          return { ...wire, send: (text) => (it.hold ? void waiting.push(() => wire.send(text)) : wire.send(text)) };
        },
      });
      const it = {
        env,
        server,
        sw,
        hold: false,
        release: async () => {
          it.hold = false;
          for (const send of waiting) send();
          waiting = [];
          await env.settle();
        },
      };
      return it;
    }

    test('share what the newest subscription is told, with the same rows', async () => {
      const w = slow();
      w.server.put('services', { id: 'a', status: 'up' });
      const one = w.sw.collection('services').where(plain).view();
      const two = w.sw.collection('services').where(wordy).view();
      const closers = [one.subscribe(() => undefined)];
      await w.env.settle();
      const before = one.rows;
      closers.push(two.subscribe(() => undefined));
      await w.env.settle();
      expect(w.server.subscriptions).toBe(1);
      expect(one.rows).toBe(before);
      expect(two.rows[0]).toBe(before[0]);
      const v = w.server.put('services', { id: 'b', status: 'up' });
      for (const view of [one, two]) {
        expect(view.rows.map(({ id }) => id)).toEqual(['a', 'b']);
        expect(view.get()).toMatchObject({ status: 'live', version: v });
      }
      // The one that has the subscription leaves: the other one gets it.
      closers[1]?.();
      await w.env.advance(1);
      w.server.remove('services', 'a');
      expect(one.rows.map(({ id }) => id)).toEqual(['b']);
      expect(one.get().status).toBe('live');
      closers[0]?.();
      expectNoLeaks(w);
    });

    test('live on when the newest is given up before its answer', async () => {
      const w = slow();
      w.server.put('services', { id: 'a', status: 'up' });
      const one = w.sw.collection('services').where(plain).view();
      one.subscribe(() => undefined);
      await w.env.settle();
      w.hold = true;
      w.sw
        .collection('services')
        .where(wordy)
        .subscribe(() => undefined)
        .close();
      await w.env.advance(1);
      await w.release();
      w.server.put('services', { id: 'a', status: 'down' });
      w.server.beat();
      expect(one.get()).toMatchObject({ status: 'live', rows: [] });
      expectNoLeaks(w);
    });

    test('are told as often as the most impatient wants, and refused together', async () => {
      const w = slow();
      w.server.put('services', { id: 'a', status: 'up' });
      const fast = w.sw.collection('services').where(plain).every(50);
      const calm = w.sw.collection('services').where(wordy).every(1_000);
      const one = fast.subscribe(() => undefined);
      await w.env.settle();
      calm.subscribe(() => undefined);
      await w.env.settle();
      const paces = (): unknown[] => w.server.received.filter(({ t }) => t === 'iv');
      expect(paces().at(-1)).toEqual({ t: 'iv', s: 2, iv: 50 });
      one.close();
      await w.env.advance(1);
      expect(paces().at(-1)).toEqual({ t: 'iv', s: 2, iv: 1_000 });
      const again = fast.view();
      again.subscribe(() => undefined);
      await w.env.settle();
      w.hold = true;
      w.server.say({ t: 'err', s: 3, code: 'forbidden', msg: 'no longer yours' });
      expect([again.rows, calm.view().rows]).toEqual([[], []]);
      expectNoLeaks(w);
    });

    test('resume each from its own position after a cut', async () => {
      const w = slow();
      w.server.put('services', { id: 'a', status: 'up' });
      const one = w.sw.collection('services').where(plain).view();
      const two = w.sw.collection('services').where(wordy).view();
      one.subscribe(() => undefined);
      two.subscribe(() => undefined);
      await w.env.settle();
      w.server.cut();
      w.server.put('services', { id: 'b', status: 'up' });
      w.server.remove('services', 'a');
      await w.env.advance(1_000);
      for (const view of [one, two]) {
        expect(view.get()).toMatchObject({ status: 'live' });
        expect(view.rows.map(({ id }) => id)).toEqual(['b']);
      }
      expect(w.server.received.filter(({ t }) => t === 'hello')).toMatchObject([
        {},
        { subs: [{ since: {} }, { since: {} }] },
      ]);
      expectNoLeaks(w);
    });
  });

  test('[CL43] [LV2] the watermark moves the position and the time of proof, without telling anyone', async () => {
    const w = world();
    w.server.put('services', { id: 'a' });
    const { states } = watch(w);
    const view = w.sw.collection('services').view();
    await w.env.settle();
    w.server.put('agents', { id: 'x' });
    const count = states.length;
    await w.env.advance(10_000);
    w.server.beat();
    expect(states).toHaveLength(count);
    expect(view.verifiedAt).toBe(w.env.now() + 5_000);
    w.server.cut();
    await w.env.advance(10);
    expect(view.freshness).toEqual({ state: 'stale', verifiedAt: w.env.now() - 10 + 5_000, version: 3 });
    expectNoLeaks(w);
  });

  test('[CL44] [T11] times are told on the server’s clock', async () => {
    const w = world();
    watch(w);
    await w.env.settle();
    expect(w.sw.serverNow()).toBe(w.env.now() + 5_000);
    expect(w.sw.connection.get()).toMatchObject({ state: 'live', rttMs: 0, quality: null });
    expectNoLeaks(w);
  });

  test('[CL45] one record, and the absence of one', async () => {
    const w = world();
    w.server.put('services', { id: 'a', name: 'A' });
    const a = w.sw.collection('services').record('a');
    const b = w.sw.collection('services').record('b');
    a.subscribe(() => undefined);
    b.subscribe(() => undefined);
    expect(a.get()).toMatchObject({ row: null, status: 'loading', hasData: false });
    await w.env.settle();
    expect(a.row).toMatchObject({ id: 'a', name: 'A' });
    expect(b.get()).toMatchObject({ row: null, status: 'live', hasData: true });
    expect(a.get()).toBe(a.get());
    w.server.remove('services', 'a');
    expect(a.get()).toMatchObject({ row: null, status: 'live' });
    expectNoLeaks(w);
  });
});

describe('commands', () => {
  test('[CL50] [MU8] commands given offline are sent in order, and unanswered ones again after a reconnect', async () => {
    const w = world();
    w.server.isUp = false;
    const first = w.sw.collection('services').create({ name: 'A', kind: 'http' }, { id: 'a' });
    const second = w.sw.collection('services').patch('a', { name: 'B' });
    await w.env.advance(5_000);
    w.server.isUp = true;
    await w.env.advance(15_000);
    expect(await first).toMatchObject({ ok: true, id: 'a' });
    expect(await second).toMatchObject({ ok: true, id: 'a' });
    w.server.isMute = true;
    const third = w.sw.collection('services').patch('a', { name: 'C' });
    const fourth = w.sw.collection('services').patch('a', { name: 'D' });
    w.server.cut();
    w.server.isMute = false;
    await w.env.advance(1_000);
    expect([await third, await fourth]).toMatchObject([{ ok: true }, { ok: true }]);
    const ids = w.server.received.flatMap((frame) => (frame.t === 'mut' ? [frame.m] : []));
    expect(ids).toEqual(['tab1.1', 'tab1.2', 'tab1.3', 'tab1.3', 'tab1.4']);
    expect(w.server.get('services', 'a')).toMatchObject({ name: 'D' });
    expectNoLeaks(w);
  });

  test('[CL50] after an outage commands are sent a few at a time, and one refused for its rate is sent again', async () => {
    const w = world();
    const refused = new Set<string>();
    w.server.onCommand = ({ m }) => {
      if (refused.has(m) || refused.size >= 3) return { ok: true, v: 1, k: 'a' };
      refused.add(m);
      return { ok: false, code: 'rate_limited', msg: 'slow down' };
    };
    w.server.isMute = true;
    const all = Array.from({ length: 40 }, () => w.sw.collection('services').call('a', 'refresh'));
    w.sw.connect();
    await w.env.advance(9_000);
    w.server.isMute = false;
    await w.env.advance(5_000);
    const results = await Promise.all(all);
    expect(results.every((result) => result.ok)).toBe(true);
    expect(refused.size).toBe(3);
    expectNoLeaks(w);
  });

  test('[CL50] [AU5] a command that met an expired credential is sent again once there is a good one', async () => {
    let isFresh = false;
    const w = world({ token: () => jwt({ sub: 'u1', isFresh }) });
    w.sw.connect();
    await w.env.settle();
    w.server.onCommand = () => (isFresh ? null : { ok: false, code: 'auth_expired', msg: 'send a fresh token first' });
    w.server.admits = () => isFresh;
    const done = w.sw.collection('services').create({ name: 'A', kind: 'http' }, { id: 'a' });
    w.server.say({ t: 'err', code: 'auth_expired', msg: 'expired' });
    await w.env.advance(5_000);
    expect(w.server.received.filter(({ t }) => t === 'mut')).toHaveLength(1);
    isFresh = true;
    await w.env.advance(20_000);
    expect(await done).toMatchObject({ ok: true, id: 'a' });
    expectNoLeaks(w);
  });

  test('[CL50] at most 16 commands are on the wire unanswered', async () => {
    const w = world();
    w.sw.connect();
    await w.env.settle();
    w.server.isMute = true;
    for (let i = 0; i < 40; i += 1) void w.sw.collection('services').call(`a${i}`, 'refresh');
    await w.env.settle();
    expect(w.server.received.filter(({ t }) => t === 'mut')).toHaveLength(16);
    expectNoLeaks(w);
  });

  test('[CL51] a conflict is a typed result', async () => {
    const w = world();
    w.server.put('services', { id: 'a', name: 'A' });
    w.server.put('services', { id: 'a', name: 'B' });
    const result = await w.sw.collection('services').patch('a', { name: 'C' }, { base: 2 });
    expect(result).toMatchObject({
      ok: false,
      code: 'conflict',
      message: 'changed at 3',
      conflict: { version: 3, fields: ['name'], yours: { name: 'C' }, theirs: { name: 'B' }, base: null },
    });
    expectNoLeaks(w);
  });

  test('[CL53] the queue of commands is bounded, and closing answers all of them', async () => {
    const w = world();
    w.server.isUp = false;
    const all = Array.from({ length: 513 }, () => w.sw.collection('services').call('a', 'refresh'));
    expect(await all[512]).toMatchObject({ ok: false, code: 'overloaded' });
    w.sw.close();
    expect(await all[0]).toMatchObject({ ok: false, code: 'closed' });
    expect(await w.sw.collection('services').call('a', 'refresh')).toMatchObject({ ok: false, code: 'closed' });
    expectNoLeaks(w);
  });
});

function jwt(claims: object): string {
  return `h.${btoa(JSON.stringify(claims))}.s`;
}
