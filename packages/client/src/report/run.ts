import type { ExecutionReport, JobReport } from '@statewire/model';
import { backoffMs } from '../connect/backoff.ts';
import type { Env, Timer } from '../env.ts';
import { localFailure, type CommandResult } from '../errors.ts';

/** Least time between two reports of one run, ms: what happens meanwhile is merged. */
const REPORT_MS = 100;

/** Tries of the last report when the server is too busy to take it. */
const LAST_REPORT_TRIES = 10;

const LEASE_MS = 60_000;

/** Fields of a report on a run. */
export type RunReport = ExecutionReport & JobReport;

export interface RunDeps {
  readonly env: Pick<Env, 'after' | 'now' | 'random'>;
  readonly send: (report: RunReport) => Promise<CommandResult>;
}

/**
 * One run as its reporter sees it. Progress is merged to at most ten reports a second, the newest winning; nothing
 * is reported after the end; while it is open the lease is renewed, so that a crash shows as `lost`.
 */
export class Run {
  readonly id: string;
  /** The server's answer to the first report. */
  readonly started: Promise<CommandResult>;
  readonly #deps: RunDeps;
  readonly #leaseMs: number;
  #seq = 0;
  #pending: RunReport | null = null;
  #isSending = false;
  #sentAt = 0;
  #timer: Timer | null = null;
  #lease: Timer | null = null;
  #end: Promise<CommandResult> | null = null;
  #error: CommandResult | null = null;

  constructor(deps: RunDeps, id: string, first: RunReport) {
    this.id = id;
    this.#deps = deps;
    this.#leaseMs = first.leaseMs ?? LEASE_MS;
    this.started = this.#send({ state: 'running', leaseMs: this.#leaseMs, ...first });
    this.#renewLease();
  }

  /** Is it over? */
  get isOver(): boolean {
    return this.#end !== null;
  }

  /** The newest report that the server refused, or null. Reporting goes on regardless. */
  get error(): CommandResult | null {
    return this.#error;
  }

  /** How far it is, in the unit of `total`. */
  progress(done: number, message?: string): void {
    this.#put(message === undefined ? { done } : { done, message });
  }

  /** Says that the end is elsewhere than was thought. */
  total(total: number | null): void {
    this.#put({ total });
  }

  stage(stage: string): void {
    this.#put({ stage });
  }

  message(message: string): void {
    this.#put({ message });
  }

  /** It cannot go on until a person answers, or something else is done. */
  wait(on: 'input' | 'dependency', message?: string): void {
    const state = on === 'input' ? 'waiting_input' : 'waiting_dependency';
    this.#put(message === undefined ? { state } : { state, message });
  }

  resume(): void {
    this.#put({ state: 'running' });
  }

  /** Any other fields of a report: steps, labels, ... */
  report(fields: RunReport): void {
    this.#put(fields);
  }

  succeed(message?: string): Promise<CommandResult> {
    return this.#finish(message === undefined ? { state: 'succeeded' } : { state: 'succeeded', message });
  }

  /** It failed. An error's message is shown to people: no secrets in it. */
  fail(error: unknown): Promise<CommandResult> {
    const text = (error instanceof Error ? error.message : String(error)).slice(0, 500);
    return this.#finish({ state: 'failed', reason: { code: 'error', text } });
  }

  cancel(text = 'canceled'): Promise<CommandResult> {
    return this.#finish({ state: 'canceled', reason: { code: 'canceled', text } });
  }

  #put(fields: RunReport): void {
    if (this.#end !== null) return;
    this.#pending = merged(this.#pending, fields);
    this.#schedule(REPORT_MS);
  }

  #schedule(gapMs: number): void {
    if (this.#isSending || this.#timer !== null || this.#pending === null || this.#end !== null) return;
    const waitMs = this.#sentAt + gapMs - this.#deps.env.now();
    // A wall clock set back must not hold reports up.
    if (waitMs <= 0 || waitMs > gapMs) this.#flush();
    else this.#timer = this.#deps.env.after(waitMs, () => this.#flush());
  }

  #flush(): void {
    this.#timer = null;
    const report = this.#pending;
    if (report === null || this.#end !== null) return;
    this.#pending = null;
    void this.#send(report);
  }

  async #send(report: RunReport): Promise<CommandResult> {
    this.#isSending = true;
    this.#sentAt = this.#deps.env.now();
    const result = await this.#deps.send(this.#stamped(report));
    this.#isSending = false;
    this.#error = result.ok ? null : result;
    if (isBusy(result)) {
      // Newer values win over the ones that come back.
      this.#pending = merged(report, this.#pending);
      this.#schedule(RETRY_MS);
    } else {
      this.#schedule(REPORT_MS);
    }
    return result;
  }

  #finish(last: RunReport): Promise<CommandResult> {
    if (this.#end !== null) return Promise.resolve(localFailure('conflict', `run ${this.id} has ended already`));
    const report = merged(this.#pending, last);
    this.#pending = null;
    this.#timer?.cancel();
    this.#timer = null;
    this.#lease?.cancel();
    this.#lease = null;
    this.#end = this.#sendLast(this.#stamped(report));
    return this.#end;
  }

  async #sendLast(report: RunReport): Promise<CommandResult> {
    for (let tries = 1; ; tries += 1) {
      const result = await this.#deps.send(report);
      this.#error = result.ok ? null : result;
      if (!isBusy(result) || tries >= LAST_REPORT_TRIES) return result;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#deps.env.after(RETRY_MS + backoffMs(tries, this.#deps.env.random()), resolve);
      await promise;
    }
  }

  #stamped(report: RunReport): RunReport {
    const observedAt = this.#deps.env.now();
    // By the clock: whoever goes on with this run after a restart is newer than what was said before it.
    this.#seq = Math.max(this.#seq + 1, Math.floor(observedAt));
    return { ...report, seq: this.#seq, observedAt };
  }

  #renewLease(): void {
    this.#lease = this.#deps.env.after(Math.floor(this.#leaseMs / 3), () => {
      if (this.#end !== null) return;
      this.#put({});
      this.#renewLease();
    });
  }
}

const RETRY_MS = 1_000;

/** Did the server have no room just now, so that the same report may be taken later? */
function isBusy(result: CommandResult): boolean {
  return (
    !result.ok && (result.code === 'rate_limited' || result.code === 'overloaded' || result.code === 'unavailable')
  );
}

/** Two reports as one: the newer value of each field, and of each step. */
function merged(older: RunReport | null, newer: RunReport | null): RunReport {
  const steps = new Map<string, StepOf>();
  for (const step of [...(older?.steps ?? []), ...(newer?.steps ?? [])]) {
    steps.set(step.id, { ...steps.get(step.id), ...step });
  }
  return { ...older, ...newer, ...(steps.size === 0 ? {} : { steps: [...steps.values()] }) };
}

type StepOf = NonNullable<RunReport['steps']>[number];
