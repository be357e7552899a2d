import type { Execution, Job } from '@statewire/model';
import { Collection } from '../collection.ts';
import type { CollectionSource } from '../core-collection.ts';
import type { BodiesOf } from '../named.ts';
import { Agents } from './agents.ts';
import { Connections } from './connections.ts';
import { Here } from './here.ts';
import type { Reporting } from './reporting.ts';
import { Runs } from './runs.ts';

/** The collections that a program reports to, with the ways to do it. */
export interface Reporters {
  readonly connections: Connections;
  readonly agents: Agents;
  readonly executions: Runs<Execution, BodiesOf<'executions'>>;
  readonly jobs: Runs<Job, BodiesOf<'jobs'>>;
  /** Says where we are; who else is there is the collection `presences`. */
  readonly presence: Here;
}

/** Makes them for one client. */
export function reporters(source: CollectionSource, reporting: Reporting): Reporters {
  return {
    connections: new Connections(source, 'connections'),
    agents: new Agents(source, reporting),
    executions: new Runs(source, 'executions', reporting),
    jobs: new Runs(source, 'jobs', reporting),
    presence: new Here(new Collection(source, 'presences'), reporting),
  };
}
