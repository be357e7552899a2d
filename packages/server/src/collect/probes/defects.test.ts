/** Two mistakes of checking, by their numbers: see packages/client/src/defects.test.ts. */
import { expect, test } from 'vitest';
import { limits } from '../../lib/limits.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { Schedule } from './schedule.ts';

interface Look {
  readonly id: string;
  readonly at: number;
}

/** A schedule over targets that take as long as they are told to. */
function bench(msOf: (id: string) => number): {
  readonly clock: FakeClock;
  readonly schedule: Schedule;
  readonly looks: Look[];
  readonly peak: Map<string, number>;
} {
  const clock = new FakeClock();
  const looks: Look[] = [];
  const running = new Map<string, number>();
  const peak = new Map<string, number>();
  const count = (key: string, by: number): void => {
    const is = (running.get(key) ?? 0) + by;
    running.set(key, is);
    peak.set(key, Math.max(peak.get(key) ?? 0, is));
  };
  const schedule = new Schedule({
    clock,
    limits,
    probe: async (plan) => {
      const host = new URL(plan.target).hostname;
      looks.push({ id: plan.id, at: clock.mono() });
      for (const key of [plan.id, host, 'all']) count(key, 1);
      await new Promise<void>((resolve) => void clock.after(msOf(plan.id), resolve));
      for (const key of [plan.id, host, 'all']) count(key, -1);
      return {
        observation: {
          kind: 'probe',
          at: clock.now(),
          ms: 1,
          facts: {},
          verdict: 'healthy',
          phase: 'ready',
          reason: { code: 'ok', text: '' },
          final: false,
          latencyMs: 1,
          mcp: null,
          certificate: null,
          nextAt: null,
        },
        inventory: null,
        evidence: null,
      };
    },
    emit: () => Promise.resolve({ health: 'healthy', suspect: null }),
    onError: (error) => {
      throw error;
    },
  });
  return { clock, schedule, looks, peak };
}

test('T16 a check that takes longer than its interval never overlaps itself, and holds up no other', async () => {
  const { clock, schedule, looks, peak } = bench((id) => (id === 'slow' ? 9_000 : 10));
  const check = { intervalMs: 1_000, timeoutMs: 10_000 };
  schedule.upsert(planOf('http', 'http://slow.test/', { id: 'slow', service: 'slow', ...check }), {
    health: 'healthy',
    suspect: null,
  });
  schedule.upsert(planOf('http', 'http://quick.test/', { id: 'quick', service: 'quick', ...check }), {
    health: 'healthy',
    suspect: null,
  });
  await clock.run(60_000);
  expect(peak.get('slow')).toBe(1);
  expect(looks.filter(({ id }) => id === 'slow').length).toBeLessThanOrEqual(7);
  expect(looks.filter(({ id }) => id === 'quick').length).toBeGreaterThan(50);
  const closed = schedule.close();
  await clock.run(10_000);
  await closed;
});

test('T21 nobody waits for the slowest of a chunk; times are spread, and a host gets two looks at once', async () => {
  const { clock, schedule, looks, peak } = bench((id) => (id === 's0' ? 9_500 : 20));
  for (let i = 0; i < 40; i += 1) {
    const host = i < 10 ? 'one.test' : `host${i}.test`;
    const plan = planOf('http', `http://${host}/`, {
      id: `s${i}`,
      service: `s${i}`,
      intervalMs: 5_000,
      timeoutMs: 10_000,
    });
    schedule.upsert(plan, { health: 'healthy', suspect: null }, { spread: true });
  }
  await clock.run(6_000);
  // All were looked at although one of them still takes its time.
  expect(new Set(looks.map(({ id }) => id)).size).toBe(40);
  expect(looks.filter(({ id }) => id === 's0')).toHaveLength(1);
  expect(new Set(looks.map(({ at }) => Math.round(at / 100))).size).toBeGreaterThan(15);
  await clock.run(60_000);
  expect(peak.get('one.test')).toBeLessThanOrEqual(2);
  expect(peak.get('all')).toBeLessThanOrEqual(20);
  const gaps = looks.filter(({ id }) => id === 's20').map(({ at }, i, all) => at - (all[i - 1]?.at ?? at));
  expect(new Set(gaps.slice(1).map(Math.round)).size).toBeGreaterThan(3);
  const closed = schedule.close();
  await clock.run(20_000);
  await closed;
});
