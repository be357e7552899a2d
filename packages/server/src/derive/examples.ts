/** Rows and observations for tests of the engine: each builder gives a plain one, with what the test is about. */
import type { Execution, Health, RunRow, Service, StatusRow } from '@statewire/model';
import type {
  BeatObservation,
  CommandObservation,
  ProbeObservation,
  ReportObservation,
} from '../collect/observation.ts';
import { bornExecution, bornService, type Fields } from './born.ts';
import type { Rules } from './rules.ts';

/** When every example begins. */
export const T0 = 1_700_000_000_000;

export const RULES: Rules = {
  intervalMs: 30_000,
  failAfter: 3,
  recoverAfter: 2,
  degradeAfter: 3,
  degradedMs: null,
  window: null,
  cron: null,
  onExpiry: 'unknown',
  graceMs: 30_000,
  alivePhase: null,
  gonePhase: null,
};

const COMMITTED = { id: 'search', org: 'main', version: 1, createdAt: T0, updatedAt: T0 };

type StatusFields = Partial<Fields<StatusRow>> & Partial<Pick<Service, 'fusion'>> & { readonly presence?: string };

export function serviceRow(fields: StatusFields = {}): StatusRow {
  const row: Service = { ...bornService(T0, { kind: 'http', name: 'Search' }), ...COMMITTED };
  return { ...row, ...fields };
}

/** A service believed to be in this health since T0. */
export function believed(health: Health, fields: StatusFields = {}): StatusRow {
  const status = { healthy: 'up', degraded: 'degraded', unhealthy: 'down', unknown: 'unknown' } as const;
  return serviceRow({ health, observed: health, fresh: 'live', status: status[health], ...fields });
}

export function runRow(fields: Partial<Fields<Execution>> = {}): RunRow {
  const row: Execution = { ...bornExecution({ agent: 'a1' }), ...COMMITTED, id: 'r1' };
  return { ...row, ...fields };
}

export function probe(at: number, verdict: Health, more: Partial<ProbeObservation> = {}): ProbeObservation {
  return {
    kind: 'probe',
    at,
    ms: 12,
    facts: {},
    verdict,
    reason: verdict === 'healthy' ? { code: 'ok', text: '' } : { code: 'refused', text: 'Connection refused.' },
    phase: verdict === 'healthy' ? 'ready' : 'failed',
    final: false,
    latencyMs: verdict === 'healthy' ? 12 : null,
    mcp: null,
    certificate: null,
    nextAt: at + 30_000,
    ...more,
  };
}

export function beat(
  at: number,
  signal: BeatObservation['signal'] = 'ok',
  more: Partial<BeatObservation> = {},
): BeatObservation {
  return { kind: 'beat', at, signal, periodMs: 60_000, graceMs: 30_000, ms: null, text: '', ...more };
}

export function report(at: number, health: Health | null, more: Partial<ReportObservation> = {}): ReportObservation {
  return {
    kind: 'report',
    at,
    observedAt: at,
    seq: null,
    sourceId: 'sdk',
    health,
    phase: null,
    facts: {},
    reason: null,
    final: false,
    latencyMs: null,
    periodMs: null,
    fields: {},
    ...more,
  };
}

export function command(at: number, act: CommandObservation['act'], by = 'ana'): CommandObservation {
  return { kind: 'command', at, by, act };
}
