import type { MetricReport } from '@statewire/model';
import type { Env, Timer } from '../env.ts';
import type { CommandResult } from '../errors.ts';

/** Least time between two reports of one metric, ms: what happens meanwhile is merged. */
const REPORT_MS = 1_000;

/** What a metric is called and measured in. */
export type MetricWords = Omit<MetricReport, 'increment' | 'set'>;

export interface MetricDeps {
  readonly env: Pick<Env, 'after'>;
  readonly send: (report: MetricReport) => Promise<CommandResult>;
}

/**
 * One metric as its reporter sees it. What is said within a second is one report: the newest `set` and the sum of the
 * increments since. Nothing is awaited: work never waits for the board that shows it.
 */
export class MetricReporter {
  readonly id: string;
  readonly #deps: MetricDeps;
  #pending: MetricReport | null = null;
  #timer: Timer | null = null;
  #sending: Promise<CommandResult> | null = null;
  #error: CommandResult | null = null;

  constructor(deps: MetricDeps, id: string) {
    this.#deps = deps;
    this.id = id;
  }

  /** The newest report that the server refused, or null. Reporting goes on regardless. */
  get error(): CommandResult | null {
    return this.#error;
  }

  /** What it is now. */
  set(value: number, words: MetricWords = {}): void {
    // What was added before is part of a value that was looked at after.
    this.#put({ ...this.#pending, ...words, set: value, increment: undefined });
  }

  /** What it grew by. */
  increment(by: number = 1, words: MetricWords = {}): void {
    this.#put({ ...this.#pending, ...words, increment: (this.#pending?.increment ?? 0) + by });
  }

  /** Sends what waits now; resolves with the server's answer, or null when nothing waited. */
  async flush(): Promise<CommandResult | null> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#sending;
    const report = this.#pending;
    if (report === null) return null;
    this.#pending = null;
    const sending = this.#deps.send(report);
    this.#sending = sending;
    const result = await sending;
    this.#sending = null;
    this.#error = result.ok ? null : result;
    return result;
  }

  #put(report: MetricReport): void {
    this.#pending = report;
    this.#timer ??= this.#deps.env.after(REPORT_MS, () => {
      this.#timer = null;
      void this.flush();
    });
  }
}
