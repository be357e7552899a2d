import type { Rows } from '@statewire/model';
import { Collection, type CollectionSource } from './collection.ts';

/** Collections that have nothing of their own beside what every collection has. Their types are the model's. */
type Named = Exclude<keyof Rows, 'agents' | 'checks' | 'connections' | 'executions' | 'jobs' | 'metrics' | 'services'>;

/** `client.alerts`, `client.notifications`, ... */
export type NamedCollections = { readonly [N in Named]: Collection<Rows[N]> };

/** Every one of them: a name that is missing here does not compile. */
const NAMES: Readonly<Record<Named, true>> = {
  alerts: true,
  annotations: true,
  channels: true,
  deliveries: true,
  inboxes: true,
  incidents: true,
  maintenances: true,
  notifications: true,
  pages: true,
  policies: true,
  preferences: true,
  rules: true,
  settings: true,
  subscribers: true,
};

export function namedCollections(source: CollectionSource): NamedCollections {
  const made = Object.keys(NAMES).map((name) => [name, new Collection(source, name)] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: one collection for each name of the table.
  return Object.fromEntries(made) as NamedCollections;
}
