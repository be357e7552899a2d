/**
 * How old the newest sign of life is, and when that changes by itself. All deadlines are absolute times in the row;
 * collect/beats/deadline.ts holds them in one heap and hands a deadline back when it has passed. No timers here.
 *
 *   never --life--> live --dueAt--> late --expiresAt--> expired --life--> live
 */
import type { StatusRow } from '@statewire/model';
import { nextRun, type CronTime } from '../lib/cron.ts';
import { nextSilence } from './fusion.ts';

type Deadlines = Pick<StatusRow, 'fresh' | 'dueAt' | 'expiresAt'>;

/** Life was seen: due after the period, expired after the grace. A period of 0 awaits nothing (an open socket). */
export function alive(at: number, wait: { readonly periodMs: number; readonly graceMs: number }): Deadlines {
  if (wait.periodMs <= 0) return { fresh: 'live', dueAt: null, expiresAt: null };
  return { fresh: 'live', dueAt: at + wait.periodMs, expiresAt: at + wait.periodMs + wait.graceMs };
}

/** Life was seen without a promise of when it will be seen next: what is still awaited stays awaited. */
export function aliveOnce(row: StatusRow, at: number): Deadlines {
  const isAwaited = row.dueAt !== null && row.dueAt > at;
  return { fresh: 'live', dueAt: isAwaited ? row.dueAt : null, expiresAt: isAwaited ? row.expiresAt : null };
}

/** One of several observers spoke: nothing is overdue while another's word is still good. */
export function aliveAmong(row: StatusRow, own: Deadlines, isAmong: boolean): Deadlines {
  const { fresh, dueAt, expiresAt } = own;
  if (!isAmong || dueAt === null || expiresAt === null || row.dueAt === null || row.expiresAt === null) return own;
  return { fresh, dueAt: Math.max(dueAt, row.dueAt), expiresAt: Math.max(expiresAt, row.expiresAt) };
}

/** Presence ended: late now, expired after the grace unless it comes back. */
export function gone(at: number, graceMs: number): Deadlines {
  return { fresh: 'late', dueAt: at, expiresAt: at + graceMs };
}

/** Nothing is awaited of a record that people paused. */
export const UNAWAITED: Pick<StatusRow, 'dueAt' | 'expiresAt'> = { dueAt: null, expiresAt: null };

/** What a passed deadline makes of freshness. The caller has checked that it still is the row's. */
export function lapse(row: StatusRow, deadline: number): StatusRow['fresh'] {
  if (row.fresh !== 'live' && row.fresh !== 'late') return row.fresh;
  if (row.expiresAt !== null && row.expiresAt <= deadline) return 'expired';
  if (row.dueAt !== null && row.dueAt <= deadline) return 'late';
  return row.fresh;
}

/**
 * We were away: signs of life may have been lost in our own gap, so nothing may expire for it. A deadline that
 * passed while we were away moves to the next beat of the same rhythm; all others get at least the grace.
 */
export function awake(
  row: StatusRow,
  boot: number,
  wait: { readonly periodMs: number; readonly graceMs: number; readonly cron?: CronTime | null | undefined },
): Deadlines {
  const { fresh } = row;
  if (fresh !== 'live' && fresh !== 'late') return { fresh, dueAt: row.dueAt, expiresAt: row.expiresAt };
  if (row.expiresAt === null) {
    // Only an open socket is alive without a deadline; it is gone with the process that held it.
    if (row['presence'] !== 'socket') return { fresh, dueAt: row.dueAt, expiresAt: null };
    return { fresh, dueAt: boot + wait.graceMs, expiresAt: boot + 2 * wait.graceMs };
  }
  const graceMs = row.dueAt === null ? wait.graceMs : row.expiresAt - row.dueAt;
  const dueAt = row.dueAt ?? row.expiresAt - graceMs;
  if (dueAt > boot) return { fresh, dueAt, expiresAt: Math.max(row.expiresAt, boot + wait.graceMs) };
  const periodMs = Math.max(wait.periodMs, graceMs, 1);
  const timed = wait.cron === undefined || wait.cron === null ? null : nextRun(wait.cron, boot);
  const next = timed ?? dueAt + Math.ceil((boot + 1 - dueAt) / periodMs) * periodMs;
  // `late` would be our own gap speaking.
  return { fresh: 'live', dueAt: next, expiresAt: Math.max(next + graceMs, boot + wait.graceMs) };
}

/** The next moment at which this row changes by itself, or null. */
export function nextDeadline(row: StatusRow): number | null {
  let next = Infinity;
  if (row.desired === 'active') {
    if (row.fresh === 'live') next = Math.min(row.dueAt ?? Infinity, row.expiresAt ?? Infinity);
    else if (row.fresh === 'late') next = row.expiresAt ?? Infinity;
  }
  if (row.desired === 'active') next = Math.min(next, nextSilence(row));
  if (row.mutedUntil !== null) next = Math.min(next, row.mutedUntil);
  if (row.override !== null) next = Math.min(next, row.override.until);
  if (row.overlay.flapping) next = Math.min(next, row.flap['ends'] ?? Infinity, row.flap['worstEnds'] ?? Infinity);
  return next === Infinity ? null : next;
}
