/**
 * What became of everything over a window: by slot (hours of a day, days of more), and as a whole beside the window before.
 * Slots in which nothing was counted are null, never 0 or 100: a chart draws them as gaps. Uptime and latency come from
 * whole buckets; counts (alerts, incidents, runs) from the window to the millisecond, so that both windows are as long.
 */
import { mergeMeasures, quantile, type Measure } from '../history/measure.ts';
import { addTally, NO_TIME, type Tally } from '../history/tally.ts';
import { percent, uptimeOf } from '../history/uptime.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One bucket of one record. */
export interface Piece {
  readonly at: number;
  readonly ms: Tally;
  readonly measure: Measure;
}

/** One record with a status, over both windows. */
export interface Watched {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  /** Oldest first, over both windows. */
  readonly pieces: readonly Piece[];
  readonly outages: number;
}

/** One alert or incident: when it began, when somebody took it up, when it ended. */
export interface Trouble {
  readonly startedAt: number;
  readonly ackedAt: number | null;
  readonly resolvedAt: number | null;
}

export interface AlertTrouble extends Trouble {
  readonly rule: string;
  /** `services/shop`. */
  readonly subject: string;
}

export interface EndedRun {
  readonly endedAt: number;
  readonly isFailed: boolean;
}

export interface AnalyticsInput {
  /** The window; `slots.from` to the end of its last slot. */
  readonly slots: { readonly from: number; readonly widthMs: number; readonly count: number };
  readonly now: number;
  readonly services: readonly Watched[];
  readonly connections: readonly Watched[];
  readonly alerts: readonly AlertTrouble[];
  readonly incidents: readonly Trouble[];
  readonly runs: readonly EndedRun[];
}

/** A number of the window, and of the one before. */
export interface Compared {
  readonly now: number | null;
  readonly before: number | null;
}

export interface Line {
  readonly values: readonly (number | null)[];
}

export interface Trend extends Line, Compared {}

export interface TroubleTrend extends Trend {
  /** Mean time until somebody took it up, and until it was over, ms. */
  readonly ackMs: Compared;
  readonly recoverMs: Compared;
}

