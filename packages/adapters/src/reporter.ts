/**
 * Between sources of runs and the server: what is said of each run is merged to few reports, in order, one at a time per run.
 *
 * - Within one attempt the newest value of a field wins, `done` never falls, and nothing is said after the end.
 * - A report says only what the server was not told yet; saying the same again renews the lease when a third of it is over.
 * - A server that is away or busy is waited for. What waits is bounded by the runs that are open, not by what happens to them.
 */
import { browserEnv, type CommandResult, type Env, type RunReport } from '@statewire/client';
import { TERMINAL_RUN_STATES } from '@statewire/model';
import type { Board, RunName } from './adapter.ts';
import { merge, news } from './merge.ts';
import { fit, recordId } from './words.ts';

/** What a reporter may be told. */
export interface RunReporterOptions {
  readonly env?: Pick<Env, 'after' | 'now' | 'random' | 'reportError'> | undefined;
  /** Runs that are open at once; of more than these nothing is reported. Default 1,000. */
  readonly runsMax?: number | undefined;
}

/** Reports runs for adapters. One per client is enough: adapters may share it. */
export class RunReporter {
  readonly board: Board;
  readonly env: Pick<Env, 'after' | 'now' | 'random' | 'reportError'>;
  readonly runsMax: number;
  readonly #lines = new Map<string, Line>();
  /** Runs that ended, and in which attempt: what comes late says nothing any more. Oldest first. */
  readonly #ended = new Map<string, number>();
  readonly #ready = new Set<Line>();
  #sending = 0;
  #seq = 0;
  #dropped = 0;
  #error: Refused | null = null;
  #isOpen = true;
  readonly #whenIdle = new Set<() => void>();

  constructor(board: Board, options: RunReporterOptions = {}) {
    this.board = board;
    this.env = options.env ?? browserEnv();
    this.runsMax = options.runsMax ?? RUNS_MAX;
  }

  /** Runs that have not ended, as far as was said. */
  get open(): readonly RunName[] {
    return [...this.#lines.values()].map(({ name }) => name);
  }

  /** Reports of runs that there was no room for. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The newest report that the server refused for what it said, or null. Reporting goes on regardless. */
  get error(): Refused | null {
    return this.#error;
  }

  /** Is this run open, as far as was said? */
  has(name: RunName): boolean {
    return this.#lines.has(keyOf(name));
  }

  /** Says something of a run. Absent fields stay as they are; the first report says what it is. Never waits. */
  report(name: RunName, fields: RunReport): void {
    if (!this.#isOpen) return;
    const key = keyOf(name);
    const report = fit(fields);
    const over = this.#ended.get(key);
    if (over !== undefined && (report.attempt ?? over) <= over) return;
    const line = this.#lines.get(key) ?? this.#opened(key, name);
    if (line === null || !put(line, report)) return;
    line.isReleased = false;
    this.#wake(line);
  }

  /** Renews the lease of a run until it ends: for work of this very process, whose death must show as `lost`. */
  keepAlive(name: RunName): void {
    const line = this.#lines.get(keyOf(name));
    if (line === undefined || line.beat !== null) return;
    const beat = (): void => {
      line.beat = this.env.after(leaseOf(line) / 3, beat);
      if (put(line, {})) this.#wake(line);
    };
    line.beat = this.env.after(leaseOf(line) / 3, beat);
  }

  /** Says what waits of a run, and forgets it: nobody here follows it any more, though it has not ended. */
  release(name: RunName): void {
    const line = this.#lines.get(keyOf(name));
    if (line === undefined) return;
    line.beat?.cancel();
    line.beat = null;
    line.isReleased = true;
    if (line.sent === null && line.waiting.length === 0) this.#lines.delete(line.key);
  }

  /** Resolves when everything that was said has been answered. */
  async flush(): Promise<void> {
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => this.#whenIdle.add(resolve));
  }

  /** Says what waits, for five seconds at most when the server is away, and then no more. */
  async close(): Promise<void> {
    this.#isOpen = false;
    for (const line of this.#lines.values()) {
      line.beat?.cancel();
      line.beat = null;
    }
    const late = Promise.withResolvers<void>();
    const timer = this.env.after(CLOSE_MS_MAX, late.resolve);
    await Promise.race([this.flush(), late.promise]);
    timer.cancel();
    for (const line of this.#lines.values()) line.rest?.cancel();
    this.#lines.clear();
    this.#ready.clear();
  }

  #opened(key: string, name: RunName): Line | null {
    if (this.#lines.size >= this.runsMax) {
      this.#dropped += 1;
      return null;
    }
    const line: Line = {
      key,
      name: { ...name, id: recordId(name.id) },
      waiting: [],
      told: null,
      attempt: 1,
      sent: null,
      sentAt: -Infinity,
      failures: 0,
      rest: null,
      beat: null,
      isReleased: false,
    };
    this.#lines.set(key, line);
    return line;
  }

  #wake(line: Line): void {
    if (line.sent !== null || line.rest !== null) return;
    const waitMs = line.sentAt + REPORT_MS - this.env.now();
    // A wall clock set back must not hold reports up.
    if (waitMs > 0 && waitMs <= REPORT_MS) this.#rest(line, waitMs);
    else this.#ready.add(line);
    this.#pump();
  }

  #rest(line: Line, ms: number): void {
    line.rest = this.env.after(ms, () => {
      line.rest = null;
      this.#ready.add(line);
      this.#pump();
    });
  }

