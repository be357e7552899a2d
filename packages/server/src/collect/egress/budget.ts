import type { Clock } from '../../lib/clock.ts';

/**
 * The time one exchange may still take, on the monotonic clock. Handed down from the whole probe to its
 * parts, so that no chain of small timeouts can add up to more than the check allows.
 */
export class Budget {
  readonly #clock: Clock;
  readonly #end: number;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#end = clock.mono() + ms;
  }

  /** Milliseconds left, at least 0. */
  get leftMs(): number {
    return Math.max(0, this.#end - this.#clock.mono());
  }

  get isSpent(): boolean {
    return this.leftMs === 0;
  }

  /** A part of what is left, for a question that may go unanswered while another is still to be asked. */
  share(fraction: number): Budget {
    return new Budget(this.#clock, this.leftMs * fraction);
  }
}
