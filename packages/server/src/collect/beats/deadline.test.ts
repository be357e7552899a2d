import { ok, refuse, type Result } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { limits } from '../../lib/limits.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Deadlines } from './deadline.ts';

function build(options: { answer?: () => Result<unknown>; perTurn?: number } = {}) {
  const clock = new FakeClock();
  const fired: string[] = [];
  const deadlines = new Deadlines({
    clock,
    limits: { ...limits, deadlinesPerTurnMax: options.perTurn ?? limits.deadlinesPerTurnMax },
    fire: (org, collection, id, deadline) => {
      fired.push(`${org}/${collection}/${id}@${deadline - start}+${clock.now() - deadline}`);
      return Promise.resolve((options.answer ?? (() => ok(null)))());
    },
  });
  const start = clock.now();
  return { clock, deadlines, fired, start };
}

test('[CO1] deadlines fire in order, at their time, with one timer for all', async () => {
  const { clock, deadlines, fired, start } = build();
  for (const at of [9_000, 3_000, 6_000]) deadlines.set('main', 'services', `s${at}`, start + at);
  expect(clock.pending).toBe(1);
  await clock.run(2_999);
  expect(fired).toEqual([]);
  await clock.run(10_000);
  expect(fired).toEqual(['main/services/s3000@3000+0', 'main/services/s6000@6000+0', 'main/services/s9000@9000+0']);
  expect(clock.pending).toBe(0);
  expect(deadlines.size).toBe(0);
});

test('[CO1] a deadline that was moved or cleared does not fire at its old time', async () => {
  const { clock, deadlines, fired, start } = build();
  deadlines.set('main', 'agents', 'moved', start + 1_000);
  deadlines.set('main', 'agents', 'cleared', start + 1_000);
  deadlines.set('main', 'agents', 'moved', start + 5_000);
  deadlines.set('main', 'agents', 'cleared', null);
  deadlines.set('main', 'agents', 'unknown', null);
  await clock.run(4_999);
  expect(fired).toEqual([]);
  await clock.run(1_000);
  expect(fired).toEqual(['main/agents/moved@5000+0']);
});

test('[CO1] the same id in two organizations and collections has two deadlines', async () => {
  const { clock, deadlines, fired, start } = build();
  deadlines.set('main', 'agents', 'a', start + 1_000);
  deadlines.set('other', 'agents', 'a', start + 1_000);
  deadlines.set('main', 'services', 'a', start + 1_000);
  await clock.run(1_000);
  expect(fired).toHaveLength(3);
});

test('[CO1] deadlines close together are swept together, at most a sweep interval late', async () => {
  const { clock, deadlines, fired, start } = build();
  for (let i = 0; i < 10; i++) deadlines.set('main', 'agents', `a${i}`, start + 1_000 + i * 10);
  await clock.run(1_500);
  expect(fired).toHaveLength(10);
  const late = fired.map((line) => Number(line.split('+')[1]));
  expect(Math.max(...late)).toBeLessThanOrEqual(limits.deadlineSweepMs);
});

test('[CO1] a wall clock set forward is noticed within the longest sleep', async () => {
  const { clock, deadlines, fired, start } = build();
  deadlines.set('main', 'agents', 'a', start + 86_400_000);
  clock.jump(86_400_000);
  await clock.run(limits.deadlineSleepMsMax);
  expect(fired).toHaveLength(1);
});

test('[CO1] a deadline months ahead does not overflow a timer', async () => {
  const { clock, deadlines, fired, start } = build();
  deadlines.set('main', 'agents', 'a', start + 90 * 86_400_000);
  await clock.run(10 * limits.deadlineSleepMsMax);
  expect(fired).toEqual([]);
  expect(clock.nextIn).toBeLessThanOrEqual(limits.deadlineSleepMsMax);
});

test('[CO1] when very many are due, each turn takes a part and the rest follow at once', async () => {
  const { clock, deadlines, fired, start } = build({ perTurn: 100 });
  for (let i = 0; i < 1_000; i++) deadlines.set('main', 'agents', `a${i}`, start + 1_000);
  clock.advance(1_000);
  expect(fired).toHaveLength(1_000);
  expect(new Set(fired.map((line) => line.split('+')[1]))).toEqual(new Set(['0']));
  deadlines.close();
});

test('[CO1] one that could not be written is fired again; one whose record is gone is not', async () => {
  let answers: Result<unknown>[] = [refuse('unavailable', ''), refuse('overloaded', ''), ok(null)];
  const { clock, deadlines, fired, start } = build({ answer: () => answers.shift() ?? ok(null) });
  deadlines.set('main', 'agents', 'a', start + 1_000);
  await clock.run(10_000);
  expect(fired).toEqual(['main/agents/a@1000+0', 'main/agents/a@1000+1000', 'main/agents/a@1000+2000']);
  answers = [refuse('not_found', '')];
  deadlines.set('main', 'agents', 'b', clock.now() + 1_000);
  await clock.run(10_000);
  expect(fired).toHaveLength(4);
  expect(deadlines.size).toBe(0);
});

test('[CO1] a deadline set while the old one is being applied counts', async () => {
  const { clock, deadlines, fired, start } = build({
    answer: () => {
      if (fired.length === 1) deadlines.set('main', 'agents', 'a', start + 5_000);
      return refuse('unavailable', '');
    },
  });
  deadlines.set('main', 'agents', 'a', start + 1_000);
  await clock.run(5_000);
  expect(fired).toEqual(['main/agents/a@1000+0', 'main/agents/a@5000+0']);
  deadlines.close();
  await clock.run(60_000);
  expect(fired).toHaveLength(2);
  expect(clock.pending).toBe(0);
});

test('[CO1] ten thousand deadlines that keep moving stay one timer and one heap', async () => {
  const { clock, deadlines, fired, start } = build();
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 10_000; i++) deadlines.set('main', 'agents', `a${i}`, start + 60_000 + round * 1_000);
  }
  expect(deadlines.size).toBe(10_000);
  expect(clock.pending).toBe(1);
  await clock.run(63_999);
  expect(fired).toEqual([]);
  deadlines.close();
});
