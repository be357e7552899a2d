/**
 * Metrics: numbers about many things at once (the fleet, this process), as records, so that a tile on a screen is
 * live by the same road as everything else.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { envelopeShape, type Shape } from '../schema.ts';

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

const shape: Shape<Metric> = {
  ...envelopeShape,
  subject: z.string(),
  values: z.record(z.string(), z.number()),
  window: z.string(),
};

/** Every field of a metric, as a schema. */
export const metricRow: z.ZodType<Metric> = z.object(shape);

const derived = z.never({ error: 'metrics are derived by the server; nobody writes them' });

export const metrics: Collection = describeCollection({
  name: 'metrics',
  kind: 'plain',
  row: metricRow,
  create: derived,
  patch: derived,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'admin' },
  owns: { api: [], report: [] },
});
