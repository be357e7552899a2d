/** Moments and the wall clock of a zone: what the platform's pickers speak. */

/** `2026-11-29T14:05`: what a clock in the zone shows. */
export function wallOf(at: number, zone: string): string {
  return new Date(asUtc(at, zone)).toISOString().slice(0, 16);
}

/**
 * The moment at which a clock in the zone shows this; null when it is no date. An hour that the clocks leave out is read as the
 * one after it, one that they repeat as its first.
 */
export function momentOf(wall: string, zone: string): number | null {
  const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d/u.test(wall) ? Date.parse(`${wall.slice(0, 16)}Z`) : Number.NaN;
  if (Number.isNaN(utc)) return null;
  // An offset holds on both sides of the moment but for the day on which it changes: then the earlier fit counts.
  const offsets = [utc - DAY_MS, utc + DAY_MS].map((near) => asUtc(near, zone) - near);
  const fits = offsets.map((offset) => utc - offset).filter((at) => asUtc(at, zone) === utc);
  return fits.length > 0 ? Math.min(...fits) : utc - (offsets[0] ?? 0);
}

/** The day after, as `2026-11-30`, whatever the clocks do in between. */
export function dayAfter(day: string, by: number = 1): string {
  return new Date(Date.parse(`${day.slice(0, 10)}T00:00Z`) + by * DAY_MS).toISOString().slice(0, 10);
}

const DAY_MS = 86_400_000;

/** What the clock shows, to the minute, as if it were UTC. */
function asUtc(at: number, zone: string): number {
  const parts = new Map(
    clockOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  // Not Date.UTC: a year below 100, as while it is being typed, would be one of the last century.
  const utc = new Date(0);
  utc.setUTCFullYear(part('year'), part('month') - 1, part('day'));
  return utc.setUTCHours(part('hour'), part('minute'));
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    clocks.set(zone, clock);
  }
  return clock;
}
