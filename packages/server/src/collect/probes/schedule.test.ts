import type { Health } from '@statewire/model';
import { afterEach, describe, expect, test } from 'vitest';
import { limits } from '../../lib/limits.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { planOf as httpPlan } from '../../testing/peers/plan.ts';
import type { ProbeObservation } from '../observation.ts';
import { burstDelayMs, nextDelayMs } from './delay.ts';
import type { CheckPlan } from './plan.ts';
import { Schedule, type Belief } from './schedule.ts';

const healthy: Belief = { health: 'healthy', suspect: null };

function planOf(id: string, over: Partial<CheckPlan> = {}): CheckPlan {
  return httpPlan('http', `http://${id}.test/`, { id, service: id, ...over });
}

/** A schedule over scripted targets on a fake clock, with everything it did written down. */
class Bench {
  readonly clock = new FakeClock();
  readonly probed: { id: string; at: number }[] = [];
  readonly emitted: { id: string; observation: ProbeObservation }[] = [];
  readonly errors: unknown[] = [];
  verdict: Health = 'healthy';
  final = false;
  nextAt: number | null = null;
  latencyMs = 0;
  running = 0;
  peak = 0;
  throws = false;
  belief: Belief = healthy;
  readonly schedule: Schedule;

  constructor() {
    this.schedule = new Schedule({
      clock: this.clock,
      limits,
      probe: async (plan) => {
        this.probed.push({ id: plan.id, at: this.clock.mono() });
        this.running += 1;
        this.peak = Math.max(this.peak, this.running);
        if (this.latencyMs > 0) await new Promise<void>((resolve) => void this.clock.after(this.latencyMs, resolve));
        this.running -= 1;
        if (this.throws) throw new Error('bug in the probe');
        return {
          observation: {
            kind: 'probe',
            at: this.clock.now(),
            ms: this.latencyMs,
            facts: {},
            verdict: this.verdict,
            phase: 'ready',
            reason: { code: 'x', text: 'x' },
            final: this.final,
            latencyMs: 1,
            mcp: null,
            certificate: null,
            nextAt: this.nextAt,
          },
          inventory: null,
          evidence: null,
        };
      },
      emit: async (plan, { observation }) => {
        this.emitted.push({ id: plan.id, observation });
        return this.belief;
      },
      onError: (error) => this.errors.push(error),
    });
  }
}

