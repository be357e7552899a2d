/** Forgets deliveries that are settled and old, or too many, in slices; and leaves everything that is still to be sent. */
import { ok } from '@statewire/protocol';
import type { Delivery } from '@statewire/model';
import type { Commit } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';

export interface RetentionDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'deliveriesMs' | 'deliveriesPerOrgMax' | 'deliveriesSliceRows' | 'deliveriesSweepMs'>;
  readonly live: Pick<Live, 'entries' | 'orgs'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly onError: (error: unknown, what: string) => void;
}

export class Retention {
  readonly #deps: RetentionDeps;
  #timer: Timer | null = null;
  #work: Promise<void> = Promise.resolve();
  #isOpen = true;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, limits } = this.#deps;
    this.#timer = clock.after(limits.deliveriesSweepMs, () => {
      this.#work = this.sweep()
        .catch((error: unknown) => this.#deps.onError(error, 'old deliveries could not be forgotten'))
        .then(() => {
          if (this.#isOpen) this.start();
        });
    });
  }

  /** Resolves when nothing more is to be forgotten now. Happens by itself every hour. */
  async sweep(): Promise<void> {
    for (const org of Array.from(this.#deps.live.orgs())) await this.#sweep(org);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#timer?.cancel();
    await this.#work;
  }

  async #sweep(org: string): Promise<void> {
    const { clock, limits, live, commit } = this.#deps;
    const settled: { readonly id: string; readonly queuedAt: number }[] = [];
    let queued = 0;
    for (const { id, row } of live.entries(org, 'deliveries')) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `deliveries` are Delivery.
      const { state, queuedAt } = row as Delivery;
      if (state === 'queued') queued += 1;
      else settled.push({ id, queuedAt });
    }
    settled.sort((a, b) => a.queuedAt - b.queuedAt);
    const over = Math.max(0, settled.length + queued - limits.deliveriesPerOrgMax);
    const oldest = clock.now() - limits.deliveriesMs;
    const gone = settled.filter(({ queuedAt }, index) => index < over || queuedAt <= oldest);
    for (let at = 0; at < gone.length && this.#isOpen; at += limits.deliveriesSliceRows) {
      const slice = gone.slice(at, at + limits.deliveriesSliceRows);
      const written = await commit.write(org, 'system', (draft) => {
        for (const { id } of slice) if (draft.get('deliveries', id) !== null) draft.delete('deliveries', id);
        return ok(null);
      });
      // The next sweep tries again.
      if (!written.ok) return;
    }
  }
}
