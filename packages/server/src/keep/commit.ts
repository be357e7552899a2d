/**
 * The one writer. Transactions queue up while the store is busy; when it is done, everything queued becomes the next
 * batch (natural batching: no timer, so one caller waits for one flush and a thousand callers share a few).
 *
 *   write -> queue -> run against memory (batch.ts) -> store.commit -> live.apply + onCommitted, one by one -> answer
 *
 * The only place that assigns versions. Bounds: length and age of the queue, transactions, bytes and time of a batch.
 */
import { refuse, type Failure, type Result } from '@statewire/protocol';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Log } from '../lib/log.ts';
import { actorText, type Actor, type AuditHead } from './audit.ts';
import { Batch } from './batch.ts';
import type { Commit, Committed, Draft, Written } from './commit-types.ts';
import type { Live } from './live.ts';
import type { Store } from './store.ts';

/** How one batch went, for metrics. */
export interface BatchStats {
  readonly transactions: number;
  readonly changes: number;
  /** From the first transaction's run to the last answer. */
  readonly ms: number;
  readonly ok: boolean;
  /** Transactions that wait behind it. */
  readonly queued: number;
}

export interface GroupCommitDeps {
  readonly clock: Clock;
  readonly store: Pick<Store, 'commit'>;
  readonly live: Live;
  readonly epoch: string;
  readonly log: Log;
  readonly limits: Limits;
  /** Called once per durable transaction that changed records, in order of versions, with memory at exactly that version. */
  readonly onCommitted: (committed: Committed) => void;
  readonly onBatch?: ((stats: BatchStats) => void) | undefined;
  /** Where the chains of the audit log end at the start. */
  readonly audits?: readonly AuditHead[] | undefined;
  /** The audit log of an organization has grown, durably. */
  readonly onAudited?: ((head: AuditHead) => void) | undefined;
}

export class GroupCommit implements Commit {
  readonly epoch: string;
  readonly #deps: GroupCommitDeps;
  readonly #auditHeads = new Map<string, AuditHead>();
  /** Organizations that are over; at most `organizationsEndedMax` (joints/organization-ends.ts). */
  readonly #over = new Set<string>();
  #queue: Job[] = [];
  /** The run of the writer, while there is something to write. */
  #work: Promise<void> | null = null;
  #expiry: Timer | null = null;
  #isOpen = true;
  #trouble: string | null = null;

  constructor(deps: GroupCommitDeps) {
    this.#deps = deps;
    this.epoch = deps.epoch;
    for (const head of deps.audits ?? []) this.#auditHeads.set(head.org, head);
  }

  /** Where the audit log of each organization ends. */
  auditHeads(): Iterable<AuditHead> {
    return this.#auditHeads.values();
  }

  /** Where the audit log of an organization ends. */
  auditHead(org: string): AuditHead {
    return this.#auditHeads.get(org) ?? { org, seq: 0, hash: '' };
  }

  /** From now on nothing new is taken for this organization but rows of its audit log, also of what waits already. */
  end(org: string): void {
    this.#over.add(org);
  }

  isOver(org: string): boolean {
    return this.#over.has(org);
  }

  /** Why the last batch failed, in a sentence; null while the store takes what it is given. */
  get trouble(): string | null {
    return this.#trouble;
  }

  version(org: string): number {
    return this.#deps.live.version(org);
  }

