import type { Clock, Timer } from './clock.ts';

/**
 * A clock whose wall time never steps by itself. When an administrator or a time server sets the machine's clock, the
 * time told here goes on as before until `adopt` is called: whoever adopts moves every deadline in the same moment, so
 * that no deadline is ever compared with a time it was not made for. See joints/clock-steps.ts.
 */
export class SteadyClock implements Clock {
  readonly #machine: Clock;
  /** Wall time at monotonic zero. */
  #origin: number;

  constructor(machine: Clock) {
    this.#machine = machine;
    this.#origin = machine.now() - machine.mono();
  }

  now(): number {
    return Math.floor(this.#origin + this.#machine.mono());
  }

  mono(): number {
    return this.#machine.mono();
  }

  after(ms: number, fn: () => void): Timer {
    return this.#machine.after(ms, fn);
  }

  soon(fn: () => void): Timer {
    return this.#machine.soon(fn);
  }

  random(): number {
    return this.#machine.random();
  }

  /** How far the machine's clock is ahead of the time told here; negative when it is behind. */
  get aheadMs(): number {
    return this.#machine.now() - this.#machine.mono() - this.#origin;
  }

  /** Tells the machine's time from now on. Returns by how much the time told here moved. */
  adopt(): number {
    const moved = this.aheadMs;
    this.#origin += moved;
    return moved;
  }
}
