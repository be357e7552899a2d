import { collectionOf, type RunRow, type StatusRow } from '@statewire/model';
import { ok, type Result } from '@statewire/protocol';
import { isWaiting, runAfterClockStep } from '../derive/clock-step.ts';
import type { Commit, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import { observeIn, type ObserveDeps } from '../keep/observe.ts';
import type { Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { SteadyClock } from '../lib/steady-clock.ts';

export interface ClockStepsDeps {
  readonly clock: SteadyClock;
  readonly live: Pick<Live, 'orgs'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly rulesOf: ObserveDeps['rulesOf'];
  readonly limits: Pick<Limits, 'clockLookMs' | 'clockStepMsMin'>;
  /** Told once a step was taken over, in milliseconds; for the log. */
  readonly onStep: (movedMs: number) => void;
  readonly onError: (error: unknown, what: string) => void;
}

const COLLECTIONS = ['services', 'agents', 'connections', 'executions', 'jobs'] as const;

/**
 * Takes over a step of the machine's clock (an hour forward or back, a machine that slept): the new time, and every
 * wait moved by as much. All of it is queued in one go behind what was written in the old time, and before everything
 * that will be written in the new one: no record sees its deadlines compared with the wrong clock.
 */
export class ClockSteps {
  readonly #deps: ClockStepsDeps;
  #timer: Timer | null = null;
  #work: Promise<void> | null = null;
  #isOpen = true;

  constructor(deps: ClockStepsDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (!this.#isOpen) return;
    this.#timer = this.#deps.clock.after(this.#deps.limits.clockLookMs, () => {
      this.look();
      this.start();
    });
  }

  /** Compares the clocks now. Small differences are how clocks run, and are taken over at once. */
  look(): void {
    const { clock, limits } = this.#deps;
    if (this.#work !== null) return;
    if (Math.abs(clock.aheadMs) < limits.clockStepMsMin) {
      clock.adopt();
      return;
    }
    this.#work = this.#takeOver().finally(() => {
      this.#work = null;
    });
  }

  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #takeOver(): Promise<void> {
    const { clock, live, commit, onError, onStep } = this.#deps;
    const orgs = [...live.orgs()];
    let movedMs = 0;
    let isAdopted = false;
    const adopt = (): Result<null> => {
      if (!isAdopted) {
        movedMs = Math.round(clock.adopt());
        isAdopted = true;
      }
      return ok(null);
    };
    // The first transaction writes nothing: those behind it are the first that are told the new time.
    const written = [commit.write(orgs[0] ?? 'main', 'clock', adopt)];
    for (const org of orgs) {
      for (const collection of COLLECTIONS) {
        written.push(
          commit.write(org, 'clock', (draft) => {
            // Nothing is moved for a step that was not taken over.
            if (isAdopted) this.#move(draft, collection, movedMs);
            return ok(null);
          }),
        );
      }
    }
    const failed = (await Promise.all(written)).find((result) => !result.ok);
    if (isAdopted) onStep(movedMs);
    if (failed !== undefined && !failed.ok)
      onError(new Error(failed.message), 'a step of the clock could not be taken over by all records');
  }

  #move(draft: Draft, collection: string, deltaMs: number): void {
    const isRun = collectionOf(collection)?.kind === 'run';
    for (const row of Array.from(draft.all(collection))) {
      if (isRun) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of a collection of kind run are RunRow.
        const run = row as RunRow;
        if (run.leaseUntil !== null) draft.put(collection, run.id, runAfterClockStep(run, deltaMs));
        continue;
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: all others are status-bearing.
      if (!isWaiting(row as StatusRow)) continue;
      observeIn(this.#deps, draft, { collection, id: row.id, observation: { kind: 'clock', at: draft.now, deltaMs } });
    }
  }
}
