/**
 * The rules that come with the product, as data. Each carries vectors: what it must say of which record. They run when
 * the document is loaded, and a rule that fails one is refused, as a mapping is.
 *
 * On from the start are those that are about facts (down, degraded, heartbeat, lost jobs, tool drift, certificate,
 * flapping). Those that are guesses about numbers (latency, errors, trend, anomaly, metric) or depend on how one works
 * (failed and stalled jobs, reconnects) are there to be enabled.
 */
import { ruleCreateSchema, type RuleCreate, type Severity } from '@statewire/model';
import { assert, ok, refuse, type JsonObject, type Result, type Row } from '@statewire/protocol';
import { evaluate } from './evaluate.ts';
import { NOTHING_MEASURED, type Finding, type Measured, type Sample } from './finding.ts';

/** A shipped rule and what it must say. */
export interface RuleDocument {
  readonly id: string;
  readonly rule: RuleCreate;
  readonly vectors: readonly Vector[];
}

/** What is seen, and what the rule says of it. */
export interface Vector {
  /** Fields of the record that differ from a healthy one. Times are milliseconds relative to now. */
  readonly row?: JsonObject | undefined;
  readonly samples?: readonly Series[] | undefined;
  readonly points?: readonly (readonly [agoMs: number, value: number])[] | undefined;
  readonly reconnectsAgoMs?: readonly number[] | undefined;
  readonly isOpen?: boolean | undefined;
  readonly says: Finding['is'];
}

/** Observations at a steady pace, from so long ago to so long ago, whose times run from one value to another. */
export interface Series {
  readonly fromAgoMs: number;
  readonly toAgoMs: number;
  readonly everyMs: number;
  readonly ms: readonly [number, number];
  readonly v?: string | undefined;
}

/** Proves a rule by its vectors. */
export function proveRule(document: RuleDocument): Result<RuleDocument> {
  const { id, rule, vectors } = document;
  const parsed = ruleCreateSchema.safeParse(rule);
  if (!parsed.success) return refuse('bad_field', `rule ${id}: ${parsed.error.message}`);
  if (vectors.length === 0) return refuse('bad_field', `rule ${id}: found no vector, expected at least one`);
  for (const [i, vector] of vectors.entries()) {
    const found = evaluate(rule.when, {
      collection: rule.on?.collection ?? 'services',
      row: rowOf(vector),
      measured: measuredOf(vector),
      now: NOW,
      isOpen: vector.isOpen ?? false,
    });
    if (found.is !== vector.says) {
      return refuse('bad_field', `rule ${id}: vector ${i} says ${found.is} (${found.text}), expected ${vector.says}`);
    }
  }
  return ok(document);
}

const NOW = Date.UTC(2026, 5, 1, 12);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

function rowOf({ row }: Vector): Row {
  const times = Object.fromEntries(
    Object.entries(row ?? {}).map(([name, value]) => [
      name,
      TIMES.has(name) && typeof value === 'number' ? NOW + value : value,
    ]),
  );
  const certificate = row?.['certificate'];
  return {
    ...HEALTHY,
    ...times,
    ...(typeof certificate === 'number'
      ? { certificate: { expiresAt: NOW + certificate, daysLeft: 0, issuer: 'CA' } }
      : {}),
  };
}

function measuredOf({ samples = [], points = [], reconnectsAgoMs = [] }: Vector): Measured {
  return {
    ...NOTHING_MEASURED,
    samples: samples.flatMap(seriesOf).toSorted((a, b) => a.at - b.at),
    points: points.map(([agoMs, value]) => ({ at: NOW - agoMs, value })),
    reconnects: reconnectsAgoMs.map((agoMs) => NOW - agoMs),
  };
}

