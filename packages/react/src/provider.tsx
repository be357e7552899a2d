import type { Client } from '@statewire/client';
import type { CoreClient } from '@statewire/client/core';
import { createContext, useContext, type ReactNode } from 'react';

/**
 * Gives the client to every hook below it. The client is made outside, once, and outlives the tree. One from
 * `@statewire/client/core` serves all hooks.
 */
export function StatewireProvider({
  client,
  children,
}: {
  readonly client: CoreClient;
  readonly children?: ReactNode;
}): ReactNode {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** The client of the nearest provider. One from `@statewire/client/core` has no reporters. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('no Statewire client found; wrap the tree in <StatewireProvider client={...}>');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true of what apps give; who gives a core client knows what it lacks, and no hook uses that.
  return client as Client;
}

/** The client of the nearest provider, or null: for what can be shown without one. */
export function useClientOrNull(): CoreClient | null {
  return useContext(ClientContext);
}

const ClientContext = createContext<CoreClient | null>(null);
