import type { Execution, Job, Metric } from '@statewire/model';
import { Collection } from '../collection.ts';
import type { CollectionSource } from '../core-collection.ts';
import type { BodiesOf } from '../named.ts';
import { Agents } from './agents.ts';
import { Connections } from './connections.ts';
import { Here } from './here.ts';
import { MetricReporter } from './metric.ts';
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
  /** A number of the app's own, reported from here: `metric('orders').increment()`. One reporter per name. */
  readonly metric: (id: string) => MetricReporter;
}

/** Makes them for one client. */
export function reporters(source: CollectionSource, reporting: Reporting): Reporters {
  const named = new Collection<Metric, BodiesOf<'metrics'>>(source, 'metrics');
  const made = new Map<string, MetricReporter>();
  return {
    connections: new Connections(source, 'connections'),
    agents: new Agents(source, reporting),
    executions: new Runs(source, 'executions', reporting),
    jobs: new Runs(source, 'jobs', reporting),
    presence: new Here(new Collection(source, 'presences'), reporting),
    metric: (id) => {
      const known = made.get(id);
      if (known !== undefined) return known;
      const reporter = new MetricReporter({ env: reporting.env, send: (report) => named.report(id, report) }, id);
      made.set(id, reporter);
      return reporter;
    },
  };
}
