/**
 * Flap damping. Each confirmed transition adds 1 to a penalty that halves every half-life. Flapping starts at 5 and
 * ends below 2. While flapping the status shown is the worst one confirmed within the last half-life; the transition
 * log goes on recording what was really confirmed.
 *
 * While flapping the row's `flap` also holds `ends` (when the penalty will have fallen below 2 if all stays quiet),
 * `worst` (rank of the worst status) and `worstEnds` (when that leaves the half-life).
 */
import type { Flap, Status } from '@statewire/model';

const START = 5;
const END = 2;

/** Statuses that damping speaks about, best first. Unknown is never worse than degraded. */
const RANKED: readonly Status[] = ['up', 'unknown', 'degraded', 'down'];

/** Half-life of the penalty. */
function halfLifeMs(intervalMs: number): number {
  return Math.max(600_000, 10 * intervalMs);
}

export interface Damping {
  readonly flap: Flap;
  readonly flapping: boolean;
}

/** The penalty after one more transition. `counts` is false for people's acts: they are remembered, not punished. */
export function penalize(
  now: Damping,
  move: { readonly from: Status; readonly to: Status; readonly at: number; readonly counts: boolean },
  intervalMs: number,
): Damping {
  const half = halfLifeMs(intervalMs);
  const at = Math.max(move.at, now.flap.at);
  const score = round(now.flap.score * 2 ** (-(at - now.flap.at) / half) + (move.counts ? 1 : 0));
  const flapping = now.flapping ? score >= END : score >= START;
  if (!flapping) return { flap: { score, at }, flapping };
  // Rounded up: at `ends` the penalty is below the end, never a hair above it.
  const ends = Math.ceil(at + half * Math.log2(score / END)) + 1;
  const moved = Math.max(rankOf(move.from), rankOf(move.to));
  const worst = now.flapping ? (now.flap['worst'] ?? 0) : 0;
  if (moved >= worst) return { flap: { score, at, ends, worst: moved, worstEnds: at + half }, flapping };
  return { flap: { score, at, ends, worst, worstEnds: now.flap['worstEnds'] ?? at + half }, flapping };
}

/** The penalty when nothing happened: flapping ends, and the worst status leaves the half-life, at their time. */
export function calm(now: Damping, at: number): Damping {
  if (!now.flapping) return now;
  const { ends, worst, worstEnds, score } = withDamping(now.flap);
  // The penalty is stated for `flap.at`; only the mark goes, the decay goes on from there.
  if (at >= ends) return { flap: { score, at: now.flap.at }, flapping: false };
  if (worst > 0 && at >= worstEnds) return { flap: { score, at: now.flap.at, ends, worst: 0 }, flapping: true };
  return now;
}

/** The status to show while flapping: the worst of now and the half-life. Words outside the scale are left alone. */
export function pin(measured: Status, now: Damping): Status {
  if (!now.flapping || !RANKED.includes(measured)) return measured;
  return RANKED[Math.max(rankOf(measured), now.flap['worst'] ?? 0)] ?? measured;
}

function rankOf(status: Status): number {
  return Math.max(RANKED.indexOf(status), 0);
}

function withDamping(flap: Flap): { score: number; ends: number; worst: number; worstEnds: number } {
  return {
    score: flap.score,
    ends: flap['ends'] ?? flap.at,
    worst: flap['worst'] ?? 0,
    worstEnds: flap['worstEnds'] ?? Infinity,
  };
}

function round(score: number): number {
  return Math.round(score * 1000) / 1000;
}
