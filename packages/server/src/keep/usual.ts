import { floorTo, HOUR_MS } from '../derive/history/calendar.ts';
import { quantile } from '../derive/history/measure.ts';
import type { Pace } from '../derive/history/shift.ts';
import type { HistoryStore, Subject } from './history-store.ts';

/** What is usual is that of so long before, ms. */
const LOOK_BACK_MS = 172_800_000;
/** Records read in one page. */
const PAGE = 200;

/** The median latency of each service over the two days before the last hour, from the hours that are kept. One entry per service. */
export class Usual {
  readonly #store: Pick<HistoryStore, 'measures'>;
  #paces = new Map<string, Pace>();
  #hour = 0;

  constructor(store: Pick<HistoryStore, 'measures'>) {
    this.#store = store;
  }

  /** Reads the hours again once one more is kept. True when it did. */
  async refresh(now: number): Promise<boolean> {
    const hour = floorTo(now, HOUR_MS);
    if (hour === this.#hour) return false;
    const paces = new Map<string, Pace>();
    // Not the hour that just ended: what changed in it would be its own usual.
    const span = { from: hour - LOOK_BACK_MS, to: hour - HOUR_MS };
    for (let after: number | null = 0; after !== null;) {
      const page: Awaited<ReturnType<HistoryStore['measures']>> = await this.#store.measures({
        of: '1h',
        subject: null,
        ...span,
        after,
        limit: PAGE,
      });
      for (const row of page.rows) {
        if (row.collection !== 'services') continue;
        const count = row.measure.histogram.reduce((sum, n) => sum + n, 0);
        if (count > 0) paces.set(keyOf(row), { count, p50: quantile(row.measure, 0.5) });
      }
      after = page.next;
    }
    this.#paces = paces;
    this.#hour = hour;
    return true;
  }

  of(subject: Subject): Pace | null {
    return this.#paces.get(keyOf(subject)) ?? null;
  }

  forget(subject: Subject): void {
    this.#paces.delete(keyOf(subject));
  }
}

function keyOf({ org, id }: Pick<Subject, 'org' | 'id'>): string {
  return `${org}\n${id}`;
}
