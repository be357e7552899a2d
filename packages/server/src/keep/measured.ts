import type { HistoryStore, Subject } from './history-store.ts';
import type { SampleRow } from './store.ts';

/** What the newest observations of a record come to. */
export interface Measured {
  /** The oldest time it can speak of: later than asked for after a start, or when there were too many. */
  readonly from: number;
  readonly checks: number;
  /** Unhealthy ones among them. */
  readonly bad: number;
  /** 0 to 1; null without checks. */
  readonly errorRate: number | null;
  /** How many latencies were measured. */
  readonly count: number;
  readonly min: number | null;
  readonly avg: number | null;
  readonly max: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** How much of the past is loaded at a start, ms. */
const LOADED_MS = 3_600_000;
/** Records read in one page. */
const PAGE = 200;

/** The newest observations of every record, for rules about latency and errors. Bounded per record. */
export class RecentMeasures {
  readonly #max: number;
  readonly #rings = new Map<string, Ring>();
  #since = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Reads the last hour back. Nothing may be committed meanwhile. */
  async load(store: Pick<HistoryStore, 'recentSamples'>, now: number): Promise<void> {
    this.#since = now - LOADED_MS;
    for (let after: number | null = 0; after !== null;) {
      const page: Awaited<ReturnType<HistoryStore['recentSamples']>> = await store.recentSamples({
        from: this.#since,
        after,
        limit: PAGE,
      });
      for (const row of page.rows) this.take(row);
      after = page.next;
    }
  }

  take({ org, collection, id, at, ms, v }: SampleRow): void {
    const key = keyOf({ org, collection, id });
    let ring = this.#rings.get(key);
    if (ring === undefined) {
      ring = { samples: [], from: this.#since };
      this.#rings.set(key, ring);
    }
    ring.samples.push({ at, ms, v });
    // Cut rarely, and by a quarter: shifting an array at each observation costs more than it holds.
    if (ring.samples.length < this.#max) return;
    ring.samples.splice(0, Math.ceil(this.#max / 4));
    ring.from = Math.max(ring.from, ring.samples[0]?.at ?? 0);
  }

  forget(subject: Subject): void {
    this.#rings.delete(keyOf(subject));
  }

  /** The observations of the last `overMs`. */
  of(subject: Subject, overMs: number, now: number): Measured {
    const ring = this.#rings.get(keyOf(subject));
    const from = Math.max(now - overMs, ring?.from ?? this.#since);
    const latencies: number[] = [];
    let checks = 0;
    let bad = 0;
    for (const { at, ms, v } of ring?.samples ?? []) {
      if (at < from || at > now || v === 'x') continue;
      checks += 1;
      if (v === 'd') bad += 1;
      if (ms !== null) latencies.push(ms);
    }
    latencies.sort((a, b) => a - b);
    const sum = latencies.reduce((total, ms) => total + ms, 0);
    return {
      from,
      checks,
      bad,
      errorRate: checks === 0 ? null : bad / checks,
      count: latencies.length,
      min: latencies[0] ?? null,
      avg: latencies.length === 0 ? null : sum / latencies.length,
      max: latencies.at(-1) ?? null,
      p50: rank(latencies, 0.5),
      p95: rank(latencies, 0.95),
      p99: rank(latencies, 0.99),
    };
  }
}

interface Ring {
  readonly samples: { readonly at: number; readonly ms: number | null; readonly v: string }[];
  from: number;
}

/** The smallest value that at least a share `q` does not exceed. */
function rank(sorted: readonly number[], q: number): number | null {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

function keyOf({ org, collection, id }: Subject): string {
  return `${org}\n${collection}/${id}`;
}
