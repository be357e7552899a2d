import type { FieldPath, KnownRows } from '@statewire/client';
import type { Json } from '@statewire/protocol';
import { type ChosenRow, type RowOf, useCollection, useRecord } from '@statewire/react';

/** What a screen needs of a view: its rows and how far to trust them. */
export interface Live<T> {
  readonly rows: readonly T[];
  /** Nothing is known yet. */
  readonly isLoading: boolean;
  /** What is shown was true once and is not verified now. */
  readonly isStale: boolean;
  readonly verifiedAt: number | null;
}

const NONE: readonly never[] = [];

/** The live rows of a collection that pass a filter (all when there is none). Equal filters share one subscription. */
export function useRows<N extends keyof KnownRows>(name: N, filter?: readonly Json[]): Live<RowOf<N>> {
  return shown(useCollection(name, filter === undefined ? {} : { where: filter }));
}

/** The same with only some fields of each row: for lists of thousands. */
export function useListed<N extends keyof KnownRows, P extends FieldPath<RowOf<N>>>(
  name: N,
  fields: readonly P[],
): Live<ChosenRow<RowOf<N>, P>> {
  return shown(useCollection(name, { fields }));
}

function shown<T>({
  data,
  status,
  verifiedAt,
}: {
  readonly data: readonly T[] | null;
  readonly status: string;
  readonly verifiedAt: number | null;
}): Live<T> {
  return {
    rows: data ?? NONE,
    isLoading: status === 'loading',
    isStale: status === 'stale' || status === 'offline',
    verifiedAt,
  };
}

/** One live record, or null when there is none (or none yet). */
export function useRecordOf<N extends keyof KnownRows>(
  name: N,
  id: string,
): { readonly row: RowOf<N> | null; readonly isLoading: boolean; readonly isStale: boolean } {
  const { data, status } = useRecord(name, id);
  return { row: data ?? null, isLoading: status === 'loading', isStale: status === 'stale' || status === 'offline' };
}
