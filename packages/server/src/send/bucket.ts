/**
 * A token bucket on the wall clock, so that it can be made again from what the log says was sent. A clock that is set
 * back gives no tokens and takes none.
 */
export class Bucket {
  #tokens: number;
  #at: number;
  #rate: BucketRate;

  constructor(rate: BucketRate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** What a person set anew counts from now on; tokens that are there stay, up to the new burst. */
  set(rate: BucketRate, now: number): void {
    this.#refill(now);
    this.#rate = rate;
    this.#tokens = Math.min(this.#tokens, rate.burst);
  }

  /** Whole tokens that are there. */
  count(now: number): number {
    this.#refill(now);
    // A hair less than a whole token is one: sums of fractions are not exact.
    return Math.floor(this.#tokens + 1e-9);
  }

  take(now: number): void {
    this.#refill(now);
    this.#tokens -= 1;
  }

  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#rate.burst;
  }

  /** Milliseconds until there is one. */
  waitMs(now: number): number {
    this.#refill(now);
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 60_000) / this.#rate.perMinute);
  }

  #refill(now: number): void {
    const gained = (Math.max(0, now - this.#at) * this.#rate.perMinute) / 60_000;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + gained);
    this.#at = now;
  }
}

export interface BucketRate {
  readonly perMinute: number;
  readonly burst: number;
}
