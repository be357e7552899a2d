/**
 * The end of the audit log as a live fact: the record `metrics/audit` holds the newest number, so that a page that shows the
 * log hears of new rows by the same road as of everything else and asks for them by REST, where it is asked who may read them.
 *
 * Not the rows themselves: they are many, kept for years, and found by search, which is nothing for memory. And not in the
 * transaction that they are about: a busy organization would write this record a thousand times for one look at it.
 */
import { ok } from '@statewire/protocol';
import type { AuditHead } from '../keep/audit.ts';
import type { Commit } from '../keep/commit-types.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import { putMetric } from './metric.ts';

export interface AuditTailDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'auditTailMs'>;
  readonly commit: () => Pick<Commit, 'write'>;
  readonly onError: (error: unknown, what: string) => void;
}

export class AuditTail {
  readonly #deps: AuditTailDeps;
  readonly #due = new Map<string, number>();
  #timer: Timer | null = null;
  #work: Promise<unknown> = Promise.resolve();
  #isOpen = true;

  constructor(deps: AuditTailDeps) {
    this.#deps = deps;
  }

  /** The log has grown. At most one organization's number per organization waits here. */
  follow({ org, seq }: Pick<AuditHead, 'org' | 'seq'>): void {
    if (!this.#isOpen) return;
    this.#due.set(org, seq);
    this.#timer ??= this.#deps.clock.after(this.#deps.limits.auditTailMs, () => this.#tell());
  }

  /** What a process before us did not get to say. */
  start(heads: Iterable<AuditHead>): void {
    for (const head of heads) this.follow(head);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#timer?.cancel();
    await this.#work;
  }

  #tell(): void {
    this.#timer = null;
    const due = [...this.#due];
    this.#due.clear();
    this.#work = Promise.all(
      due.map(([org, seq]) =>
        this.#deps.commit().write(org, 'system', (draft) => {
          putMetric(draft, 'audit', { seq });
          return ok(null);
        }),
      ),
    ).then(
      (done) => {
        const refused = done.find(({ ok: isOk }) => !isOk);
        // The next row tells again.
        if (refused !== undefined && !refused.ok)
          this.#deps.onError(new Error(refused.message), 'the end of the audit log could not be told');
      },
      (error: unknown) => this.#deps.onError(error, 'the end of the audit log could not be told'),
    );
  }
}
