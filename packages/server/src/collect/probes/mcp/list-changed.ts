import type { Clock, Timer } from '../../../lib/clock.ts';

/** Turns notices of a changed tool list into looks: one for a burst, one second later, at most one per ten seconds. */
export class ListChanged {
  readonly #clock: Clock;
  readonly #fire: () => void;
  #timer: Timer | null = null;
  #firedAt = -Infinity;

  constructor(clock: Clock, fire: () => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  notice(): void {
    if (this.#timer !== null) return;
    const waitMs = Math.max(DEBOUNCE_MS, this.#firedAt + PERIOD_MS_MIN - this.#clock.mono());
    this.#timer = this.#clock.after(waitMs, () => {
      this.#timer = null;
      this.#firedAt = this.#clock.mono();
      this.#fire();
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}

const DEBOUNCE_MS = 1_000;
const PERIOD_MS_MIN = 10_000;