describe('when to look', () => {
  const open: Bench[] = [];
  const bench = (): Bench => {
    const made = new Bench();
    open.push(made);
    return made;
  };
  afterEach(async () => {
    for (const made of open.splice(0)) {
      const closed = made.schedule.close();
      await made.clock.run(10_000);
      await closed;
      expect(made.clock.pending).toBe(0);
    }
  });

  test('a new check is probed at once, then each interval within ten percent', async () => {
    const b = bench();
    b.schedule.upsert(planOf('a'), healthy);
    await b.clock.run(0);
    expect(b.probed).toEqual([{ id: 'a', at: 0 }]);
    await b.clock.run(300_000);
    const gaps = b.probed.slice(1).map((probe, i) => probe.at - (b.probed[i]?.at ?? 0));
    expect(gaps.length).toBeGreaterThanOrEqual(9);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(27_000);
      expect(gap).toBeLessThanOrEqual(33_000);
    }
    expect(new Set(gaps.map(Math.round)).size).toBeGreaterThan(3);
  });

  test('many checks at start are spread over their interval', async () => {
    const b = bench();
    for (let i = 0; i < 60; i++) b.schedule.upsert(planOf(`s${i}`), healthy, { spread: true });
    await b.clock.run(3_000);
    expect(b.probed.length).toBeGreaterThan(0);
    expect(b.probed.length).toBeLessThan(20);
    await b.clock.run(27_000);
    expect(new Set(b.probed.map((probe) => probe.id)).size).toBe(60);
  });

  test('probes of one check never overlap, and a trip during one asks for another right after', async () => {
    const b = bench();
    b.latencyMs = 5_000;
    b.schedule.upsert(planOf('slow', { intervalMs: 1_000 }), healthy);
    await b.clock.run(100);
    b.schedule.trip('main', 'slow');
    await b.clock.run(4_950);
    expect(b.peak).toBe(1);
    expect(b.probed.map((probe) => probe.at)).toEqual([0, 5_000]);
  });

  test('no more than two probes of one host and twenty overall run together; the rest wait and are not lost', async () => {
    const b = bench();
    b.latencyMs = 1_000;
    for (let i = 0; i < 5; i++) b.schedule.upsert(planOf(`h${i}`, { target: 'http://one.test/x' }), healthy);
    for (let i = 0; i < 40; i++) b.schedule.upsert(planOf(`m${i}`), healthy);
    await b.clock.run(10);
    expect(b.running).toBe(20);
    expect(b.probed.filter((probe) => probe.id.startsWith('h')).length).toBeLessThanOrEqual(2);
    await b.clock.run(5_000);
    expect(b.peak).toBe(20);
    const firstOfHost = b.probed
      .filter((probe) => probe.id.startsWith('h'))
      .slice(0, 5)
      .map((probe) => probe.at);
    expect(Math.max(...firstOfHost)).toBeGreaterThanOrEqual(2_000);
    expect(new Set(b.probed.map((probe) => probe.id)).size).toBe(45);
  });

  test('[BO15] many that are asked for at once are looked at within the same limits, each once, and nobody waits', async () => {
    const b = bench();
    b.latencyMs = 1_000;
    for (let i = 0; i < 60; i++) b.schedule.upsert(planOf(`m${i}`, { intervalMs: 3_600_000 }), healthy);
    await b.clock.run(60_000);
    const before = b.probed.length;
    for (let i = 0; i < 60; i++) expect(b.schedule.wake('main', `m${i}`)).toBe(true);
    expect(b.schedule.wake('main', 'nosuch')).toBe(false);
    await b.clock.run(500);
    // One that is under way is not asked again.
    expect(b.schedule.wake('main', 'm0')).toBe(true);
    await b.clock.run(60_000);
    expect(b.peak).toBe(20);
    expect(b.probed.slice(before).map(({ id }) => id)).toHaveLength(60);
    expect(new Set(b.probed.slice(before).map(({ id }) => id)).size).toBe(60);
  });

  test('after a tripwire three looks fit into a second, and the burst ends with the first good one', async () => {
    const b = bench();
    b.schedule.upsert(planOf('mcp'), healthy);
    await b.clock.run(1_000);
    b.verdict = 'unhealthy';
    b.schedule.trip('main', 'mcp');
    await b.clock.run(1_000);
    expect(b.probed.slice(1).map((probe) => probe.at)).toEqual([1_000, 1_300, 1_800]);
    const planned = b.emitted[1]?.observation.nextAt ?? 0;
    expect(planned - (b.emitted[1]?.observation.at ?? 0)).toBe(300);

    b.verdict = 'healthy';
    b.belief = healthy;
    const before = b.probed.length;
    b.schedule.trip('main', 'mcp');
    await b.clock.run(1_000);
    expect(b.probed.length - before).toBe(1);
  });

  test('while a thing stays down the gap doubles up to two minutes, and a trip resets it', async () => {
    const b = bench();
    b.verdict = 'unhealthy';
    b.belief = { health: 'unhealthy', suspect: null };
    b.schedule.upsert(planOf('down'), b.belief);
    await b.clock.run(1_200_000);
    const gaps = b.probed.slice(1).map((probe, i) => probe.at - (b.probed[i]?.at ?? 0));
    expect(gaps[0]).toBeLessThan(34_000);
    expect(gaps[1]).toBeGreaterThan(50_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(132_000);
    const before = b.probed.length;
    b.schedule.trip('main', 'down');
    await b.clock.run(1_000);
    expect(b.probed.length - before).toBe(3);
  });

  test('a target that asks to be left alone is, within our bound', async () => {
    const b = bench();
    b.nextAt = b.clock.now() + 90_000;
    b.schedule.upsert(planOf('limited'), healthy);
    await b.clock.run(80_000);
    expect(b.probed.length).toBe(1);
    await b.clock.run(20_000);
    expect(b.probed.length).toBe(2);
  });

  test('a removed check is not probed again and its late result is dropped', async () => {
    const b = bench();
    b.latencyMs = 500;
    b.schedule.upsert(planOf('gone'), healthy);
    await b.clock.run(100);
    b.schedule.remove('main', 'gone');
    await b.clock.run(100_000);
    expect(b.emitted).toEqual([]);
    expect(b.probed.length).toBe(1);
    expect(b.schedule.counts).toEqual({ checks: 0, running: 0, waiting: 0 });
  });

  test('a changed check is probed at once with the new plan', async () => {
    const b = bench();
    b.schedule.upsert(planOf('a'), healthy);
    await b.clock.run(1_000);
    b.schedule.upsert(planOf('a', { intervalMs: 5_000 }), healthy);
    await b.clock.run(0);
    expect(b.probed.length).toBe(2);
    await b.clock.run(6_000);
    expect(b.probed.length).toBe(3);
  });

  test('a probe that throws is our fault: unknown, said once, and the next look comes', async () => {
    const b = bench();
    b.throws = true;
    b.schedule.upsert(planOf('bug'), healthy);
    await b.clock.run(0);
    expect(b.errors.length).toBe(1);
    expect(b.emitted[0]?.observation.verdict).toBe('unknown');
    b.throws = false;
    await b.clock.run(34_000);
    expect(b.emitted[1]?.observation.verdict).toBe('healthy');
  });
});

