import type { RecordState } from '@statewire/client';
import type { AnyDefinition, RecordOf } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import { useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useClient } from './provider.tsx';
import type { RowOf } from './use-collection.ts';
import { useView, type Readable } from './use-view.ts';

/**
 * One record, live. `data` is null while it is loading and, once `live`, when there is no such record. Without an id
 * (null) nothing is asked for and it stays `loading`: for a selection that may be empty. By a name, or by the app's
 * definition of its own collection.
 */
export function useRecord<D extends AnyDefinition>(
  definition: D,
  id: string | null,
  options?: LiveOptions,
): Live<RecordOf<D> | null>;
export function useRecord<N extends string>(name: N, id: string | null, options?: LiveOptions): Live<RowOf<N> | null>;
export function useRecord(of: string | AnyDefinition, id: string | null, options: LiveOptions = {}): Live<Row | null> {
  return useRow(typeof of === 'string' ? of : of.name, id, options);
}

/** `useRecord` for a row type of your own. */
export function useRow<T extends Row>(name: string, id: string | null, options: LiveOptions = {}): Live<T | null> {
  const client = useClient();
  const view = useMemo(() => (id === null ? null : client.collection<T>(name).record(id)), [client, name, id]);
  const { suspense = false, throwOnError } = options;
  const read: Readable<RecordState<T>> = view ?? NONE;
  const state = useView(
    read,
    { owner: client, key: view?.key ?? '' },
    // Nobody waits for what nobody asked for.
    { suspense: suspense && view !== null, throwOnError },
  );
  return useMemo(() => {
    const { row, status, verifiedAt, version, error } = state;
    return { data: row, status, verifiedAt, version, error };
  }, [state]);
}

const UNASKED: RecordState<never> = {
  row: null,
  status: 'loading',
  verifiedAt: null,
  version: null,
  error: null,
  freshness: { state: 'loading', verifiedAt: null, version: null },
  hasData: false,
};

const NONE: Readable<RecordState<never>> = {
  get: () => UNASKED,
  getInitial: () => UNASKED,
  subscribe: () => () => undefined,
};