  write<T>(org: string, actor: Actor, tx: (draft: Draft) => Result<T>): Promise<Result<Written<T>>> {
    const { clock, limits } = this.#deps;
    if (!this.#isOpen) return Promise.resolve(refuse('unavailable', 'the server is stopping; nothing was written'));
    if (this.#queue.length >= limits.commitQueueMax) {
      return Promise.resolve(
        refuse('overloaded', `${limits.commitQueueMax} writes are waiting, which is the limit; nothing was written`),
      );
    }
    return new Promise((resolve) => {
      let outcome: Result<Written<T>>;
      this.#queue.push({
        since: clock.mono(),
        run: (batch) => {
          outcome = this.#run(batch, { org, actor, now: Math.floor(clock.now()) }, tx);
        },
        answer: () => resolve(outcome),
        fail: (failure) => resolve({ ok: false, ...failure }),
      });
      this.#watchAge();
      // One turn later, so that everything one caller writes in one go becomes one batch.
      this.#work ??= Promise.resolve().then(() => this.#drain());
    });
  }

  /** Refuses new writes, finishes those that wait. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#work;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const start = this.#deps.clock.mono();
      const batch = new Batch({
        ...this.#deps,
        auditHead: (org) => this.auditHead(org),
        isOver: (org) => this.#over.has(org),
      });
      const jobs = this.#fill(batch, start);
      const failure = await this.#save(batch);
      if (failure === null) this.#publish(batch);
      for (const job of jobs) {
        if (failure === null) job.answer();
        else job.fail(failure);
      }
      this.#deps.onBatch?.({
        transactions: jobs.length,
        changes: batch.made.reduce((sum, made) => sum + made.committed.changes.length, 0),
        ms: this.#deps.clock.mono() - start,
        ok: failure === null,
        queued: this.#queue.length,
      });
    }
    this.#expiry?.cancel();
    this.#expiry = null;
    this.#work = null;
  }

  /** Takes from the queue what fits one batch and runs it. The rest of the queue waits for the next. */
  #fill(batch: Batch, start: number): readonly Job[] {
    const { clock, limits } = this.#deps;
    const max = Math.min(this.#queue.length, limits.commitBatchMax);
    let taken = 0;
    while (taken < max) {
      this.#queue[taken]?.run(batch);
      taken += 1;
      // A long batch would hold up everything else that runs on this thread.
      if (batch.bytes > limits.commitBatchBytesMax || clock.mono() - start > limits.commitSliceMs) break;
    }
    return this.#queue.splice(0, taken);
  }

  #run<T>(
    batch: Batch,
    run: { org: string; actor: Actor; now: number },
    tx: (draft: Draft) => Result<T>,
  ): Result<Written<T>> {
    try {
      return batch.run(run, tx);
    } catch (error) {
      // A mistake of ours in one transaction must not take the others' writes with it.
      this.#deps.log.error(
        { err: error, org: run.org, actor: actorText(run.actor) },
        'a transaction threw; it was undone',
      );
      return refuse('internal', 'the write could not be worked out; nothing was written');
    }
  }

  async #save(batch: Batch): Promise<Failure | null> {
    if (batch.isEmpty) return null;
    try {
      await this.#deps.store.commit(batch.stored());
      this.#trouble = null;
      return null;
    } catch (error) {
      // Whatever the store says, the answer is the same: it is not known to be durable, so it did not happen.
      this.#trouble = error instanceof Error ? error.message : String(error);
      this.#deps.log.error({ err: error }, 'the store refused a batch; nothing of it was kept');
      return refuse('unavailable', 'the store did not take the write; nothing was written');
    }
  }

  #publish(batch: Batch): void {
    for (const head of batch.auditHeads) this.#auditHeads.set(head.org, head);
    for (const { committed, texts } of batch.made) {
      this.#deps.live.apply(committed, texts);
      try {
        this.#deps.onCommitted(committed);
      } catch (error) {
        // It is durable and in memory: the callers must hear so even when telling others went wrong.
        this.#deps.log.error(
          { err: error, version: committed.version },
          'a committed transaction could not be handed on',
        );
      }
    }
    for (const head of batch.auditHeads) this.#deps.onAudited?.(head);
  }

  /** While writes wait, one timer looks at the oldest: a store that hangs must not keep callers waiting without end. */
  #watchAge(): void {
    const { clock, limits } = this.#deps;
    const oldest = this.#queue[0];
    if (this.#expiry !== null || oldest === undefined) return;
    this.#expiry = clock.after(Math.max(0, oldest.since + limits.commitAgeMs - clock.mono()), () => {
      this.#expiry = null;
      const fresh = this.#queue.findIndex((job) => clock.mono() - job.since < limits.commitAgeMs);
      const failure = refuse(
        'overloaded',
        `the write waited longer than ${limits.commitAgeMs} ms; nothing was written`,
      );
      for (const job of this.#queue.splice(0, fresh < 0 ? this.#queue.length : fresh)) job.fail(failure);
      this.#watchAge();
    });
  }
}

/** A queued transaction; its type parameter lives in the closures. */
interface Job {
  readonly since: number;
  readonly run: (batch: Batch) => void;
  readonly answer: () => void;
  readonly fail: (failure: Failure) => void;
}
