import { isRecordId } from '@statewire/protocol';
import { idOfName } from '../reports/new-id.ts';
import { listOf, objectOf, plain } from './attributes.ts';
import { bothOf, quantileOf, readHistogram, type Histogram } from './histogram.ts';

/** What a request says of one metric: a value as it is, or what it grew by. */
export interface Reading {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly kind: 'counter' | 'gauge';
  readonly how: 'increment' | 'set';
  readonly value: number;
  /** Points that became this value. */
  readonly points: number;
}

export interface Readings {
  readonly readings: readonly Reading[];
  /** Points that are not taken, and why. */
  readonly refused: readonly { readonly count: number; readonly why: string }[];
}

const DELTA = 1;

/**
 * Reads an ExportMetricsServiceRequest, decoded. A metric of ours is one number: the points of a sum are added, whatever
 * their attributes; a gauge with several points has none; a histogram is several (histogram.ts).
 */
export function readMetrics(raw: unknown): Readings {
  const held = new Map<string, Reading>();
  const histograms = new Map<string, Histograms>();
  const refused: { count: number; why: string }[] = [];
  for (const group of listOf(objectOf(raw)['resourceMetrics']).map(objectOf)) {
    for (const scope of listOf(group['scopeMetrics']).map(objectOf)) {
      for (const metric of listOf(scope['metrics']).map(objectOf)) {
        if (metric['histogram'] !== undefined) {
          const flaw = addHistogram(histograms, metric);
          if (flaw !== null) refused.push(flaw);
          continue;
        }
        const read = readMetric(metric);
        if ('why' in read) {
          if (read.count > 0) refused.push(read);
          continue;
        }
        const before = held.get(read.id);
        if (before === undefined) held.set(read.id, read);
        else if (read.kind === 'gauge' || before.how !== read.how) refused.push({ count: read.points, why: SEVERAL });
        else held.set(read.id, { ...before, value: before.value + read.value, points: before.points + read.points });
      }
    }
  }
  for (const of of histograms.values())
    for (const read of readingsOf(of)) if (!held.has(read.id)) held.set(read.id, read);
  return { readings: [...held.values()], refused };
}

/** The points of one histogram in a request. */
interface Histograms {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly how: Reading['how'];
  readonly sum: Histogram;
  readonly points: number;
}

/** Adds the points of a metric to what the request said of it; what cannot be added is told. */
function addHistogram(
  held: Map<string, Histograms>,
  metric: Readonly<Record<string, unknown>>,
): { readonly count: number; readonly why: string } | null {
  const { dataPoints, aggregationTemporality } = objectOf(metric['histogram']);
  const points = listOf(dataPoints);
  if (points.length === 0) return null;
  const not = (why: string) => ({ count: points.length, why });
  const id = idOf(metric);
  // The longest name that is made of it is a record's id, too.
  if (id === null || !isRecordId(`${id}.count`)) return not('a metric without a name');
  const how = aggregationTemporality === DELTA ? 'increment' : 'set';
  const before = held.get(id);
  let sum = before?.sum ?? null;
  for (const point of points) {
    const read = readHistogram(point);
    if (read === null) return not('a histogram whose buckets do not fit its bounds');
    sum = sum === null ? read : bothOf(sum, read);
    if (sum === null) return not('histograms of one name with other buckets');
  }
  if (sum === null || (before !== undefined && before.how !== how)) return not('histograms of one name of two kinds');
  const name = textOf(metric['name'], 128);
  const title = textOf(metric['description'], 100) || name;
  const unit = textOf(metric['unit'], 32);
  held.set(id, { id, title, unit, how, sum, points: points.length + (before?.points ?? 0) });
  return null;
}

function readingsOf({ id, title, unit, how, sum, points }: Histograms): readonly Reading[] {
  const counted = { id: `${id}.count`, title: `${title}, count`, unit: '', kind: 'counter', how, points } as const;
  const gauge = (key: string, words: string, value: number | null): readonly Reading[] =>
    value === null
      ? []
      : [{ id: `${id}.${key}`, title: `${title}, ${words}`, unit, kind: 'gauge', how: 'set', value, points: 0 }];
  return [
    { ...counted, value: sum.count },
    ...gauge('avg', 'average', sum.sum === null || sum.count === 0 ? null : sum.sum / sum.count),
    ...gauge('p50', 'p50', quantileOf(sum, 0.5)),
    ...gauge('p95', 'p95', quantileOf(sum, 0.95)),
  ];
}

function idOf(metric: Readonly<Record<string, unknown>>): string | null {
  const name = typeof metric['name'] === 'string' ? metric['name'] : '';
  return isRecordId(name) ? name : idOfName(name);
}

const SEVERAL = 'several points of one gauge; a metric is one number here';

function readMetric(
  metric: Readonly<Record<string, unknown>>,
): Reading | { readonly count: number; readonly why: string } {
  const sum = objectOf(metric['sum']);
  const isSum = metric['sum'] !== undefined;
  const points = listOf(isSum ? sum['dataPoints'] : objectOf(metric['gauge'])['dataPoints']);
  const others = ['exponentialHistogram', 'summary'].map((kind) => listOf(objectOf(metric[kind])['dataPoints']));
  const count = Math.max(points.length, ...others.map((each) => each.length));
  if (points.length === 0)
    return {
      count,
      why: 'exponential histograms and summaries are not kept; send histograms with bounds, gauges and sums',
    };
  const name = typeof metric['name'] === 'string' ? metric['name'] : '';
  const id = idOf(metric);
  if (id === null) return { count, why: 'a metric without a name' };
  const values = points.map((point) => valueOf(objectOf(point)));
  const value = values.reduce((held: number | null, each) => (held === null || each === null ? null : held + each), 0);
  if (value === null) return { count, why: 'points without a number' };
  const isGauge = !isSum || sum['isMonotonic'] !== true;
  if (!isSum && points.length > 1) return { count, why: SEVERAL };
  return {
    id,
    title: textOf(metric['description'], 128) || plain(name, 128),
    unit: textOf(metric['unit'], 32),
    kind: isGauge ? 'gauge' : 'counter',
    how: isSum && sum['aggregationTemporality'] === DELTA ? 'increment' : 'set',
    value,
    points: count,
  };
}

function textOf(value: unknown, max: number): string {
  return typeof value === 'string' ? plain(value, max) : '';
}

/** Null: no number. 64-bit ones are text, in the binary form without their sign. */
function valueOf({ asDouble, asInt }: Readonly<Record<string, unknown>>): number | null {
  if (typeof asInt === 'string' && /^-?\d{1,20}$/u.test(asInt)) return Number(BigInt.asIntN(64, BigInt(asInt)));
  const value = asInt ?? asDouble;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
