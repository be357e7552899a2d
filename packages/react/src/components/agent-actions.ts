import { AGENT_ORDERS, agentTransition, type Agent, type AgentOrder } from '@statewire/model';
import type { GlyphName } from './glyph.tsx';

/** A thing that can be done about an agent; the command of the same name. */
export type AgentActionName = AgentOrder | 'clear-override' | 'mute' | 'unmute';

/** What a person can do about an agent, and whether its present state allows it. */
export interface AgentAction {
  readonly name: AgentActionName;
  readonly label: string;
  readonly glyph: GlyphName;
  readonly isAllowed: boolean;
  /** Why not, when it is not allowed. */
  readonly why: string;
  /** Ends something for good: asks first. */
  readonly isFinal: boolean;
}

/** What the actions depend on. */
export type Controlled = Pick<Agent, 'desired' | 'override' | 'status'> & {
  readonly overlay: Pick<Agent['overlay'], 'muted'> & Partial<Pick<Agent['overlay'], 'maintenance'>>;
};

/**
 * What can be done from here, by the table that the server obeys (`agentTransitions`). Of pause and resume only the one that
 * leads somewhere is there; the others say why they do not.
 */
export function agentActions(agent: Controlled): readonly AgentAction[] {
  const { desired, override } = agent;
  const overlay = { maintenance: null, ...agent.overlay };
  const standing = { desired, overlay };
  const actions: AgentAction[] = [];
  for (const name of AGENT_ORDERS) {
    const { why } = agentTransition(standing, name);
    if (why !== null && (name === 'pause' || name === 'resume')) continue;
    if (name === 'retire') {
      if (overlay.muted) actions.push(action('unmute', 'Unmute', 'bell'));
      else
        actions.push(action('mute', 'Mute 1 h', 'mute', desired === 'retired' ? 'It is retired; resume it first' : ''));
      if (override !== null) actions.push(action('clear-override', 'Clear override', 'refresh'));
    }
    actions.push({ ...action(name, ...LOOKS[name], why === null ? '' : sentence(why)), isFinal: name === 'retire' });
  }
  return actions;
}

const LOOKS: Readonly<Record<AgentOrder, readonly [string, GlyphName]>> = {
  pause: ['Pause', 'pause'],
  resume: ['Resume', 'play'],
  maintenance: ['Maintenance 1 h', 'clock'],
  message: ['Message', 'inbox'],
  retire: ['Retire', 'archive'],
};

function sentence(why: string): string {
  return `${why.slice(0, 1).toUpperCase()}${why.slice(1)}`;
}

function action(name: AgentActionName, label: string, glyph: GlyphName, why = ''): AgentAction {
  return { name, label, glyph, isAllowed: why === '', why, isFinal: false };
}
