/**
 * Instants and the clocks of a zone. A wall time is held as the milliseconds its fields would have in UTC, so that days
 * and hours can be counted on it as if there were no zones.
 */

/** What the clocks of the zone show at an instant. */
export function wallAt(instant: number, zone: string): number {
  return instant + offsetAt(instant, zone);
}

/**
 * When the clocks of the zone show this. A time that is shown twice (clocks set back) is the first of both; one that is
 * never shown (clocks set forward) is read with the offset before the gap, so that 02:30 becomes 03:30 (RFC 5545).
 */
export function instantOf(wall: number, zone: string): number {
  const before = offsetAt(wall - DAY_MS, zone);
  const after = offsetAt(wall + DAY_MS, zone);
  if (offsetAt(wall - before, zone) === before) return wall - before;
  if (offsetAt(wall - after, zone) === after) return wall - after;
  return wall - before;
}

const DAY_MS = 86_400_000;

/** Milliseconds that the clocks of the zone are ahead of UTC. */
function offsetAt(instant: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  // Formats show whole seconds; offsets have no fractions of one.
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

// Making a format costs far more than using it.
const formats = new Map<string, Intl.DateTimeFormat>();
/** There are about 600 zones; the names may be written in other cases. */
const FORMATS_MAX = 1000;

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size >= FORMATS_MAX) formats.clear();
  formats.set(zone, format);
  return format;
}
