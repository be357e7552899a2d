import { expect, test } from 'vitest';
import { followQueue, type JobLike, type JobType } from './bullmq.ts';
import { world } from './testing/world.ts';

test('[AD4] [AD18] a queue of thousands that wait takes no room from the jobs that are under way', async () => {
  const { env, reporter, said } = world({ runsMax: 10 });
  const states = new Map(Array.from({ length: 3_000 }, (_, i) => [`${i}`, 'waiting']));
  let looks = 0;
  const jobOf = (id: string): JobLike | null => {
    const state = states.get(id);
    if (state === undefined) return null;
    looks += 1;
    const attemptsStarted = state === 'waiting' ? 0 : 1;
    return { id, name: `job ${id}`, progress: 0, attemptsStarted, getState: () => Promise.resolve(state) };
  };
  const getJobs = (types: JobType[], start: number, end: number): Promise<(JobLike | null)[]> => {
    const listed = [...states].filter(([, state]) => types.some((type) => type === state)).slice(start, end + 1);
    return Promise.resolve(listed.map(([id]) => jobOf(id)));
  };
  const queue = { name: 'scans', getJob: (id: string) => Promise.resolve(jobOf(id)), getJobs };
  const adapter = followQueue(reporter, { queue, sweepMs: 1_000, recent: 0 });
  await env.advance(20_000);
  expect(reporter.open).toEqual([]);
  const queued = said.length;
  expect(queued).toBeGreaterThan(0);
  expect(said.every(({ state }) => state === 'queued')).toBe(true);

  for (const id of ['2990', '2991', '0']) states.set(id, 'active');
  await env.advance(2_000);
  const begun = said.slice(queued).filter(({ state }) => state === 'running');
  expect(begun.map(({ id }) => id).sort()).toEqual(['scans:0', 'scans:2990', 'scans:2991']);

  // What was told is not told again, and a sweep looks at a bounded part of what waits.
  const told = said.length;
  looks = 0;
  await env.advance(1_000);
  expect(said.slice(told).every(({ state }) => state === 'queued')).toBe(true);
  expect(looks).toBeLessThanOrEqual(500);
  states.delete('0');
  await env.advance(2_000);
  expect(said.at(-1)).toMatchObject({ id: 'scans:0', state: 'canceled', reason: { code: 'removed' } });
  adapter.close();
  await reporter.close();
  await env.settle();
  expect(env.pending.timers).toBe(0);
});
