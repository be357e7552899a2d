import type { Failure, JsonObject } from '@statewire/protocol';
import type { Env } from '../env.ts';
import type { Conflict } from '../errors.ts';
import type { Given } from '../state/given.ts';
import type { Commands } from '../state/commands.ts';

/** A command that was given and is not done. */
export interface CommandEntry {
  /** Its id, the same wherever it is sent. */
  readonly id: string;
  readonly collection: string;
  /** The record; empty for one that is to be and gets its id from the server. */
  readonly key: string;
  readonly op: 'create' | 'patch' | 'put' | 'del' | 'call';
  /** What is called, when `op` is `call`. */
  readonly name: string | null;
  readonly fields: JsonObject;
  /** When it was given, epoch ms on the server's clock. */
  readonly givenAt: number;
  /** Why it was refused; null while it waits. */
  readonly error: Failure | null;
  /** The contested fields, when it was refused because somebody else changed them. */
  readonly conflict: Conflict | null;
}

/** The commands at one moment. */
export interface CommandsState {
  /** Given and not answered: waiting for a connection, or on their way. */
  readonly pending: readonly CommandEntry[];
  /** Waited, and then met somebody else's change: `conflict` has both sides and a way on. */
  readonly conflicted: readonly CommandEntry[];
  /** Waited, and were then refused for another reason; `error` says why. */
  readonly failed: readonly CommandEntry[];
}

/**
 * Commands that wait, and those that were refused after they had waited: whoever gave these may have left the page, so they
 * stay here until `dismiss` or `conflict.retry`. What is answered at once is told to the caller alone.
 */
export class CommandsView {
  readonly #env: Pick<Env, 'reportError'>;
  readonly #commands: Commands;
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  readonly #entries = new WeakMap<Given, CommandEntry>();
  #state: CommandsState | null = NOTHING;

  constructor(deps: { readonly env: Pick<Env, 'reportError'>; readonly commands: Commands }) {
    this.#env = deps.env;
    this.#commands = deps.commands;
  }

  readonly get = (): CommandsState => (this.#state ??= this.#read());

  readonly getInitial = (): CommandsState => NOTHING;

  readonly subscribe = (listener: () => void): (() => void) => {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  };

  /** Somebody has seen why it was refused. */
  dismiss(id: string): void {
    this.#commands.dismiss(id);
  }

  /** What waits is another. */
  refresh(): void {
    this.#state = null;
    const listeners = [...this.#listeners];
    for (const { listener } of listeners) {
      try {
        listener();
      } catch (error) {
        this.#env.reportError(error);
      }
    }
  }

  #read(): CommandsState {
    const pending = [...this.#commands.waiting()].map((given) => this.#entry(given, null, null));
    const refused = [...this.#commands.refused()].map((refusal) =>
      this.#entry(refusal.given, refusal.failure, this.#commands.conflictOf(refusal)),
    );
    if (pending.length + refused.length === 0) return NOTHING;
    const conflicted = refused.filter(({ conflict }) => conflict !== null);
    return { pending, conflicted, failed: refused.filter(({ conflict }) => conflict === null) };
  }

  #entry(given: Given, error: Failure | null, conflict: Conflict | null): CommandEntry {
    const known = this.#entries.get(given);
    if (known !== undefined && known.error === error) return known;
    const { c, k, op, name = null, f = {} } = given.command;
    const made: CommandEntry = {
      id: given.m,
      collection: c,
      key: k,
      op,
      name,
      fields: f,
      givenAt: given.at,
      error,
      conflict,
    };
    this.#entries.set(given, made);
    return made;
  }
}

const NOTHING: CommandsState = { pending: [], conflicted: [], failed: [] };
