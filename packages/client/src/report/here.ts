import type { PresenceState } from '@statewire/model';
import type { Collection } from '../collection.ts';
import type { Reporting } from './reporting.ts';

/** Who is calling, as `who` of presences has it; null until it was told. For `useSyncExternalStore`. */
export interface Me {
  readonly get: () => string | null;
  readonly subscribe: (listener: () => void) => () => void;
}

/**
 * Says where the person or program behind this client is. It holds for as long as the connection lives and the page is
 * visible; a page that is hidden leaves, and enters again when it is shown.
 */
export class Here {
  readonly #presences: Pick<Collection<never>, 'call'>;
  readonly #reporting: Reporting;
  /** Places by the id of the stay. */
  readonly #stays = new Map<string, string>();
  readonly #listeners = new Set<() => void>();
  #state: PresenceState = 'active';
  #me: string | null = null;
  #isVisible = true;
  #stop: (() => void) | null = null;

  constructor(presences: Pick<Collection<never>, 'call'>, reporting: Reporting) {
    this.#presences = presences;
    this.#reporting = reporting;
  }

  readonly me: Me = {
    get: () => this.#me,
    subscribe: (listener) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    },
  };

  /**
   * Enters a place, in the app's own words: `customers/42`; empty is nowhere in particular. The returned function leaves it.
   * Two that enter the same place are one presence until both have left.
   */
  enter(at: string = ''): () => void {
    const stay = this.#reporting.env.uniqueId();
    if (this.#stays.size === 0) this.#begin();
    this.#stays.set(stay, at);
    if (!this.#reporting.isLive()) this.#reporting.want();
    this.#say(stay);
    return () => {
      if (!this.#stays.delete(stay)) return;
      this.#leave(stay);
      if (this.#stays.size === 0) this.#end();
    };
  }

  /** At work, or only with the page open. Holds for all places of this client. */
  be(state: PresenceState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#sayAll();
  }

  #begin(): void {
    const { env, onLive } = this.#reporting;
    this.#isVisible = env.isVisible();
    onLive.add(this.#sayAll);
    this.#stop = env.listen((signal) => {
      if (signal !== 'hidden' && signal !== 'visible') return;
      this.#isVisible = signal === 'visible';
      if (this.#isVisible) this.#sayAll();
      else for (const stay of this.#stays.keys()) this.#leave(stay);
    });
  }

  #end(): void {
    this.#reporting.onLive.delete(this.#sayAll);
    this.#stop?.();
    this.#stop = null;
  }

  /** Presence belongs to a connection, so that each new one has to be told. */
  readonly #sayAll = (): void => {
    for (const stay of this.#stays.keys()) this.#say(stay);
  };

  #say(stay: string): void {
    if (!this.#isHere(stay) || !this.#reporting.isLive()) return;
    const at = this.#stays.get(stay) ?? '';
    void this.#presences.call(stay, 'enter', { at, state: this.#state }).then((done) => {
      if (!done.ok) return;
      this.#know(done.value);
      // The answer may be of a repeat on a later connection, when the place has been left meanwhile.
      if (!this.#isHere(stay)) this.#leave(stay);
    });
  }

  /** A connection that is gone took the stay with it. */
  #leave(stay: string): void {
    if (this.#reporting.isLive()) void this.#presences.call(stay, 'leave');
  }

  #isHere(stay: string): boolean {
    return this.#isVisible && this.#stays.has(stay);
  }

  #know(value: unknown): void {
    if (typeof value !== 'object' || value === null || !('who' in value) || typeof value.who !== 'string') return;
    if (value.who === this.#me) return;
    this.#me = value.who;
    for (const listener of this.#listeners) listener();
  }
}
