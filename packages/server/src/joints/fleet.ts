import { ok } from '@statewire/protocol';
import { countChange, counts, fleetValues, type Counted, type FleetValues } from '../derive/rollup.ts';
import type { Commit, Committed } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { putMetric } from './metric.ts';

/** Counters are written at most this often, ms: a burst of changes is one new set of counters. */
const WRITE_EVERY_MS = 250;

export interface FleetDeps {
  readonly clock: Clock;
  readonly live: Pick<Live, 'orgs' | 'collections' | 'entries' | 'get'>;
  readonly commit: () => Pick<Commit, 'write'>;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Keeps the `metrics` record `fleet` of each organization: counts by status and state, moved by each commit
 * and written a little later, so that counting never delays what is counted.
 */
export class Fleet {
  readonly #deps: FleetDeps;
  readonly #values = new Map<string, FleetValues>();
  readonly #due = new Map<string, Timer>();

  constructor(deps: FleetDeps) {
    this.#deps = deps;
  }

  /** Counts everything once. */
  start(): void {
    for (const org of this.#deps.live.orgs()) {
      this.#values.set(org, fleetValues(this.#counted(org)));
      this.#plan(org);
    }
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    const before = this.#values.get(committed.org) ?? fleetValues([]);
    let values = before;
    for (const change of committed.changes) if (counts(change.collection)) values = countChange(values, change);
    if (values === before) return;
    this.#values.set(committed.org, values);
    this.#plan(committed.org);
  }

  close(): void {
    for (const timer of this.#due.values()) timer.cancel();
    this.#due.clear();
  }

  #plan(org: string): void {
    if (this.#due.has(org)) return;
    this.#due.set(
      org,
      this.#deps.clock.after(WRITE_EVERY_MS, () => void this.#write(org)),
    );
  }

  async #write(org: string): Promise<void> {
    this.#due.delete(org);
    const values = this.#values.get(org);
    if (values === undefined) return;
    const written = await this.#deps.commit().write(org, 'system', (draft) => {
      putMetric(draft, 'fleet', values);
      return ok(null);
    });
    // Nothing is lost: the next change writes the counters again.
    if (!written.ok) this.#deps.onError(new Error(written.message), 'the fleet counters could not be written');
  }

  *#counted(org: string): Iterable<Counted> {
    for (const collection of this.#deps.live.collections(org)) {
      if (!counts(collection)) continue;
      for (const entry of this.#deps.live.entries(org, collection)) yield { collection, row: entry.row };
    }
  }
}
