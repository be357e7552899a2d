import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Limits } from '../../lib/limits.ts';
import { RefusedError } from './problem.ts';

/** What a rate is counted for. */
export type Rated = 'ip' | 'principal' | 'sign-in' | 'sign-in-ip';

/** Requests per minute, counted in this process. Keys vanish after their minute, so the memory follows the traffic. */
export class Rates {
  readonly #limiters: Readonly<Record<Rated, RateLimiterMemory>>;

  constructor({
    requestsPerMinuteMax,
    signInsPerMinuteMax,
  }: Pick<Limits, 'requestsPerMinuteMax' | 'signInsPerMinuteMax'>) {
    const perMinute = (points: number) => new RateLimiterMemory({ points, duration: 60 });
    this.#limiters = {
      ip: perMinute(requestsPerMinuteMax),
      principal: perMinute(requestsPerMinuteMax),
      'sign-in': perMinute(signInsPerMinuteMax),
      // Many accounts from one address: each try costs a password hash, so this is bounded as well.
      'sign-in-ip': perMinute(signInsPerMinuteMax * 6),
    };
  }

  /** Counts one; refuses with `rate_limited` and Retry-After when the minute is used up. */
  async spend(what: Rated, key: string): Promise<void> {
    try {
      await this.#limiters[what].consume(what === 'ip' || what === 'sign-in-ip' ? networkOf(key) : key);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1_000));
      throw new RefusedError({
        code: 'rate_limited',
        message: `more than ${this.#limiters[what].points} ${what.startsWith('sign-in') ? 'sign-ins' : 'requests'} in a minute`,
        expected: `at most ${this.#limiters[what].points} per minute`,
        do: `wait ${seconds} s`,
        headers: { 'retry-after': String(seconds) },
      });
    }
  }
}

/** One IPv6 customer has 2^64 addresses; the network counts. */
function networkOf(ip: string): string {
  if (!ip.includes(':') || ip.startsWith('::ffff:')) return ip;
  const [head = ''] = ip.split('::', 1);
  return head.split(':').slice(0, 4).join(':');
}
