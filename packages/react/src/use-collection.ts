import type { Chosen, CollectionState, CollectionView, FieldPath, KnownRows, Where } from '@statewire/client';
import type { Row } from '@statewire/protocol';
import { useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useClient } from './provider.tsx';
import { useView } from './use-view.ts';

/** The row type of a collection by its name; `Row` for one of your own. */
export type RowOf<N extends string> = N extends keyof KnownRows ? KnownRows[N] : Row;

export interface CollectionOptions<T extends Row, P extends FieldPath<T> = FieldPath<T>> extends LiveOptions {
  /** Only records for which this holds. May be a new object on each render. */
  readonly where?: Where<T> | undefined;
  /** At most one update each so many ms. */
  readonly intervalMs?: number | undefined;
  /** Only these fields, or keys of them (`overlay.flapping`), travel; `id`, `org` and `version` always do. For lists of many large records. */
  readonly fields?: readonly P[] | undefined;
}

/** A record with the chosen fields; whole when none were chosen. */
export type ChosenRow<T extends Row, P extends FieldPath<T>> = [P] extends [never] ? T : Chosen<T, P>;

/**
 * All records of a collection that a condition picks, live. `data` is the same array until one of them changes. With
 * `fields` the rows have only those.
 */
export function useCollection<N extends string, P extends FieldPath<RowOf<N>> = never>(
  name: N,
  options: CollectionOptions<RowOf<N>, P> = {},
): Live<readonly ChosenRow<RowOf<N>, P>[]> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows carry exactly the chosen fields.
  return useRows<RowOf<N>>(name, options) as Live<readonly ChosenRow<RowOf<N>, P>[]>;
}

/** `useCollection` for a row type of your own. */
export function useRows<T extends Row>(
  name: string,
  { where, intervalMs, fields, ...live }: CollectionOptions<T> = {},
): Live<readonly T[]> {
  const client = useClient();
  const all = client.collection<T>(name);
  const some = where === undefined ? all : all.where(where);
  const paced = intervalMs === undefined ? some : some.every(intervalMs);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true where fields are given: the typed face of this function says which remain.
  const made = (fields === undefined ? paced : paced.fields(fields)).view() as CollectionView<T>;
  // oxlint-disable-next-line react/exhaustive-deps -- the key says all that `made` is made of.
  const view = useMemo<CollectionView<T>>(() => made, [client, made.key, intervalMs]);
  const state = useView(view, { owner: client, key: view.key }, live);
  return useMemo(() => liveRows(state), [state]);
}

function liveRows<T extends Row>(state: CollectionState<T>): Live<readonly T[]> {
  const { rows, status, verifiedAt, version, error } = state;
  return { data: rows, status, verifiedAt, version, error };
}
