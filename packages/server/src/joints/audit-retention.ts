/**
 * Forgets the oldest part of each audit log by the organization's own policy (`auditDays` of its settings). First a row in the
 * log says up to which number and hash it goes, then the rows go: a kill in between leaves more than need be, and the next
 * sweep goes on. A log that has nothing but such rows in front is left as it is.
 */
import { AUDIT_DAYS } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { ANCHOR, type AuditHead } from '../keep/audit.ts';
import type { Commit } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';

export interface AuditRetentionDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'auditSweepMs'>;
  readonly live: Pick<Live, 'get'>;
  readonly store: Pick<Store, 'auditsBefore' | 'sweepAudits'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly heads: () => Iterable<AuditHead>;
  readonly onError: (error: unknown, what: string) => void;
}

export class AuditRetention {
  readonly #deps: AuditRetentionDeps;
  #timer: Timer | null = null;
  #work: Promise<void> = Promise.resolve();
  #isOpen = true;

  constructor(deps: AuditRetentionDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, limits } = this.#deps;
    this.#timer = clock.after(limits.auditSweepMs, () => {
      this.#work = this.sweep()
        .catch((error: unknown) => this.#deps.onError(error, 'old rows of the audit log could not be removed'))
        .then(() => {
          if (this.#isOpen) this.start();
        });
    });
  }

  /** Resolves when nothing more is to be forgotten now. Happens by itself every hour. */
  async sweep(): Promise<void> {
    for (const { org } of Array.from(this.#deps.heads())) if (this.#isOpen) await this.#sweep(org);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#timer?.cancel();
    await this.#work;
  }

  async #sweep(org: string): Promise<void> {
    const { clock, live, store, commit } = this.#deps;
    const said = live.get(org, 'settings', 'main')?.row['auditDays'];
    const days = typeof said === 'number' ? Math.max(AUDIT_DAYS.min, said) : AUDIT_DAYS.default;
    const front = await store.auditsBefore(org, clock.now() - days * DAY_MS);
    if (front === null || front.rows === 0) return;
    const { seq: through, hash } = front.head;
    const written = await commit.write(org, 'server', (draft) => {
      draft.audit({ action: ANCHOR, after: { through, hash, days }, why: `rows older than ${days} days go` });
      return ok(null);
    });
    // The next sweep tries again.
    if (written.ok) await store.sweepAudits(org, through);
  }
}

const DAY_MS = 86_400_000;
