/** How history is cut into pieces: buckets that begin at whole multiples of their width (UTC), days of a zone, months. */

export type Resolution = '1d' | '1h' | '5m';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export const WIDTH_MS: Readonly<Record<Resolution, number>> = { '5m': 300_000, '1h': HOUR_MS, '1d': DAY_MS };

/** The start of the piece that holds a time. */
export function floorTo(at: number, widthMs: number): number {
  return Math.floor(at / widthMs) * widthMs;
}

/** The end of the last piece that reaches into a span ending here. */
export function ceilTo(at: number, widthMs: number): number {
  return Math.ceil(at / widthMs) * widthMs;
}

/** The UTC month that holds a time: `2026-11`. */
export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** First millisecond of a UTC month and of the next one, or null for what is no month. */
export function monthSpan(month: string): { readonly from: number; readonly to: number } | null {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/u.exec(month);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  const [year, index] = [Number(match[1]), Number(match[2])];
  return { from: Date.UTC(year, index - 1, 1), to: Date.UTC(year, index, 1) };
}

/** The starts of all days of a zone that reach into a span, in order, and the end of the last. Days have 23 to 25 hours. */
export function daysOf(zone: string, from: number, to: number): readonly number[] {
  const clock = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const starts: number[] = [];
  let [year, month, day] = partsOf(clock, from);
  for (;;) {
    const start = midnight(clock, year, month, day);
    starts.push(start);
    if (start >= to) return starts;
    const next = new Date(Date.UTC(year, month - 1, day + 1));
    [year, month, day] = [next.getUTCFullYear(), next.getUTCMonth() + 1, next.getUTCDate()];
  }
}

/** Is this a zone the runtime knows? */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The first moment of a local day. Where clocks spring over midnight, that is the first moment after the gap. */
function midnight(clock: Intl.DateTimeFormat, year: number, month: number, day: number): number {
  const wall = Date.UTC(year, month - 1, day);
  // Offsets before and after: at most one of the two is right, and both are when there is no change near by.
  const candidates = [wall - DAY_MS, wall + DAY_MS].map((near) => wall - offsetAt(clock, near));
  const right = candidates.filter((at) => at + offsetAt(clock, at) === wall);
  return right.length > 0 ? Math.min(...right) : Math.max(...candidates);
}

function offsetAt(clock: Intl.DateTimeFormat, at: number): number {
  const [year, month, day, hour, minute, second] = partsOf(clock, at);
  return Date.UTC(year, month - 1, day, hour, minute, second) - floorTo(at, 1_000);
}

function partsOf(clock: Intl.DateTimeFormat, at: number): [number, number, number, number, number, number] {
  const found = new Map<string, number>(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: string): number => found.get(name) ?? 0;
  return [part('year'), part('month'), part('day'), part('hour'), part('minute'), part('second')];
}
