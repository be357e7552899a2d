import type { ConnectionState } from '@statewire/client';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { useClient } from './provider.tsx';

/** The connection, and a way to try again now. */
export interface LiveConnection extends ConnectionState {
  /** When anything last arrived, at the time of the last change of state. */
  readonly lastMessageAt: number | null;
  readonly reconnect: () => void;
}

/** The state of the connection. A component that mounts late sees the present state at once. */
export function useConnection(): LiveConnection {
  const client = useClient();
  const { connection } = client;
  const state = useSyncExternalStore(connection.subscribe, connection.get, connection.getInitial);
  const reconnect = useCallback(() => client.reconnect(), [client]);
  return useMemo(
    () => ({ ...state, lastMessageAt: connection.lastMessageAt, reconnect }),
    [state, connection, reconnect],
  );
}
