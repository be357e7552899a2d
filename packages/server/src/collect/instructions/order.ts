/**
 * What people order an agent: the record says what is wanted, and the agent is told, in one transaction. What its present
 * stand does not allow is refused in the words of the table that screens read too.
 */
import { agentTransition, type Agent, type AgentOrder } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import type { MutationFailure } from '../commands/base.ts';
import type { WriteDeps } from '../reports/deps.ts';
import { endAll, instruct } from './instruct.ts';

/** An order and what goes with it. */
export interface Ordered {
  readonly agent: string;
  readonly order: AgentOrder;
  readonly principal: Principal;
  readonly text?: string | undefined;
  readonly until?: number | undefined;
  /** Unanswered by then the instruction expires. */
  readonly expiresAt?: number | undefined;
}

/** Begins, moves and ends the maintenance of one agent; handed in, because maintenances are written by their own commands. */
export interface AgentMaintenance {
  begin(
    draft: Draft,
    what: { readonly agent: Agent; readonly until: number; readonly text: string; readonly principal: Principal },
  ): Result<unknown, MutationFailure>;
  end(draft: Draft, what: { readonly agent: Agent; readonly principal: Principal }): Result<unknown, MutationFailure>;
}

const EXPIRES_MS_DEFAULT = 86_400_000;
const EXPIRES_MS_MAX = 30 * 86_400_000;

/** Orders an agent something. The value is the id of the instruction; null where it is told nothing (`retire`). */
export function orderAgent(
  deps: Pick<WriteDeps, 'engine' | 'limits' | 'observeIn'>,
  maintenance: AgentMaintenance,
  draft: Draft,
  ordered: Ordered,
): Result<string | null, MutationFailure> {
  const { agent: id, order, principal, text = '' } = ordered;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `agents` are Agent.
  const agent = draft.get('agents', id) as Agent | null;
  if (agent === null) return refuse('not_found', `there is no agents/${id}`);
  const { to, why } = agentTransition(agent, order);
  if (to === null) return refuse('gone', `agents/${id} cannot be ordered to ${order}: ${why}`);
  const expiresAt = expiryOf(draft.now, ordered);
  if (!expiresAt.ok) return expiresAt;

  const moved = move(deps, maintenance, draft, agent, ordered);
  if (!moved.ok) return moved;
  if (order === 'retire') {
    const ended = endAll(deps, draft, id, 'the agent was retired');
    return ended.ok ? ok(null) : ended;
  }
  const until = order === 'maintenance' ? (ordered.until ?? null) : null;
  return instruct(deps, draft, { agent: id, kind: order, text, until, expiresAt: expiresAt.value, by: principal.name });
}

function move(
  deps: Pick<WriteDeps, 'observeIn'>,
  maintenance: AgentMaintenance,
  draft: Draft,
  agent: Agent,
  { order, principal, text = '', until }: Ordered,
): Result<unknown, MutationFailure> {
  const desire = (desired: Agent['desired']): Result<unknown> =>
    agent.desired === desired
      ? ok(null)
      : deps.observeIn(draft, {
          collection: 'agents',
          id: agent.id,
          observation: { kind: 'command', at: draft.now, by: principal.name, act: { do: 'desire', desired } },
        });
  switch (order) {
    case 'pause':
      return desire('paused');
    case 'retire':
      return desire('retired');
    case 'maintenance':
      return until === undefined
        ? refuse('bad_field', 'until: found nothing, expected when the maintenance ends, epoch milliseconds')
        : maintenance.begin(draft, { agent, until, text, principal });
    case 'resume':
      return agent.desired === 'active' ? maintenance.end(draft, { agent, principal }) : desire('active');
    default:
      return ok(null);
  }
}

function expiryOf(now: number, { expiresAt, until, order }: Ordered): Result<number> {
  if (expiresAt !== undefined && (expiresAt <= now || expiresAt > now + EXPIRES_MS_MAX)) {
    return refuse('bad_field', `expiresAt: found ${expiresAt}, expected a time ahead, at most 30 days`);
  }
  // An agent that comes back after its maintenance is not sent into it.
  if (order === 'maintenance' && until !== undefined) return ok(Math.min(expiresAt ?? until, until));
  return ok(expiresAt ?? now + EXPIRES_MS_DEFAULT);
}
