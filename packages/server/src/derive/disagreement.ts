/**
 * Where our own look at a service and its agents' experience of it do not say the same: we reach it and agents do not, or
 * they do and we do not. Both words are confirmed ones, so that nothing flickers here which does not flicker there.
 */
import type { Agent, Connection, Disagreement, Service } from '@statewire/model';

/** What is said of a service, and of each of its connections by id. */
export interface Said {
  readonly service: Disagreement | null;
  readonly connections: ReadonlyMap<string, Disagreement | null>;
}

type Link = Pick<
  Connection,
  'agent' | 'desired' | 'disagreement' | 'fresh' | 'id' | 'lastErrorCode' | 'phase' | 'reason' | 'status'
>;
type Looked = Pick<Service, 'disagreement' | 'reason' | 'status'>;

/** Compares our look with what the agents say; `agentOf` is null for an agent that nobody made a record of. */
export function disagreementsOf(
  service: Looked,
  links: readonly Link[],
  agentOf: (id: string) => Pick<Agent, 'desired' | 'fresh'> | null,
  now: number,
): Said {
  const heard = links.filter((link) => isHeard(link, agentOf(link.agent)));
  const failing = heard.filter(cannotConnect);
  const working = heard.filter(isConnected);
  const kind = kindOf(service, failing, working);
  const connections = new Map<string, Disagreement | null>(links.map(({ id }) => [id, null]));
  if (kind === null) return { service: null, connections };
  const others = kind === 'agents_fail' ? failing : working;
  const of = failing.length + working.length;
  const about = { kind, agents: others.length, of };
  for (const link of others) {
    const { code, text } = kind === 'agents_fail' ? whyOf(link) : service.reason;
    const sentence =
      kind === 'agents_fail'
        ? `The probe says up, this agent cannot connect${ending(text)}`
        : `The probe says down${ending(text).slice(0, -1)}; this agent is connected.`;
    connections.set(link.id, { ...about, code, text: sentence, since: sinceOf(link.disagreement, kind, now) });
  }
  const { code, text } = kind === 'agents_fail' ? commonest(failing) : service.reason;
  const who = of === 1 ? '1 agent' : `${others.length} of ${of} agents`;
  const isOne = others.length === 1;
  const sentence =
    kind === 'agents_fail'
      ? `The probe says up, ${who} cannot connect${ending(text)}`
      : `The probe says down${ending(text).slice(0, -1)}; ${who} ${isOne ? 'is' : 'are'} connected.`;
  return {
    service: { ...about, code, text: sentence, since: sinceOf(service.disagreement, kind, now) },
    connections,
  };
}

/** An agent that is gone, or of whom nobody wants to hear, says nothing about the service now. */
function isHeard({ desired, fresh }: Link, agent: Pick<Agent, 'desired' | 'fresh'> | null): boolean {
  if (desired !== 'active' || fresh === 'expired' || fresh === 'never') return false;
  return agent === null || (agent.fresh !== 'expired' && agent.desired !== 'retired');
}

const TRYING: ReadonlySet<string> = new Set(['failed', 'needs_auth', 'reconnecting']);

/** One that was closed on purpose is not one that fails. */
function cannotConnect({ status, phase, lastErrorCode }: Link): boolean {
  if (status !== 'down' && status !== 'degraded') return false;
  if (phase === 'disconnected') return lastErrorCode !== null;
  return status === 'down' || TRYING.has(phase);
}

function isConnected({ status, phase }: Link): boolean {
  return (status === 'up' || status === 'degraded') && phase !== 'disconnected' && !TRYING.has(phase);
}

function kindOf({ status }: Looked, failing: readonly Link[], working: readonly Link[]): Disagreement['kind'] | null {
  if (status === 'up' && failing.length > 0) return 'agents_fail';
  return status === 'down' && working.length > 0 ? 'probe_fails' : null;
}

/** The reason that most of them give; of equally many the first by its code, so that the sentence stands still. */
function commonest(links: readonly Link[]): { readonly code: string; readonly text: string } {
  const byCode = Map.groupBy(links, (link) => whyOf(link).code);
  const [first] = [...byCode].sort(([a, left], [b, right]) => right.length - left.length || (a < b ? -1 : 1));
  const link = first?.[1].toSorted((a, b) => (a.id < b.id ? -1 : 1))[0];
  return link === undefined ? { code: '', text: '' } : whyOf(link);
}

/** The agent's own reason; without one its error code, or the word of its phase. */
function whyOf({ reason, lastErrorCode, phase }: Link): { readonly code: string; readonly text: string } {
  const isSaid = reason.code !== '' && reason.code !== phase;
  const code = isSaid ? reason.code : (lastErrorCode ?? phase);
  return { code, text: reason.text === '' ? code.replaceAll('_', ' ') : reason.text };
}

function ending(text: string): string {
  const plain = text.replace(/\.$/, '');
  return plain === '' ? '.' : `: ${plain}.`;
}

function sinceOf(before: Disagreement | null, kind: Disagreement['kind'], now: number): number {
  return before?.kind === kind ? before.since : now;
}