function seriesOf({ fromAgoMs, toAgoMs, everyMs, ms, v = 'u' }: Series): readonly Sample[] {
  const samples: Sample[] = [];
  const steps = Math.max(1, Math.floor((fromAgoMs - toAgoMs) / everyMs));
  for (let i = 0; i < steps; i++) {
    // A little unevenness, as real answers have it.
    const value = ms[0] + ((ms[1] - ms[0]) * i) / steps + (i % 3);
    samples.push({ at: NOW - fromAgoMs + i * everyMs, ms: value, v });
  }
  return samples;
}

const TIMES: ReadonlySet<string> = new Set([
  'observedAt',
  'since',
  'dueAt',
  'expiresAt',
  'startedAt',
  'endedAt',
  'movedAt',
]);

const HEALTHY: Row = {
  id: 'x',
  org: 'main',
  version: 1,
  createdAt: NOW - DAY,
  updatedAt: NOW,
  observedAt: NOW,
  desired: 'active',
  status: 'up',
  health: 'healthy',
  fresh: 'live',
  reason: { code: 'ok', text: '' },
  since: NOW - HOUR,
  dueAt: null,
  expiresAt: null,
  overlay: { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null },
  flaps: 0,
  flap: { score: 0, at: NOW },
  mcp: null,
  certificate: null,
  state: 'running',
  attempt: 1,
  progress: { done: 1, total: 10, unit: '', pct: 10, message: '', stage: '' },
  startedAt: NOW - HOUR,
  movedAt: NOW,
  endedAt: null,
};

const DRIFT = { added: [], removed: [], changed: [] };
const steady = (fromAgoMs: number, toAgoMs: number, ms: number, v = 'u'): Series => ({
  fromAgoMs,
  toAgoMs,
  everyMs: 30_000,
  ms: [ms, ms],
  v,
});

const services = { collection: 'services', where: null } as const;