  #pump(): void {
    for (const line of this.#ready) {
      if (this.#sending >= SENDING_MAX) return;
      this.#ready.delete(line);
      void this.#send(line);
    }
    if (this.#whenIdle.size === 0 || !this.#isIdle()) return;
    for (const resolve of this.#whenIdle) resolve();
    this.#whenIdle.clear();
  }

  #isIdle(): boolean {
    return [...this.#lines.values()].every((line) => line.sent === null && line.waiting.length === 0);
  }

  async #send(line: Line): Promise<void> {
    const [next, ...later] = line.waiting;
    line.waiting = later;
    const words = next === undefined ? null : this.#worth(line, next);
    if (words === null) {
      if (later.length > 0) this.#ready.add(line);
      else if (line.isReleased) this.#lines.delete(line.key);
      this.#pump();
      return;
    }
    const now = this.env.now();
    // Never falls, also not across a restart of this process: an older one would be taken for overtaken.
    this.#seq = Math.max(this.#seq + 1, now);
    line.sent = words;
    line.sentAt = now;
    this.#sending += 1;
    const result = await this.board[line.name.collection].report(line.name.id, {
      ...words,
      seq: this.#seq,
      observedAt: words.observedAt ?? now,
    });
    this.#sending -= 1;
    line.sent = null;
    this.#answered(line, words, result);
    this.#pump();
  }

  /** What of a report is worth saying: news, or a renewal of the lease. */
  #worth(line: Line, report: RunReport): RunReport | null {
    if (line.told !== null && report.attempt !== undefined && report.attempt > line.attempt) {
      line.attempt = report.attempt;
      // It starts over: nothing of the attempt before holds but what the run is.
      line.told = null;
      return report;
    }
    line.attempt = report.attempt ?? line.attempt;
    const isDue = this.env.now() - line.sentAt >= leaseOf(line) / 3;
    const fresh = news(line.told, report) ?? (isDue ? {} : null);
    return fresh === null || report.attempt === undefined ? fresh : { ...fresh, attempt: report.attempt };
  }

