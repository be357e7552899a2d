import { expect, test } from 'vitest';
import { SOUND } from './publish/planted.ts';
import { simulationConfig } from './testing/simulation/config.ts';
import { runSchedule } from './testing/simulation/schedule.ts';

const PLANTED: readonly string[] = Object.keys(SOUND);
const { schedules, seed: onlySeed, firstSeed } = simulationConfig;

test(`[RS14] [RS15] after each of ${onlySeed === null ? schedules : 1} schedules every replica equals the filtered truth`, async () => {
  const seeds = onlySeed === null ? Array.from({ length: schedules }, (_, i) => firstSeed + i) : [onlySeed];
  const sum = { steps: 0, commits: 0, frames: 0, restarts: 0 };
  for (const seed of seeds) {
    const ran = await runSchedule({ seed }).catch((error: unknown) => {
      throw new Error(`schedule ${seed} failed; replay it with:\n  SIM_SEED=${seed} npm run unit -- simulation`, {
        cause: error,
      });
    });
    sum.steps += ran.steps;
    sum.commits += ran.commits;
    sum.frames += ran.frames;
    sum.restarts += ran.restarts;
  }
  // A simulation in which nothing happens would pass too.
  expect(sum.commits).toBeGreaterThan(seeds.length * 20);
  expect(sum.frames).toBeGreaterThan(seeds.length * 20);
}, 3_600_000);

// Each planted bug must be noticed within this many schedules; otherwise the simulation has gone blind to it.
const NOTICED_WITHIN = 40;

test.each(PLANTED)('[RS14] the simulation notices a planted bug: %s', async (bug) => {
  for (let seed = 1; seed <= NOTICED_WITHIN; seed++) {
    const isNoticed = await runSchedule({ seed, planted: { [bug]: true } }).then(
      () => false,
      () => true,
    );
    if (isNoticed) return;
  }
  expect.fail(`${bug} went unnoticed for ${NOTICED_WITHIN} schedules`);
});

test('a schedule is the same every time it is run', async () => {
  expect(await runSchedule({ seed: 7 })).toEqual(await runSchedule({ seed: 7 }));
});
