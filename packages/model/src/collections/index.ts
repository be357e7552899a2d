import type { Collection } from '../define.ts';
import { agents, type Agent } from './agent.ts';
import { channels, type Channel } from './channel.ts';
import { checks, type Check } from './check.ts';
import { connections, type Connection } from './connection.ts';
import { deliveries, type Delivery } from './delivery.ts';
import { executions, type Execution } from './execution.ts';
import { jobs, type Job } from './job.ts';
import { metrics, type Metric } from './metric.ts';
import { services, type Service } from './service.ts';

/** The row of each collection, by the collection's name. */
export interface Rows {
  readonly services: Service;
  readonly connections: Connection;
  readonly agents: Agent;
  readonly executions: Execution;
  readonly jobs: Job;
  readonly metrics: Metric;
  readonly checks: Check;
  readonly channels: Channel;
  readonly deliveries: Delivery;
}

export type CollectionName = keyof Rows;

/** Every collection this release knows. A new kind of record is one file beside these and one line here. */
export const collections: Readonly<Record<CollectionName, Collection>> = {
  services,
  connections,
  agents,
  executions,
  jobs,
  metrics,
  checks,
  channels,
  deliveries,
};

/** The collection of this name, or null. Safe for names from outside. */
export function collectionOf(name: string): Collection | null {
  return isCollectionName(name) ? collections[name] : null;
}

export function isCollectionName(name: string): name is CollectionName {
  return Object.hasOwn(collections, name);
}
