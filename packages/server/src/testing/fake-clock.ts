import { systemClock, type Clock, type Timer } from '../lib/clock.ts';
import { Random } from './random.ts';

/** How a fake clock starts. */
export interface FakeClockOptions {
  /** Wall clock at the start, epoch ms; default 2026-01-01T00:00:00Z. */
  readonly now?: number | undefined;
  /** Seed of `random`; default 1. */
  readonly seed?: number | undefined;
}

/**
 * A clock that only moves when told to. `advance` runs every timer that falls due, in order of due time and then of
 * setting, each at its own moment. Code that also awaits promises between timers is driven with `run`.
 */
export class FakeClock implements Clock {
  readonly #random: Random;
  #wall: number;
  #mono = 0;
  #timers: FakeTimer[] = [];

  constructor(options: FakeClockOptions = {}) {
    this.#wall = options.now ?? Date.UTC(2026, 0, 1);
    this.#random = new Random(options.seed ?? 1);
  }

  now(): number {
    return this.#wall;
  }

  mono(): number {
    return this.#mono;
  }

  after(ms: number, fn: () => void): Timer {
    if (!(ms >= 0 && ms <= 2_147_483_647)) throw new Error(`timer of ${ms} ms: expected 0 to 2^31-1`);
    return this.#set(this.#mono + ms, fn);
  }

  soon(fn: () => void): Timer {
    // Before every timer of this moment: a turn ends before the next timer runs.
    return this.#set(this.#mono - 0.5, fn);
  }

  random(): number {
    return this.#random.next();
  }

  /** Timers and turn ends not yet run: 0 after a test that leaks nothing. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Milliseconds until the next timer, or null when there is none. */
  get nextIn(): number | null {
    const next = this.#timers[0];
    return next === undefined ? null : Math.max(0, next.due - this.#mono);
  }

  /** Moves time on by `ms` and runs what falls due, also what that sets in turn. `advance(0)` ends the present turn. */
  advance(ms = 0): void {
    const end = this.#mono + ms;
    for (let ran = 0; this.#step(end); ran++) {
      if (ran > RUNAWAY)
        throw new Error(`${RUNAWAY} timers ran within ${ms} ms; one of them sets itself again at once`);
    }
    this.#to(end);
  }

  /** As `advance`, and lets everything that waits for promises go on before, between and after the timers. */
  async run(ms = 0): Promise<void> {
    const end = this.#mono + ms;
    await settle();
    for (let ran = 0; this.#step(end); ran++) {
      if (ran > RUNAWAY)
        throw new Error(`${RUNAWAY} timers ran within ${ms} ms; one of them sets itself again at once`);
      await settle();
    }
    this.#to(end);
  }

  /** The process stands still: time passes, and no timer runs until it is moved on again. */
  stall(ms: number): void {
    this.#to(this.#mono + ms);
  }

  /** Sets the wall clock forward or back, as an administrator or a time server would. Timers do not notice. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  #step(end: number): boolean {
    const next = this.#timers[0];
    if (next === undefined || next.due > end) return false;
    this.#timers.shift();
    this.#to(Math.max(next.due, this.#mono));
    next.fn();
    return true;
  }

  #to(mono: number): void {
    this.#wall += mono - this.#mono;
    this.#mono = mono;
  }

  #set(due: number, fn: () => void): Timer {
    const timer: FakeTimer = { due, fn };
    let at = this.#timers.length;
    for (let before = this.#timers[at - 1]; before !== undefined && before.due > due; before = this.#timers[at - 1])
      at -= 1;
    this.#timers.splice(at, 0, timer);
    return {
      cancel: () => {
        const slot = this.#timers.indexOf(timer);
        if (slot >= 0) this.#timers.splice(slot, 1);
      },
    };
  }
}

/** Waits until everything that can go on without a timer has gone on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void systemClock.soon(resolve));
}

interface FakeTimer {
  readonly due: number;
  readonly fn: () => void;
}

const RUNAWAY = 100_000;
