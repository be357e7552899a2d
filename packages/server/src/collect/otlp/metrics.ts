import { isRecordId } from '@statewire/protocol';
import { idOfName } from '../reports/new-id.ts';
import { listOf, objectOf, plain } from './attributes.ts';

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
 * their attributes; a gauge with several points has none.
 */
export function readMetrics(raw: unknown): Readings {
  const held = new Map<string, Reading>();
  const refused: { count: number; why: string }[] = [];
  for (const group of listOf(objectOf(raw)['resourceMetrics']).map(objectOf)) {
    for (const scope of listOf(group['scopeMetrics']).map(objectOf)) {
      for (const metric of listOf(scope['metrics']).map(objectOf)) {
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
  return { readings: [...held.values()], refused };
}

const SEVERAL = 'several points of one gauge; a metric is one number here';

function readMetric(
  metric: Readonly<Record<string, unknown>>,
): Reading | { readonly count: number; readonly why: string } {
  const sum = objectOf(metric['sum']);
  const isSum = metric['sum'] !== undefined;
  const points = listOf(isSum ? sum['dataPoints'] : objectOf(metric['gauge'])['dataPoints']);
  const others = ['histogram', 'exponentialHistogram', 'summary'].map((kind) =>
    listOf(objectOf(metric[kind])['dataPoints']),
  );
  const count = Math.max(points.length, ...others.map((each) => each.length));
  if (points.length === 0) return { count, why: 'histograms and summaries are not kept; send gauges and sums' };
  const name = typeof metric['name'] === 'string' ? metric['name'] : '';
  const id = isRecordId(name) ? name : idOfName(name);
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
