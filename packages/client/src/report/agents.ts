import type { Agent, AgentReport, Instruction } from '@statewire/model';
import { Collection } from '../collection.ts';
import { body, type CollectionSource } from '../core-collection.ts';
import type { CommandResult } from '../errors.ts';
import type { BodiesOf } from '../named.ts';
import { Instructed, type InstructionHandler } from './instructions.ts';
import type { Reporting } from './reporting.ts';

/** What an agent says of itself when it comes. */
export interface AgentCard {
  readonly id: string;
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
  readonly release?: string | undefined;
}

/** Agents. `present` makes this program one of them for as long as it is connected. */
export class Agents extends Collection<Agent, BodiesOf<'agents'>> {
  readonly #reporting: Reporting;
  readonly #instructions: Collection<Instruction>;

  constructor(source: CollectionSource, reporting: Reporting) {
    super(source, 'agents');
    this.#instructions = new Collection<Instruction>(source, 'instructions');
    this.#reporting = reporting;
  }

  /** Announces this program as an agent. Its presence is its connection: when that is lost the agent is offline. */
  present(card: AgentCard): PresentAgent {
    return new PresentAgent({ agents: this, instructions: this.#instructions, reporting: this.#reporting }, card);
  }
}

/** This program as an agent that is there. */
export class PresentAgent {
  readonly id: string;
  readonly #agents: Agents;
  readonly #reporting: Reporting;
  readonly #instructions: Collection<Instruction>;
  readonly #instructed = new Set<Instructed>();
  readonly #announce: () => void;

  constructor(
    deps: {
      readonly agents: Agents;
      readonly instructions: Collection<Instruction>;
      readonly reporting: Reporting;
    },
    card: AgentCard,
  ) {
    const { id, ...fields } = card;
    this.id = id;
    this.#agents = deps.agents;
    this.#instructions = deps.instructions;
    this.#reporting = deps.reporting;
    // Presence belongs to a connection, so that each new one has to be told.
    this.#announce = () => void this.#agents.call(id, 'present', body(fields));
    this.#reporting.onLive.add(this.#announce);
    if (this.#reporting.isLive()) this.#announce();
    else this.#reporting.want();
  }

  /** Says what it does now. */
  report(fields: AgentReport): Promise<CommandResult> {
    return this.#agents.report(this.id, fields);
  }

  /**
   * Calls `handler` with each instruction that people give this agent, one after the other, until the returned function is
   * called. What it returns is the answer; `{ refused }` or an error is a refusal. Each is handled once by this process; one
   * that was received by a process which died is handled again by the next.
   */
  onInstruction(handler: InstructionHandler): () => void {
    const { env } = this.#reporting;
    const instructed = new Instructed({ instructions: this.#instructions, env }, this.id, handler);
    this.#instructed.add(instructed);
    return () => {
      this.#instructed.delete(instructed);
      instructed.close();
    };
  }

  /** Leaves on purpose, while the connection goes on: new connections no longer speak for the agent. */
  leave(): Promise<CommandResult> {
    this.#reporting.onLive.delete(this.#announce);
    for (const instructed of this.#instructed) instructed.close();
    this.#instructed.clear();
    return this.#agents.report(this.id, { phase: 'offline', activity: '' });
  }
}
