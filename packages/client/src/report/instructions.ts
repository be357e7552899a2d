import type { Instruction } from '@statewire/model';
import type { Collection, Query } from '../collection.ts';
import { backoffMs } from '../connect/backoff.ts';
import type { CommandResult } from '../errors.ts';
import type { CollectionState } from '../views/shown.ts';
import type { Reporting } from './reporting.ts';

/** What an agent says to an instruction: a word to whoever gave it, nothing, or why not. */
// oxlint-disable-next-line typescript/no-invalid-void-type -- a function that returns nothing has done what it was told.
export type InstructionReply = string | void | { readonly refused: string };

/** Does what one instruction says. An error is a refusal. */
export type InstructionHandler = (instruction: Instruction) => InstructionReply | Promise<InstructionReply>;

/** Instructions that this process remembers to have taken: more than the server keeps of one agent. */
const REMEMBERED_MAX = 200;

/** What the server takes of an answer. */
const ANSWER_CHARS_MAX = 2_000;

/** Another try would be answered alike. */
const FINAL: ReadonlySet<string> = new Set(['bad_field', 'closed', 'forbidden', 'gone', 'not_found', 'unsupported']);

/**
 * The instructions of one agent, handled one after the other. Each is said to be received, and that is durable, before the
 * handler hears of it: whoever dies in between leaves it to the process that comes next, and in one process it is handled once,
 * however often the connection breaks.
 */
export class Instructed {
  readonly #instructions: Collection<Instruction>;
  readonly #env: Reporting['env'];
  readonly #handler: InstructionHandler;
  readonly #waiting: Instruction[] = [];
  readonly #taken = new Set<string>();
  readonly #stop: () => void;
  #isBusy = false;
  #isOpen = true;

  constructor(
    deps: { readonly instructions: Collection<Instruction>; readonly env: Reporting['env'] },
    agent: string,
    handler: InstructionHandler,
  ) {
    this.#instructions = deps.instructions;
    this.#env = deps.env;
    this.#handler = handler;
    const open: Query<Instruction> = deps.instructions.where({ agent, state: ['sent', 'received'] }).every(0);
    this.#stop = open.subscribe((state) => this.#hear(state)).close;
  }

  /** Hears of no more. What is being handled is handled and answered. */
  close(): void {
    this.#isOpen = false;
    this.#waiting.length = 0;
    this.#stop();
  }

  #hear({ rows }: CollectionState<Instruction>): void {
    for (const row of rows.toSorted((a, b) => a.number - b.number)) {
      // Of an agent that was deleted and came back numbers begin anew.
      const name = `${row.id} ${row.createdAt}`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      this.#waiting.push(row);
    }
    for (const name of this.#taken) {
      if (this.#taken.size <= REMEMBERED_MAX) break;
      this.#taken.delete(name);
    }
    if (!this.#isBusy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await this.#take(next);
    this.#isBusy = false;
  }

  async #take(instruction: Instruction): Promise<void> {
    const { id } = instruction;
    const received = await this.#insist(() => this.#instructions.call(id, 'answer', { state: 'received' }));
    // It ended meanwhile, or is somebody else's by now: there is nothing to do.
    if (!received.ok || !this.#isOpen) return;
    const { state, answer } = await this.#handle(instruction);
    await this.#insist(() =>
      this.#instructions.call(id, 'answer', { state, answer: answer.slice(0, ANSWER_CHARS_MAX) }),
    );
  }

  async #handle(instruction: Instruction): Promise<{ readonly state: 'done' | 'refused'; readonly answer: string }> {
    try {
      const reply = await this.#handler(instruction);
      if (typeof reply === 'object') return { state: 'refused', answer: reply.refused };
      return { state: 'done', answer: reply ?? '' };
    } catch (error) {
      this.#env.reportError(error);
      return { state: 'refused', answer: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Until it was taken, or refused for good. */
  async #insist(call: () => Promise<CommandResult>): Promise<CommandResult> {
    for (let attempt = 0; ; attempt += 1) {
      const result = await call();
      if (result.ok || FINAL.has(result.code)) return result;
      await new Promise<void>((resolve) => void this.#env.after(backoffMs(attempt, this.#env.random()), resolve));
    }
  }
}
