/** Properties of the two engines over any sequence of observations. fast-check prints the seed of a failure. */
import { TERMINAL_RUN_STATES, type Health, type RunRow, type RunState, type StatusRow } from '@statewire/model';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Observation } from '../collect/observation.ts';
import { beat, command, probe, report, RULES, runRow, serviceRow, T0 } from './examples.ts';
import { pin } from './flap.ts';
import { nextDeadline } from './freshness.ts';
import type { Rules } from './rules.ts';
import { isTerminal, lapseRun, nextRunDeadline, stepRun, type RunReport } from './run.ts';
import { step } from './step.ts';
import { word } from './word.ts';

const health = fc.constantFrom<Health>('healthy', 'degraded', 'unhealthy', 'unknown');
const waitMs = fc.oneof(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 0, max: 900_000 }));

type Move = { readonly waitMs: number; readonly make: (at: number) => Observation };

const move: fc.Arbitrary<Move> = fc.record({
  waitMs,
  make: fc.oneof(
    fc.record({ verdict: health, final: fc.boolean(), latencyMs: fc.option(fc.integer({ min: 0, max: 3_000 })) }).map(
      (p) =>
        (at: number): Observation =>
          probe(at, p.verdict, p),
    ),
    fc
      .record({
        signal: fc.constantFrom('ok', 'fail', 'start', 'log'),
        periodMs: fc.constantFrom(0, 10_000, 60_000),
      } as const)
      .map(
        (b) =>
          (at: number): Observation =>
            beat(at, b.signal, { periodMs: b.periodMs }),
      ),
    fc
      .record({
        health: fc.option(health),
        seq: fc.option(fc.integer({ min: 0, max: 30 })),
        back: fc.integer({ min: 0, max: 5_000 }),
        periodMs: fc.option(fc.constant(20_000)),
      })
      .map(
        (r) =>
          (at: number): Observation =>
            report(at, r.health, { seq: r.seq, observedAt: at - r.back, periodMs: r.periodMs }),
      ),
    fc.constant((at: number): Observation => ({ kind: 'gone', at, graceMs: 10_000 })),
    fc.constant((at: number): Observation => ({ kind: 'boot', at })),
    fc.option(fc.constant('m1')).map((maintenance) => (at: number): Observation => ({
      kind: 'overlay',
      at,
      by: 'fuzz',
      set: { maintenance },
    })),
    health.map((verdict) => (at: number): Observation => ({
      kind: 'members',
      at,
      verdict,
      reason: { code: verdict, text: verdict },
      facts: {},
    })),
    fc.option(fc.integer({ min: 1, max: 90_000 })).map(
      (ms) =>
        (at: number): Observation =>
          command(at, { do: 'mute', until: ms === null ? null : at + ms, reason: '' }),
    ),
    fc.constantFrom('active', 'paused', 'retired').map(
      (desired) =>
        (at: number): Observation =>
          command(at, { do: 'desire', desired }),
    ),
    fc.constantFrom('up', 'down').map(
      (status) =>
        (at: number): Observation =>
          command(at, { do: 'override', status, until: at + 60_000, reason: '' }),
    ),
    fc.constant((at: number): Observation => command(at, { do: 'clear-override' })),
    fc.integer({ min: -5_000, max: 5_000 }).map((off) => (at: number): Observation => ({
      kind: 'deadline',
      deadline: at + off,
    })),
  ),
});

const rules: fc.Arbitrary<Rules> = fc.record({
  intervalMs: fc.constantFrom(1_000, 30_000),
  failAfter: fc.integer({ min: 1, max: 5 }),
  recoverAfter: fc.integer({ min: 1, max: 4 }),
  degradeAfter: fc.integer({ min: 1, max: 5 }),
  degradedMs: fc.option(fc.constant(1_000)),
  window: fc.option(fc.constantFrom({ size: 5, bad: 3 }, { size: 3, bad: 1 })),
  cron: fc.constant(null),
  onExpiry: fc.constantFrom('down', 'unknown'),
  graceMs: fc.constantFrom(15_000, 60_000),
  alivePhase: fc.constant(null),
  gonePhase: fc.constant(null),
});

/** Runs moves the way the server does: deadlines that come first fire first. */
function play(
  moves: readonly Move[],
  given: Rules,
  check: (before: StatusRow, at: number, s: ReturnType<typeof step>) => void,
): StatusRow {
  let row = serviceRow();
  let at = T0;
  const apply = (o: Observation, now: number): void => {
    const before = row;
    const s = step(before, o, now, given);
    check(before, now, s);
    row = s.row;
  };
  for (const { waitMs: wait, make } of moves) {
    at += wait;
    for (let due = nextDeadline(row); due !== null && due <= at; due = nextDeadline(row)) {
      const now = Math.max(due, at - wait);
      apply({ kind: 'deadline', deadline: due }, now);
      // A deadline that was handed back must not be the next one again, or the heap would spin.
      expect(nextDeadline(row)).not.toBe(due);
    }
    apply(make(at), at);
  }
  return row;
}

