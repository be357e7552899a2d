/** What a person is told over any sequence of observations: bounded by damping, and the same whether we restart or not. */
import type { Health, StatusRow } from '@statewire/model';
import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import type { Observation } from '../collect/observation.ts';
import { command, probe, report, RULES, serviceRow, T0 } from './examples.ts';
import { nextDeadline } from './freshness.ts';
import type { Rules } from './rules.ts';
import { step } from './step.ts';

const S = 1_000;
const HALF_LIFE = 600 * S;
/** The bound of DE28: changes of what is shown within one half-life. */
const NOTICES_MAX = 10;

interface Played {
  readonly row: StatusRow;
  readonly transitions: readonly string[];
  /** When what is shown changed: its status, or the mark of flapping. */
  readonly notices: readonly number[];
}

/** Plays observations; deadlines that come first fire first. `boot` starts anew from the stored text after so many. */
function play(observations: readonly (Observation & { readonly at: number })[], rules: Rules, bootAfter = -1): Played {
  let row: StatusRow = serviceRow();
  const transitions: string[] = [];
  const notices: number[] = [];
  const apply = (o: Observation, now: number): void => {
    const next = step(row, o, now, rules);
    if (next.row.status !== row.status || next.row.overlay.flapping !== row.overlay.flapping) notices.push(now);
    for (const { from, to, at, code } of next.transitions) transitions.push(`${from}>${to}@${at} ${code}`);
    row = next.row;
  };
  for (const [i, o] of observations.entries()) {
    for (let due = nextDeadline(row); due !== null && due <= o.at; due = nextDeadline(row)) {
      apply({ kind: 'deadline', deadline: due }, due);
    }
    apply(o, o.at);
    if (i === bootAfter) {
      row = JSON.parse(JSON.stringify(row));
      apply({ kind: 'boot', at: o.at }, o.at);
    }
  }
  return { row, transitions, notices };
}

const ONCE: Rules = { ...RULES, failAfter: 1, recoverAfter: 1, degradeAfter: 1 };

test('[DE28] whatever a record does, one half-life holds at most ten changes of what is shown', () => {
  const flip = record({
    gap: integer({ min: 1, max: 400 }),
    to: constantFrom<Health>('healthy', 'degraded', 'unhealthy'),
  });
  assert(
    property(array(flip, { minLength: 20, maxLength: 200 }), (flips) => {
      let at = T0;
      const all = flips.map(({ gap, to }) => {
        at += gap * S;
        // The next look is far away: silence is not what this is about.
        return probe(at, to, { nextAt: at + 10_000 * S });
      });
      const { notices } = play(all, ONCE);
      for (const [i, first] of notices.entries()) {
        const inside = notices.slice(i).filter((time) => time < first + HALF_LIFE);
        expect(inside.length).toBeLessThanOrEqual(NOTICES_MAX);
      }
    }),
    { numRuns: 400 },
  );
});

test.each([1, 5, 20, 60, 90])(
  '[DE28] flipping every %i s for two hours is a few changes, a mark, and silence',
  (gap) => {
    const flips = Array.from({ length: (7_200 / gap) | 0 }, (_, i) =>
      probe(T0 + i * gap * S, i % 2 === 0 ? 'healthy' : 'unhealthy', { nextAt: T0 + 1e9 }),
    );
    const { row, notices, transitions } = play(flips, ONCE);
    expect(transitions.length).toBe(flips.length);
    expect(notices.length).toBeLessThanOrEqual(NOTICES_MAX);
    expect(row).toMatchObject({ status: 'down', overlay: { flapping: true } });
  },
);

const move = record({
  wait: integer({ min: 5, max: 25 }),
  probed: constantFrom<Health>('healthy', 'degraded', 'unhealthy'),
  reported: constantFrom<Health>('healthy', 'degraded', 'unhealthy', 'unknown'),
  act: constantFrom('none', 'none', 'none', 'none', 'override', 'mute', 'pause', 'resume', 'maintenance', 'end'),
});

test('[DE29] a restart at any instant changes no outcome', () => {
  assert(
    property(
      array(move, { minLength: 1, maxLength: 40 }),
      integer({ min: 0, max: 160 }),
      constantFrom('alone', 'two', 'window'),
      (moves, boot, world) => {
        const rules: Rules = world === 'window' ? { ...RULES, window: { size: 5, bad: 3 } } : RULES;
        let at = T0;
        const all = moves.flatMap(({ wait, probed, reported, act }) => {
          at += wait * S;
          const said: (Observation & { readonly at: number })[] = [probe(at, probed)];
          if (world === 'two') said.push(report(at + S, reported, { sourceId: 'eu', periodMs: 60 * S }));
          const now = at + 2 * S;
          if (act === 'override')
            said.push(command(now, { do: 'override', status: 'up', until: now + 40 * S, reason: '' }));
          if (act === 'mute') said.push(command(now, { do: 'mute', until: now + 40 * S, reason: '' }));
          if (act === 'pause') said.push(command(now, { do: 'desire', desired: 'paused' }));
          if (act === 'resume') said.push(command(now, { do: 'desire', desired: 'active' }));
          if (act === 'maintenance') said.push({ kind: 'overlay', at: now, by: 'test', set: { maintenance: 'm1' } });
          if (act === 'end') said.push({ kind: 'overlay', at: now, by: 'test', set: { maintenance: null } });
          return said;
        });
        const plain = play(all, rules);
        const restarted = play(all, rules, boot % all.length);
        expect(restarted.transitions).toEqual(plain.transitions);
        expect(restarted.notices).toEqual(plain.notices);
        // Only how long is waited for the next sign of life may be longer by our own start (DE8, DE25).
        const { dueAt: _d1, expiresAt: _e1, observers: _o1, ...kept } = restarted.row;
        const { dueAt: _d2, expiresAt: _e2, observers: _o2, ...expected } = plain.row;
        expect(kept).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});
