/** Lengths of time and moments as people read them. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in the largest unit that says enough: `4 s`, `3 min`, `2 h`, `5 d`. */
export function brief(ms: number): string {
  const t = Math.max(0, ms);
  if (t < MINUTE) return `${Math.floor(t / SECOND)} s`;
  if (t < HOUR) return `${Math.floor(t / MINUTE)} min`;
  return t < 2 * DAY ? `${Math.floor(t / HOUR)} h` : `${Math.floor(t / DAY)} d`;
}

/** `3 min 12 s`, `2 h 5 min`, `4 d 2 h`: two units at most, never negative. */
export function long(ms: number): string {
  const t = Math.max(0, ms);
  if (t < MINUTE) return `${Math.floor(t / SECOND)} s`;
  if (t < HOUR) return two(t, MINUTE, 'min', SECOND, 's');
  return t < DAY ? two(t, HOUR, 'h', MINUTE, 'min') : two(t, DAY, 'd', HOUR, 'h');
}

/** `4 s ago`, `in 12 s`, `now`. A second or two of difference between clocks is not the future. */
export function ago(at: number, now: number): string {
  const past = now - at;
  if (past < -2 * SECOND) return `in ${brief(-past)}`;
  return past < SECOND ? 'now' : `${brief(past)} ago`;
}

/** `10:41:07` in the reader's own zone. */
export function clockTime(at: number): string {
  return timeOf.format(at);
}

// One form for all readers: pages line up, and texts can be told apart by their width.
const timeOf = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** `84 ms`, `1.24 s`: latency as people read it. */
export function latencyText(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function two(t: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const n = Math.floor(t / large);
  const rest = Math.floor((t - n * large) / small);
  return rest === 0 ? `${n} ${largeUnit}` : `${n} ${largeUnit} ${rest} ${smallUnit}`;
}
