import type { Agent, Connection, Execution, Job, RunRow, Service, StatusRow } from '@statewire/model';

/** The named fields of a row type: its index signature and what the commit itself writes left out. */
export type Fields<T> = {
  [K in keyof T as string extends K ? never : K extends WrittenByCommit ? never : K]: T[K];
};
type WrittenByCommit = 'id' | 'org' | 'version' | 'createdAt' | 'updatedAt';

/** Every status field of a record nobody has observed yet: status `pending`, fresh `never`. */
export function bornStatus(now: number): Fields<StatusRow> {
  return {
    observedAt: null,
    labels: {},
    source: null,
    desired: 'active',
    phase: '',
    facts: {},
    observed: 'unknown',
    health: 'unknown',
    suspect: null,
    fresh: 'never',
    overlay: { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null },
    override: null,
    status: 'pending',
    reason: { code: 'pending', text: 'Waiting for the first observation.' },
    since: now,
    lastOkAt: null,
    lastBadAt: null,
    nextProbeAt: null,
    flaps: 0,
    flap: { score: 0, at: now },
    recent: { bar: '', ms: [] },
    latencyMs: null,
    dueAt: null,
    expiresAt: null,
    mutedUntil: null,
    uptime: null,
    bar: '',
  };
}

/** A new service. */
export function bornService(
  now: number,
  given: Partial<Fields<Service>> & { readonly kind: Service['kind'] },
): Fields<Service> {
  return {
    ...bornStatus(now),
    name: '',
    target: '',
    description: '',
    group: '',
    mcp: null,
    certificate: null,
    managedBy: 'api',
    dependsOn: [],
    fusion: { rule: 'majority', named: null },
    observers: {},
    split: '',
    members: null,
    disagreement: null,
    latencyShift: null,
    ...given,
  };
}

/** A new agent: offline until it shows life. */
export function bornAgent(now: number, given: Partial<Fields<Agent>> = {}): Fields<Agent> {
  return {
    ...bornStatus(now),
    phase: 'offline',
    name: '',
    platform: '',
    release: '',
    currentExecution: null,
    presence: 'report',
    activity: '',
    speaker: null,
    asked: null,
    instructed: 0,
    waiting: 0,
    ...given,
  };
}

/** A new connection of an agent to a service. */
export function bornConnection(
  now: number,
  given: Partial<Fields<Connection>> & { readonly agent: string; readonly service: string },
): Fields<Connection> {
  return {
    ...bornStatus(now),
    phase: 'disconnected',
    sessionId: null,
    protocolVersion: null,
    calls: 0,
    errors: 0,
    lastErrorCode: null,
    tools: [],
    disagreement: null,
    ...given,
  };
}

export const DEFAULT_LEASE_MS = 60_000;

/** Every run field of a run that has not started: state `queued`, attempt 1. */
export function bornRun(): Fields<RunRow> {
  return {
    observedAt: null,
    labels: {},
    source: null,
    title: '',
    state: 'queued',
    reason: { code: 'queued', text: '' },
    attempt: 1,
    progress: { done: 0, total: null, unit: '', pct: null, message: '', stage: '' },
    rate: null,
    etaMs: null,
    movedAt: null,
    startedAt: null,
    endedAt: null,
    cancelRequested: false,
    leaseUntil: null,
    leaseMs: DEFAULT_LEASE_MS,
  };
}

/** A new execution of an agent. */
export function bornExecution(given: Partial<Fields<Execution>> & { readonly agent: string }): Fields<Execution> {
  return { ...bornRun(), parent: null, steps: [], ...given };
}

/** A new job. */
export function bornJob(given: Partial<Fields<Job>> = {}): Fields<Job> {
  return { ...bornRun(), kind: 'custom', owner: null, goal: '', bulk: null, ...given };
}
