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

/** A number of a window, and of the one before. */
export interface Compared {
  readonly now: number | null;
  readonly before: number | null;
}

/** A number by slot; null where nothing was counted. */
export interface Trended extends Compared {
  readonly values: readonly (number | null)[];
}

interface TroubleTrend extends Trended {
  readonly ackMs: Compared;
  readonly recoverMs: Compared;
}

/** A metric by slots. */
export interface MetricLine {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly kind: string;
  readonly value: number | null;
  readonly target: number | null;
  readonly trend: { readonly h1: number | null; readonly d1: number | null; readonly d7: number | null };
  readonly values: readonly (number | null)[];
}

export interface Analytics {
  readonly from: number;
  readonly to: number;
  readonly widthMs: number;
  /** Where each slot begins. */
  readonly at: readonly number[];
  readonly uptime: Trended & { readonly coverage: readonly number[] };
  readonly latency: { readonly p50: Trended; readonly p95: Trended };
  readonly alerts: TroubleTrend & {
    readonly byRule: readonly { readonly rule: string; readonly name: string; readonly count: number }[];
  };
  readonly incidents: TroubleTrend;
  readonly runs: { readonly ended: Trended; readonly failed: Trended; readonly failureRate: Compared };
  readonly connections: { readonly uptime: Trended; readonly p95: Trended; readonly count: number };
  readonly services: readonly {
    readonly id: string;
    readonly name: string;
    readonly kind: string;
    readonly group: string;
    readonly pct: number | null;
    readonly pctBefore: number | null;
    readonly coverage: number;
    readonly downMs: number;
    readonly outages: number;
    readonly alerts: number;
    readonly p50: number | null;
    readonly p95: number | null;
  }[];
  readonly groups: readonly {
    readonly name: string;
    readonly services: number;
    readonly pct: number | null;
    readonly downMs: number;
    readonly alerts: number;
  }[];
  /** That the app reports. */
  readonly metrics: readonly MetricLine[];
  /** That the server derives. */
  readonly derived: readonly MetricLine[];
  /** Of how many records it is made. */
  readonly counted: { readonly services: number; readonly of: number; readonly connections: number };
}

/** A kind of rows, as `/v1/system` tells it. */
export interface StorePart {
  readonly part: string;
  readonly rows: number;
  readonly bytes: number;
  readonly oldestAt: number | null;
  readonly keptMs: number | null;
  readonly fullBytes: number | null;
}

/** `/v1/system`: the process, in groups of names and values; those that have a place of their own on the page are named here. */
export interface SystemAnswer {
  readonly store: {
    readonly bytes: number;
    /** When the parts were measured; null before the first time. */
    readonly measuredAt: number | null;
  };
  readonly storeParts: readonly StorePart[];
  readonly [name: string]: unknown;
}
