import type { Execution, Job } from '@statewire/model';
import type { CollectionSource } from '../core-collection.ts';
import type { BodiesOf } from '../named.ts';
import { Agents } from './agents.ts';
import { Connections } from './connections.ts';
import type { Reporting } from './reporting.ts';
import { Runs } from './runs.ts';

/** The collections that a program reports to, with the ways to do it. */
export interface Reporters {
  readonly connections: Connections;
  readonly agents: Agents;
  readonly executions: Runs<Execution, BodiesOf<'executions'>>;
  readonly jobs: Runs<Job, BodiesOf<'jobs'>>;
}

/** Makes them for one client. */
export function reporters(source: CollectionSource, reporting: Reporting): Reporters {
  return {
    connections: new Connections(source, 'connections'),
    agents: new Agents(source, reporting),
    executions: new Runs(source, 'executions', reporting),
    jobs: new Runs(source, 'jobs', reporting),
  };
}
