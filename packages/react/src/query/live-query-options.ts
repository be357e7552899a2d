import { compileWhere, type Client, type CollectionState, type CollectionView, type Where } from '@statewire/client';
import type { FilterJson, Row } from '@statewire/protocol';
import { queryOptions, type UseQueryOptions } from '@tanstack/react-query';
import { LiveError } from '../live.ts';
import type { RowOf } from '../use-collection.ts';

/** `['statewire', 'services', filter]`: invalidate `['statewire', 'services']` and all of its views are asked again. */
export type LiveQueryKey = readonly ['statewire', string, FilterJson | null];

/** What the cache holds: rows as the client keeps them, so that an unchanged row stays the same object. */
export type LiveQueryData<N extends string> = readonly RowOf<N>[];

/** What a live query is about, for TanStack Query. */
export interface LiveQueryOptions<T extends Row> {
  /** Only records for which this holds. */
  readonly where?: Where<T> | undefined;
}

type Options<N extends string> = UseQueryOptions<LiveQueryData<N>, Error, LiveQueryData<N>, LiveQueryKey>;

/**
 * Options for `useQuery`, `useSuspenseQuery` and `prefetchQuery`: the query is answered by the live view as soon as it is
 * complete. It never goes stale by age, and neither focus nor reconnect fetches it again, because changes come by themselves
 * (`useLiveQuery` takes them into the cache).
 */
export function liveQueryOptions<N extends string>(
  client: Client,
  name: N,
  { where }: LiveQueryOptions<RowOf<N>> = {},
): Options<N> & { readonly queryKey: LiveQueryKey } {
  const view = viewOf(client, name, where);
  const queryKey: LiveQueryKey = ['statewire', name, compileWhere(where) ?? null];
  return queryOptions<LiveQueryData<N>, Error, LiveQueryData<N>, LiveQueryKey>({
    queryKey,
    queryFn: ({ signal }) => complete(view, signal),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    // The client tries again by itself; what the server refused stays refused.
    retry: false,
    // A watch over the network by TanStack would hold back what the client knows better.
    networkMode: 'always',
    structuralSharing: false,
  });
}

/** The view behind a query. */
export function viewOf<N extends string>(
  client: Client,
  name: N,
  where: Where<RowOf<N>> | undefined,
): CollectionView<RowOf<N>> {
  const all = client.collection<RowOf<N>>(name);
  return (where === undefined ? all : all.where(where)).view();
}

/** The rows once the view is live; those it has when there is no connection; an error when it was refused. */
function complete<T extends Row>(view: CollectionView<T>, signal: AbortSignal): Promise<readonly T[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly T[]>();
  const leave = view.subscribe(look);
  signal.addEventListener('abort', leave, { once: true });
  function look(): void {
    const answer = answerOf(view.get());
    if (answer === null) return;
    leave();
    signal.removeEventListener('abort', leave);
    if (answer instanceof Error) reject(answer);
    else resolve(answer);
  }
  look();
  return promise;
}

function answerOf<T extends Row>({ status, rows, error, hasData }: CollectionState<T>): readonly T[] | Error | null {
  if (status === 'live') return rows;
  if (status === 'denied') return new LiveError(error ?? { code: 'forbidden', message: 'the server refused' });
  if (status !== 'offline') return null;
  return hasData ? rows : new LiveError(error ?? { code: 'unavailable', message: 'there is no connection' });
}
