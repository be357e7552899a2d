import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Limits } from '../../lib/limits.ts';
import { RefusedError } from './problem.ts';

/** What a rate is counted for. */
export type Rated =
  | 'ip'
  | 'live'
  | 'page-secret'
  | 'principal'
  | 'reset'
  | 'reset-target'
  | 'sign-in'
  | 'sign-in-ip'
  | 'subscribe'
  | 'subscribe-target';

/** Requests per minute, counted in this process. Keys vanish after their minute, so the memory follows the traffic. */
export class Rates {
  readonly #limiters: Readonly<Record<Rated, RateLimiterMemory>>;

  constructor({
    liveRequestsPerMinuteMax,
    requestsPerMinuteMax,
    signInsPerMinuteMax,
    pageSecretsPerMinuteMax,
    subscribesPerHourMax,
    subscribesPerTargetMax,
    resetsPerHourMax,
    resetsPerTargetMax,
  }: RateLimits) {
    const perMinute = (points: number) => new RateLimiterMemory({ points, duration: 60 });
    const perHour = (points: number) => new RateLimiterMemory({ points, duration: 3_600 });
    this.#limiters = {
      ip: perMinute(requestsPerMinuteMax),
      live: perMinute(liveRequestsPerMinuteMax),
      principal: perMinute(requestsPerMinuteMax),
      'sign-in': perMinute(signInsPerMinuteMax),
      // Many accounts from one address: each try costs a password hash, so this is bounded as well.
      'sign-in-ip': perMinute(signInsPerMinuteMax * 6),
      'page-secret': perMinute(pageSecretsPerMinuteMax),
      reset: perHour(resetsPerHourMax),
      'reset-target': perHour(resetsPerTargetMax),
      subscribe: perHour(subscribesPerHourMax),
      'subscribe-target': perHour(subscribesPerTargetMax),
    };
  }

  /** Counts one; refuses with `rate_limited` and Retry-After when the minute is used up. */
  async spend(what: Rated, key: string): Promise<void> {
    try {
      await this.#limiters[what].consume(BY_NETWORK.includes(what) ? networkOf(key) : key);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1_000));
      const { points, duration } = this.#limiters[what];
      const span = duration === 60 ? 'minute' : 'hour';
      throw new RefusedError({
        code: 'rate_limited',
        message: `more than ${points} ${NOUNS[what]} in ${span === 'hour' ? 'an hour' : 'a minute'}`,
        expected: `at most ${points} per ${span}`,
        do: `wait ${seconds} s`,
        headers: { 'retry-after': String(seconds) },
      });
    }
  }
}

type RateLimits = Pick<
  Limits,
  | 'liveRequestsPerMinuteMax'
  | 'pageSecretsPerMinuteMax'
  | 'requestsPerMinuteMax'
  | 'resetsPerHourMax'
  | 'resetsPerTargetMax'
  | 'signInsPerMinuteMax'
  | 'subscribesPerHourMax'
  | 'subscribesPerTargetMax'
>;

const BY_NETWORK: readonly Rated[] = ['ip', 'page-secret', 'sign-in-ip', 'subscribe', 'reset'];

const NOUNS: Readonly<Record<Rated, string>> = {
  ip: 'requests',
  live: 'requests',
  principal: 'requests',
  'sign-in': 'sign-ins',
  'sign-in-ip': 'sign-ins',
  'page-secret': 'tries',
  reset: 'requests for a new password',
  'reset-target': 'requests for a new password of one address',
  subscribe: 'sign-ups',
  'subscribe-target': 'sign-ups of one address',
};

/** One IPv6 customer has 2^64 addresses; the network counts. */
export function networkOf(ip: string): string {
  if (!ip.includes(':') || ip.startsWith('::ffff:')) return ip;
  const [head = ''] = ip.split('::', 1);
  return head.split(':').slice(0, 4).join(':');
}
