import type { MetricPast, MetricSeries, MetricTrend } from '@statewire/model';
import type { AlertTrouble, AnalyticsInput, EndedRun, Trouble, Watched } from '../../derive/analytics/analyse.ts';
import type { AnalyticsWindow } from '../../derive/analytics/window.ts';
import { DERIVED, DERIVED_PAST, derivedPastOf, derivedTrend } from '../../derive/derived-past.ts';
import { HOUR_MS } from '../../derive/history/calendar.ts';
import type { Section } from './analytics.ts';
import type { HttpDeps, LiveEntry } from './deps.ts';

/** Which records are wanted, over which window. */
export interface Asked {
  readonly window: AnalyticsWindow;
  readonly kind?: string | undefined;
  readonly group?: string | undefined;
  readonly label?: string | undefined;
}

interface Scope {
  readonly org: string;
  readonly sight: readonly Section[];
  readonly asked: Asked;
  readonly slots: AnalyticsInput['slots'];
  readonly now: number;
}

/** A reported metric by slots. */
export interface MetricLine {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly kind: string;
  readonly value: number | null;
  readonly target: number | null;
  readonly trend: MetricTrend;
  readonly values: readonly (number | null)[];
}

/** Reads what the analysis is made of: buckets from the store, the rest from memory. Bounded, and lets others go between. */
export async function gather(
  deps: Pick<HttpDeps, 'history' | 'limits' | 'live' | 'store'>,
  scope: Scope,
): Promise<{
  readonly input: AnalyticsInput;
  readonly metrics: readonly MetricLine[];
  /** Numbers that the server derives. */
  readonly derived: readonly MetricLine[];
  /** How many services there are, counted or not. */
  readonly of: number;
  readonly ruleNames: ReadonlyMap<string, string>;
}> {
  const { org, sight, asked, slots, now } = scope;
  const { live, limits } = deps;
  const entries = (collection: Section | 'rules'): readonly LiveEntry[] =>
    collection === 'rules' || sight.includes(collection) ? Array.from(live.entries(org, collection)) : [];
  const wanted = Array.from(live.entries(org, 'services')).filter(({ row }) => isWanted(row, asked));
  const ids = new Set(wanted.map(({ id }) => id));
  const isNarrow = asked.kind !== undefined || asked.group !== undefined || asked.label !== undefined;
  const isAbout = (ref: unknown): boolean =>
    !isNarrow || (typeof ref === 'string' && ref.startsWith('services/') && ids.has(ref.slice('services/'.length)));
  const links = entries('connections').filter(({ row }) => isAbout(`services/${textOf(row['service'])}`));
  const from = slots.from - slots.widthMs * slots.count;
  const alerts = entries('alerts').filter(({ row }) => isAbout(row['subject']) && row['state'] !== 'pending');
  const incidents = entries('incidents').filter(
    ({ row: { affected } }) =>
      !isNarrow || (Array.isArray(affected) && affected.some((each) => isAbout(fieldOf(each, 'ref')))),
  );
  const acked = new Map(alerts.map(({ id, row }) => [id, numberOf(row['ackedAt'])]));
  // Runs, metrics and their numbers belong to no service: a filter leaves them out rather than showing others'.
  const runs = isNarrow ? [] : [...entries('jobs'), ...entries('executions')];
  return {
    input: {
      slots,
      now,
      services: await watchedOf(deps, scope, 'services', wanted.slice(0, limits.analyticsRecordsMax)),
      connections: await watchedOf(deps, scope, 'connections', links.slice(0, limits.analyticsRecordsMax)),
      alerts: alerts.map(({ row }) => alertOf(row)).filter(({ startedAt }) => startedAt >= from),
      incidents: incidents.map(({ row }) => incidentOf(row, acked)).filter(({ startedAt }) => startedAt >= from),
      runs: runs.flatMap(({ row }) => runOf(row)).filter(({ endedAt }) => endedAt >= from),
    },
    metrics: isNarrow ? [] : entries('metrics').flatMap((entry) => metricOf(entry, slots)),
    derived: isNarrow
      ? []
      : (await Promise.all(entries('metrics').map((entry) => derivedOf(deps, scope, entry)))).flat(),
    of: wanted.length,
    ruleNames: new Map(entries('rules').map(({ id, row }) => [id, textOf(row['name'])])),
  };
}

async function watchedOf(
  { history }: Pick<HttpDeps, 'history'>,
  { org, slots, now }: Scope,
  collection: 'connections' | 'services',
  entries: readonly LiveEntry[],
): Promise<readonly Watched[]> {
  const from = slots.from - slots.widthMs * slots.count;
  const to = slots.from + slots.widthMs * slots.count;
  const found: Watched[] = [];
  for (const { id, row } of entries) {
    const subject = { org, collection, id };
    const pieces = await history.pieces(subject, { from, to, resolution: slots.widthMs === HOUR_MS ? '1h' : '1d' });
    const outages = history.uptime(subject, { from: slots.from, to: Math.min(to, now) })?.outages.count ?? 0;
    found.push({
      id,
      name: textOf(row['name']) === '' ? id : textOf(row['name']),
      kind: textOf(row['kind']),
      group: textOf(row['group']),
      pieces,
      outages,
    });
  }
  return found;
}

