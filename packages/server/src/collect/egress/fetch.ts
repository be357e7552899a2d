import type { Clock } from '../../lib/clock.ts';
import { Budget } from './budget.ts';
import type { Egress } from './egress.ts';
import { FaultError, type Fault } from './fault.ts';
import { Lane, type LaneDeps } from './lane.ts';

export interface EgressFetchOptions {
  readonly egress: Egress;
  readonly clock: Clock;
  readonly limits: LaneDeps['limits'];
  /** Everything from the name lookup to the end of the body. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

/** One request of our own, and its whole answer as text. */
export interface Asked {
  readonly method?: 'GET' | 'POST' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** Asks over the egress: no redirects, no cookies, a bound on time and bytes. Throws a FaultError when there is no answer. */
export type EgressFetch = (url: string, asked?: Asked) => Promise<Response>;

/** The egress in the shape of `fetch`, for libraries that bring their own questions (key sets). */
export function egressFetch({ egress, clock, limits, timeoutMs, bytesMax }: EgressFetchOptions): EgressFetch {
  return async (url, { method = 'GET', headers = {}, body } = {}) => {
    const lane = new Lane({ egress, clock, limits });
    const budget = new Budget(clock, timeoutMs);
    const must = <T>(result: { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Fault)): T => {
      if (result.ok) return result.value;
      throw new FaultError(result);
    };
    try {
      const answer = must(
        await lane.send({
          method,
          url: new URL(url),
          headers: { accept: 'application/json', 'user-agent': 'statewire', ...headers },
          ...(body === undefined ? {} : { body }),
          connectTimeoutMs: timeoutMs,
          budget,
        }),
      );
      const text = must(await answer.text(budget, bytesMax));
      const type = answer.headers['content-type'];
      return new Response(isBodyless(answer.status) ? null : text, {
        status: answer.status,
        headers: type === undefined ? {} : { 'content-type': type },
      });
    } finally {
      lane.close();
    }
  };
}

function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
