/**
 * Makes durable what is kept of private topics: soon after it was said, many messages in one transaction, and at once when
 * somebody waits for the answer. What could not be saved is tried again.
 */
import { isJsonObject, ok, type Result } from '@statewire/protocol';
import type { Commit } from '../../../keep/commit-types.ts';
import type { Store } from '../../../keep/store.ts';
import type { Clock, Timer } from '../../../lib/clock.ts';
import type { Limits } from '../../../lib/limits.ts';
import { storedOf, type Kept } from './kept.ts';

export interface LedgerDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'commitBatchBytesMax' | 'keptAgainMs' | 'keptWithinMs'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly store: Pick<Store, 'documents'>;
  readonly kept: Kept;
}

/** Document kind of one message; its id is the message's. */
const KIND = 'broadcast';

export class Ledger {
  readonly #deps: LedgerDeps;
  #timer: Timer | null = null;
  /** The writing that is under way, and the one after it, which takes everything kept until it begins. */
  #work: Promise<unknown> = Promise.resolve();
  #next: Promise<Result<null>> | null = null;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
  }

  /** Reads what was kept before this process started. */
  async start(): Promise<void> {
    const { store, kept } = this.#deps;
    const rows = await store.documents(KIND, null);
    kept.restore(
      rows.flatMap(({ org, id, value, expiresAt }) =>
        isJsonObject(value) ? [{ org, id, value, until: expiresAt ?? 0 }] : [],
      ),
    );
  }

  /** Something was kept: it is written before long. */
  note(): void {
    this.#timer ??= this.#deps.clock.after(this.#deps.limits.keptWithinMs, () => void this.settled());
  }

  /** Writes what is not durable yet; resolves when everything that was kept until now is, or could not be made so. */
  settled(): Promise<Result<null>> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#next ??= this.#work.then(() => {
      this.#next = null;
      const written = this.#write();
      this.#work = written;
      return written;
    });
    return this.#next;
  }

  async close(): Promise<void> {
    await this.settled();
    this.#timer?.cancel();
  }

  async #write(): Promise<Result<null>> {
    const { clock, limits, commit, kept } = this.#deps;
    let outcome: Result<null> = ok(null);
    for (const part of kept.unsaved(limits.commitBatchBytesMax)) {
      const written = await commit.write(part.org, 'system', (draft) => {
        for (const id of part.gone) draft.document(KIND, id, null);
        for (const { id, value, until } of part.messages.map(storedOf)) draft.document(KIND, id, value, until);
        return ok(null);
      });
      if (written.ok) continue;
      kept.again(part);
      outcome = written;
    }
    if (!outcome.ok) this.#timer ??= clock.after(limits.keptAgainMs, () => void this.settled());
    return outcome;
  }
}
