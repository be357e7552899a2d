import type { Digest, QuietHours, Severity } from '@statewire/model';
import { localAt, minutesOf, nextLocal } from './zone.ts';

/** Until when notices of this severity are held, or null: they may go. */
export function quietUntil(quiet: readonly QuietHours[], severity: Severity, now: number): number | null {
  let until: number | null = null;
  for (const hours of quiet) {
    if (hours.bypass.includes(severity) || !isWithin(hours, now)) continue;
    until = Math.max(until ?? 0, nextLocal(now, hours.zone, minutesOf(hours.to)));
  }
  return until;
}

function isWithin({ days, from, to, zone }: QuietHours, now: number): boolean {
  const { weekday, minutes } = localAt(now, zone);
  const start = minutesOf(from);
  const end = minutesOf(to);
  if (start < end) return days.includes(weekday) && minutes >= start && minutes < end;
  // Over midnight: the hours belong to the day on which they begin.
  return (days.includes(weekday) && minutes >= start) || (days.includes((weekday + 6) % 7) && minutes < end);
}

/** When the next digest is due. */
export function nextDigestAt({ every, at, weekday, zone }: Digest, now: number): number {
  let next = nextLocal(now, zone, minutesOf(at));
  if (every === 'day') return next;
  for (let days = 0; days < 7 && localAt(next, zone).weekday !== weekday; days++) {
    next = nextLocal(next, zone, minutesOf(at));
  }
  return next;
}
