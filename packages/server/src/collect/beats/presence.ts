import type { Result } from '@statewire/protocol';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Observation } from '../observation.ts';

export interface PresenceDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'presenceGraceMs' | 'presenceRetryMs'>;
  readonly observe: (org: string, collection: string, id: string, observation: Observation) => Promise<Result<unknown>>;
}

interface Agent {
  readonly org: string;
  readonly id: string;
  connections: number;
  /** What was last said successfully, and whether something is being said now. */
  told: 'open' | 'gone' | null;
  isTelling: boolean;
  retry: Timer | null;
}

/**
 * An open SDK connection is the life of its agent: no beats are needed while it is open. When the last one closes the
 * agent is late, and expires after a grace; coming back within the grace leaves no trace. A page that reloads, or an
 * agent with two connections, does not flicker.
 */
export class Presence {
  readonly #deps: PresenceDeps;
  readonly #agents = new Map<string, Agent>();
  #isOpen = true;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
  }

  /** Agents with at least one open connection. */
  get size(): number {
    let count = 0;
    for (const agent of this.#agents.values()) if (agent.connections > 0) count += 1;
    return count;
  }

  opened(org: string, id: string): void {
    const agent = this.#agent(org, id);
    agent.connections += 1;
    void this.#tell(agent);
  }

  closed(org: string, id: string): void {
    const agent = this.#agents.get(keyOf(org, id));
    if (agent === undefined || agent.connections === 0) return;
    agent.connections -= 1;
    void this.#tell(agent);
  }

  /** We are stopping: agents are not gone, we are. Nothing more is said. */
  close(): void {
    this.#isOpen = false;
    for (const agent of this.#agents.values()) agent.retry?.cancel();
    this.#agents.clear();
  }

  #agent(org: string, id: string): Agent {
    const key = keyOf(org, id);
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = { org, id, connections: 0, told: null, isTelling: false, retry: null };
      this.#agents.set(key, agent);
    }
    return agent;
  }

  /** Says what is the case until it was heard. What changes meanwhile is said next: the last word wins. */
  async #tell(agent: Agent): Promise<void> {
    if (agent.isTelling) return;
    agent.isTelling = true;
    agent.retry?.cancel();
    agent.retry = null;
    while (this.#isOpen && agent.told !== wanted(agent)) {
      const word = wanted(agent);
      const result = await this.#deps.observe(agent.org, 'agents', agent.id, this.#observation(word));
      if (result.ok || result.code === 'not_found') agent.told = word;
      else {
        agent.retry = this.#deps.clock.after(this.#deps.limits.presenceRetryMs, () => void this.#tell(agent));
        break;
      }
    }
    agent.isTelling = false;
    if (agent.connections === 0 && agent.told === 'gone') this.#agents.delete(keyOf(agent.org, agent.id));
  }

  #observation(word: 'open' | 'gone'): Observation {
    const at = this.#deps.clock.now();
    const graceMs = this.#deps.limits.presenceGraceMs;
    if (word === 'gone') return { kind: 'gone', at, graceMs };
    return { kind: 'beat', at, signal: 'ok', periodMs: 0, graceMs, ms: null, text: '' };
  }
}

function wanted(agent: Agent): 'open' | 'gone' {
  return agent.connections > 0 ? 'open' : 'gone';
}

function keyOf(org: string, id: string): string {
  return `${org}\n${id}`;
}