describe('refresh', () => {
  test('runs the probe now, answers with its result, and refuses a second within five seconds', async () => {
    const b = new Bench();
    b.schedule.upsert(planOf('a'), healthy);
    await b.clock.run(1_000);
    const first = await b.schedule.refresh('main', 'a');
    expect(first).toMatchObject({ ok: true, value: { observation: { verdict: 'healthy' } } });
    const second = await b.schedule.refresh('main', 'a');
    expect(second).toMatchObject({ ok: false, code: 'rate_limited', retryMs: 5_000 });
    await b.clock.run(5_000);
    expect((await b.schedule.refresh('main', 'a')).ok).toBe(true);
    await b.schedule.close();
  });

  test('joins a probe under way instead of starting another', async () => {
    const b = new Bench();
    b.latencyMs = 1_000;
    b.schedule.upsert(planOf('a'), healthy);
    await b.clock.run(10);
    const refreshed = b.schedule.refresh('main', 'a');
    await b.clock.run(1_000);
    expect((await refreshed).ok).toBe(true);
    expect(b.probed.length).toBe(1);
    await b.schedule.close();
  });

  test('of a check that is not there is refused', async () => {
    const b = new Bench();
    expect(await b.schedule.refresh('main', 'nobody')).toMatchObject({ ok: false, code: 'not_found' });
    await b.schedule.close();
  });
});

describe('delays as a table', () => {
  const plan = { intervalMs: 30_000, failAfter: 3, recoverAfter: 2, degradeAfter: 3 };
  const base = { plan, belief: healthy, final: false, bad: 0, backoffMsMax: 120_000, jitter: 0.5 };
  test.each([
    ['good stays good', { ...base, verdict: 'healthy' as const }, 30_000],
    ['first bad look: suspect', { ...base, verdict: 'unhealthy' as const }, 10_000],
    [
      'third bad look confirms',
      {
        ...base,
        verdict: 'unhealthy' as const,
        belief: { health: 'healthy' as const, suspect: { to: 'unhealthy' as const, n: 2, of: 3, since: 0 } },
      },
      30_000,
    ],
    ['a final bad look confirms', { ...base, verdict: 'unhealthy' as const, final: true }, 30_000],
    [
      'first good look of a down thing',
      { ...base, verdict: 'healthy' as const, belief: { health: 'unhealthy' as const, suspect: null } },
      10_000,
    ],
    ['unknown is not a suspicion', { ...base, verdict: 'unknown' as const }, 30_000],
    [
      'the first good look of a new thing',
      { ...base, verdict: 'healthy' as const, belief: { health: 'unknown' as const, suspect: null } },
      30_000,
    ],
    [
      'a one-second check is not slowed by suspicion',
      { ...base, plan: { ...plan, intervalMs: 1_000 }, verdict: 'unhealthy' as const },
      1_000,
    ],
    [
      'down for long',
      { ...base, verdict: 'unhealthy' as const, belief: { health: 'unhealthy' as const, suspect: null }, bad: 40 },
      120_000,
    ],
  ])('%s', (_, input, expected) => {
    expect(Math.round(nextDelayMs(input))).toBe(expected);
  });

  test('a burst never ends in nothing', () => {
    expect([-1, 0, 1, 2, 3, 99].map(burstDelayMs)).toEqual([300, 300, 500, 1_000, 2_000, 2_000]);
  });
});
