import { worksThoughPaused, type Agent, type Asked } from '@statewire/model';

/** What decides how far an order is. */
export type Ordered = Pick<Agent, 'asked' | 'desired' | 'fresh' | 'phase'>;

/** How far the newest order to an agent is. */
export interface AskedWords {
  readonly text: string;
  /** `open` it is on its way, `done`, `refused` by the agent, `unheard` it never answered, `defied` it works on all the same. */
  readonly state: 'defied' | 'done' | 'open' | 'refused' | 'unheard';
}

/** The newest order and what became of it, in words; null when there was none, or it no longer matters. */
export function askedWords(agent: Ordered): AskedWords | null {
  const { asked } = agent;
  if (worksThoughPaused(agent)) {
    const said = asked?.kind === 'pause' && asked.state === 'done' ? 'Said that it paused' : 'Asked to pause';
    return { text: `${said}, still ${agent.phase}`, state: 'defied' };
  }
  if (asked === null) return null;
  const order = ORDERS[asked.kind];
  const answer = asked.answer === '' ? '' : `: ${asked.answer}`;
  switch (asked.state) {
    case 'sent':
      return { text: `Asked to ${order}, not received yet`, state: 'open' };
    case 'received':
      return { text: `Asked to ${order}, received`, state: 'open' };
    case 'done':
      return { text: `Did ${order}${answer}`, state: 'done' };
    case 'refused':
      return { text: `Refused to ${order}${answer}`, state: 'refused' };
    default:
      return { text: `Did not answer when asked to ${order}`, state: 'unheard' };
  }
}

const ORDERS: Readonly<Record<Asked['kind'], string>> = {
  pause: 'pause',
  resume: 'resume',
  maintenance: 'prepare for maintenance',
  message: 'listen',
};
