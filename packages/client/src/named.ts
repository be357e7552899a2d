import type {
  AgentCreate,
  AgentPatch,
  AgentReport,
  ConnectionCreate,
  ConnectionPatch,
  ConnectionReport,
  CustomerCreate,
  CustomerPatch,
  EmbedCreate,
  EmbedPatch,
  ExecutionCreate,
  ExecutionPatch,
  ExecutionReport,
  JobCreate,
  JobPatch,
  JobReport,
  MetricReport,
  Rows,
  SavedViewCreate,
  SavedViewPatch,
  ServiceCreate,
  ServicePatch,
  ServiceReport,
  UserCreate,
  UserPatch,
} from '@statewire/model';
import type { Collection } from './collection.ts';
import type { Bodies } from './core-collection.ts';

/** What the commands of collections take; those not named here take any fields. */
interface NamedBodies {
  readonly agents: { readonly create: AgentCreate; readonly patch: AgentPatch; readonly report: AgentReport };
  readonly connections: {
    readonly create: ConnectionCreate;
    readonly patch: ConnectionPatch;
    readonly report: ConnectionReport;
  };
  readonly executions: {
    readonly create: ExecutionCreate;
    readonly patch: ExecutionPatch;
    readonly report: ExecutionReport;
  };
  readonly jobs: { readonly create: JobCreate; readonly patch: JobPatch; readonly report: JobReport };
  readonly customers: Written<CustomerCreate, CustomerPatch>;
  readonly embeds: Written<EmbedCreate, EmbedPatch>;
  readonly users: Written<UserCreate, UserPatch>;
  readonly 'saved-views': Written<SavedViewCreate, SavedViewPatch>;
  readonly metrics: { readonly create: never; readonly patch: never; readonly report: MetricReport };
  readonly services: { readonly create: ServiceCreate; readonly patch: ServicePatch; readonly report: ServiceReport };
}

/** Bodies of records that people write and nobody reports. */
interface Written<C, P> {
  readonly create: C;
  readonly patch: P;
  readonly report: Bodies['report'];
}

/** What the commands of one collection take. */
export type BodiesOf<N extends keyof Rows> = N extends keyof NamedBodies ? NamedBodies[N] : Bodies;

/** `client.services`, `client.alerts`, ... Their types are the model's. */
export type NamedCollections = { readonly [N in keyof Rows]: Collection<Rows[N], BodiesOf<N>> };

/** Every one of them: a name that is missing here does not compile. */
const NAMES: Readonly<Record<keyof Rows, 0>> = {
  agents: 0,
  alerts: 0,
  annotations: 0,
  captures: 0,
  channels: 0,
  checks: 0,
  connections: 0,
  customers: 0,
  deliveries: 0,
  dismissals: 0,
  embeds: 0,
  executions: 0,
  inboxes: 0,
  incidents: 0,
  instructions: 0,
  jobs: 0,
  maintenances: 0,
  members: 0,
  messages: 0,
  metrics: 0,
  notifications: 0,
  pages: 0,
  policies: 0,
  preferences: 0,
  presences: 0,
  roles: 0,
  rules: 0,
  'saved-views': 0,
  services: 0,
  settings: 0,
  subscribers: 0,
  users: 0,
};

/** One of each name. */
export function namedCollections<C>(make: (name: string) => C): Readonly<Record<keyof Rows, C>> {
  const made = Object.keys(NAMES).map((name) => [name, make(name)] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: one collection for each name of the table.
  return Object.fromEntries(made) as Record<keyof Rows, C>;
}
