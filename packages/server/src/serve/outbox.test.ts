import { expect, test } from 'vitest';
import { expectNoLeaks } from '../testing/leaks.ts';
import { World, type Caller } from '../testing/world.ts';
import { Window } from './window.ts';

const all = { t: 'sub', s: 1, c: 'services', iv: 0 } as const;

function services(world: World, count: number, fields: object): void {
  for (let i = 0; i < count; i++) world.write('main', { c: 'services', id: `x${i}`, fields: { ...fields } });
}

function dataBytes(caller: Caller): number {
  return caller.heard
    .filter((frame) => frame.t === 's' || frame.t === 'd')
    .reduce((sum, frame) => sum + JSON.stringify(frame).length, 0);
}

test('the window counts frames, whatever their size', () => {
  const window = new Window();
  expect(window.oldestAt).toBeNull();
  for (let i = 1; i <= 1_000; i++) window.add(10, i);
  expect([window.inFlightBytes, window.oldestAt]).toEqual([10_000, 1]);
  expect(window.ack(300)).toBe(true);
  expect([window.inFlightBytes, window.oldestAt]).toEqual([7_000, 301]);
  expect(window.ack(200), 'an older number changes nothing').toBe(true);
  expect(window.ack(1_001)).toBe(false);
  expect(window.ack(1_000)).toBe(true);
  expect([window.inFlightBytes, window.oldestAt, window.acked]).toEqual([0, null, 1_000]);
});

test('[BP1] [BP2] [BP3] [OB6] who confirms nothing is sent no more than the window, then one delta of what is true now', async () => {
  const world = new World();
  services(world, 20, { description: '', n: 0 });
  const caller = await world.connect('read', { subs: [all] });
  caller.ack();
  for (let n = 1; n <= 400; n++) {
    services(world, 20, { description: 'words '.repeat(40), n });
    world.step(1);
  }
  const sent = dataBytes(caller);
  expect(sent).toBeGreaterThan(world.limits.windowBytes);
  expect(sent).toBeLessThan(world.limits.windowBytes + 20_000);
  expect(world.gateway.stats.lagging).toBe(1);
  const frames = caller.heard.length;
  caller.say({ t: 'p', i: 1 });
  expect(caller.heard.at(-1), '[BP4] [LV3] replies come all the same').toMatchObject({ t: 'q' });
  caller.heard.pop();
  caller.say({ t: 'a', n: 1 + Math.floor(frames / 2) });
  world.step(10);
  expect(caller.heard, 'half the window is still out').toHaveLength(frames);
  caller.ack();
  world.step(10);
  expect(caller.take('d')).toMatchObject([
    { o: Array.from({ length: 20 }, () => [expect.any(Number), expect.any(Number), { n: 400 }]) },
  ]);
  expect(world.gateway.stats.lagging).toBe(0);
  expectNoLeaks(world);
});

test('[BP2] [BP5] [BP4] a frame unconfirmed for 5 s makes it lag, 60 s end it, unless it is hidden', async () => {
  const world = new World();
  services(world, 1, {});
  const [seen, hidden] = [await world.connect('read', { subs: [all] }), await world.connect('read', { subs: [all] })];
  hidden.say({ t: 'vis', hidden: true });
  world.step(4_000);
  services(world, 1, { n: 1 });
  world.step();
  expect(seen.take('d')).toHaveLength(1);
  world.step(2_500);
  services(world, 1, { n: 2 });
  world.step(6_000);
  expect(seen.heard).toEqual([]);
  expect(world.gateway.stats.lagging).toBe(2);
  world.step(45_000);
  expect(seen.closedWith).toBeNull();
  expect(seen.take('h')).toEqual([]);
  world.step(10_000);
  expect([seen.closedWith, hidden.closedWith]).toEqual([4408, null]);
  hidden.ack();
  world.step(5_000);
  expect(hidden.take('d')).toMatchObject([{ o: [[1, 3, { n: 2 }]] }]);
  expectNoLeaks(world);
});

test('[BP4] [BP5] [LV1] what was sent long ago and never confirmed: no watermark, however little it is, and an end also while hidden', async () => {
  const world = new World();
  services(world, 1, {});
  const [seen, hidden] = [await world.connect('read', { subs: [all] }), await world.connect('read', { subs: [all] })];
  hidden.say({ t: 'vis', hidden: true });
  expect(seen.take('s')).toHaveLength(1);
  for (let i = 0; i < 5; i++) {
    world.step(10_000);
    // The same number again confirms nothing.
    seen.say({ t: 'a', n: 0 });
    expect(world.gateway.stats.lagging).toBe(2);
  }
  world.step(9_000);
  expect([seen.closedWith, seen.heard]).toEqual([null, []]);
  world.step(3_000);
  expect(seen.closedWith).toBe(4408);
  world.step(530_000);
  expect(hidden.closedWith).toBeNull();
  world.step(10_000);
  expect(hidden.closedWith).toBe(4408);
  expectNoLeaks(world);
});

