import { expect, test } from 'vitest';
import { Random } from '../testing/random.ts';
import { Ranked } from './ranked.ts';

const byValue = (a: number, b: number): number => a - b;

test.each([1, 2, 3])('[CU11] places are those of a sorted list, whatever comes and goes (seed %i)', (seed) => {
  const chance = new Random(seed);
  const start = Array.from({ length: chance.pick([0, 1, 5_000]) }, (_, i) => i * 3);
  const ranked = new Ranked(byValue, start.toReversed());
  let truth = [...start];
  for (let step = 0; step < 6_000; step++) {
    const value = chance.int(20_000);
    const isIn = truth.includes(value);
    // Phases that grow and phases that shrink, so that chunks split and empty.
    const isGrowing = step % 3_000 < 1_700;
    if (isIn && (!isGrowing || chance.chance(0.3))) {
      expect(ranked.remove(value)).toBe(true);
      truth = truth.filter((each) => each !== value);
    } else if (!isIn && isGrowing) {
      ranked.insert(value);
      truth.push(value);
    } else {
      expect(ranked.remove(isIn ? value + 0.5 : value)).toBe(false);
    }
    if (step % 50 > 0) continue;
    truth.sort(byValue);
    expect(ranked.size).toBe(truth.length);
    for (let i = 0; i < 20; i++) {
      const place = chance.int(truth.length + 2) - 1;
      expect(ranked.at(place)).toBe(place < 0 ? undefined : truth[place]);
      const at = chance.int(20_000);
      expect(ranked.rank(at)).toBe(truth.filter((each) => each < at).length);
      expect(ranked.slice(place, place + 3)).toEqual(place < 0 ? [] : truth.slice(place, place + 3));
    }
  }
  for (const value of truth) ranked.remove(value);
  expect([ranked.size, ranked.at(0), ranked.rank(7)]).toEqual([0, undefined, 0]);
});
