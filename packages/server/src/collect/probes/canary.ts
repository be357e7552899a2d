import { checkDefaults } from '@statewire/model';
import type { Probers } from './index.ts';
import type { CheckPlan } from './plan.ts';

/**
 * Asks the canary: a target of the operator's (`host:port`, or an http(s) URL) that is there whenever our own network is.
 * Resolves with the code of what came of it.
 */
export async function askCanary(probers: Pick<Probers, 'probe'>, target: string): Promise<string> {
  const { observation } = await probers.probe(canaryPlan(target));
  return observation.reason.code;
}

function canaryPlan(target: string): CheckPlan {
  const kind = target.includes('://') ? 'http' : 'tcp';
  return {
    id: 'canary',
    org: 'main',
    version: 0,
    createdAt: 0,
    updatedAt: 0,
    observedAt: null,
    labels: {},
    source: null,
    service: 'canary',
    kind,
    target,
    ...checkDefaults(kind, { timeoutMs: CANARY_TIMEOUT_MS }),
    secrets: [],
    managedBy: 'file',
    secretHeaders: {},
    credentials: {},
    command: null,
  };
}

/** Probes wait for it before their failure is believed, so it is short. */
const CANARY_TIMEOUT_MS = 3_000;