export interface ServiceLine {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly pct: number | null;
  readonly pctBefore: number | null;
  readonly coverage: number;
  readonly downMs: number;
  readonly outages: number;
  readonly alerts: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface GroupLine {
  readonly name: string;
  readonly services: number;
  readonly pct: number | null;
  readonly downMs: number;
  readonly alerts: number;
}

export interface Analytics {
  readonly from: number;
  readonly to: number;
  readonly before: Span;
  readonly widthMs: number;
  /** Where each slot begins. */
  readonly at: readonly number[];
  readonly uptime: Trend & { readonly coverage: readonly number[] };
  readonly latency: { readonly p50: Trend; readonly p95: Trend };
  readonly alerts: TroubleTrend & { readonly byRule: readonly { readonly rule: string; readonly count: number }[] };
  readonly incidents: TroubleTrend;
  readonly runs: { readonly ended: Trend; readonly failed: Trend; readonly failureRate: Compared };
  readonly connections: { readonly uptime: Trend; readonly p95: Trend; readonly count: number };
  /** Noisiest first: by alerts, then by time down. */
  readonly services: readonly ServiceLine[];
  readonly groups: readonly GroupLine[];
}

/** Works it all out. Pure. */
export function analyse(input: AnalyticsInput): Analytics {
  const { slots, now, services, connections, alerts, incidents, runs } = input;
  const lengthMs = slots.widthMs * slots.count;
  const end = slots.from + lengthMs;
  const to = Math.min(end, now);
  const window: Span = { from: slots.from, to };
  const before: Span = { from: slots.from - lengthMs, to: to - lengthMs };
  const watched = folded(services, slots, now);
  const linked = folded(connections, slots, now);
  const lines = services
    .map((service) => serviceLine(service, { slots, now, alerts, window }))
    .toSorted(
      (a, b) => b.alerts - a.alerts || b.downMs - a.downMs || b.outages - a.outages || a.name.localeCompare(b.name),
    );
  const failed = runs.filter(({ isFailed }) => isFailed);
  const ended = counted(
    runs.map(({ endedAt }) => endedAt),
    { slots, now, window, before },
  );
  const bad = counted(
    failed.map(({ endedAt }) => endedAt),
    { slots, now, window, before },
  );
  return {
    from: window.from,
    to,
    before,
    widthMs: slots.widthMs,
    at: Array.from({ length: slots.count }, (_, i) => slots.from + i * slots.widthMs),
    uptime: { values: watched.pct, coverage: watched.coverage, now: watched.now.pct, before: watched.before.pct },
    latency: {
      p50: { values: watched.p50, now: watched.now.p50, before: watched.before.p50 },
      p95: { values: watched.p95, now: watched.now.p95, before: watched.before.p95 },
    },
    alerts: { ...troubles(alerts, { slots, now, window, before }), byRule: byRule(alerts, window) },
    incidents: troubles(incidents, { slots, now, window, before }),
    runs: {
      ended,
      failed: bad,
      failureRate: {
        now: percent(bad.now ?? 0, ended.now ?? 0),
        before: percent(bad.before ?? 0, ended.before ?? 0),
      },
    },
    connections: {
      uptime: { values: linked.pct, now: linked.now.pct, before: linked.before.pct },
      p95: { values: linked.p95, now: linked.now.p95, before: linked.before.p95 },
      count: connections.length,
    },
    services: lines,
    groups: groupsOf(services, lines, { from: slots.from, now }),
  };
}

type Slots = AnalyticsInput['slots'];

interface Around {
  readonly slots: Slots;
  readonly now: number;
  readonly window: Span;
  readonly before: Span;
}

interface Whole {
  readonly pct: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** All records of a collection as one, by slot and by window. */
function folded(
  records: readonly Watched[],
  { from, widthMs, count }: Slots,
  now: number,
): {
  readonly pct: readonly (number | null)[];
  readonly coverage: readonly number[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly now: Whole;
  readonly before: Whole;
} {
  const times: Tally[] = Array.from({ length: count }, () => NO_TIME);
  const measures: Measure[][] = Array.from({ length: count }, () => []);
  const past: { time: Tally; measures: Measure[] } = { time: NO_TIME, measures: [] };
  for (const { pieces } of records) {
    for (const { at, ms, measure } of pieces) {
      const slot = Math.floor((at - from) / widthMs);
      if (slot >= count || slot < -count) continue;
      if (slot < 0) {
        past.time = addTally(past.time, ms);
        past.measures.push(measure);
        continue;
      }
      times[slot] = addTally(times[slot] ?? NO_TIME, ms);
      measures[slot]?.push(measure);
    }
  }
  const merged = measures.map(mergeMeasures);
  const uptimes = times.map((time, i) => {
    const lived = Math.max(0, Math.min(now, from + (i + 1) * widthMs) - (from + i * widthMs));
    return uptimeOf(time, lived * records.length);
  });
  const whole = (time: Tally, measure: Measure): Whole => ({
    pct: uptimeOf(time, 1).pct,
    p50: quantile(measure, 0.5),
    p95: quantile(measure, 0.95),
  });
  return {
    pct: uptimes.map(({ pct }) => pct),
    coverage: uptimes.map(({ coverage }) => coverage),
    p50: merged.map((measure) => quantile(measure, 0.5)),
    p95: merged.map((measure) => quantile(measure, 0.95)),
    now: whole(times.reduce(addTally, NO_TIME), mergeMeasures(merged)),
    before: whole(past.time, mergeMeasures(past.measures)),
  };
}

/** How often something happened, by slot and in both windows. A slot that has not begun is null. */
function counted(times: readonly number[], { slots, now, window, before }: Around): Trend {
  const values: (number | null)[] = Array.from({ length: slots.count }, (_, i) =>
    slots.from + i * slots.widthMs > now ? null : 0,
  );
  for (const at of times) {
    const slot = Math.floor((at - slots.from) / slots.widthMs);
    const held = values[slot];
    if (at <= window.to && held !== undefined && held !== null) values[slot] = held + 1;
  }
  const within = ({ from, to }: Span): number => times.filter((at) => at >= from && at <= to).length;
  return { values, now: within(window), before: within({ from: before.from, to: before.to - 1 }) };
}

function troubles(all: readonly Trouble[], around: Around): TroubleTrend {
  const of = ({ from, to }: Span): readonly Trouble[] =>
    all.filter(({ startedAt }) => startedAt >= from && startedAt <= to);
  const [now, before] = [of(around.window), of({ ...around.before, to: around.before.to - 1 })];
  return {
    ...counted(
      all.map(({ startedAt }) => startedAt),
      around,
    ),
    ackMs: { now: meanTo(now, 'ackedAt'), before: meanTo(before, 'ackedAt') },
    recoverMs: { now: meanTo(now, 'resolvedAt'), before: meanTo(before, 'resolvedAt') },
  };
}

/** Mean time from the beginning to something that has happened; what still lasts is in none. */
function meanTo(all: readonly Trouble[], what: 'ackedAt' | 'resolvedAt'): number | null {
  const times = all.flatMap((each) => {
    const at = each[what];
    return at === null ? [] : [Math.max(0, at - each.startedAt)];
  });
  return times.length === 0 ? null : Math.round(times.reduce((sum, ms) => sum + ms, 0) / times.length);
}

function byRule(alerts: readonly AlertTrouble[], { from, to }: Span): Analytics['alerts']['byRule'] {
  const counts = new Map<string, number>();
  for (const { rule, startedAt } of alerts)
    if (startedAt >= from && startedAt <= to) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts]
    .map(([rule, count]) => ({ rule, count }))
    .toSorted((a, b) => b.count - a.count || a.rule.localeCompare(b.rule))
    .slice(0, RULES_MAX);
}

function serviceLine(
  { id, name, kind, group, pieces, outages }: Watched,
  { slots, now, alerts, window }: Omit<Around, 'before'> & { readonly alerts: readonly AlertTrouble[] },
): ServiceLine {
  const within = pieces.filter(({ at }) => at >= slots.from);
  const time = within.reduce((sum, { ms }) => addTally(sum, ms), NO_TIME);
  const begin = slots.from - slots.widthMs * slots.count;
  const past = pieces
    .filter(({ at }) => at >= begin && at < slots.from)
    .reduce((sum, { ms }) => addTally(sum, ms), NO_TIME);
  const measure = mergeMeasures(within.map((piece) => piece.measure));
  const { pct, coverage } = uptimeOf(time, Math.min(now, slots.from + slots.widthMs * slots.count) - slots.from);
  const ref = `services/${id}`;
  return {
    id,
    name,
    kind,
    group,
    pct,
    pctBefore: uptimeOf(past, 1).pct,
    coverage,
    downMs: time.down,
    outages,
    alerts: alerts.filter(
      ({ subject, startedAt }) => subject === ref && startedAt >= window.from && startedAt <= window.to,
    ).length,
    p50: quantile(measure, 0.5),
    p95: quantile(measure, 0.95),
  };
}

/** The groups that people sort services into, worst first; services in none are not among them. */
function groupsOf(
  services: readonly Watched[],
  lines: readonly ServiceLine[],
  { from }: { readonly from: number; readonly now: number },
): readonly GroupLine[] {
  const named = Map.groupBy(
    services.filter(({ group }) => group !== ''),
    ({ group }) => group,
  );
  return [...named]
    .map(([name, members]) => {
      const ids = new Set(members.map(({ id }) => id));
      const time = members
        .flatMap(({ pieces }) => pieces.filter(({ at }) => at >= from))
        .reduce((sum, { ms }) => addTally(sum, ms), NO_TIME);
      const own = lines.filter(({ id }) => ids.has(id));
      return {
        name,
        services: members.length,
        pct: uptimeOf(time, 1).pct,
        downMs: time.down,
        alerts: own.reduce((sum, { alerts }) => sum + alerts, 0),
      };
    })
    .toSorted((a, b) => (a.pct ?? 101) - (b.pct ?? 101) || a.name.localeCompare(b.name));
}

const RULES_MAX = 50;
