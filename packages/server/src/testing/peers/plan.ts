import type { ServiceKind } from '@statewire/model';
import type { CheckPlan } from '../../collect/probes/plan.ts';

/** A check with the defaults of the model and short times, for tests. */
export function planOf(kind: ServiceKind, target: string, more: Partial<CheckPlan> = {}): CheckPlan {
  return {
    id: 'peer',
    org: 'main',
    version: 1,
    createdAt: 0,
    updatedAt: 0,
    observedAt: null,
    labels: {},
    source: { kind: 'api', id: 'test', seq: null },
    service: 'peer',
    kind,
    target,
    intervalMs: 30_000,
    timeoutMs: 5_000,
    connectTimeoutMs: 1_000,
    failAfter: 3,
    recoverAfter: 2,
    degradeAfter: 3,
    graceMs: null,
    degradedMs: null,
    mode: 'hold',
    inventoryMs: 300_000,
    canary: null,
    method: 'GET',
    expectStatus: ['200-399'],
    keyword: null,
    followRedirects: false,
    certificateDays: 14,
    headers: {},
    secrets: [],
    managedBy: 'api',
    secretHeaders: {},
    command: null,
    ...more,
  };
}
