import type { Env } from '../env.ts';

/** Who hears of one thing. One listener's mistake keeps no other from hearing; one given twice is two. */
export class Listeners {
  readonly #env: Pick<Env, 'reportError'>;
  readonly #entries = new Set<{ readonly listener: () => void }>();

  constructor(env: Pick<Env, 'reportError'>) {
    this.#env = env;
  }

  /** Returns how to leave: true the first time. */
  add(listener: () => void): () => boolean {
    const entry = { listener };
    this.#entries.add(entry);
    return () => this.#entries.delete(entry);
  }

  tell(): void {
    // Who joins while it is told hears of the next time.
    const entries = [...this.#entries];
    for (const { listener } of entries) {
      try {
        listener();
      } catch (error) {
        this.#env.reportError(error);
      }
    }
  }
}
