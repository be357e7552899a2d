import type { Clock, Timer } from '../lib/clock.ts';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import type { Log } from '../lib/log.ts';
import type { AuditHead } from './audit.ts';
import { GroupCommit, type BatchStats } from './commit.ts';
import type { Committed } from './commit-types.ts';
import { Idempotency } from './idempotency.ts';
import { Live } from './live.ts';
import type { Store } from './store.ts';

export interface KeepOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Log;
  readonly limits?: Limits | undefined;
  /** Once per durable transaction that changed records, in order of versions, before its caller is answered. */
  readonly onCommitted: (committed: Committed) => void;
  readonly onBatch?: ((stats: BatchStats) => void) | undefined;
  readonly onAudited?: ((head: AuditHead) => void) | undefined;
}

/** What the server keeps: the memory, the one writer, and the store under both. */
export interface Keep {
  readonly commit: GroupCommit;
  readonly live: Live;
  readonly store: Store;
  /** Writes that may be repeated by their callers. */
  readonly idempotency: Idempotency;
  /** Answers every write that was taken, then closes the store. */
  close(): Promise<void>;
}

/** Opens a store, loads every record, and starts to forget what has passed its time. */
export async function openKeep(options: KeepOptions): Promise<Keep> {
  const { clock, store, log, onCommitted, onBatch, onAudited } = options;
  const limits = options.limits ?? defaults;
  const live = new Live();
  const head = await store.open();
  try {
    const loading = live.load();
    await store.load((rows) => loading.add(rows));
    loading.finish(head);
    const { epoch, audits } = head;
    const commit = new GroupCommit({ clock, store, live, epoch, audits, log, limits, onCommitted, onBatch, onAudited });
    const idempotency = await Idempotency.open({ clock, store, commit, limits });
    const sweeper = new Sweeper({ clock, store, live, log, limits });
    return {
      commit,
      live,
      store,
      idempotency,
      async close() {
        const written = commit.close();
        await sweeper.close();
        await written;
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface SweeperDeps {
  readonly clock: Clock;
  readonly store: Store;
  readonly live: Live;
  readonly log: Log;
  readonly limits: Limits;
}

/** Forgets what has passed its time, in memory and in the store, again and again. */
class Sweeper {
  readonly #deps: SweeperDeps;
  #timer: Timer;
  #work: Promise<void> = Promise.resolve();
  #isOpen = true;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
    this.#timer = this.#plan();
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#timer.cancel();
    await this.#work;
  }

  #plan(): Timer {
    const { clock, limits } = this.#deps;
    return clock.after(limits.sweepIntervalMs, () => {
      this.#work = this.#sweep().then(() => {
        if (this.#isOpen) this.#timer = this.#plan();
      });
    });
  }

  async #sweep(): Promise<void> {
    const { clock, store, live, log, limits } = this.#deps;
    const now = clock.now();
    // Memory first: its floor may be ahead of the store's, never behind.
    live.sweep(now - limits.tombstoneMs);
    try {
      await store.sweep(now);
    } catch (error) {
      log.warn({ err: error }, 'old rows could not be deleted; the next sweep tries again');
    }
  }
}