test('[BP2] a socket that takes nothing makes it lag, whatever was confirmed', async () => {
  const world = new World({ limits: { socketQueueBytesMax: 1_000 } });
  services(world, 5, { n: 0 });
  const caller = await world.connect('read', { subs: [all] });
  caller.ack();
  caller.pair.stall(true);
  for (let n = 1; n <= 100; n++) {
    services(world, 5, { n });
    world.step(1);
  }
  expect(caller.pair.queuedBytes).toBeLessThan(1_500);
  caller.pair.stall(false);
  caller.ack();
  world.step(1_000);
  expect(caller.take('d').at(-1)?.o).toContainEqual([5, expect.any(Number), { n: 100 }]);
  expectNoLeaks(world);
});

test('[OB7] replies nobody reads end the connection instead of filling the memory', async () => {
  const world = new World({ limits: { socketHoldBytesMax: 5_000 } });
  const caller = await world.connect();
  const { pair } = caller;
  // The caller still writes; it only reads nothing.
  Object.defineProperty(pair, 'queuedBytes', { get: () => pair.writes.flat().join('').length });
  for (let i = 0; i < 500; i++) caller.say({ t: 'p', i });
  world.step(1_000);
  expect(caller.closedWith).toBe(4408);
  expectNoLeaks(world);
});

test('[CU6] a large snapshot goes chunk by chunk as it is confirmed, at one version, and what changed follows it', async () => {
  const world = new World({ limits: { windowBytes: 3_000, snapshotChunkBytes: 1_000 } });
  services(world, 100, { description: 'x'.repeat(60) });
  const caller = await world.connect('read', { subs: [all, { t: 'sub', s: 2, c: 'agents', iv: 0 }] });
  expect(caller.heard.filter((frame) => frame.t === 's').length).toBeLessThanOrEqual(3);
  expect(
    caller.heard.filter((frame) => frame.t === 'subd'),
    'answers do not wait',
  ).toHaveLength(2);
  services(world, 1, { description: 'new' });
  const rows: number[] = [];
  const versions = new Set<number>();
  let isDone = false;
  for (let i = 0; i < 60 && !isDone; i++) {
    for (const frame of caller.heard) {
      if (frame.t !== 's' || frame.w !== 1) continue;
      versions.add(frame.v);
      rows.push(...frame.r.map(([rid]) => rid));
      isDone ||= frame.last;
    }
    if (!isDone) caller.ack();
  }
  expect(versions).toEqual(new Set([100]));
  expect(rows).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  const delta = { t: 'd', v: [100, 101], o: [[1, 101, { description: 'new' }]] };
  expect(
    caller.heard.find((frame) => frame.t === 'd'),
    'right behind it',
  ).toMatchObject(delta);
  expect(
    caller.pair.writes.some(
      (texts) =>
        texts.some((text) => text.includes('"last":true,"r":[[')) && texts.some((text) => text.startsWith('{"t":"d"')),
    ),
    'in the same write',
  ).toBe(true);
  expect(caller.take('s').at(-1)).toMatchObject({ w: 2, last: true, r: [] });
  expectNoLeaks(world);
});

test('[CU6] a capture that waits too long is dropped and made again from chunk 0', async () => {
  const world = new World({ limits: { windowBytes: 1_500, snapshotChunkBytes: 1_000, captureHoldMs: 10_000 } });
  services(world, 50, { description: 'x'.repeat(60) });
  const caller = await world.connect('read', { subs: [all] });
  caller.say({ t: 'vis', hidden: true });
  services(world, 1, { description: 'new' });
  world.step(20_000);
  caller.ack();
  expect(caller.heard[0]).toMatchObject({ t: 's', i: 0, v: 51 });
  for (let i = 0; i < 20; i++) caller.ack();
  expect(world.gateway.stats.lagging).toBe(0);
  expectNoLeaks(world);
});

test('a view with more records than the limit is refused', async () => {
  const world = new World({ limits: { snapshotRowsMax: 10 } });
  services(world, 11, {});
  const caller = await world.connect('read', { subs: [all] });
  expect(caller.take('err')).toMatchObject([{ s: 1, code: 'too_large' }]);
  expectNoLeaks(world);
});

test('[RS14] no organization sees another, by filter, by resume or by number', async () => {
  const world = new World();
  world.write('main', { c: 'services', id: 'ours', fields: { status: 'up' } });
  world.write('other', { c: 'services', id: 'theirs', fields: { status: 'up' } });
  const stranger = await world.connect('other', {
    subs: [
      all,
      { t: 'sub', s: 2, c: 'services', f: ['eq', 'org', 'main'], iv: 0 },
      { t: 'sub', s: 3, c: 'services', f: ['eq', 'id', 'ours'], iv: 0, since: { e: 'e1', v: 1 } },
    ],
  });
  expect(stranger.take('s').flatMap(({ r }) => r.map(([, id]) => id))).toEqual(['theirs']);
  stranger.ack();
  world.write('main', { c: 'services', id: 'ours', fields: { status: 'down' } });
  world.write('main', { c: 'services', id: 'more', fields: { status: 'down' } });
  world.step(20_000);
  expect(stranger.heard.filter((frame) => frame.t === 'd')).toEqual([]);
  expect(
    stranger.heard.filter((frame) => frame.t === 'h'),
    'not even how busy others are',
  ).toMatchObject([{ v: 1 }]);
  expectNoLeaks(world);
});
