import type { McpInfo, Service } from '@statewire/model';
import { ok, type Json, type Result } from '@statewire/protocol';
import type { ProbeObservation } from '../collect/observation.ts';
import { drift } from '../collect/probes/mcp/inventory.ts';
import type { CheckPlan } from '../collect/probes/plan.ts';
import type { Inventory, ProbeResult } from '../collect/probes/probe.ts';
import type { Belief } from '../collect/probes/schedule.ts';
import type { Rules } from '../derive/rules.ts';
import type { Check } from '@statewire/model';
import type { Commit, Written } from '../keep/commit-types.ts';
import { observeIn } from '../keep/observe.ts';
import type { Store } from '../keep/store.ts';
import { beliefOf } from './watch.ts';

/** Document kind of a service's tools: `{ current, accepted }`; keyed by the service's id. */
export const INVENTORY = 'inventory';

export interface LooksDeps {
  readonly commit: Pick<Commit, 'write'>;
  readonly store: Pick<Store, 'document'>;
  readonly rulesOf: (check: Check | null, collection: string) => Rules;
}

/**
 * Writes what a probe saw. A probe that listed tools is compared with what a person accepted, and the list is
 * kept in the same transaction; one that did not list them leaves what is known of the tools alone.
 */
export async function writeLook(deps: LooksDeps, plan: CheckPlan, result: ProbeResult): Promise<Belief | null> {
  const stored =
    result.inventory === null ? null : inventoriesOf(await deps.store.document(INVENTORY, plan.org, plan.id));
  const written = await deps.commit.write(plan.org, 'probe', (draft) => {
    const row = draft.get('services', plan.id);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `services` are Service.
    const known = row === null ? null : (row as Service).mcp;
    const current = result.inventory;
    // The first list is the baseline: somebody who adds a server accepts it as it is.
    const accepted = current === null ? null : (stored?.accepted ?? current);
    const observation: ProbeObservation = {
      ...result.observation,
      mcp: infoOf(result.observation.mcp, known, current, accepted),
    };
    const seen = observeIn(deps, draft, { collection: 'services', id: plan.id, observation });
    if (seen.ok && current !== null) draft.document(INVENTORY, plan.id, { current, accepted });
    return seen;
  });
  if (written.ok) return beliefOf(written.value.value);
  // Deleted while it was being probed: nothing to believe any more.
  if (written.code === 'not_found') return null;
  throw new Error(written.message);
}

/** Makes the tools that are there now the accepted ones. Used by the command `accept-tools`. */
export async function acceptTools(
  deps: LooksDeps,
  principal: { readonly org: string; readonly name: string },
  id: string,
): Promise<Result<Written<{ readonly id: string }>>> {
  const stored = inventoriesOf(await deps.store.document(INVENTORY, principal.org, id));
  return deps.commit.write(principal.org, principal.name, (draft) => {
    const row = draft.get('services', id);
    if (row === null) return { ok: false, code: 'not_found', message: `there is no services/${id}` };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `services` are Service.
    const mcp = (row as Service).mcp;
    if (mcp === null || stored.current === null) {
      return {
        ok: false,
        code: 'unsupported',
        message: `found no tools of services/${id}, expected a probed MCP server; refresh it first`,
      };
    }
    const next: McpInfo = {
      ...mcp,
      acceptedFingerprint: stored.current.fingerprint,
      drift: drift(stored.current, stored.current),
    };
    draft.put('services', id, { ...row, mcp: next });
    draft.document(INVENTORY, id, { current: stored.current, accepted: stored.current });
    return ok({ id });
  });
}

function infoOf(
  seen: McpInfo | null,
  known: McpInfo | null,
  current: Inventory | null,
  accepted: Inventory | null,
): McpInfo | null {
  // A probe that did not get through says nothing about the server: what was known stays visible.
  if (seen === null) return known;
  if (current !== null && accepted !== null) {
    return {
      ...seen,
      tools: current.tools.length,
      fingerprint: current.fingerprint,
      acceptedFingerprint: accepted.fingerprint,
      drift: drift(accepted, current),
    };
  }
  if (known === null) return seen;
  return {
    ...seen,
    tools: known.tools,
    fingerprint: known.fingerprint,
    acceptedFingerprint: known.acceptedFingerprint,
    drift: known.drift,
  };
}

function inventoriesOf(document: Json | null): {
  readonly current: Inventory | null;
  readonly accepted: Inventory | null;
} {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return { current: null, accepted: null };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: only writeLook and acceptTools write this kind.
  return document as { readonly current: Inventory | null; readonly accepted: Inventory | null };
}
