/**
 * What people may order an agent, from where it stands: one table for the server, which refuses what is not in it, and for
 * every screen, which does not offer it.
 */
import type { StatusRow } from './status.ts';

/** Where an agent stands by people's will. What it really does is its `phase`. */
export type AgentStand = 'active' | 'maintenance' | 'paused' | 'retired';

/** What people order an agent; the command of the same name. */
export type AgentOrder = 'maintenance' | 'message' | 'pause' | 'resume' | 'retire';

/** Every order, in the order in which they are offered. */
export const AGENT_ORDERS: readonly AgentOrder[] = ['pause', 'resume', 'maintenance', 'message', 'retire'];

/** Where an order leads, or why it is none from here. */
export type AgentTransition =
  | { readonly to: AgentStand; readonly why: null }
  | { readonly to: null; readonly why: string };

const to = (stand: AgentStand): AgentTransition => ({ to: stand, why: null });
const no = (why: string): AgentTransition => ({ to: null, why });
const RETIRED = no('it is retired; resume it first');

/** The whole table: each order from each stand. */
export const agentTransitions: Readonly<Record<AgentStand, Readonly<Record<AgentOrder, AgentTransition>>>> = {
  active: {
    pause: to('paused'),
    resume: no('it is active already'),
    maintenance: to('maintenance'),
    message: to('active'),
    retire: to('retired'),
  },
  paused: {
    pause: no('it is paused already'),
    resume: to('active'),
    maintenance: no('it is paused; resume it first, or leave it paused'),
    message: to('paused'),
    retire: to('retired'),
  },
  maintenance: {
    pause: to('paused'),
    resume: to('active'),
    maintenance: to('maintenance'),
    message: to('maintenance'),
    retire: to('retired'),
  },
  retired: {
    pause: RETIRED,
    resume: to('active'),
    maintenance: RETIRED,
    message: RETIRED,
    retire: no('it is retired already'),
  },
};

/** What decides where an agent stands. */
export type Standing = Pick<StatusRow, 'desired'> & { readonly overlay: Pick<StatusRow['overlay'], 'maintenance'> };

/** Where this agent stands: what people want of it, and whether a maintenance holds it. */
export function agentStandOf({ desired, overlay }: Standing): AgentStand {
  if (desired !== 'active') return desired;
  return overlay.maintenance === null ? 'active' : 'maintenance';
}

/** Whether an agent may be ordered this now. */
export function agentTransition(agent: Standing, order: AgentOrder): AgentTransition {
  return agentTransitions[agentStandOf(agent)][order];
}

const BUSY: ReadonlySet<string> = new Set(['starting', 'running', 'waiting']);

/** Was it asked to pause, and does it work on? Only what is still heard of it counts. */
export function worksThoughPaused({ desired, phase, fresh }: Pick<StatusRow, 'desired' | 'fresh' | 'phase'>): boolean {
  return desired === 'paused' && BUSY.has(phase) && (fresh === 'live' || fresh === 'late');
}