  #answered(line: Line, words: RunReport, result: CommandResult): void {
    if (!result.ok && LATER.has(result.code)) {
      line.failures += 1;
      // Newer values win over the ones that come back.
      const [next, ...later] = line.waiting;
      line.waiting =
        next === undefined || isOther(line, words, next) ? [words, ...line.waiting] : [merge(words, next), ...later];
      line.waiting.splice(0, line.waiting.length - WAITING_MAX);
      this.#rest(line, RETRY_MS * (1 + this.env.random() * Math.min(line.failures, RETRY_GROWS)));
      return;
    }
    line.failures = 0;
    if (!result.ok && result.code !== 'gone' && result.code !== 'conflict') this.#refused(line, result);
    // What was refused for what it says is not said again.
    line.told = merge(line.told, words);
    const isOver = !result.ok ? result.code === 'gone' : isEnd(words);
    if (isOver && line.waiting.length === 0) this.#forget(line);
    else if (line.waiting.length > 0) this.#rest(line, REPORT_MS);
    else if (line.isReleased) this.#lines.delete(line.key);
  }

  #refused(line: Line, result: CommandResult & { readonly ok: false }): void {
    this.#error = { run: line.name, code: result.code, message: result.message };
  }

  #forget(line: Line): void {
    line.beat?.cancel();
    line.rest?.cancel();
    this.#lines.delete(line.key);
    this.#ready.delete(line);
    this.#ended.delete(line.key);
    this.#ended.set(line.key, line.attempt);
    for (const key of this.#ended.keys()) {
      if (this.#ended.size <= ENDED_MAX) break;
      this.#ended.delete(key);
    }
  }
}

/** A report that the server refused for what it said. */
export interface Refused {
  readonly run: RunName;
  readonly code: string;
  readonly message: string;
}

/** Does a report end its attempt? */
export function isEnd(report: RunReport): boolean {
  return report.state !== undefined && TERMINAL_RUN_STATES.includes(report.state);
}

/** One run: what waits to be said of it, and what was said. */
interface Line {
  readonly key: string;
  readonly name: RunName;
  /** One report per attempt, and one per end of an attempt; oldest first. */
  waiting: RunReport[];
  told: RunReport | null;
  attempt: number;
  /** On its way and not answered. */
  sent: RunReport | null;
  sentAt: number;
  failures: number;
  rest: { cancel(): void } | null;
  beat: { cancel(): void } | null;
  /** Nobody follows it: it is forgotten when what waits was said. */
  isReleased: boolean;
}

/** Takes a report in. False: it says nothing, because its attempt has ended. */
function put(line: Line, report: RunReport): boolean {
  const last = line.waiting.at(-1) ?? line.sent ?? line.told;
  const attempt = report.attempt ?? last?.attempt ?? line.attempt;
  const present = last?.attempt ?? line.attempt;
  if (attempt < present || (last !== null && attempt === present && isEnd(last))) return false;
  const waiting = line.waiting.at(-1);
  if (waiting !== undefined && !isOther(line, waiting, report))
    line.waiting[line.waiting.length - 1] = merge(waiting, report);
  else line.waiting.push(report);
  if (line.waiting.length > WAITING_MAX) line.waiting.shift();
  return true;
}

/** Is the newer report about a later attempt? */
function isOther(line: Line, older: RunReport, newer: RunReport): boolean {
  return newer.attempt !== undefined && newer.attempt !== (older.attempt ?? line.attempt);
}

function leaseOf(line: Line): number {
  return line.told?.leaseMs ?? line.waiting[0]?.leaseMs ?? LEASE_MS;
}

function keyOf({ collection, id }: RunName): string {
  return `${collection}/${id}`;
}

/** Answers after which the same report may be taken later. */
const LATER: ReadonlySet<string> = new Set(['auth_expired', 'internal', 'overloaded', 'rate_limited', 'unavailable']);

/** The server's own default, ms. */
const LEASE_MS = 60_000;
/** Least time between two reports of one run, ms: what happens meanwhile is merged. */
const REPORT_MS = 100;
/** Wait before a report that found no room is tried again, ms; grows up to `RETRY_GROWS` times. */
const RETRY_MS = 1_000;
const RETRY_GROWS = 10;
const RUNS_MAX = 1_000;
/** What waits when the reporter is closed is said within this, ms. */
const CLOSE_MS_MAX = 5_000;
/** Ended runs whose late words are known for such. */
const ENDED_MAX = 10_000;
/** Reports on their way at once. */
const SENDING_MAX = 64;
/** Reports of one run that cannot be merged: ends of attempts and beginnings of others. */
const WAITING_MAX = 4;
