import type { Envelope } from '../envelope.ts';

/**
 * One record per subject. `fleet` holds counts by status of services, connections and agents and counts of
 * runs by state; `gateway` holds this process's own numbers (connections, subscriptions, views, changes per
 * second, commit milliseconds, probes per second).
 */
export interface Metric extends Envelope {
  readonly subject: string;
  readonly values: Readonly<Record<string, number>>;
  readonly window: string;
}
