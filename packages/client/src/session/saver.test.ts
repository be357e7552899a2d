import { describe, expect, test } from 'vitest';
import { createClient, type FullOptions } from '../create.ts';
import type { WireEvents } from '../connect/transport.ts';
import { fullEnv } from '../full-env.ts';
import { FakeEnv } from '../testing/fake-env.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { FAST } from './quality.ts';
import { Saver } from './saver.ts';

const SLOW = { ms: 1_000, isAll: false };

describe('[CQ6] the lane of a link', () => {
  const lane = (net: FakeEnv['net'], rttMs: number | null, now = FAST): number => {
    const env = new FakeEnv();
    env.net = net;
    return new Saver(env, 'auto').lanes(now, rttMs).ms;
  };

  test.each([
    [{ saveData: false, effectiveType: '4g' }, 0],
    [{ saveData: false, effectiveType: null }, 0],
    [{ saveData: true, effectiveType: '4g' }, 1_000],
    [{ saveData: true, effectiveType: '2g' }, 5_000],
    [{ saveData: false, effectiveType: '3g' }, 1_000],
    [{ saveData: false, effectiveType: '2g' }, 5_000],
    [{ saveData: false, effectiveType: 'slow-2g' }, 5_000],
  ] as const)('%j -> %i ms', (net, ms) => {
    expect(lane(net, 20)).toBe(ms);
  });

  test("[CQ8] without the browser's word round trips count, with a gap between slow and fast", () => {
    expect(lane(null, null)).toBe(0);
    expect(lane(null, 999)).toBe(0);
    expect(lane(null, 1_000)).toBe(1_000);
    expect(lane(null, 600, SLOW)).toBe(1_000);
    expect(lane(null, 599, SLOW)).toBe(0);
  });

  test('[CQ8] so does how fast the chunks of a snapshot follow each other, for five minutes', () => {
    const env = new FakeEnv();
    const saver = new Saver(env, 'auto');
    const chunk = 'x'.repeat(60_000);
    const wires: WireEvents[] = [];
    const events: WireEvents = { opened: () => undefined, text: () => undefined, closed: () => undefined };
    saver.measured((_, given) => {
      wires.push(given);
      return { send: () => undefined, close: () => undefined };
    })('ws://fake.test', events);
    const hear = (ms: number, text = chunk): void => {
      env.jump(ms);
      for (const wire of wires) wire.text(text);
    };
    hear(0);
    expect(saver.lanes(FAST, 20).ms).toBe(0);
    hear(4_000);
    expect(saver.lanes(FAST, 20).ms).toBe(1_000);
    hear(2_000);
    // 30 kB/s: not slow, and not yet good either.
    expect(saver.lanes(FAST, 20).ms).toBe(0);
    expect(saver.lanes(SLOW, 20).ms).toBe(1_000);
    // Small texts say nothing, and neither does the first after a pause.
    hear(10, 'small');
    hear(60_000);
    expect(saver.lanes(SLOW, 20).ms).toBe(1_000);
    hear(1_000);
    expect(saver.lanes(SLOW, 20).ms).toBe(0);
    hear(5_000);
    expect(saver.lanes(FAST, 20).ms).toBe(1_000);
    env.jump(300_001);
    expect(saver.lanes(SLOW, 20).ms).toBe(0);
  });

  test('`on` is always slow, `off` never', () => {
    const env = new FakeEnv();
    expect(new Saver(env, 'on').lanes(FAST, 1)).toEqual({ ms: 1_000, isAll: true });
    env.net = { saveData: true, effectiveType: '2g' };
    expect(new Saver(env, 'off').lanes(SLOW, 5_000)).toEqual(FAST);
  });
});

describe('[CQ7] views on a slow link', () => {
  const world = (options: Partial<FullOptions> = {}) => {
    const env = new FakeEnv();
    const server = new FakeServer({ now: () => env.now() });
    return { env, server, sw: createClient({ url: 'http://fake.test', env, dial: server.dial, ...options }) };
  };

  test('ask for less while it lasts, by one `iv` each; who named a time keeps it', async () => {
    const { env, server, sw } = world();
    const asked = (): unknown[] => server.received.flatMap((frame) => (frame.t === 'iv' ? [[frame.s, frame.iv]] : []));
    const leave = sw.services.view().subscribe(() => undefined);
    sw.jobs
      .every(50)
      .view()
      .subscribe(() => undefined);
    await env.settle();
    expect(asked()).toEqual([]);
    env.net = { saveData: true, effectiveType: '4g' };
    env.signal('network');
    await env.settle();
    expect(asked()).toEqual([[1, 1_000]]);
    expect(sw.connection.get().saver).toBe(true);
    // The same again changes nothing; another view that comes now starts slow.
    env.signal('network');
    sw.agents.view().subscribe(() => undefined);
    await env.settle();
    expect(asked()).toEqual([[1, 1_000]]);
    expect(server.received.at(-1)).toMatchObject({ t: 'sub', c: 'agents', iv: 1_000 });
    env.net = { saveData: false, effectiveType: '4g' };
    env.signal('network');
    await env.settle();
    expect(asked()).toEqual([
      [1, 1_000],
      [1, 100],
      [3, 100],
    ]);
    expect(sw.connection.get().saver).toBe(false);
    leave();
    sw.close();
    expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  });

  test('`on` slows all of them, from the first word on', async () => {
    const { env, server, sw } = world({ saver: 'on' });
    sw.services
      .every(50)
      .view()
      .subscribe(() => undefined);
    await env.settle();
    const opened = server.received.flatMap((frame) => (frame.t === 'hello' ? (frame.subs ?? []) : []));
    expect(opened.map(({ iv }) => iv)).toEqual([1_000]);
    sw.close();
  });

  test('[CQ8] a runtime without Network Information or page is fast and visible', () => {
    const env = fullEnv();
    expect(env.network?.()).toBeNull();
    expect(env.isVisible()).toBe(true);
    env.listen(() => undefined)();
    expect(new Saver({ now: () => 0 }, 'auto').lanes(FAST, null)).toEqual(FAST);
  });
});
