import type { Instruction } from '@statewire/model';
import { ok, refuse, type Result, type Row } from '@statewire/protocol';
import { instructionIn, moveIn, openOf, speakFor } from '../collect/instructions/instruct.ts';
import { actorOf, type WriteDeps } from '../collect/reports/deps.ts';
import type { Commit, Committed, Draft } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Principal } from '../lib/principal.ts';
import { can } from '../publish/access.ts';

export interface InstructionsDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly live: Pick<Live, 'get'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly engine: WriteDeps['engine'];
}

/** What a held request asks for. */
export interface Awaited {
  readonly agent: string;
  /** Only instructions with a higher number. */
  readonly after: number;
  readonly waitMs: number;
  /** Ends the wait when the caller is gone. */
  readonly signal: AbortSignal;
}

/** Ends instructions at their time, and holds the requests of agents that speak REST until there is one. */
export class Instructions {
  readonly #deps: InstructionsDeps;
  /** Whoever waits, by organization and agent. */
  readonly #waiters = new Map<string, Set<() => void>>();
  #waiting = 0;
  #isOpen = true;

  constructor(deps: InstructionsDeps) {
    this.#deps = deps;
  }

  /** How many requests are held. */
  get size(): number {
    return this.#waiting;
  }

  /** An instruction's `expiresAt` has come. */
  due(org: string, id: string, deadline: number): Promise<Result<unknown>> {
    return this.#deps.commit.write(org, 'deadline', (draft): Result<unknown> => {
      const row = instructionIn(draft, id);
      if (row === null || row.nextAt !== deadline || deadline > draft.now) return ok(null);
      const answer = row.state === 'received' ? 'received, and never answered' : 'the agent was not reached';
      return moveIn(this.#deps, draft, id, { to: 'expired', answer, at: deadline });
    });
  }

  /** Wakes whoever waits for what is new. */
  follow({ org, changes }: Committed): void {
    if (this.#waiting === 0) return;
    for (const { collection, before, after } of changes) {
      if (collection !== 'instructions' || before !== null || after === null) continue;
      for (const wake of this.#waiters.get(keyOf(org, asInstruction(after).agent)) ?? []) wake();
    }
  }

  /** What an agent has not answered, oldest first; with nothing of it, waits until there is something or the time is over. */
  async next(principal: Principal, { agent, after, waitMs, signal }: Awaited): Promise<Result<readonly Instruction[]>> {
    const may = await this.#speak(principal, agent);
    if (!may.ok) return may;
    const { org } = principal;
    const found = this.#open(org, agent, after);
    if (found.length > 0 || waitMs === 0 || !this.#isOpen) return ok(found);
    const waited = await this.#wait(keyOf(org, agent), waitMs, signal);
    return waited.ok ? ok(this.#open(org, agent, after)) : waited;
  }

  /** Lets every held request go, with nothing. */
  close(): void {
    this.#isOpen = false;
    for (const waiters of this.#waiters.values()) for (const wake of waiters) wake();
  }

  #open(org: string, agent: string, after: number): readonly Instruction[] {
    const get: Draft['get'] = (collection, id) => this.#deps.live.get(org, collection, id)?.row ?? null;
    return openOf(this.#deps, { get }, agent).filter(({ number }) => number > after);
  }

  /** Who may read everything reads; a credential that only reports must be the one that speaks for the agent. */
  async #speak(principal: Principal, agent: string): Promise<Result<unknown>> {
    const { live, commit } = this.#deps;
    const row = live.get(principal.org, 'agents', agent)?.row ?? null;
    if (row === null) {
      return refuse('not_found', `there is no agents/${agent}; report it first, with POST /v1/reports`);
    }
    if (row['speaker'] === principal.id || can(principal, 'instructions:read')) return ok(null);
    if (row['speaker'] !== null) {
      return refuse(
        'forbidden',
        `another credential speaks for agents/${agent}; report the agent with this one first, or ask with that one`,
      );
    }
    // The first one that asks for an agent which somebody announced, and which never spoke.
    return commit.write(principal.org, actorOf(principal), (draft) => {
      speakFor(this.#deps, draft, agent, { id: principal.id, isPresent: false });
      return ok(null);
    });
  }

  #wait(key: string, waitMs: number, signal: AbortSignal): Promise<Result<null>> {
    const { clock, limits } = this.#deps;
    const waiters = this.#waiters.get(key) ?? new Set<() => void>();
    if (waiters.size >= limits.instructionWaitersPerAgentMax || this.#waiting >= limits.instructionWaitersMax) {
      return Promise.resolve(
        refuse(
          'overloaded',
          'found too many requests that wait for instructions; ask again in a moment, one per agent',
        ),
      );
    }
    const over = Promise.withResolvers<Result<null>>();
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      if (!waiters.delete(end)) return;
      this.#waiting -= 1;
      if (waiters.size === 0) this.#waiters.delete(key);
      over.resolve(ok(null));
    };
    const timer = clock.after(waitMs, end);
    waiters.add(end);
    this.#waiters.set(key, waiters);
    this.#waiting += 1;
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    return over.promise;
  }
}

function asInstruction(row: Row): Instruction {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: only rows of `instructions` come here.
  return row as Instruction;
}

function keyOf(org: string, agent: string): string {
  return `${org}\n${agent}`;
}
