import type { Agent, Maintenance } from '@statewire/model';
import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import type { MutationFailure } from '../commands/base.ts';
import { createPlain, patchPlain, type PlainWish } from '../commands/plain.ts';
import { maintenances } from '../commands/plains/maintenances.ts';
import { completeMaintenance } from '../commands/verbs/maintenances.ts';
import { knownTo, type WriteDeps } from '../reports/deps.ts';
import type { AgentMaintenance } from './order.ts';

const SPAN_MS_MAX = 90 * 86_400_000;

/** The maintenance of one agent alone is an ordinary maintenance that means this agent: it ends by itself at its time. */
export function maintainThrough(deps: WriteDeps): AgentMaintenance {
  return {
    begin(draft, { agent, until, text, principal }) {
      if (until <= draft.now || until > draft.now + SPAN_MS_MAX) {
        return refuse('bad_field', `until: found ${until}, expected a time ahead, at most 90 days`);
      }
      const own = ownOf(draft, agent);
      if (own !== null) {
        const schedule = { kind: 'once', from: own.window?.from ?? draft.now, to: until };
        return patchPlain(deps, draft, maintenances, wish(deps, own.id, { schedule }, principal), {});
      }
      const raw = {
        title: `Maintenance of ${agent.name}`.slice(0, 200),
        text,
        selector: selectorOf(agent.id),
        schedule: { kind: 'once', to: until },
        isPublic: false,
      };
      return createPlain(deps, draft, maintenances, wish(deps, '', raw, principal));
    },
    end(draft, { agent }): Result<unknown, MutationFailure> {
      const own = ownOf(draft, agent);
      if (own !== null) return completeMaintenance(deps, draft, own.id);
      const { maintenance } = agent.overlay;
      if (maintenance === null) return ok(null);
      return refuse(
        'gone',
        `agents/${agent.id} is held by maintenances/${maintenance} together with others; end that one`,
      );
    },
  };
}

function selectorOf(agent: string): JsonObject {
  return { collection: 'agents', where: ['eq', 'id', agent] };
}

/** The maintenance that holds this agent, if it means nobody else. */
function ownOf(draft: Draft, agent: Agent): Maintenance | null {
  const { maintenance: id } = agent.overlay;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `maintenances` are Maintenance.
  const row = id === null ? null : (draft.get('maintenances', id) as Maintenance | null);
  return row !== null && JSON.stringify(row.selector.where) === JSON.stringify(['eq', 'id', agent.id]) ? row : null;
}

function wish(deps: WriteDeps, id: string, raw: JsonObject, principal: Principal): PlainWish {
  const collection = knownTo(deps)('maintenances');
  if (collection === null) throw new Error('expected the collection maintenances');
  return { collection, id, raw, principal };
}
