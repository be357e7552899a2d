/**
 * Jobs of BullMQ. An event only says which job to look at: what is reported is what Redis says of it then. So events that come twice,
 * late, in another order or not at all (a stream that was trimmed, a connection that was away) change nothing; a sweep finds what
 * none told of. Only of a job that is gone by then (`removeOnComplete`) the event itself is believed.
 */
import type { RunReport } from '@statewire/client';
import type { RunState } from '@statewire/model';
import type { Adapter, RunName } from './adapter.ts';
import { repeat, within } from './repeat.ts';
import type { RunReporter } from './reporter.ts';
import { Source } from './source.ts';
import { recordId } from './words.ts';

/** What is needed of a BullMQ `Queue`. */
export interface QueueLike {
  readonly name: string;
  getJob(id: string): Promise<JobLike | null | undefined>;
  getJobs(types: JobType[], start: number, end: number): Promise<readonly (JobLike | null | undefined)[]>;
}

/** What is needed of a BullMQ `Job`. */
export interface JobLike {
  readonly id?: string | undefined;
  readonly name: string;
  readonly progress: unknown;
  readonly attemptsStarted: number;
  readonly failedReason?: string | undefined;
  getState(): Promise<string>;
}

/** What is needed of BullMQ's `QueueEvents`. */
export interface QueueEventsLike {
  on(event: JobEvent, heard: (args: JobEventArgs) => void): unknown;
  on(event: 'error', heard: (error: Error) => void): unknown;
  off(event: JobEvent, heard: (args: JobEventArgs) => void): unknown;
  off(event: 'error', heard: (error: Error) => void): unknown;
}

/** What every event of a job says. */
export interface JobEventArgs {
  readonly jobId: string;
  readonly failedReason?: string;
}

/** Which queue, and how its jobs are shown. */
export interface QueueOptions {
  readonly queue: QueueLike;
  /** Without it jobs are looked at by the sweep alone. */
  readonly events?: QueueEventsLike | undefined;
  /** A service of kind `heartbeat` that shows whether the queue answers. */
  readonly service?: string | undefined;
  /** How long a run stays what it is when neither the queue nor this program says anything. Default 24 h. */
  readonly leaseMs?: number | undefined;
  /** What ids of records begin with. Default: the name of the queue. Another one for a queue that counts its jobs anew. */
  readonly prefix?: string | undefined;
  /** How often all open jobs are looked at. Default 15 s. */
  readonly sweepMs?: number | undefined;
  /** An answer of the queue that takes longer does not count as one. Default 10 s. */
  readonly answerMs?: number | undefined;
  /** How many of the last jobs that ended are looked at: they may have ended while nobody followed. Default 100. */
  readonly recent?: number | undefined;
  /** More about a job, or other words for its progress. */
  readonly describe?: ((job: JobLike) => RunReport) | undefined;
}

/** Follows the jobs of one queue: each is `jobs/<queue>:<id>`. */
export function followQueue(reporter: RunReporter, options: QueueOptions): Adapter {
  return new FollowedQueue(reporter, options);
}

class FollowedQueue implements Adapter {
  readonly #reporter: RunReporter;
  readonly #options: QueueOptions;
  readonly #source: Source;
  readonly #answerMs: number;
  /** Jobs to look at, and how their event said that they ended. */
  readonly #dirty = new Map<string, RunReport | null>();
  /** Jobs that are under way. */
  readonly #open = new Set<string>();
  /** Jobs that wait, and how they were told: the reporter holds nothing of them, however many there are. */
  readonly #waiting = new Map<string, string>();
  /** Jobs that were seen to have ended: a sweep need not look again. Oldest first. */
  readonly #over = new Set<string>();
  readonly #heard: readonly (readonly [JobEvent, (args: JobEventArgs) => void])[];
  readonly #sweeps: { stop(): void };
  /** The question that was asked last and is not answered. */
  #asking: Promise<readonly (JobLike | null | undefined)[]> | null = null;
  #looking = 0;
  #isOpen = true;

