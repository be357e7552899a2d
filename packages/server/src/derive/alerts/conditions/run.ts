import type { RunRow } from '@statewire/model';
import { fails, holds, type Asked, type ConditionOf, type Finding } from '../finding.ts';

/** How long an ended run stays worth an alert: a failed night job is yesterday's news after a day. */
const ENDED_MS_MAX = 86_400_000;

/** A run ended badly, or does not move. A retry is a new attempt and ends it. */
export function runIs(when: ConditionOf<'run'>, { row, now }: Asked): Finding {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the condition is about executions and jobs.
  const run = row as RunRow;
  const evidence = { state: run.state, attempt: run.attempt, done: run.progress.done, total: run.progress.total };
  const { state } = run;
  if (state === 'lost' || state === 'failed' || state === 'timed_out') {
    if (!when.is.includes(state)) return fails(`It is ${state}.`, evidence);
    const endedAt = run.endedAt ?? now;
    if (now - endedAt >= ENDED_MS_MAX) return fails('It ended more than a day ago.', evidence);
    return holds(run.reason.text === '' ? `The run is ${state}.` : run.reason.text, evidence, endedAt);
  }
  if (state === 'running' && when.is.includes('stalled')) {
    const movedAt = run.movedAt ?? run.startedAt ?? run.createdAt;
    // By what the run says itself: in a gap of ours it may have moved without our hearing of it.
    const heardMs = (run.observedAt ?? movedAt) - movedAt;
    if (heardMs >= when.stalledMs) {
      return holds(
        `No progress for ${Math.floor(heardMs / 60_000)} min, although it reports.`,
        { ...evidence, movedAt, stalledMs: when.stalledMs },
        movedAt + when.stalledMs,
      );
    }
  }
  return fails(`It is ${state}.`, evidence);
}
