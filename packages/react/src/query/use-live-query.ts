'use client';
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { Live } from '../live.ts';
import { useClient } from '../provider.tsx';
import type { RowOf } from '../use-collection.ts';
import { liveQueryOptions, viewOf, type LiveQueryData, type LiveQueryOptions } from './live-query-options.ts';

/** What `useQuery` gives, and how live it is. */
export type LiveQueryResult<N extends string> = UseQueryResult<LiveQueryData<N>> & {
  readonly live: Omit<Live<unknown>, 'data'>;
};

/**
 * A live view in the cache of TanStack Query: `useQuery` by the same key, `select`, devtools and persistence see the same
 * rows. One subscription serves the first answer and every change; nothing is fetched twice.
 */
export function useLiveQuery<N extends string>(name: N, options: LiveQueryOptions<RowOf<N>> = {}): LiveQueryResult<N> {
  const client = useClient();
  const cache = useQueryClient();
  const query = liveQueryOptions<N>(client, name, options);
  const made = viewOf(client, name, options.where);
  // oxlint-disable-next-line react/exhaustive-deps -- the key says all that the two are made of.
  const { view, queryKey } = useMemo(() => ({ view: made, queryKey: query.queryKey }), [client, made.key]);
  useEffect(() => {
    const take = (): void => {
      const { hasData, rows, status } = view.get();
      if (!hasData || status === 'denied') return;
      // Only what changed: writing the same rows would wake everybody who looks at the key.
      if (cache.getQueryData(queryKey) !== rows) cache.setQueryData(queryKey, rows);
    };
    const leave = view.subscribe(take);
    take();
    return leave;
  }, [cache, view, queryKey]);
  const { status, verifiedAt, version, error } = useSyncExternalStore(view.subscribe, view.get, view.getInitial);
  const live = useMemo(() => ({ status, verifiedAt, version, error }), [status, verifiedAt, version, error]);
  const result = useQuery(query, cache);
  return useMemo(() => ({ ...result, live }), [result, live]);
}
