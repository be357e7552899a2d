import { useEffect, useMemo, useReducer } from 'react';
import { useClient } from './provider.tsx';

/** The longest wait of one timer, ms: browsers ring at once what is set beyond 24 days. */
const WAIT_MS_MAX = 3_600_000;

/**
 * The time on the server's clock, read again each time one of `instants` has passed: for things that end by
 * themselves. One timer, for the next of them; none when all have passed.
 */
export function useDue(instants: readonly (number | null)[]): number {
  const client = useClient();
  const [turn, again] = useReducer((count: number) => count + 1, 0);
  // oxlint-disable-next-line react/exhaustive-deps -- another turn is why the clock is read again.
  const now = useMemo(() => client.serverNow(), [client, instants, turn]);
  const next = instants.reduce<number>(
    (least, at) => (at !== null && at > now ? Math.min(least, at) : least),
    Infinity,
  );
  useEffect(() => {
    if (next === Infinity) return undefined;
    return client.every(Math.min(Math.max(next - client.serverNow(), 0) + 1, WAIT_MS_MAX), again);
  }, [client, next, turn]);
  return now;
}
