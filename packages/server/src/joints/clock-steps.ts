import { collectionOf, type Alert, type Delivery, type RunRow, type StatusRow } from '@statewire/model';
import { ok, type Result } from '@statewire/protocol';
import { isLive } from '../derive/alerts/alert.ts';
import { alertAfterClockStep, deliveryAfterClockStep, isWaiting, runAfterClockStep } from '../derive/clock-step.ts';
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
  /** What waits in memory moves along; called in the very moment the new time is told. */
  readonly onAdopt?: ((movedMs: number) => void) | undefined;
  /** Told when this process stood still, in milliseconds. */
  readonly onPause?: ((ms: number) => void) | undefined;
  /** Told once a step was taken over, in milliseconds; for the log. */
  readonly onStep: (movedMs: number) => void;
  readonly onError: (error: unknown, what: string) => void;
}

const COLLECTIONS = ['services', 'agents', 'connections', 'executions', 'jobs', 'alerts', 'deliveries'] as const;

/**
 * Takes over a step of the machine's clock (an hour forward or back, a machine that slept, a process that stood still): the
 * new time, and every wait moved by as much; what was not heard while we stood still is nobody's silence. All of it is queued in one go behind what was written in the old time, and before everything
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
    if (this.#timer === null) this.#deps.clock.tick();
    this.#timer = this.#deps.clock.after(this.#deps.limits.clockLookMs, () => {
      this.look();
      this.start();
    });
  }

  /** Compares the clocks now. Small differences are how clocks run, and are taken over at once. */
  look(): void {
    const { clock, limits, onPause } = this.#deps;
    const lostMs = clock.tick();
    if (lostMs > 0) onPause?.(Math.round(lostMs));
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
    this.#deps.clock.rest();
  }

  async #takeOver(): Promise<void> {
    const { clock, live, commit, onAdopt, onError, onStep } = this.#deps;
    const orgs = [...live.orgs()];
    let movedMs = 0;
    let isAdopted = false;
    const adopt = (): Result<null> => {
      if (!isAdopted) {
        movedMs = Math.round(clock.adopt());
        isAdopted = true;
        onAdopt?.(movedMs);
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
      if (collection === 'alerts') {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `alerts` are Alert.
        const alert = row as Alert;
        if (isLive(alert)) draft.put(collection, alert.id, alertAfterClockStep(alert, deltaMs));
        continue;
      }
      if (collection === 'deliveries') {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `deliveries` are Delivery.
        const delivery = row as Delivery;
        if (delivery.nextAt !== null) draft.put(collection, delivery.id, deliveryAfterClockStep(delivery, deltaMs));
        continue;
      }
      if (isRun) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of a collection of kind run are RunRow.
        const run = row as RunRow;
        if (run.leaseUntil !== null) draft.put(collection, run.id, runAfterClockStep(run, deltaMs));
        continue;
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: all others are status-bearing.
      if (!isWaiting(row as StatusRow, draft.now)) continue;
      observeIn(this.#deps, draft, { collection, id: row.id, observation: { kind: 'clock', at: draft.now, deltaMs } });
    }
  }
}
