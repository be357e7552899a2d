import type { Client } from '@statewire/client';
import { createContext, useContext, type ReactNode } from 'react';

/** Gives the client to every hook below it. The client is made outside, once, and outlives the tree. */
export function StatewireProvider({
  client,
  children,
}: {
  readonly client: Client;
  readonly children?: ReactNode;
}): ReactNode {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** The client of the nearest provider. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('no Statewire client found; wrap the tree in <StatewireProvider client={...}>');
  return client;
}

const ClientContext = createContext<Client | null>(null);
