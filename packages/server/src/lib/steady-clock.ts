import type { Clock, Timer } from './clock.ts';

/**
 * A clock whose wall time never steps by itself. When an administrator or a time server sets the machine's clock, the
 * time told here goes on as before until `adopt` is called: whoever adopts moves every deadline in the same moment, so
 * that no deadline is ever compared with a time it was not made for. See joints/clock-steps.ts.
 *
 * The same when this process stands still (stopped, a blocked thread): once somebody ticks regularly and a tick is overdue,
 * no time is told that nobody was here for; with the next tick it is one step of the clock, taken over like any other.
 */
export class SteadyClock implements Clock {
  readonly #machine: Clock;
  /** Wall time at monotonic zero. */
  #origin: number;
  readonly #pauseMsMin: number;
  /** The last tick, monotonic; Infinity while nobody ticks. */
  #tickedAt = Infinity;
  /** When we were last seen running, monotonic. */
  #ranAt = 0;
  #stoodStillMs = 0;

  /** `pauseMsMin`: between two ticks more than this is a pause. */
  constructor(machine: Clock, pauseMsMin: number = Infinity) {
    this.#pauseMsMin = pauseMsMin;
    this.#machine = machine;
    this.#origin = machine.now() - machine.mono();
  }

  now(): number {
    const mono = this.#machine.mono();
    if (!this.#isOverdue(mono)) this.#ranAt = mono;
    return Math.floor(this.#origin + this.#ranAt);
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

  /** Says that the process runs. Call it regularly; returns how long it stood still before this tick, mostly 0. */
  tick(): number {
    const mono = this.#machine.mono();
    const lostMs = this.#isOverdue(mono) ? mono - this.#ranAt : 0;
    this.#origin -= lostMs;
    this.#stoodStillMs += lostMs;
    this.#tickedAt = mono;
    this.#ranAt = mono;
    return lostMs;
  }

  /** Nobody will tick any more. */
  rest(): void {
    this.tick();
    this.#tickedAt = Infinity;
  }

  /** For how long the process has stood still in all: what was measured across a change of it was not measured. */
  get stoodStillMs(): number {
    const mono = this.#machine.mono();
    return this.#stoodStillMs + (this.#isOverdue(mono) ? mono - this.#ranAt : 0);
  }

  #isOverdue(mono: number): boolean {
    return mono - this.#tickedAt > this.#pauseMsMin;
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
