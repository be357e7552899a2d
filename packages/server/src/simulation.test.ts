import { createClient, type Env } from '@statewire/client';
import { expect, test } from 'vitest';
import { SOUND } from './publish/planted.ts';
import { simulationConfig } from './testing/simulation/config.ts';
import { watchWith } from './testing/simulation/watch.ts';
import { runSchedule, type ClientParts, type SimulatedClient } from './testing/simulation/schedule.ts';

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

test('[RS6] [RS9] [RS10] the SDK ends every schedule live and with the truth, and never shows what was not', async () => {
  const count = onlySeed === null ? Math.ceil(schedules / 5) : 1;
  for (let i = 0; i < count; i++) {
    const seed = onlySeed ?? firstSeed + i;
    await runSchedule({ seed, client: realClient }).catch((error: unknown) => {
      throw new Error(`schedule ${seed} failed; replay it with:\n  SIM_SEED=${seed} npm run unit -- simulation`, {
        cause: error,
      });
    });
  }
}, 3_600_000);

/** The SDK itself, on the schedule's clock and wires. */
function realClient({ clock, random, dial, token, trouble }: ClientParts): SimulatedClient {
  let tell: Parameters<Env['listen']>[0] = () => {};
  let isVisible = true;
  let isOnline = true;
  const client = createClient({
    url: 'http://simulated.test',
    token: () => Promise.resolve(token()),
    lingerMs: 500,
    dial: (_, events) => dial({ ...events, closed: (code) => events.closed(code, '') }),
    env: {
      now: () => clock.now(),
      after: (ms, fn) => clock.after(ms, fn),
      random: () => random.next(),
      uniqueId: () => `tab${random.int(1_000_000)}`,
      pageUrl: () => null,
      isVisible: () => isVisible,
      isOnline: () => isOnline,
      listen: (fn) => {
        tell = fn;
        return () => {};
      },
      openSocket: () => {
        throw new Error('wires come from the schedule');
      },
      reportError: (error) => trouble(String(error)),
    },
  });
  return {
    watch: (want, onChange) => watchWith(client, want, onChange),
    signal: (signal) => {
      if (signal === 'hidden' || signal === 'visible') isVisible = signal === 'visible';
      if (signal === 'offline' || signal === 'online') isOnline = signal === 'online';
      tell(signal);
    },
    close: () => client.close(),
  };
}

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
