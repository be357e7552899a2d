import { expect, test } from 'vitest';
import {
  BETTER_MS_MAX,
  betterMs,
  cut,
  EARLY_MAX,
  EARLY_MS,
  FIRST,
  next,
  TRANSPORTS,
  WELCOME_MS,
  welcomed,
} from './rungs.ts';

const count = TRANSPORTS.length;
const fresh = { isAway: false, count };

test('[LA5] from the best rung down, one after the other, until the last', () => {
  let rung: number | null = 0;
  const tried: number[] = [];
  for (let rungs = FIRST; rung !== null;) {
    tried.push(rung);
    ({ rungs, rung } = next(rungs, rung, fresh));
  }
  expect(tried).toEqual([0, 1, 2, 3]);
  // Socket and stream leave the rest of the attempt's ten seconds to the requests.
  expect(WELCOME_MS.websocket + WELCOME_MS.sse).toBeLessThan(8_000);
});

test('[LA6] where nobody answers at all no other rung is tried, and the next attempt begins at the top', () => {
  const { rungs, rung } = next(FIRST, 1, { isAway: true, count });
  expect(rung).toBeNull();
  expect(rungs.at).toBe(0);
});

test('[LA6] a rung that was good is left after two attempts that came to nothing, not after one', () => {
  const good = welcomed(FIRST, 0);
  const once = next(good, 0, fresh);
  expect(once.rung).toBeNull();
  const twice = next(once.rungs, 0, fresh);
  expect(twice.rung).toBe(1);
  // A welcome in between starts the count anew.
  expect(next(welcomed(once.rungs, 0), 0, fresh).rung).toBeNull();
});

test.each([
  [[100, 100, 100], 1],
  [[100, 100], 0],
  [[100, 100, EARLY_MS, 100, 100], 0],
  [[EARLY_MS - 1, EARLY_MS - 1, EARLY_MS - 1], 1],
  [[100, 100, 100, 100, 100, 100], 1],
])('[LA7] connections over a socket that lived %j ms lead to rung %i', (lives, at) => {
  let rungs = welcomed(FIRST, 0);
  for (const ms of lives) rungs = cut(rungs, 0, { ms, count });
  expect(rungs.at).toBe(at);
});

test('[LA7] below the last rung there is none', () => {
  let rungs = welcomed(FIRST, count - 1);
  for (let i = 0; i < EARLY_MAX * 2; i += 1) rungs = cut(rungs, count - 1, { ms: 1, count });
  expect(rungs.at).toBe(count - 1);
});

test('[LA8] better rungs are tried after half a minute, ever more seldom, and not by all at once', () => {
  expect(betterMs(0, 0)).toBeGreaterThanOrEqual(20_000);
  expect(betterMs(0, 0.99)).toBeLessThanOrEqual(40_000);
  expect(betterMs(1_000, 0.5)).toBe(BETTER_MS_MAX);
  for (let tries = 1; tries < 5; tries += 1) expect(betterMs(tries, 0.5)).toBe(2 * betterMs(tries - 1, 0.5));
});
