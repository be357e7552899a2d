/**
 * Where the tabs are (`enter` and `leave` of presences). The server knows only the one connection, which lives on when a tab
 * ends: so the hub leaves for tabs that could not.
 */
import type { JsonObject, MutResult } from '@statewire/protocol';

/** Stays of one tab that are left for it; those beyond end with the connection. */
export const STAYS_MAX = 64;

export class Stays {
  readonly #send: (frame: JsonObject) => void;
  readonly #entered = new Map<string, Set<string>>();
  /** Left and not yet confirmed. */
  readonly #leaving = new Set<string>();

  constructor(send: (frame: JsonObject) => void) {
    this.#send = send;
  }

  /** A tab gives a command. */
  take(line: string, { c, op, name, k }: JsonObject): void {
    if (c !== 'presences' || op !== 'call' || typeof k !== 'string') return;
    const stays = this.#entered.get(line) ?? new Set<string>();
    if (name === 'enter' && stays.size < STAYS_MAX) this.#entered.set(line, stays.add(k));
    if (name === 'leave') stays.delete(k);
  }

  /** A tab is gone. */
  close(line: string): void {
    for (const stay of this.#entered.get(line) ?? []) {
      this.#leaving.add(stay);
      this.#leave(stay);
    }
    this.#entered.delete(line);
  }

  /** Was this the answer to a command of ours? */
  answered({ m, ok }: MutResult): boolean {
    if (!m.startsWith(OURS)) return false;
    if (ok) this.#leaving.delete(m.slice(OURS.length));
    return true;
  }

  /** What was refused, as a busy server does, is said again. */
  again(): void {
    for (const stay of this.#leaving) this.#leave(stay);
  }

  #leave(stay: string): void {
    this.#send({ t: 'mut', m: `${OURS}${stay}`, c: 'presences', k: stay, op: 'call', name: 'leave', f: {} });
  }
}

const OURS = 'hub.leave.';
