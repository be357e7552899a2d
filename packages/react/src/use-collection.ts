import type { CollectionState, CollectionView, KnownRows, Where } from '@statewire/client';
import type { Row } from '@statewire/protocol';
import { useMemo, useSyncExternalStore } from 'react';
import type { Live } from './live.ts';
import { useClient } from './provider.tsx';

/** The row type of a collection by its name; `Row` for one of your own. */
export type RowOf<N extends string> = N extends keyof KnownRows ? KnownRows[N] : Row;

export interface CollectionOptions<T extends Row> {
  /** Only records for which this holds. May be a new object on each render. */
  readonly where?: Where<T> | undefined;
  /** At most one update each so many ms. */
  readonly intervalMs?: number | undefined;
}

/** All records of a collection that a condition picks, live. `data` is the same array until one of them changes. */
export function useCollection<N extends string>(
  name: N,
  options: CollectionOptions<RowOf<N>> = {},
): Live<readonly RowOf<N>[]> {
  return useRows<RowOf<N>>(name, options);
}

/** `useCollection` for a row type of your own. */
export function useRows<T extends Row>(
  name: string,
  { where, intervalMs }: CollectionOptions<T> = {},
): Live<readonly T[]> {
  const client = useClient();
  const query = where === undefined ? client.collection<T>(name) : client.collection<T>(name).where(where);
  const made = (intervalMs === undefined ? query : query.every(intervalMs)).view();
  // oxlint-disable-next-line react/exhaustive-deps -- the key says all that `made` is made of.
  const view = useMemo<CollectionView<T>>(() => made, [client, made.key, intervalMs]);
  const state = useSyncExternalStore(view.subscribe, view.get, view.getInitial);
  return useMemo(() => liveRows(state), [state]);
}

function liveRows<T extends Row>(state: CollectionState<T>): Live<readonly T[]> {
  const { rows, status, verifiedAt, version, error } = state;
  return { data: rows, status, verifiedAt, version, error };
}