function isWanted(row: LiveEntry['row'], { kind, group, label }: Asked): boolean {
  if (kind !== undefined && row['kind'] !== kind) return false;
  if (group !== undefined && row['group'] !== group) return false;
  // A group of services has no time of its own: its members' is counted.
  if (row['kind'] === 'group' && kind === undefined) return false;
  if (label === undefined) return true;
  const at = label.indexOf('=');
  const [key, value] = at < 0 ? [label, null] : [label.slice(0, at), label.slice(at + 1)];
  const held = fieldOf(row['labels'], key);
  return typeof held === 'string' && (value === null || held === value);
}

function alertOf(row: LiveEntry['row']): AlertTrouble {
  return {
    rule: textOf(row['rule']),
    subject: textOf(row['subject']),
    startedAt: numberOf(row['startedAt']) ?? 0,
    ackedAt: numberOf(row['ackedAt']),
    resolvedAt: numberOf(row['resolvedAt']),
  };
}

/** Taken up with the first of its alerts, or with the first word of a person. */
function incidentOf(row: LiveEntry['row'], acked: ReadonlyMap<string, number | null>): Trouble {
  const { alerts, updates } = row;
  const linked = Array.isArray(alerts)
    ? alerts.flatMap((id) => (typeof id === 'string' ? (acked.get(id) ?? []) : []))
    : [];
  const said = Array.isArray(updates)
    ? updates.flatMap((each) => {
        const at = numberOf(fieldOf(each, 'at'));
        return textOf(fieldOf(each, 'by')) === '' || at === null ? [] : [at];
      })
    : [];
  const first = Math.min(...linked, ...said);
  return {
    startedAt: numberOf(row['startedAt']) ?? 0,
    ackedAt: Number.isFinite(first) ? first : null,
    resolvedAt: numberOf(row['resolvedAt']),
  };
}

function runOf(row: LiveEntry['row']): readonly EndedRun[] {
  const endedAt = numberOf(row['endedAt']);
  if (endedAt === null) return [];
  return [{ endedAt, isFailed: FAILED.has(textOf(row['state'])) }];
}

/** A person who cancels a run did not see it fail. */
const FAILED: ReadonlySet<string> = new Set(['failed', 'lost', 'timed_out']);

function metricOf({ id, row }: LiveEntry, slots: AnalyticsInput['slots']): readonly MetricLine[] {
  const kind = textOf(row['kind']);
  if (kind !== 'counter' && kind !== 'gauge') return [];
  // oxlint-disable typescript/no-unsafe-type-assertion -- true: metrics that are reported are written by stepMetric alone.
  const past = row['past'] as MetricPast | null;
  const trend = row['trend'] as MetricTrend | null;
  // oxlint-enable typescript/no-unsafe-type-assertion
  const value = numberOf(fieldOf(row['values'], 'value'));
  const series = past === null ? null : slots.widthMs === HOUR_MS ? past.hours : past.days;
  const present = Math.floor(((numberOf(row['observedAt']) ?? 0) - slots.from) / slots.widthMs);
  return [
    {
      id,
      title: textOf(row['title']) === '' ? id : textOf(row['title']),
      unit: textOf(row['unit']),
      kind,
      value,
      target: numberOf(row['target']),
      trend: trend ?? { h1: null, d1: null, d7: null },
      values: Array.from({ length: slots.count }, (_, i) => {
        if (i === present) return value;
        return series === null ? null : slotOf(series, slots.from + i * slots.widthMs);
      }),
    },
  ];
}

/** The numbers of a derived record that have a past. The slot that runs has what holds now. */
async function derivedOf(
  { store }: Pick<HttpDeps, 'store'>,
  { org, slots, now }: Scope,
  { id, row }: LiveEntry,
): Promise<readonly MetricLine[]> {
  const numbers = Object.hasOwn(DERIVED, id) ? (DERIVED[id] ?? []) : [];
  if (numbers.length === 0 || row['kind'] !== 'derived') return [];
  const kept = derivedPastOf(await store.document(DERIVED_PAST, org, id));
  return numbers.flatMap(({ name, title, unit }) => {
    const value = numberOf(fieldOf(row['values'], name));
    if (value === null) return [];
    const past = kept?.past[name];
    const series = past === undefined ? null : slots.widthMs === HOUR_MS ? past.hours : past.days;
    const present = Math.floor((now - slots.from) / slots.widthMs);
    // What was sampled last may be of a slot that no later sample has closed yet.
    const sampled = kept === null ? -1 : Math.floor((kept.at - slots.from) / slots.widthMs);
    const values = Array.from({ length: slots.count }, (_, i) => {
      if (i === present) return value;
      if (i === sampled) return kept?.values[name] ?? null;
      return series === null ? null : slotOf(series, slots.from + i * slots.widthMs);
    });
    const line = { id: `${id}/${name}`, title, unit, kind: 'derived', value, target: null };
    return [{ ...line, trend: derivedTrend(past, value, now), values }];
  });
}

function slotOf({ from, widthMs, values }: MetricSeries, at: number): number | null {
  return values[Math.floor((at - from) / widthMs)] ?? null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? Reflect.get(value, field)
    : undefined;
}
