import type { AggregateWish, CollectionView, Group, Where } from '@statewire/client';
import type { Row } from '@statewire/protocol';
import { useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useClient } from './provider.tsx';
import type { RowOf } from './use-collection.ts';
import { useView } from './use-view.ts';

/** What is counted and added up, of which records. */
export interface AggregateOptions<T extends Row> extends AggregateWish<T>, LiveOptions {
  /** Only records for which this holds. May be a new object on each render. */
  readonly where?: Where<T> | undefined;
  /** At most one update each so many ms. */
  readonly intervalMs?: number | undefined;
}

/**
 * Counters and sums, live, without a single record travelling: one group for each value of `by`, in the order of these, or
 * one of all records.
 */
export function useAggregate<N extends string>(
  name: N,
  options: AggregateOptions<RowOf<N>> = {},
): Live<readonly Group[]> {
  const { where, intervalMs, by, sum, avg, min, max, ...live } = options;
  const client = useClient();
  const all = client.collection<RowOf<N>>(name);
  const some = where === undefined ? all : all.where(where);
  const made = (intervalMs === undefined ? some : some.every(intervalMs)).aggregate({ by, sum, avg, min, max });
  // oxlint-disable-next-line react/exhaustive-deps -- the key says all that `made` is made of.
  const view = useMemo<CollectionView<Group>>(() => made, [client, made.key, intervalMs]);
  const { rows, status, verifiedAt, version, error } = useView(view, { owner: client, key: view.key }, live);
  return useMemo(
    () => ({ data: rows, status, verifiedAt, version, error }),
    [rows, status, verifiedAt, version, error],
  );
}

/** How many records there are, live and without them; null until it is known. */
export function useCount<N extends string>(
  name: N,
  options: Pick<AggregateOptions<RowOf<N>>, 'where' | 'intervalMs' | keyof LiveOptions> = {},
): Live<number | null> {
  const live = useAggregate(name, options);
  return useMemo(() => ({ ...live, data: live.data[0]?.count ?? null }), [live]);
}
