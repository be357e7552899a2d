import type { Metric, MetricTrend } from '@statewire/model';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useCollection } from './use-collection.ts';

/** A number that moved by much. */
export interface SignificantChange {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Which numbers `useDashboardMetrics` shows, and how often. */
export interface DashboardMetricsOptions extends LiveOptions {
  /** The `metrics` record. Default `fleet`, the counts of the organization. */
  readonly subject?: string | undefined;
  /** At most one update each so many ms. Default 1000. */
  readonly intervalMs?: number | undefined;
  /** What counts as much: a share of the number as it was told last. Default 0.2. */
  readonly significant?: number | undefined;
  /** Called with the numbers that moved by much since they were told last. May be a new function on each render. */
  readonly onSignificantChange?: ((changes: readonly SignificantChange[]) => void) | undefined;
}

/** A record of numbers, with the numbers at hand. */
export interface LiveMetrics extends Live<Metric | null> {
  readonly metrics: Readonly<Record<string, number>>;
  /** Numbers that moved by much while this was on the page, newest first, at most 20. */
  readonly changes: readonly SignificantChange[];
  /** How a number that the app reports moved since an hour, a day and a week before; null for those that the server derives. */
  readonly trend: MetricTrend | null;
}

/** The numbers of a dashboard, at a pace that people can read. */
export function useDashboardMetrics({
  subject = 'fleet',
  intervalMs = 1_000,
  significant = 0.2,
  onSignificantChange,
  ...options
}: DashboardMetricsOptions = {}): LiveMetrics {
  const { data: rows, ...live } = useCollection('metrics', { ...options, where: { id: subject }, intervalMs });
  const { status, verifiedAt, version, error } = live;
  const data = rows[0] ?? null;
  const metrics = data?.values ?? NONE;
  const [changes, setChanges] = useState<readonly SignificantChange[]>(NO_CHANGES);
  const told = useRef<{ readonly subject: string; readonly values: Map<string, number> } | null>(null);
  useEffect(() => {
    if (data === null) return;
    if (told.current?.subject !== subject) {
      told.current = { subject, values: new Map(Object.entries(metrics)) };
      setChanges(NO_CHANGES);
      return;
    }
    const found = changesOf(told.current.values, metrics, significant);
    if (found.length === 0) return;
    setChanges((before) => [...found, ...before].slice(0, CHANGES_MAX));
    onSignificantChange?.(found);
  }, [data, metrics, subject, significant, onSignificantChange]);
  return useMemo(
    () => ({ data, status, verifiedAt, version, error, metrics, changes, trend: data?.trend ?? null }),
    [data, status, verifiedAt, version, error, metrics, changes],
  );
}

const NONE: Readonly<Record<string, number>> = {};
const NO_CHANGES: readonly SignificantChange[] = [];
const CHANGES_MAX = 20;

/** What moved by much; it counts as told from here on. A number that comes or goes away has moved by all of it. */
function changesOf(
  told: Map<string, number>,
  is: Readonly<Record<string, number>>,
  share: number,
): readonly SignificantChange[] {
  const changes: SignificantChange[] = [];
  for (const name of new Set([...told.keys(), ...Object.keys(is)])) {
    const from = told.get(name) ?? 0;
    const to = is[name] ?? 0;
    if (to === from || Math.abs(to - from) < Math.abs(from) * share) continue;
    told.set(name, to);
    changes.push({ name, from, to });
  }
  return changes;
}
