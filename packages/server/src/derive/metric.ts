/**
 * What becomes of a metric that an app reports: its value, what it was (one value per slot of 10 minutes, an hour, a day,
 * the last in each), and how it moved. All of it stands on the record, so that a report and its history are one write.
 */
import type { Metric, MetricPast, MetricReport, MetricSeries, MetricTrend } from '@statewire/model';

/** The fields of a reported metric. */
export type MetricFields = Pick<
  Metric,
  'kind' | 'labels' | 'observedAt' | 'past' | 'subject' | 'target' | 'title' | 'trend' | 'unit' | 'values' | 'window'
>;

/** Width and number of slots. One more than the span, so that its far end is in. */
const SERIES = {
  recent: { widthMs: 600_000, max: 145 },
  hours: { widthMs: 3_600_000, max: 170 },
  days: { widthMs: 86_400_000, max: 91 },
} as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The metric after a report; `before` is null for the first one. */
export function stepMetric(
  before: MetricFields | null,
  report: MetricReport & { readonly subject: string },
  now: number,
): MetricFields {
  const held = before?.values['value'] ?? null;
  const value = round((report.set ?? held ?? 0) + (report.increment ?? 0));
  const at = before?.observedAt ?? now;
  const past = pastOf(before?.past ?? null, { at: Math.min(at, now), value: held }, now);
  return {
    subject: report.subject,
    values: { value },
    window: 'now',
    kind: report.kind ?? before?.kind ?? (report.set === undefined ? 'counter' : 'gauge'),
    title: report.title ?? before?.title ?? '',
    unit: report.unit ?? before?.unit ?? '',
    target: report.target === undefined ? (before?.target ?? null) : report.target,
    labels: report.labels ?? before?.labels ?? {},
    observedAt: now,
    past,
    trend: trendOf(past, value, now),
  };
}

/** The value that stood at a time: in its slot, or in one of the three before. Null when nothing was known then. */
export function valueAt(series: MetricSeries, at: number): number | null {
  const slot = Math.floor((at - series.from) / series.widthMs);
  for (let i = slot; i >= Math.max(0, slot - LOOK_BACK); i -= 1) {
    const value = series.values[i];
    if (value !== undefined && value !== null) return value;
  }
  return null;
}

/** A trend looks this many slots further back where a slot is empty. */
const LOOK_BACK = 3;

/** The past after a report: `held` is what was reported before, and when. */
export function pastOf(
  past: MetricPast | null,
  held: { readonly at: number; readonly value: number | null },
  now: number,
): MetricPast {
  return {
    recent: moved(past?.recent ?? null, SERIES.recent, held, now),
    hours: moved(past?.hours ?? null, SERIES.hours, held, now),
    days: moved(past?.days ?? null, SERIES.days, held, now),
  };
}

/** Closes the slot that the held value was reported in, once a later one has begun. The slot that runs is not among them. */
function moved(
  series: MetricSeries | null,
  { widthMs, max }: { readonly widthMs: number; readonly max: number },
  held: { readonly at: number; readonly value: number | null },
  now: number,
): MetricSeries {
  const slot = Math.floor(held.at / widthMs);
  const present = Math.floor(now / widthMs);
  if (series === null && (held.value === null || slot >= present))
    return { from: present * widthMs, widthMs, values: [] };
  if (series !== null && (held.value === null || slot >= present)) return series;
  const from = series === null || series.values.length === 0 ? slot * widthMs : series.from;
  const first = Math.floor(from / widthMs);
  const values: (number | null)[] = [...(series?.values ?? [])];
  // Where nothing was reported there is a hole, however long; only what is kept anyway is filled.
  const length = Math.max(slot - first + 1, 0);
  if (length - values.length > max) values.length = 0;
  const begin = Math.max(first, slot + 1 - max);
  const kept = values.slice(Math.max(0, begin - first));
  while (kept.length < slot - begin) kept.push(null);
  kept[slot - begin] = held.value;
  return { from: begin * widthMs, widthMs, values: kept };
}

/** How much a value moved since an hour, a day and a week before. */
export function trendOf(past: MetricPast, value: number, now: number): MetricTrend {
  const since = (was: number | null): number | null => (was === null ? null : round(value - was));
  return {
    h1: since(valueAt(past.recent, now - HOUR_MS)),
    d1: since(valueAt(past.recent, now - DAY_MS) ?? valueAt(past.hours, now - DAY_MS)),
    d7: since(valueAt(past.hours, now - 7 * DAY_MS)),
  };
}

/** Sums of fractions stay what a person would write. */
function round(value: number): number {
  return Number(value.toPrecision(15));
}
