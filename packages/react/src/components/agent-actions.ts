import type { Agent } from '@statewire/model';
import type { GlyphName } from './glyph.tsx';

/** A thing that can be done about an agent; the command of the same name. */
export type AgentActionName = 'clear-override' | 'mute' | 'pause' | 'resume' | 'retire' | 'unmute';

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
  readonly overlay: Pick<Agent['overlay'], 'muted'>;
};

/** The transitions that make sense from here: pausing what is paused is none. */
export function agentActions(agent: Controlled): readonly AgentAction[] {
  const { desired, override, overlay } = agent;
  const isRetired = desired === 'retired';
  const retired = 'It is retired; resume it first';
  const actions: AgentAction[] = [];
  if (desired === 'active') actions.push(action('pause', 'Pause', 'pause'));
  else actions.push(action('resume', 'Resume', 'play'));
  if (overlay.muted) actions.push(action('unmute', 'Unmute', 'bell'));
  else actions.push(action('mute', 'Mute 1 h', 'mute', isRetired ? retired : ''));
  if (override !== null) actions.push(action('clear-override', 'Clear override', 'refresh'));
  actions.push({ ...action('retire', 'Retire', 'archive', isRetired ? 'It is retired already' : ''), isFinal: true });
  return actions;
}

function action(name: AgentActionName, label: string, glyph: GlyphName, why = ''): AgentAction {
  return { name, label, glyph, isAllowed: why === '', why, isFinal: false };
}