test('[DE14] status equals the table, transitions chain, nothing lies in the future, suspicions stay below their number', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), rules, (moves, given) => {
      let last = 'pending';
      let lastAt = 0;
      play(moves, given, (before, now, s) => {
        const { row } = s;
        expect(row.status).toBe(pin(word(row, given), { flap: row.flap, flapping: row.overlay.flapping }));
        for (const t of s.transitions) {
          expect(t.from).toBe(last);
          expect(t.to).not.toBe(t.from);
          expect(t.at).toBeGreaterThanOrEqual(lastAt);
          expect(t.at).toBeLessThanOrEqual(now);
          last = t.to;
          lastAt = t.at;
        }
        expect(word(row, given)).toBe(last);
        expect(row.since).toBeLessThanOrEqual(now);
        expect(row.since).toBeGreaterThanOrEqual(before.since);
        if (row.suspect !== null) expect(row.suspect.n).toBeLessThan(row.suspect.of);
        if (row.suspect !== null) expect(row.suspect.to).not.toBe(row.health);
        expect(row.recent.bar).toHaveLength(row.recent.ms.length);
        expect(row.recent.bar.length).toBeLessThanOrEqual(40);
        if (row.status === 'paused' && row.override === null && row.mutedUntil === null)
          expect(nextDeadline(row)).toBeNull();
      });
    }),
    { numRuns: 600 },
  );
});

test('[DE14] the same observations give the same row, and no step changes its input', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), rules, (moves, given) => {
      const first = play(moves, given, (before, _now, s) => {
        deepFreeze(before);
        deepFreeze(s.row);
      });
      expect(play(moves, given, () => {})).toEqual(first);
      expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    }),
    { numRuns: 200 },
  );
});

test('[DE8] a restart at any moment changes neither word, belief nor suspicion', () => {
  fc.assert(
    fc.property(
      fc.array(move, { maxLength: 40 }),
      rules,
      fc.integer({ min: 0, max: 5_000_000 }),
      (moves, given, gap) => {
        const row = play(moves, given, () => {});
        const at = T0 + 60 * 900_000 + gap;
        const s = step(row, { kind: 'boot', at }, at, given);
        expect(s.transitions).toEqual([]);
        expect(s.row).toMatchObject({ status: row.status, health: row.health, suspect: row.suspect, since: row.since });
        if (s.row.fresh !== 'expired' && s.row.expiresAt !== null && s.row.desired === 'active') {
          expect(s.row.expiresAt).toBeGreaterThanOrEqual(Math.min(at + given.graceMs, s.row.expiresAt));
          expect(s.row.expiresAt).toBeGreaterThan(at);
        }
      },
    ),
    { numRuns: 200 },
  );
});

const STATES: readonly RunState[] = [
  'queued',
  'delayed',
  'running',
  'waiting_input',
  'waiting_dependency',
  'paused',
  ...TERMINAL_RUN_STATES,
];

const runMove: fc.Arbitrary<{ readonly waitMs: number; readonly report: Partial<RunReport> }> = fc.record({
  waitMs,
  report: fc.record(
    {
      state: fc.constantFrom(...STATES),
      attempt: fc.integer({ min: 1, max: 4 }),
      seq: fc.integer({ min: 0, max: 40 }),
      done: fc.nat(200),
      total: fc.option(fc.nat(150)),
      leaseMs: fc.nat(100_000),
      cancelRequested: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
});

test('[DE15] no sequence of reports changes a terminal run, moves done back or breaks the chain', () => {
  fc.assert(
    fc.property(fc.array(runMove, { maxLength: 50 }), (moves) => {
      let row: RunRow = runRow();
      let at = T0;
      let last: string = 'queued';
      const see = (
        before: RunRow,
        after: RunRow,
        transitions: readonly { from: string; to: string; at: number }[],
        now: number,
      ): void => {
        for (const t of transitions) {
          expect(t.from).toBe(last);
          expect(t.at).toBeLessThanOrEqual(now);
          last = t.to;
        }
        expect(after.state).toBe(last);
        expect(after.attempt).toBeGreaterThanOrEqual(before.attempt);
        if (after.attempt === before.attempt) {
          if (isTerminal(before.state)) expect(after).toBe(before);
          expect(after.progress.done).toBeGreaterThanOrEqual(before.progress.done);
        }
        expect(isTerminal(after.state)).toBe(after.endedAt !== null);
        if (isTerminal(after.state)) expect(nextRunDeadline(after)).toBeNull();
        row = after;
      };
      for (const { waitMs: wait, report: said } of moves) {
        at += wait;
        const due = nextRunDeadline(row);
        if (due !== null && due <= at) {
          const lapsed = lapseRun(row, due, at);
          see(row, lapsed.row, lapsed.transitions, at);
          expect(row.state).toBe('lost');
        }
        const stepped = stepRun(row, { at, seq: null, sourceId: 'w', ...said }, at);
        if (stepped.ok) see(row, stepped.value.row, stepped.value.transitions, at);
      }
    }),
    { numRuns: 600 },
  );
});

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}

test('[DE2] with the default rules a single bad answer between good ones never shows', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(1, 2), { maxLength: 40 }), (runs) => {
      const moves: Move[] = [{ waitMs: 0, make: (at) => probe(at, 'healthy') }];
      for (const bad of runs) {
        for (let i = 0; i < bad; i++) moves.push({ waitMs: 10_000, make: (at) => probe(at, 'unhealthy') });
        moves.push({ waitMs: 10_000, make: (at) => probe(at, 'healthy') });
      }
      const row = play(moves, RULES, (_before, _now, s) => expect(s.row.status).toBe('up'));
      expect(row.flaps).toBe(1);
    }),
    { numRuns: 50 },
  );
});
