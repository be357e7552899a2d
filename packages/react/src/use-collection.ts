import type {
  Chosen,
  CollectionState,
  CollectionView,
  FieldPath,
  KnownRows,
  Query,
  SortField,
  Where,
} from '@statewire/client';
import type { AnyDefinition, RecordOf } from '@statewire/model';
import type { Direction, Row } from '@statewire/protocol';
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
  /** In which order: by the first, where that is equal by the second, and so on. At most three. */
  readonly sort?: readonly (readonly [field: SortField<T>, direction: Direction])[] | undefined;
  /** Only so many, 1 to 1000: `total` says how many there are. */
  readonly limit?: number | undefined;
  /** With `limit`: those behind an `endCursor`, before a `startCursor`, or behind the first so many. One of them. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly skip?: number | undefined;
}

/** Live rows and, where they are a window, how many there are and where these lie. */
export interface LiveRows<T> extends Live<readonly T[]> {
  /** Records in the whole view; null for what is no window, and until it is known. */
  readonly total: number | null;
  /** How many records come before the first of these. */
  readonly offset: number | null;
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** For `before` and `after`: the pages around this one. */
  readonly startCursor: string | null;
  readonly endCursor: string | null;
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
): LiveRows<ChosenRow<RecordOf<D>, P>>;
export function useCollection<N extends string, P extends FieldPath<RowOf<N>> = never>(
  name: N,
  options?: CollectionOptions<RowOf<N>, P>,
): LiveRows<ChosenRow<RowOf<N>, P>>;
export function useCollection(of: string | AnyDefinition, options: CollectionOptions<Row> = {}): LiveRows<Row> {
  return useRows(typeof of === 'string' ? of : of.name, options);
}

/** `useCollection` for a row type of your own. */
export function useRows<T extends Row>(
  name: string,
  { where, intervalMs, fields, sort, limit, after, before, skip, ...live }: CollectionOptions<T> = {},
): LiveRows<T> {
  const client = useClient();
  const all = client.collection<T>(name);
  let query: Query<T> = where === undefined ? all : all.where(where);
  if (intervalMs !== undefined) query = query.every(intervalMs);
  for (const [field, direction] of sort ?? []) query = query.sort(field, direction);
  if (limit !== undefined) query = query.limit(limit);
  if (after !== undefined) query = query.after(after);
  if (before !== undefined) query = query.before(before);
  if (skip !== undefined) query = query.skip(skip);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true where fields are given: the typed face of this function says which remain.
  const made = (fields === undefined ? query : query.fields(fields)).view() as CollectionView<T>;
  // oxlint-disable-next-line react/exhaustive-deps -- the key says all that `made` is made of.
  const view = useMemo<CollectionView<T>>(() => made, [client, made.key, intervalMs]);
  const state = useView(view, { owner: client, key: view.key }, live);
  return useMemo(() => liveRows(state), [state]);
}

function liveRows<T extends Row>(state: CollectionState<T>): LiveRows<T> {
  const { rows, status, verifiedAt, version, error, total, offset, hasBefore, hasAfter } = state;
  return {
    data: rows,
    status,
    verifiedAt,
    version,
    error,
    total,
    offset,
    hasBefore,
    hasAfter,
    // Made when they are asked for: most people never turn the page.
    get startCursor() {
      return state.startCursor;
    },
    get endCursor() {
      return state.endCursor;
    },
  };
}
