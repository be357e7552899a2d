import type { Env } from '../env.ts';

/** How old the best sample may get: clocks drift. */
const SAMPLE_MS_MAX = 300_000;

/**
 * The server's wall clock as seen from here. The sample with the shortest round trip is the most exact one,
 * because the server read its clock somewhere inside it.
 */
export class ServerClock {
  readonly #env: Pick<Env, 'now'>;
  #best: { readonly rttMs: number; readonly offsetMs: number; readonly at: number } | null = null;
  #rttMs: number | null = null;

  constructor({ env }: { readonly env: Pick<Env, 'now'> }) {
    this.#env = env;
  }

  /** The newest round-trip time, or null. */
  get rttMs(): number | null {
    return this.#rttMs;
  }

  /** Milliseconds to add to a time read here. */
  get offsetMs(): number {
    return this.#best?.offsetMs ?? 0;
  }

  /** The time on the server's clock, epoch ms. */
  now(): number {
    return this.#env.now() + this.offsetMs;
  }

  /** What was true on an earlier page is the best there is until the server answers. */
  assume(offsetMs: number): void {
    this.#best ??= { rttMs: Infinity, offsetMs, at: this.#env.now() };
  }

  /** Something sent at `sentAt` was answered just now by a server whose clock said `serverNow`. */
  sample(sentAt: number, serverNow: number): void {
    const now = this.#env.now();
    const rttMs = Math.max(0, now - sentAt);
    this.#rttMs = rttMs;
    const isBetter =
      this.#best === null || rttMs <= this.#best.rttMs || now - this.#best.at > SAMPLE_MS_MAX || now < this.#best.at;
    if (isBetter) this.#best = { rttMs, offsetMs: Math.round(serverNow - (sentAt + rttMs / 2)), at: now };
  }
}
