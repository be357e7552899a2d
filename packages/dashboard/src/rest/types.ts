/** What the server answers for things that are not records. */

export interface Transition {
  readonly collection: string;
  readonly id: string;
  readonly at: number;
  readonly recordedAt: number;
  readonly from: string;
  readonly to: string;
  readonly code: string;
  readonly text: string;
  readonly cause: string;
}

export interface Sample {
  readonly at: number;
  readonly ms: number | null;
  readonly v: string;
}

export interface History {
  readonly from: number;
  readonly to: number;
  /** Newest first. */
  readonly transitions: readonly Transition[];
  /** Oldest first; only with `raw`. */
  readonly samples: readonly Sample[];
  readonly resolution: 'raw' | '5m' | '1h' | '1d';
  /** Oldest first; empty with `raw`. */
  readonly buckets: readonly HistoryBucket[];
}

export interface HistoryBucket {
  readonly at: number;
  readonly widthMs: number;
  readonly checks: number;
  readonly bad: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** Uptime of one record within a window. */
export interface Uptime {
  readonly from: number;
  readonly to: number;
  readonly pct: number | null;
  readonly coverage: number;
  readonly outages: {
    readonly count: number;
    readonly longestMs: number;
    /** Newest first, at most 100. `to` is null while it lasts. */
    readonly list: readonly { readonly from: number; readonly to: number | null; readonly ms: number }[];
  };
}

export interface Tool {
  readonly name: string;
  /** Empty when the server gave none. */
  readonly title: string;
  readonly description: string;
  readonly hash: string;
  readonly inputSchema: unknown;
}

export interface Inventory {
  readonly at: number;
  readonly era: string;
  readonly fingerprint: string;
  readonly tools: readonly Tool[];
}

/** What the server listed last, and what a person took for right. */
export interface Inventories {
  readonly current: Inventory | null;
  readonly accepted: Inventory | null;
}

export interface DemoServer {
  readonly name: string;
  readonly kind: string;
  readonly serviceId: string;
  readonly faults: readonly string[];
  /** The fault that is on, or null. */
  readonly state: string | null;
}
