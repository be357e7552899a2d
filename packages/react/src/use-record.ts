import type { Row } from '@statewire/protocol';
import { useMemo, useSyncExternalStore } from 'react';
import type { Live } from './live.ts';
import { useClient } from './provider.tsx';
import type { RowOf } from './use-collection.ts';

/** One record, live. `data` is null while it is loading and, once `live`, when there is no such record. */
export function useRecord<N extends string>(name: N, id: string): Live<RowOf<N> | null> {
  return useRow<RowOf<N>>(name, id);
}

/** `useRecord` for a row type of your own. */
export function useRow<T extends Row>(name: string, id: string): Live<T | null> {
  const client = useClient();
  const view = useMemo(() => client.collection<T>(name).record(id), [client, name, id]);
  const state = useSyncExternalStore(view.subscribe, view.get, view.getInitial);
  return useMemo(() => {
    const { row, status, verifiedAt, version, error } = state;
    return { data: row, status, verifiedAt, version, error };
  }, [state]);
}
