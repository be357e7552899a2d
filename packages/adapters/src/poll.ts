import type { RunReport } from '@statewire/client';
import type { Adapter, RunName } from './adapter.ts';
import { repeat, within } from './repeat.ts';
import { isEnd, type RunReporter } from './reporter.ts';

/** A run that is asked after until it has ended. */
export interface Polled {
  /** What the source says of it now; null: it knows of no such run. An error: nobody can be asked now. */
  readonly ask: () => Promise<RunReport | null>;
  readonly everyMs: number;
  /** The source did or did not answer. */
  readonly answered?: ((error: unknown) => void) | undefined;
}

/**
 * Asks after one run until it has ended. A source that does not answer is asked again and again, and the run stays what it was; one
 * that knows nothing of the run any more has lost it.
 */
export function poll(reporter: RunReporter, name: RunName, { ask, everyMs, answered }: Polled): Adapter {
  let isClosed = false;
  const rounds = repeat(reporter.env, Math.min(Math.max(everyMs, EVERY_MS_MIN), EVERY_MS_MAX), async () => {
    let report: RunReport | null;
    try {
      report = await within(reporter.env, ANSWER_MS, ask());
      answered?.(null);
    } catch (error) {
      answered?.(error);
      return;
    }
    if (isClosed) return;
    reporter.report(name, report ?? LOST);
    if (report === null || isEnd(report)) rounds.stop();
  });
  return {
    close() {
      isClosed = true;
      rounds.stop();
      reporter.release(name);
    },
  };
}

const LOST: RunReport = {
  state: 'lost',
  reason: { code: 'unknown', text: 'Its source knows nothing of it any more.' },
};
const EVERY_MS_MIN = 100;
const EVERY_MS_MAX = 60_000;
const ANSWER_MS = 10_000;
