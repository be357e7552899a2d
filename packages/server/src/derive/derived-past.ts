/**
 * The past of numbers that the server derives (counts of the fleet, its own work): which of them are kept, and how a sample moves
 * what is kept. Beside the records, not on them: `fleet` moves with every change, and its past would travel along each time.
 */
import type { MetricPast, MetricTrend } from '@statewire/model';
import type { Json } from '@statewire/protocol';
import { pastOf, trendOf } from './metric.ts';

/** A number with a past. */
export interface DerivedNumber {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
}

/** What is kept of one record: its numbers at the last sample, and what they were in slots. */
export interface DerivedPast {
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
  readonly past: Readonly<Record<string, MetricPast>>;
  readonly [field: string]: Json;
}

/** Kind of the documents that hold it; keyed by the record of `metrics`. */
export const DERIVED_PAST = 'derived-past';

/** What such a document holds. */
export function derivedPastOf(document: unknown): DerivedPast | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: documents of this kind are written by joints/derived-past.ts alone.
  return document as DerivedPast | null;
}

/** By record of `metrics`. Few: each is 400 numbers, written together every ten minutes. */
export const DERIVED: Readonly<Record<string, readonly DerivedNumber[]>> = {
  fleet: [
    { name: 'attention', title: 'Needing attention', unit: '' },
    { name: 'services.total', title: 'Services', unit: '' },
    { name: 'services.down', title: 'Services down', unit: '' },
    { name: 'services.degraded', title: 'Services degraded', unit: '' },
    { name: 'agents.total', title: 'Agents', unit: '' },
    { name: 'agents.up', title: 'Agents up', unit: '' },
    { name: 'connections.down', title: 'Connections down', unit: '' },
    { name: 'jobs.running', title: 'Jobs running', unit: '' },
    { name: 'executions.running', title: 'Executions running', unit: '' },
  ],
  gateway: [
    { name: 'connections', title: 'Live connections', unit: '' },
    { name: 'subscriptions', title: 'Subscriptions', unit: '' },
    { name: 'frames.perSecond', title: 'Frames sent', unit: '/s' },
    { name: 'changes.perSecond', title: 'Changes', unit: '/s' },
    { name: 'commit.ms', title: 'Commit', unit: 'ms' },
    { name: 'probes.perSecond', title: 'Probes', unit: '/s' },
  ],
};

/** What is kept after a sample. The newest sample of a slot stands for it; a slot without one is a hole. */
export function stepDerived(
  before: DerivedPast | null,
  numbers: readonly DerivedNumber[],
  values: Readonly<Record<string, number>>,
  now: number,
): DerivedPast {
  const held: Record<string, number> = {};
  const past: Record<string, MetricPast> = {};
  for (const { name } of numbers) {
    const value = values[name];
    const was = before?.values[name] ?? null;
    if (value !== undefined) held[name] = value;
    const known = before?.past[name] ?? null;
    if (value === undefined && was === null) {
      if (known !== null) past[name] = known;
      continue;
    }
    past[name] = pastOf(known, { at: Math.min(before?.at ?? now, now), value: was }, now);
  }
  return { at: now, values: held, past };
}

/** How a number moved since an hour, a day and a week before. */
export function derivedTrend(past: MetricPast | undefined, value: number, now: number): MetricTrend {
  return past === undefined ? { h1: null, d1: null, d7: null } : trendOf(past, value, now);
}
