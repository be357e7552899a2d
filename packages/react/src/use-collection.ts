import type { Chosen, CollectionState, CollectionView, FieldPath, KnownRows, Where } from '@statewire/client';
import type { AnyDefinition, RecordOf } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import { useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useClient } from './provider.tsx';
import { useView } from './use-view.ts';

/** The row type of a collection by its name; `Row` for one of your own. */
export type RowOf<N extends string> = N extends keyof KnownRows ? KnownRows[N] : Row;

/** Which rows `useCollection` shows, and of them which fields, in which order, how often. */
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
 * `fields` the rows have only those. By a name, or by the app's definition of its own collection.
 */
export function useCollection<D extends AnyDefinition, P extends FieldPath<RecordOf<D>> = never>(
  definition: D,
  options?: CollectionOptions<RecordOf<D>, P>,
): Live<readonly ChosenRow<RecordOf<D>, P>[]>;
export function useCollection<N extends string, P extends FieldPath<RowOf<N>> = never>(
  name: N,
  options?: CollectionOptions<RowOf<N>, P>,
): Live<readonly ChosenRow<RowOf<N>, P>[]>;
export function useCollection(of: string | AnyDefinition, options: CollectionOptions<Row> = {}): Live<readonly Row[]> {
  return useRows(typeof of === 'string' ? of : of.name, options);
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
