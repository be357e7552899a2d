import type { Clock, Timer } from './clock.ts';

export interface TurnsDeps<V> {
  readonly clock: Clock;
  /** Does what was asked for one organization. False: it could not be done now, and is asked again. */
  readonly run: (org: string, asked: ReadonlyMap<string, V>) => Promise<boolean>;
  /** Two askings for the same key before it was done. */
  readonly merge: (before: V, after: V) => V;
  readonly retryMs: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Work that follows from changes, once per turn: a burst of a thousand changes asks a thousand times and is done once.
 * One run per organization at a time; what is asked meanwhile is the next one. Bounded by the number of keys.
 */
export class Turns<V> {
  readonly #deps: TurnsDeps<V>;
  readonly #asked = new Map<string, Map<string, V>>();
  readonly #running = new Set<string>();
  readonly #timers = new Map<string, Timer>();
  #isOpen = true;

  constructor(deps: TurnsDeps<V>) {
    this.#deps = deps;
  }

  ask(org: string, key: string, value: V): void {
    if (!this.#isOpen) return;
    let asked = this.#asked.get(org);
    if (asked === undefined) {
      asked = new Map();
      this.#asked.set(org, asked);
    }
    const before = asked.get(key);
    asked.set(key, before === undefined ? value : this.#deps.merge(before, value));
    this.#plan(org, null);
  }

  close(): void {
    this.#isOpen = false;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#asked.clear();
  }

  #plan(org: string, waitMs: number | null): void {
    if (!this.#isOpen || this.#running.has(org) || this.#timers.has(org)) return;
    const { clock } = this.#deps;
    const go = (): void => void this.#run(org);
    this.#timers.set(org, waitMs === null ? clock.soon(go) : clock.after(waitMs, go));
  }

  async #run(org: string): Promise<void> {
    this.#timers.delete(org);
    const asked = this.#asked.get(org);
    if (asked === undefined || asked.size === 0) return;
    this.#asked.delete(org);
    this.#running.add(org);
    const isDone = await this.#attempt(org, asked);
    this.#running.delete(org);
    if (!this.#isOpen) return;
    if (!isDone) {
      for (const [key, value] of asked) this.#again(org, key, value);
      this.#plan(org, this.#deps.retryMs);
    } else if ((this.#asked.get(org)?.size ?? 0) > 0) this.#plan(org, null);
  }

  #again(org: string, key: string, value: V): void {
    const now = this.#asked.get(org) ?? new Map<string, V>();
    const newer = now.get(key);
    now.set(key, newer === undefined ? value : this.#deps.merge(value, newer));
    this.#asked.set(org, now);
  }

  async #attempt(org: string, asked: ReadonlyMap<string, V>): Promise<boolean> {
    try {
      return await this.#deps.run(org, asked);
    } catch (error) {
      this.#deps.onError(error);
      return false;
    }
  }
}