  constructor(reporter: RunReporter, options: QueueOptions) {
    this.#reporter = reporter;
    this.#options = options;
    const { service, sweepMs = SWEEP_MS, answerMs = ANSWER_MS, events } = options;
    this.#answerMs = answerMs;
    this.#source = new Source(reporter, { service, periodMs: sweepMs + answerMs });
    this.#heard = EVENTS.map((event) => [event, (args) => this.#look(args.jobId, endOf(event, args))]);
    for (const [event, heard] of this.#heard) events?.on(event, heard);
    // Whether the queue answers is the sweep's to say; an error nobody listens to would end the program.
    events?.on('error', ignore);
    this.#sweeps = repeat(reporter.env, sweepMs, () => this.#sweep());
  }

  close(): void {
    this.#isOpen = false;
    this.#sweeps.stop();
    const { events } = this.#options;
    for (const [event, heard] of this.#heard) events?.off(event, heard);
    events?.off('error', ignore);
    this.#dirty.clear();
  }

  /** Looks at what is under way, at what came, and at what was open when we looked last. */
  async #sweep(): Promise<void> {
    try {
      // A queue that is away holds one question, however long it is away.
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = null;
      });
      const jobs = await within(this.#reporter.env, this.#answerMs, this.#asking);
      if (!this.#isOpen) return;
      this.#source.seen();
      for (const job of jobs) if (job?.id !== undefined && !this.#over.has(job.id)) this.#look(job.id, null);
      for (const id of this.#open) this.#look(id, null);
      for (const [id, told] of [...this.#waiting].slice(0, NEWEST)) {
        // Those that were not looked at for longest come first the next time.
        this.#waiting.delete(id);
        this.#waiting.set(id, told);
        this.#look(id, null);
      }
      void this.#work();
    } catch (error) {
      this.#source.away(error);
    }
  }

  async #ask(): Promise<readonly (JobLike | null | undefined)[]> {
    const { queue, recent = RECENT } = this.#options;
    // Everything, unless we looked a moment ago: then what came since stands first.
    const last = this.#source.isHere === true ? NEWEST - 1 : this.#reporter.runsMax - 1;
    const active = await queue.getJobs(['active'], 0, this.#reporter.runsMax - 1);
    const others = await queue.getJobs(WAITING, 0, last);
    const ended = recent === 0 ? [] : await queue.getJobs(ENDED, 0, Math.min(last, recent - 1));
    return [...active, ...others, ...ended];
  }

  #look(id: string, end: RunReport | null): void {
    if (!this.#isOpen) return;
    if (this.#dirty.size >= DIRTY_MAX && !this.#dirty.has(id)) return;
    this.#dirty.set(id, end ?? this.#dirty.get(id) ?? null);
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#looking >= LOOKING_MAX) return;
    this.#looking += 1;
    for (const [id, end] of this.#dirty) {
      if (this.#source.isHere === false) break;
      this.#dirty.delete(id);
      try {
        await within(this.#reporter.env, this.#answerMs, this.#read(id, end));
      } catch (error) {
        // It is looked at again when the queue answers; until then what was reported stands.
        if (!this.#dirty.has(id)) this.#dirty.set(id, end);
        this.#source.away(error);
      }
    }
    this.#looking -= 1;
  }

  async #read(id: string, end: RunReport | null): Promise<void> {
    const { queue, prefix = queue.name, leaseMs = LEASE_MS } = this.#options;
    const name: RunName = { collection: 'jobs', id: recordId(prefix, id) };
    const job = await queue.getJob(id);
    // The job first, then its state: an event follows whatever happens in between.
    const word = job === null || job === undefined ? 'unknown' : await job.getState();
    if (!this.#isOpen) return;
    this.#source.seen();
    const state = STATES[word];
    if (job === null || job === undefined || state === undefined) {
      const isKnown = [this.#open.delete(id), this.#waiting.delete(id)].includes(true);
      if (end !== null && (isKnown || end.state !== 'canceled')) this.#reporter.report(name, end);
      else if (isKnown) this.#reporter.report(name, REMOVED);
      return;
    }
    const told = `${word} ${job.attemptsStarted}`;
    const waits = state === 'queued' || state === 'delayed';
    if (waits && this.#waiting.get(id) === told) return;
    this.#waiting.delete(id);
    this.#open.delete(id);
    this.#over.delete(id);
    if (state === 'succeeded' || state === 'failed') {
      this.#over.add(id);
      for (const oldest of this.#over) if (this.#over.size > OVER_MAX) this.#over.delete(oldest);
    } else if (!waits && this.#open.size < this.#reporter.runsMax) {
      this.#open.add(id);
    }
    this.#reporter.report(name, {
      title: job.name,
      kind: queue.name,
      leaseMs,
      state,
      attempt: attemptOf(state, job.attemptsStarted),
      ...progressOf(job.progress),
      ...(state === 'failed' ? { reason: { code: 'failed', text: job.failedReason ?? '' } } : {}),
      ...this.#options.describe?.(job),
    });
    if (!waits || !this.#reporter.has(name)) return;
    this.#waiting.set(id, told);
    for (const oldest of this.#waiting.keys()) if (this.#waiting.size > WAITING_MAX) this.#waiting.delete(oldest);
    this.#reporter.release(name);
  }
}

function ignore(): void {
  // Events that are lost meanwhile cost nothing but time.
}

/** A job that waits has its next attempt before it; BullMQ counts those that were begun. */
function attemptOf(state: RunState, begun: number): number {
  return Math.max(1, state === 'queued' || state === 'delayed' ? begun + 1 : begun);
}

/** A number is a percentage, as BullMQ's own screens read it; an object may use our words. Anything else says nothing to us. */
function progressOf(progress: unknown): RunReport {
  // Zero is what a job has that never said anything.
  if (typeof progress === 'number') return progress === 0 ? {} : { done: progress, total: 100, unit: '%' };
  if (typeof progress !== 'object' || progress === null) return {};
  const words: Record<string, number | string> = {};
  for (const name of ['done', 'total'] as const) {
    const value: unknown = Reflect.get(progress, name);
    if (typeof value === 'number') words[name] = value;
  }
  for (const name of ['message', 'stage', 'unit'] as const) {
    const value: unknown = Reflect.get(progress, name);
    if (typeof value === 'string') words[name] = value;
  }
  return words;
}

/** How a job ended, as far as its event says. */
function endOf(event: JobEvent, { failedReason = '' }: JobEventArgs): RunReport | null {
  if (event === 'completed') return { state: 'succeeded' };
  if (event === 'failed') return { state: 'failed', reason: { code: 'failed', text: failedReason } };
  return event === 'removed' ? REMOVED : null;
}

const REMOVED: RunReport = { state: 'canceled', reason: { code: 'removed', text: 'Removed from its queue.' } };

const STATES: Readonly<Record<string, RunState | undefined>> = {
  waiting: 'queued',
  prioritized: 'queued',
  delayed: 'delayed',
  active: 'running',
  'waiting-children': 'waiting_dependency',
  completed: 'succeeded',
  failed: 'failed',
};

/** Events of BullMQ that are about one job. */
export type JobEvent =
  | 'active'
  | 'added'
  | 'completed'
  | 'delayed'
  | 'failed'
  | 'progress'
  | 'removed'
  | 'stalled'
  | 'waiting'
  | 'waiting-children';

const EVENTS: readonly JobEvent[] = [
  'active',
  'added',
  'completed',
  'delayed',
  'failed',
  'progress',
  'removed',
  'stalled',
  'waiting',
  'waiting-children',
];

/** Lists of a queue that a job may be on. */
export type JobType = 'active' | 'completed' | 'delayed' | 'failed' | 'prioritized' | 'waiting' | 'waiting-children';

const WAITING: JobType[] = ['waiting-children', 'delayed', 'prioritized', 'waiting'];
const ENDED: JobType[] = ['completed', 'failed'];

/** Longest lease that a server grants, ms. */
const LEASE_MS = 86_400_000;
const SWEEP_MS = 15_000;
/** An answer that takes longer does not count as one, ms. */
const ANSWER_MS = 10_000;
const RECENT = 100;
/** How far each list is looked at by a sweep that follows another one. */
const NEWEST = 100;
/** Waiting jobs that are remembered as told. */
const WAITING_MAX = 10_000;
/** Ended jobs that are remembered as such. */
const OVER_MAX = 2_000;
/** Jobs that wait to be looked at; the sweep finds the others. */
const DIRTY_MAX = 10_000;
/** Jobs that are looked at at once. */
const LOOKING_MAX = 8;
