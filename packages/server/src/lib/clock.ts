/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/**
 * Time, timers and chance, handed to every stage so that tests and the simulation drive them by hand.
 * Only this file may touch `Date.now`, `performance.now`, `setTimeout`, `setImmediate` and `Math.random`.
 */
export interface Clock {
  /** Wall clock, epoch milliseconds. May jump; never use it to measure a duration. */
  now(): number;
  /** Monotonic milliseconds since an arbitrary start. */
  mono(): number;
  /** Runs `fn` once after `ms` (0 up to 2^31-1). The timer does not keep the process alive. */
  after(ms: number, fn: () => void): Timer;
  /** Runs `fn` at the end of the present event-loop turn. */
  soon(fn: () => void): Timer;
  /** A number in [0, 1). */
  random(): number;
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
  after(ms, fn) {
    const handle = setTimeout(fn, ms);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  soon(fn) {
    const handle = setImmediate(fn);
    return { cancel: () => clearImmediate(handle) };
  },
  random: () => Math.random(),
};