/** What the product ships. The id is also the id of the record. */
const documents: readonly RuleDocument[] = [
  {
    id: 'down',
    rule: {
      name: 'Down',
      severity: 'critical',
      on: services,
      when: { kind: 'status', is: ['down'] },
      text: 'A service does not work, confirmed by several looks.',
    },
    vectors: [
      { row: { status: 'down' }, says: 'true' },
      { row: { status: 'up' }, says: 'false' },
      { row: { status: 'degraded' }, says: 'false' },
      { row: { status: 'paused' }, says: 'false' },
      { row: { status: 'unknown' }, says: 'unknown' },
      { row: { status: 'pending' }, says: 'unknown' },
      { row: { status: 'maintenance', health: 'unhealthy' }, says: 'true' },
      { row: { status: 'maintenance', health: 'healthy' }, says: 'false' },
    ],
  },
  {
    id: 'degraded',
    rule: {
      name: 'Degraded',
      severity: 'warning',
      on: services,
      when: { kind: 'status', is: ['degraded'] },
      // Two minutes: what passes by itself that soon is nothing to be called for.
      forMs: 2 * MINUTE,
      text: 'A service works, but not well.',
    },
    vectors: [
      { row: { status: 'degraded' }, says: 'true' },
      { row: { status: 'down' }, says: 'false' },
      { row: { status: 'unknown' }, says: 'unknown' },
    ],
  },
  {
    id: 'agent-down',
    rule: {
      name: 'Agent gone',
      severity: 'warning',
      on: { collection: 'agents', where: null },
      when: { kind: 'status', is: ['down'] },
      forMs: MINUTE,
      isEnabled: false,
      text: 'An agent is down or has not been heard of.',
    },
    vectors: [
      { row: { status: 'down' }, says: 'true' },
      { row: { status: 'up' }, says: 'false' },
    ],
  },
  {
    id: 'heartbeat',
    rule: {
      name: 'Heartbeat late',
      severity: 'warning',
      on: { collection: 'services', where: ['eq', 'kind', 'heartbeat'] },
      when: { kind: 'freshness', is: ['late', 'expired'] },
      text: 'A job did not report in time. When the grace is over it counts as down.',
    },
    vectors: [
      { row: { fresh: 'late', dueAt: -MINUTE }, says: 'true' },
      { row: { fresh: 'expired', dueAt: -HOUR }, says: 'true' },
      { row: { fresh: 'live', dueAt: MINUTE }, says: 'false' },
      { row: { fresh: 'never' }, says: 'unknown' },
      { row: { fresh: 'expired', desired: 'paused' }, says: 'false' },
    ],
  },
  {
    id: 'job-lost',
    rule: {
      name: 'Job lost',
      severity: 'warning',
      on: { collection: 'jobs', where: ['neq', 'kind', 'recovery'] },
      when: { kind: 'run', is: ['lost', 'timed_out'], stalledMs: 600_000 },
      text: 'Nobody reports on a job any more.',
    },
    vectors: [
      { row: { state: 'lost', endedAt: -MINUTE, reason: { code: 'lease_expired', text: '' } }, says: 'true' },
      { row: { state: 'timed_out', endedAt: -MINUTE }, says: 'true' },
      { row: { state: 'failed', endedAt: -MINUTE }, says: 'false' },
      { row: { state: 'running' }, says: 'false' },
      { row: { state: 'lost', endedAt: -2 * DAY }, says: 'false' },
    ],
  },
  {
    id: 'job-failed',
    rule: {
      name: 'Job failed',
      severity: 'warning',
      on: { collection: 'jobs', where: ['neq', 'kind', 'recovery'] },
      when: { kind: 'run', is: ['failed'], stalledMs: 600_000 },
      isEnabled: false,
      text: 'A job ended with an error.',
    },
    vectors: [
      { row: { state: 'failed', endedAt: -MINUTE }, says: 'true' },
      { row: { state: 'succeeded', endedAt: -MINUTE }, says: 'false' },
      { row: { state: 'canceled', endedAt: -MINUTE }, says: 'false' },
    ],
  },
  {
    id: 'job-stalled',
    rule: {
      name: 'Job stalled',
      severity: 'warning',
      on: { collection: 'jobs', where: ['neq', 'kind', 'recovery'] },
      when: { kind: 'run', is: ['stalled'], stalledMs: 600_000 },
      isEnabled: false,
      text: 'A job is alive and makes no progress.',
    },
    vectors: [
      { row: { state: 'running', movedAt: -20 * MINUTE }, says: 'true' },
      { row: { state: 'running', movedAt: -5 * MINUTE }, says: 'false' },
      { row: { state: 'running', movedAt: -20 * MINUTE, observedAt: -19 * MINUTE }, says: 'false' },
      { row: { state: 'running', movedAt: null, startedAt: -20 * MINUTE }, says: 'true' },
      { row: { state: 'waiting_input', movedAt: -20 * MINUTE }, says: 'false' },
    ],
  },
  {
    id: 'tools',
    rule: {
      name: 'Tools changed',
      severity: 'warning',
      on: { collection: 'services', where: ['eq', 'kind', 'mcp'] },
      when: { kind: 'tools' },
      text: 'The tools of an MCP server are not those that were accepted.',
    },
    vectors: [
      { row: { mcp: { drift: { ...DRIFT, added: ['delete_all'] } } }, says: 'true' },
      { row: { mcp: { drift: { ...DRIFT, changed: ['search'] } } }, says: 'true' },
      { row: { mcp: { drift: DRIFT } }, says: 'false' },
      { row: { mcp: null }, says: 'unknown' },
    ],
  },
  {
    id: 'certificate',
    rule: {
      name: 'Certificate ends',
      severity: 'warning',
      on: services,
      when: { kind: 'certificate', days: 14 },
      text: 'A TLS certificate ends soon.',
    },
    vectors: [
      { row: { certificate: 10 * DAY }, says: 'true' },
      { row: { certificate: -DAY }, says: 'true' },
      { row: { certificate: 30 * DAY }, says: 'false' },
      { row: { certificate: null }, says: 'unknown' },
    ],
  },
  {
    id: 'flapping',
    rule: {
      name: 'Flapping',
      severity: 'warning',
      on: services,
      when: { kind: 'flapping' },
      text: 'The status goes to and fro. Told once, and once more when it has settled.',
    },
    vectors: [
      { row: { overlay: { flapping: true }, status: 'down' }, says: 'true' },
      { row: { overlay: { flapping: false } }, says: 'false' },
    ],
  },
  {
    id: 'own-fault',
    rule: {
      name: 'Fault of this server',
      severity: 'critical',
      when: {
        kind: 'metric',
        subject: 'server',
        name: 'own.faults',
        above: 0,
        below: null,
        change: null,
        overMs: 60_000,
      },
      text: 'Not what is watched fails, but the network of this server. Nothing is judged until it works again.',
    },
    vectors: [
      {
        points: [
          [15_000, 0],
          [0, 1],
        ],
        says: 'true',
      },
      {
        points: [
          [15_000, 1],
          [0, 0],
        ],
        says: 'false',
      },
      { says: 'unknown' },
    ],
  },
  {
    id: 'reconnects',
    rule: {
      name: 'Reconnects often',
      severity: 'warning',
      on: { collection: 'connections', where: null },
      when: { kind: 'reconnects', count: 5, overMs: 600_000 },
      isEnabled: false,
      text: 'An agent loses its session again and again.',
    },
    vectors: [
      { reconnectsAgoMs: [9, 7, 5, 3, 1].map((minutes) => minutes * MINUTE), says: 'true' },
      { reconnectsAgoMs: [50, 40, 30, 3, 1].map((minutes) => minutes * MINUTE), says: 'false' },
    ],
  },
  {
    id: 'latency',
    rule: {
      name: 'Slow',
      severity: 'warning',
      on: services,
      when: { kind: 'latency', q: 'p95', aboveMs: 2_000, overMs: 600_000 },
      isEnabled: false,
      text: 'Answers take too long.',
    },
    vectors: [
      { samples: [steady(9 * MINUTE, 0, 2_500)], says: 'true' },
      { samples: [steady(9 * MINUTE, 0, 500)], says: 'false' },
      { samples: [steady(9 * MINUTE, 0, 1_800)], isOpen: true, says: 'true' },
      { samples: [steady(9 * MINUTE, 0, 1_500)], isOpen: true, says: 'false' },
      { samples: [steady(2 * MINUTE, 0, 2_500)], says: 'unknown' },
    ],
  },
  {
    id: 'errors',
    rule: {
      name: 'Errors',
      severity: 'warning',
      on: services,
      when: { kind: 'errors', above: 0.2, overMs: 900_000 },
      isEnabled: false,
      text: 'Too many looks fail, although never enough in a row to be down.',
    },
    vectors: [
      { samples: [steady(10 * MINUTE, 5 * MINUTE, 20), steady(4 * MINUTE, 0, 20, 'd')], says: 'true' },
      { samples: [steady(14 * MINUTE, 1 * MINUTE, 20), steady(MINUTE, 0, 20, 'd')], says: 'false' },
      { samples: [], says: 'unknown' },
    ],
  },
  {
    id: 'metric-change',
    rule: {
      name: 'Connections changed',
      severity: 'info',
      on: services,
      when: {
        kind: 'metric',
        subject: 'gateway',
        name: 'connections',
        above: null,
        below: null,
        change: 0.5,
        overMs: HOUR,
      },
      isEnabled: false,
      text: 'The number of live connections has moved by more than half within an hour.',
    },
    vectors: [
      { points: [...range(10, 100), [0, 40]], says: 'true' },
      { points: [...range(10, 100), [0, 110]], says: 'false' },
      { points: [[0, 40]], says: 'unknown' },
    ],
  },
  {
    id: 'trend',
    rule: {
      name: 'Will be slow',
      severity: 'info',
      on: services,
      when: { kind: 'trend', of: 'latency', limit: 2_000, withinMs: HOUR, subject: null, name: null },
      isEnabled: false,
      text: 'At this pace answers will take too long within the hour.',
    },
    vectors: [
      // 400 ms more each hour, 300 ms to go.
      { samples: [{ fromAgoMs: 2 * HOUR, toAgoMs: 0, everyMs: 30_000, ms: [900, 1_700] }], says: 'true' },
      { samples: [{ fromAgoMs: 2 * HOUR, toAgoMs: 0, everyMs: 30_000, ms: [600, 700] }], says: 'false' },
      { samples: [{ fromAgoMs: 2 * HOUR, toAgoMs: 0, everyMs: 30_000, ms: [1_700, 900] }], says: 'false' },
      { samples: [{ fromAgoMs: 2 * HOUR, toAgoMs: 0, everyMs: 30_000, ms: [1_700, 2_600] }], says: 'false' },
      { samples: [steady(2 * HOUR, 0, 1_500)], says: 'false' },
      { samples: [steady(20 * MINUTE, 0, 1_500)], says: 'unknown' },
    ],
  },
  {
    id: 'anomaly-latency',
    rule: {
      name: 'Unusually slow',
      severity: 'info',
      on: services,
      when: { kind: 'anomaly', of: 'latency', sensitivity: 5 },
      isEnabled: false,
      text: 'Answers take much longer than is usual for this service.',
    },
    vectors: [
      { samples: [steady(6 * HOUR, 15 * MINUTE, 100), steady(14 * MINUTE, 0, 300)], says: 'true' },
      { samples: [steady(6 * HOUR, 15 * MINUTE, 100), steady(14 * MINUTE, 0, 110)], says: 'false' },
      { samples: [steady(6 * HOUR, 15 * MINUTE, 100), steady(14 * MINUTE, 0, 135)], isOpen: true, says: 'true' },
      { samples: [steady(HOUR, 15 * MINUTE, 100), steady(14 * MINUTE, 0, 300)], says: 'unknown' },
    ],
  },
  {
    id: 'anomaly-errors',
    rule: {
      name: 'Unusually many errors',
      severity: 'info',
      on: services,
      when: { kind: 'anomaly', of: 'errors', sensitivity: 5 },
      isEnabled: false,
      text: 'More looks fail than is usual for this service.',
    },
    vectors: [
      {
        samples: [
          steady(6 * HOUR, 15 * MINUTE, 100),
          steady(14 * MINUTE, 8 * MINUTE, 100),
          steady(7 * MINUTE, 0, 100, 'd'),
        ],
        says: 'true',
      },
      { samples: [steady(6 * HOUR, 0, 100)], says: 'false' },
    ],
  },
];

function range(count: number, value: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, (_, i) => [(count - i) * MINUTE, value + (i % 2)] as const);
}

/** The shipped rules, proven by their vectors. */
export const shippedRules: readonly RuleDocument[] = documents.map((document) => {
  const proven = proveRule(document);
  assert(proven.ok, proven.ok ? '' : proven.message);
  return proven.value;
});

/** Fields of the record that stands for a shipped rule. */
export function ruleOf({ id, rule }: RuleDocument): JsonObject {
  return ruleFields(rule, id);
}

/** All fields of a rule from what was given. */
export function ruleFields(given: RuleCreate, builtin: string | null): JsonObject {
  const severity: Severity = given.severity ?? 'warning';
  return {
    observedAt: null,
    labels: given.labels ?? {},
    source: null,
    name: given.name,
    isEnabled: given.isEnabled ?? true,
    builtin,
    severity,
    on: given.on ?? services,
    when: given.when,
    forMs: given.forMs ?? 0,
    policy: given.policy ?? null,
    recovery: given.recovery ?? null,
    text: given.text ?? '',
    runbook: given.runbook ?? '',
    tried: {},
  };
}
