import type { ExecutionReport, JobReport, RunRow } from '@statewire/model';
import { Collection } from '../collection.ts';
import type { Bodies, CollectionSource } from '../core-collection.ts';
import type { Reporting } from './reporting.ts';
import { Run } from './run.ts';

/** What a run is called and how far it has to go. */
export type RunStart<R> = R & {
  /** Absent: a new one. Give it to go on with a run after a restart. */
  readonly id?: string | undefined;
  readonly title: string;
};

/** Executions or jobs. `start` reports one from this program. */
export class Runs<
  T extends RunRow,
  B extends Bodies & { readonly report: ExecutionReport | JobReport },
> extends Collection<T, B> {
  readonly #reporting: Reporting;

  constructor(source: CollectionSource, name: string, reporting: Reporting) {
    super(source, name);
    this.#reporting = reporting;
  }

  /**
   * Starts a run and reports it as running. Resolves when the server has it, or after a second without an answer:
   * work must never wait for the board that shows it.
   */
  async start(fields: RunStart<B['report']>): Promise<Run> {
    const { env } = this.#reporting;
    const { id = env.uniqueId(), ...rest } = fields;
    const run = new Run({ env, send: (report) => this.report(id, report) }, id, rest);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = env.after(START_MS_MAX, resolve);
    await Promise.race([run.started, promise]);
    timer.cancel();
    return run;
  }
}

const START_MS_MAX = 1_000;
