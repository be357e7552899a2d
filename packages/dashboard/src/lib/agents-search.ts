import { agentStandOf, type Agent, type AgentStand, type Status } from '@statewire/model';
import { isStatus } from './is.ts';
import { hasLabel, text } from './address.ts';

/** The agents page's whole state, as it stands in its URL. */
export interface AgentsSearch {
  /** The matrix of agents and services instead of the list. */
  readonly tab?: 'connections';
  readonly status?: Status;
  readonly stand?: AgentStand;
  readonly q?: string;
  /** `env=prod`. */
  readonly label?: string;
  readonly sort?: AgentSort;
  readonly down?: boolean;
  /** Id of the connection that is open. */
  readonly edge?: string;
  /** Only connections that disagree with our own look. */
  readonly split?: boolean;
  /** The dialog for a new agent is open. */
  readonly add?: boolean;
  /** The bulk job that is watched. */
  readonly job?: string;
}

export type AgentSort = 'name' | 'platform' | 'seen' | 'status' | 'uptime';

export const AGENT_SORTS: readonly AgentSort[] = ['status', 'name', 'platform', 'uptime', 'seen'];

export const STANDS: readonly AgentStand[] = ['active', 'paused', 'maintenance', 'retired'];

/** Reads the URL's search part; what is not understood is left out rather than refused: links live long. */
export function readAgentsSearch(raw: Readonly<Record<string, unknown>>): AgentsSearch {
  const { status, tab, down, split, add } = raw;
  const stand = STANDS.find((each) => each === raw['stand']);
  const sort = AGENT_SORTS.find((each) => each === raw['sort']);
  return {
    ...(tab === 'connections' ? { tab } : {}),
    ...(typeof status === 'string' && isStatus(status) ? { status } : {}),
    ...(stand === undefined ? {} : { stand }),
    ...(sort === undefined || sort === 'status' ? {} : { sort }),
    ...(down === true ? { down } : {}),
    ...(split === true ? { split } : {}),
    ...(add === true ? { add } : {}),
    ...text('q', raw['q']),
    ...text('label', raw['label']),
    ...text('edge', raw['edge']),
    ...text('job', raw['job']),
  };
}

/** Does an agent pass the filters of the URL? */
export function passesAgent({ status, stand, q, label }: AgentsSearch, agent: Agent): boolean {
  if (status !== undefined && agent.status !== status) return false;
  if (stand !== undefined && agentStandOf(agent) !== stand) return false;
  if (label !== undefined && !hasLabel(agent.labels, label)) return false;
  if (q === undefined) return true;
  const wanted = q.toLowerCase();
  return [agent.name, agent.id, agent.activity, agent.platform, agent.release, agent.reason.text].some((field) =>
    field.toLowerCase().includes(wanted),
  );
}

/** What of it a saved view keeps. */
export function viewOfAgents(search: AgentsSearch): AgentsSearch {
  const { edge: _edge, add: _add, job: _job, ...view } = search;
  return view;
}

/** Is any agent left out by the URL? */
export function isFilteredAgents({ status, stand, q, label }: AgentsSearch): boolean {
  return status !== undefined || stand !== undefined || q !== undefined || label !== undefined;
}
