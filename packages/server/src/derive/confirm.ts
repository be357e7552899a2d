/**
 * Confirmation: one bad answer is a suspicion, `failAfter` in a row are a fact.
 *
 *   health \ verdict   healthy            degraded             unhealthy            unknown
 *   unknown            at once            degradeAfter         failAfter            -
 *   healthy            clears             degradeAfter         failAfter            -
 *   degraded           recoverAfter       clears               at once              -
 *   unhealthy          recoverAfter       recoverAfter         clears               -
 *
 * `-` neither counts nor clears. A target at the end of the scale (healthy, unhealthy) needs its observations in a
 * row; `degraded` in the middle is also reached by a mixed run (500, slow, 500, slow, ...), which would otherwise
 * never be believed. A `final` verdict is believed at once.
 */
import type { Health, Suspect } from '@statewire/model';
import type { Rules } from './rules.ts';

export interface Belief {
  readonly health: Health;
  readonly suspect: Suspect | null;
  /** When health moved: the first observation of the confirmed run. Null when it did not move. */
  readonly movedAt: number | null;
}

export interface Verdict {
  readonly verdict: Health;
  readonly at: number;
  readonly final: boolean;
  /** With several observers: whether this verdict is a round of its own (fusion.ts). Undefined: it always is. */
  readonly round?: boolean | undefined;
}

/** What is believed after one more verdict. */
export function confirm(health: Health, suspect: Suspect | null, said: Verdict, rules: Rules): Belief {
  const { verdict, at } = said;
  if (verdict === 'unknown') return { health, suspect, movedAt: null };
  if (verdict === health) return { health, suspect: null, movedAt: null };

  const isContinued = suspect !== null && isSameSide(health, suspect.to, verdict);
  const run = isContinued ? runOf(suspect) + 1 : 1;
  // Several observers say one thing in one round: it was counted when the first of them said it.
  if (isContinued && said.round === false && !said.final) return { health, suspect, movedAt: null };
  const runSince = isContinued ? runSinceOf(suspect) : at;
  const isPure = isContinued && suspect.to === verdict;
  // In the middle of the scale every observation of the run speaks for at least this much change.
  const n = verdict === 'degraded' ? run : isPure ? suspect.n + 1 : 1;
  const since = verdict === 'degraded' ? runSince : isPure ? suspect.since : at;

  const of = said.final ? 1 : needed(health, verdict, rules);
  if (n >= of) return { health: verdict, suspect: null, movedAt: since };
  const next: Suspect = { to: verdict, n, of, since, run, runSince };
  return { health, suspect: said.round === undefined ? next : { ...next, countedAt: at }, movedAt: null };
}

/** How many observations in a row move `health` to `to`. */
function needed(health: Health, to: Health, rules: Rules): number {
  if (health === 'unknown') return to === 'healthy' ? 1 : to === 'degraded' ? rules.degradeAfter : rules.failAfter;
  if (health === 'healthy') return to === 'degraded' ? rules.degradeAfter : rules.failAfter;
  // Worse inside bad: the doubt about whether something is wrong is over.
  if (health === 'degraded' && to === 'unhealthy') return 1;
  return rules.recoverAfter;
}

const BADNESS: Readonly<Record<Health, number>> = { healthy: 0, degraded: 1, unhealthy: 2, unknown: 0 };

/** Whether two verdicts lie on the same side of what is believed now. */
function isSameSide(health: Health, a: Health, b: Health): boolean {
  return Math.sign(BADNESS[a] - BADNESS[health]) === Math.sign(BADNESS[b] - BADNESS[health]);
}

// `run` and `runSince` travel as extra numbers of the suspect; a row written without them counts from what it has.
function runOf(suspect: Suspect): number {
  const run = suspect['run'];
  return typeof run === 'number' ? run : suspect.n;
}

function runSinceOf(suspect: Suspect): number {
  const since = suspect['runSince'];
  return typeof since === 'number' ? since : suspect.since;
}
