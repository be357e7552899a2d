/** Lengths of time as people write them: `30 s`, `5 min`, `2h 30m`, `1.5 d`. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of a written length, or null when it cannot be read. */
export function readSpan(text: string): number | null {
  const parts = text.trim().toLowerCase();
  if (!/^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/u.test(parts)) return null;
  let ms = 0;
  for (const [, amount = '', unit = ''] of parts.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gu)) {
    const each = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (each === undefined) return null;
    ms += Number(amount) * each;
  }
  return Math.round(ms);
}

/** A length in the fewest whole units: `90000` is `1 min 30 s`. */
export function writeSpan(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, each] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ] as const) {
    const n = Math.floor(rest / each);
    if (n > 0) parts.push(`${n} ${unit}`);
    rest -= n * each;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}
