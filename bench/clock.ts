/** Microseconds that mean the same in every process of this machine. */
export function micros(): number {
  return OFFSET + performance.now() * 1000;
}

// Both count from the same monotonic clock; `performance.now` is the cheap one, and starts anew in each process.
const OFFSET = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

/** Resolves after `ms`. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
