/**
 * Metrics: numbers about many things at once (the fleet, this process, an app's business), as records, so that a tile on a
 * screen is live by the same road as everything else.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { envelopeShape, instant, labelsSchema, words, type Shape } from '../schema.ts';

/** Where a metric comes from: `derived` by the server; `counter` and `gauge` are reported by an app. */
export type MetricKind = 'counter' | 'derived' | 'gauge';

/** What a metric was, in slots of one width: the last value in each, null where nothing was reported. Oldest first. */
export interface MetricSeries {
  /** Where the first slot begins, epoch ms. */
  readonly from: number;
  readonly widthMs: number;
  readonly values: readonly (number | null)[];
  readonly [field: string]: number | readonly (number | null)[];
}

/** The past of a reported metric: a day by 10 minutes, a week by hours, 90 days by days. */
export interface MetricPast {
  readonly recent: MetricSeries;
  readonly hours: MetricSeries;
  readonly days: MetricSeries;
  readonly [field: string]: MetricSeries;
}

/** How much a metric moved since an hour, a day and a week before; null where it was not known then. */
export interface MetricTrend {
  readonly h1: number | null;
  readonly d1: number | null;
  readonly d7: number | null;
  readonly [field: string]: number | null;
}

/**
 * One record per subject. `fleet` holds counts by status of services, connections and agents and counts of
 * runs by state; `gateway` holds this process's own numbers (connections, subscriptions, views, changes per
 * second, commit milliseconds, probes per second). Those that an app reports have one value, named `value`.
 */
export interface Metric extends Envelope {
  readonly subject: string;
  readonly values: Readonly<Record<string, number>>;
  readonly window: string;
  readonly kind: MetricKind;
  readonly title: string;
  readonly unit: string;
  /** What it should be, for the line on a chart. */
  readonly target: number | null;
  readonly trend: MetricTrend | null;
  readonly past: MetricPast | null;
}

/** What an app says of a metric of its own. */
export interface MetricReport {
  /** The value as it is now. */
  readonly set?: number | undefined;
  /** What it grew by, or shrank. With `set`: added to that. */
  readonly increment?: number | undefined;
  /** `counter` grows, `gauge` goes up and down. Default: what it is, or `counter` for one that begins with an increment. */
  readonly kind?: 'counter' | 'gauge' | undefined;
  readonly title?: string | undefined;
  readonly unit?: string | undefined;
  readonly target?: number | null | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const value = z.number().min(-1e15).max(1e15);

const seriesSchema: z.ZodType<MetricSeries> = z.object({
  from: instant,
  widthMs: z.int().min(1),
  values: z.array(z.number().nullable()),
});

const shape: Shape<Metric> = {
  ...envelopeShape,
  subject: z.string(),
  values: z.record(z.string(), z.number()),
  window: z.string(),
  kind: z.enum(['counter', 'derived', 'gauge']),
  title: z.string(),
  unit: z.string(),
  target: z.number().nullable(),
  trend: z.object({ h1: z.number().nullable(), d1: z.number().nullable(), d7: z.number().nullable() }).nullable(),
  past: z.object({ recent: seriesSchema, hours: seriesSchema, days: seriesSchema }).nullable(),
};

/** Every field of a metric, as a schema. */
export const metricRow: z.ZodType<Metric> = z.object(shape);

const reportShape: InputShape<MetricReport> = {
  set: value.optional(),
  increment: value.optional(),
  kind: z.enum(['counter', 'gauge']).optional(),
  title: words(128).optional(),
  unit: words(32).optional(),
  target: value.nullish(),
  labels: labelsSchema.optional(),
};

/** What may be reported of a metric. */
export const metricReportSchema: z.ZodType<MetricReport> = z.strictObject(reportShape);

const written = z.never({ error: 'metrics are derived by the server or reported; nobody writes them' });

export const metrics: Collection = describeCollection({
  name: 'metrics',
  kind: 'plain',
  row: metricRow,
  create: written,
  patch: written,
  report: metricReportSchema,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'admin', report: 'report' },
  defaults: { kind: 'derived', title: '', unit: '', target: null, trend: null, past: null },
  owns: { api: [], report: ['values', 'kind', 'title', 'unit', 'target', 'labels'] },
});
