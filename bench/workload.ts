/**
 * What is written, and who watches what. Everything follows from a number: update `k` is of record `recordOf(k)`, and
 * client `c` watches `watchedBy(c)`; so the process that writes and the process that counts agree without talking.
 * Each record carries the number of its newest update (`seq`), by which a client knows what it saw and what it missed.
 */
import type { JsonObject } from '@statewire/protocol';

/** A kind of record: how large it is and what an update changes. */
export type Kind = 'gauge' | 'page' | 'service';

/** What one run is about. */
export interface Workload {
  readonly kind: Kind;
  readonly records: number;
  /** How many of them each client watches; all, when there are no more. */
  readonly perClient: number;
  /** `random`: any record next, as in life. `round`: one after the other. */
  readonly order: 'random' | 'round';
}

/** The status workload of the targets: 2,000 records of about 300 bytes, each client watches 50 of its own. */
export const STATUS: Workload = { kind: 'gauge', records: 2_000, perClient: 50, order: 'random' };

export function recordOf({ records, order }: Workload, k: number): number {
  return order === 'round' ? k % records : hash(k) % records;
}

/** The records client `c` watches, different ones for each client. */
export function watchedBy({ records, perClient }: Workload, c: number): readonly number[] {
  if (perClient >= records) return Array.from({ length: records }, (_, i) => i);
  const chosen = new Set<number>();
  for (let i = 0; chosen.size < perClient; i += 1) chosen.add(hash(0x40000000 + c * 4_096 + i) % records);
  return [...chosen];
}

export function idOf(record: number): string {
  return `svc-${String(record).padStart(5, '0')}`;
}

/** The collection of our model whose records these are. */
export function collectionFor(kind: Kind): 'metrics' | 'services' {
  return kind === 'service' ? 'services' : 'metrics';
}

/** The bytes before a record's `seq` in every wire's text. */
export function markerFor(kind: Kind): string {
  return kind === 'service' ? 'flaps":' : 'seq":';
}

/** The whole record after update `k`; `k` below 0 before the first. */
export function fieldsOf(kind: Kind, record: number, k: number): JsonObject {
  return kind === 'service' ? service(record, k) : kind === 'page' ? page(record, k) : gauge(record, k);
}

/** About 300 bytes with id and stamps: a row of a status board. An update changes what a look measured. */
function gauge(record: number, k: number): JsonObject {
  return {
    subject: `service ${record} of the fleet`,
    window: 'now',
    labels: { team: `team-${record % 20}`, env: 'production' },
    source: null,
    observedAt: null,
    values: {
      seq: k,
      ms: k < 0 ? 0 : hash(k) % 900,
      up: 1,
      errors: 0,
      requests: 120_000 + record,
      sessions: 12,
      queued: 0,
      threads: 8,
    },
  };
}

/** 4,000 bytes, all of which change. */
function page(record: number, k: number): JsonObject {
  return {
    ...gauge(record, k),
    window: `${String(k).padStart(10, '0')} ${'a line of a long text '.repeat(170)}`,
  };
}

/** A service as the product keeps it, about 1,100 bytes with every field of the model. */
function service(record: number, k: number): JsonObject {
  const at = 1_790_000_000_000 + k;
  const ms = k < 0 ? 0 : hash(k) % 900;
  return {
    name: `Service ${record}`,
    kind: 'http',
    target: `https://service-${record}.example.com/health`,
    description: 'One of the fleet',
    group: `group-${record % 40}`,
    labels: { team: `team-${record % 20}`, env: 'production' },
    source: { kind: 'probe', id: 'prober-1', seq: k },
    observedAt: at,
    desired: 'active',
    phase: 'ready',
    facts: {
      reach: { v: 'ok', code: 'ok', text: 'connected', ms: 3, at, since: 1_780_000_000_000 },
      protocol: { v: 'ok', code: 'ok', text: 'answered 200', ms, at, since: 1_780_000_000_000 },
    },
    observed: 'healthy',
    health: 'healthy',
    suspect: null,
    fresh: 'live',
    overlay: { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null },
    override: null,
    status: 'up',
    reason: { code: 'ok', text: 'answers in time' },
    since: 1_780_000_000_000,
    lastOkAt: at,
    lastBadAt: null,
    nextProbeAt: at + 30_000,
    flaps: k,
    flap: { score: 0, at: 1_780_000_000_000 },
    recent: { bar: 'uuuuuuuu', ms: [12, 14, 11, 13, 12, 15, 12, ms] },
    latencyMs: ms,
    dueAt: at + 30_000,
    expiresAt: at + 60_000,
    mutedUntil: null,
    uptime: null,
    bar: '',
    mcp: null,
    certificate: null,
    managedBy: 'api',
    dependsOn: [],
    fusion: { rule: 'majority', named: null },
    observers: {},
    split: '',
    members: null,
  };
}

/** Spreads numbers evenly and the same way every time. */
function hash(n: number): number {
  let h = (n + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
