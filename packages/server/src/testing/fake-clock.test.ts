import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { Random } from './random.ts';

test('timers run in order of due time, then of setting, each at its own moment', () => {
  const clock = new FakeClock({ now: 1000 });
  const seen: string[] = [];
  clock.after(20, () => seen.push(`c@${clock.now()}`));
  clock.after(10, () => {
    seen.push(`a@${clock.now()}`);
    clock.after(5, () => seen.push(`b@${clock.now()}`));
  });
  clock.after(20, () => seen.push(`d@${clock.now()}`));
  clock.after(31, () => seen.push('late'));
  clock.advance(30);
  expect(seen).toEqual(['a@1010', 'b@1015', 'c@1020', 'd@1020']);
  expect(clock.now()).toBe(1030);
  expect(clock.pending).toBe(1);
});

test('a canceled timer never runs', () => {
  const clock = new FakeClock();
  let ran = 0;
  const timer = clock.after(5, () => (ran += 1));
  timer.cancel();
  timer.cancel();
  clock.advance(10);
  expect(ran).toBe(0);
  expect(clock.pending).toBe(0);
});

test('the end of the turn comes before every timer of the same moment', () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  clock.after(0, () => seen.push('timer'));
  clock.soon(() => seen.push('soon'));
  clock.advance(0);
  expect(seen).toEqual(['soon', 'timer']);
  expect(clock.mono()).toBe(0);
});

test('run lets promises go on between timers', async () => {
  const clock = new FakeClock();
  const seen: number[] = [];
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const work = (async () => {
    for (let i = 0; i < 3; i++) {
      await wait(10);
      seen.push(clock.mono());
    }
  })();
  await clock.run(30);
  await work;
  expect(seen).toEqual([10, 20, 30]);
});

test('a jump of the wall clock moves no timer', () => {
  const clock = new FakeClock({ now: 5000 });
  let ran = false;
  clock.after(10, () => (ran = true));
  clock.jump(3_600_000);
  clock.advance(9);
  expect(ran).toBe(false);
  expect(clock.now()).toBe(3_605_009);
  clock.advance(1);
  expect(ran).toBe(true);
});

test('a timer that sets itself again at once is reported, not run for ever', () => {
  const clock = new FakeClock();
  const again = (): void => void clock.after(0, again);
  again();
  expect(() => clock.advance(1)).toThrow('sets itself again');
});

test('chance is the same for the same seed and spread evenly', () => {
  const draw = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 10_000 }, () => random.next());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const mean = draw(9).reduce((sum, n) => sum + n, 0) / 10_000;
  expect(mean).toBeGreaterThan(0.48);
  expect(mean).toBeLessThan(0.52);
});
