/**
 * Dependencies: which failure is the cause of which. A record that fails while something it depends on is down, or
 * within a minute before that goes down, is impacted by it; the cause is the furthest one down the chain. It keeps its
 * own state. When the cause has recovered the mark stays a little: the dependant needs its own looks to recover.
 */
import type { StatusRow } from '@statewire/model';
import { limits } from '../lib/limits.ts';

/** A record and what it depends on; null when it does not exist. */
export type Look = (ref: string) => { readonly row: StatusRow; readonly parents: readonly string[] } | null;

/** A child may be found down before its parent is, by this much. */
export const AHEAD_MS = 60_000;
/** How long a dependant that is still bad is excused after its cause recovered: back-off and confirmation take time. */
export const AFTER_MS = 180_000;

/** The ref that a failing record's failure comes from, or null: it is up, or fails by itself. */
export function rootCauseOf(look: Look, ref: string): string | null {
  const child = look(ref);
  if (child === null || !isBad(child.row)) return null;
  return causeAbove(look, { ref, failedAt: child.row.since, parents: child.parents }, new Set([ref]), 0);
}

/** What `overlay.impactedBy` is to be now, and when to ask again though nothing changes. */
export function impactOf(
  look: Look,
  ref: string,
  now: number,
): { readonly impactedBy: string | null; readonly againAt: number | null } {
  const child = look(ref);
  if (child === null || !isBad(child.row)) return { impactedBy: null, againAt: null };
  const cause = rootCauseOf(look, ref);
  if (cause !== null) return { impactedBy: cause, againAt: null };
  const was = child.row.overlay.impactedBy;
  const before = was === null ? null : look(was);
  if (before === null) return { impactedBy: null, againAt: null };
  const endsAt = before.row.since + AFTER_MS;
  return now < endsAt ? { impactedBy: was, againAt: endsAt } : { impactedBy: null, againAt: null };
}

/** Down for real: also under a maintenance, where the word is another. */
export function isDown(row: StatusRow): boolean {
  return row.status === 'down' || (row.status === 'maintenance' && row.health === 'unhealthy');
}

/** Whether the failure of something else could be its own. */
export function isBad(row: StatusRow): boolean {
  return isDown(row) || row.status === 'degraded';
}

interface Failed {
  readonly ref: string;
  readonly failedAt: number;
  readonly parents: readonly string[];
}

function causeAbove(look: Look, from: Failed, seen: Set<string>, depth: number): string | null {
  if (depth >= limits.dependsDepthMax) return null;
  let best: { readonly ref: string; readonly since: number } | null = null;
  for (const ref of from.parents) {
    if (seen.has(ref)) continue;
    seen.add(ref);
    const parent = look(ref);
    if (parent === null) continue;
    const { row, parents } = parent;
    const fits = isDown(row) && row.since <= from.failedAt + AHEAD_MS;
    // One that is well stands between: what lies behind it did not reach us.
    if (!fits && row.status === 'up' && row.suspect === null) continue;
    const failedAt = fits ? Math.max(row.since, from.failedAt) : from.failedAt;
    const above = causeAbove(look, { ref, failedAt, parents }, seen, depth + 1);
    const cause = above ?? (fits ? ref : null);
    if (cause === null) continue;
    const since = look(cause)?.row.since ?? Infinity;
    if (best === null || since < best.since || (since === best.since && cause < best.ref)) best = { ref: cause, since };
  }
  return best?.ref ?? null;
}
