/**
 * Which buckets a batch reaches into that had ended by the time it ran: they may be written already, so the batch
 * carries a mark for each, and the mark is kept in the batch's own transaction. What goes into a bucket that has not
 * ended needs none: buckets are written once they have.
 */
import type { Row } from '@statewire/protocol';
import { floorTo, WIDTH_MS } from '../derive/history/calendar.ts';
import type { StaleRow } from './history-store.ts';
import type { SampleRow, TransitionRow } from './store.ts';

const BUCKET_MS = WIDTH_MS['5m'];

/** The mark of a transition that was stamped before the bucket it was recorded in, or null. */
export function staleByTransition({ org, collection, id, at, recordedAt }: TransitionRow): StaleRow | null {
  if (at >= floorTo(recordedAt, BUCKET_MS)) return null;
  return { org, collection, id, from: at, to: recordedAt, hasSamples: false };
}

/** The mark of an observation that was made before the bucket it was recorded in, or null. */
export function staleBySample({ org, collection, id, at }: SampleRow, now: number): StaleRow | null {
  return at >= floorTo(now, BUCKET_MS) ? null : { org, collection, id, from: at, to: at + 1, hasSamples: true };
}

/** The mark of an annotation that came, changed or went: what it covers now, or covered before. */
export function staleByAnnotation(org: string, row: Row | null, now: number): StaleRow | null {
  const cover = coverOf(row);
  if (cover === null || cover.from >= now) return null;
  return { org, ...cover.subject, from: cover.from, to: Math.min(cover.to, now), hasSamples: false };
}

/** What a row of `annotations` takes out of which record's uptime, or null when it takes out nothing. */
export function coverOf(row: Row | null): {
  readonly subject: { readonly collection: string; readonly id: string };
  readonly from: number;
  readonly to: number;
  readonly kind: 'exclude' | 'maintenance';
} | null {
  if (row === null) return null;
  const { subject, from, to, kind } = row;
  if (typeof subject !== 'string' || typeof from !== 'number' || typeof to !== 'number') return null;
  if (kind !== 'maintenance' && kind !== 'exclude') return null;
  const slash = subject.indexOf('/');
  return { subject: { collection: subject.slice(0, slash), id: subject.slice(slash + 1) }, from, to, kind };
}
