import { expect, test } from 'vitest';
import type { Clock, Timer } from '../lib/clock.ts';
import { limits } from '../lib/limits.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { expectNoLeaks } from '../testing/leaks.ts';
import { World, type Caller } from '../testing/world.ts';
import { Flusher, Pace, type Outlet } from './flusher.ts';
import { intervalClass, type Subscription } from './lane.ts';

async function watching(world: World, iv: number, subs = 1): Promise<Caller> {
  const caller = await world.connect('read', {
    subs: Array.from({ length: subs }, (_, i) => ({
      t: 'sub',
      s: i + 1,
      c: 'services',
      iv,
      f: ['gt', 'latencyMs', -i],
    })),
  });
  caller.ack();
  return caller;
}

function measure(world: World, latencyMs: number): void {
  world.write('main', { c: 'services', id: 'a', fields: { latencyMs } });
}

test.each([
  [0, 0],
  [1, 50],
  [50, 50],
  [51, 100],
  [100, 100],
  [101, 250],
  [999, 1000],
  [1001, 5000],
  [3_600_000, 5000],
])('[IV1] a wish of %i ms is the class %i', (wish, expected) => {
  expect(intervalClass(wish)).toBe(expected);
});

test('[OB1] [OB2] [IV2] [IV3] the first change goes out at the end of the turn, the next together after the interval', async () => {
  const world = new World();
  measure(world, 1);
  const caller = await watching(world, 100);
  measure(world, 2);
  measure(world, 3);
  expect(caller.heard, 'publishing writes nothing').toEqual([]);
  world.step();
  expect(caller.take('d')).toMatchObject([{ v: [1, 3], o: [[1, 3, { latencyMs: 3 }]] }]);
  for (let latencyMs = 4; latencyMs < 12; latencyMs++) {
    measure(world, latencyMs);
    world.step(10);
  }
  expect(caller.heard).toEqual([]);
  world.step(60);
  expect(caller.take('d')).toMatchObject([{ v: [3, 11], o: [[1, 11, { latencyMs: 11 }]] }]);
  world.step(1_000);
  expect(caller.heard, 'nothing more is owed').toEqual([]);
  measure(world, 12);
  world.step();
  expect(caller.take('d')).toHaveLength(1);
  expectNoLeaks(world);
});

test('[OB2] a busy view is written once per interval, at its own beat', async () => {
  const world = new World();
  measure(world, 1);
  const caller = await watching(world, 100);
  const writes = caller.pair.writes.length;
  for (let i = 0; i < 1_000; i++) {
    measure(world, i);
    world.step(2);
    if (i % 50 === 0) caller.ack();
  }
  const count = caller.pair.writes.length - writes;
  expect(count).toBeGreaterThanOrEqual(18);
  expect(count).toBeLessThanOrEqual(21);
  expectNoLeaks(world);
});

test('[OB3] a flush is one write, whatever the number of views', async () => {
  const world = new World();
  measure(world, 1);
  const caller = await watching(world, 100, 40);
  const before = caller.pair.writes.length;
  measure(world, 2);
  world.step();
  expect(caller.pair.writes.length - before).toBe(1);
  expect(caller.take('d')).toHaveLength(40);
  expectNoLeaks(world);
});

test('[OB4] subscribers at the same version are sent the same message, made once', async () => {
  const world = new World();
  measure(world, 1);
  const callers = await Promise.all(Array.from({ length: 5 }, () => watching(world, 0)));
  const sent = new Set<object>();
  for (const { pair } of callers) {
    const send = pair.send.bind(pair);
    pair.send = (messages) => {
      for (const message of messages) sent.add(message);
      send(messages);
    };
  }
  measure(world, 2);
  world.step();
  for (const caller of callers) expect(caller.take('d')).toHaveLength(1);
  expect(sent.size).toBe(1);
  expectNoLeaks(world);
});

/** A clock on which time passes only while somebody is written to. */
class BusyClock implements Clock {
  readonly inner = new FakeClock();
  busyMs = 0;
  turns = 0;
  now(): number {
    return this.inner.now();
  }
  mono(): number {
    return this.inner.mono() + this.busyMs;
  }
  after(ms: number, fn: () => void): Timer {
    return this.inner.after(ms, fn);
  }
  soon(fn: () => void): Timer {
    this.turns += 1;
    return this.inner.soon(fn);
  }
  random(): number {
    return this.inner.random();
  }
}

test('[OB5] a long pass lets others have a turn every 2 ms', () => {
  const clock = new BusyClock();
  const flusher = new Flusher({ clock, limits });
  const flushed: number[] = [];
  for (let i = 0; i < 100; i++) {
    const outlet: Outlet = {
      phase: 0,
      flush: () => {
        clock.busyMs += 0.1;
        flushed.push(i);
        pace.dirty.length = 0;
      },
    };
    const pace: Pace = new Pace(flusher, outlet, 0);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the flusher only counts what is dirty.
    pace.add({} as Subscription);
  }
  clock.inner.advance();
  expect(flushed).toEqual(Array.from({ length: 100 }, (_, i) => i));
  // 100 x 0.1 ms of writing in slices of 2 ms.
  expect(clock.turns).toBeGreaterThanOrEqual(4);
  expect(flusher.pending).toBe(0);
  flusher.close();
});

test('[OB5] a late flush moves the next one, a punctual one keeps the beat', () => {
  const clock = new FakeClock();
  const pace = new Pace(new Flusher({ clock, limits }), { phase: 0, flush() {} }, 100);
  pace.dueAt = 1_000;
  pace.flushed(1_004);
  expect(pace.dueAt).toBe(1_104);
  pace.flushed(1_190);
  expect(pace.dueAt).toBe(1_290);
  pace.flushed(2_000);
  expect(pace.dueAt, 'after a quiet interval the beat starts anew').toBe(2_100);
});
