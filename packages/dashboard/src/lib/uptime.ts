import type { UptimeValue } from '@statewire/model';

const DAY_MS = 86_400_000;
export const DAYS = 90;

/** One UTC day of a record's bar. */
export interface Day {
  /** Its first millisecond. */
  readonly at: number;
  readonly letter: DayLetter;
}

/** `u` up, `g` degraded, `d` down, `m` maintenance, `p` pending or paused, `x` unknown, a blank before the record was there. */
export type DayLetter = 'u' | 'g' | 'd' | 'm' | 'p' | 'x' | ' ';

export const dayWords: Readonly<Record<DayLetter, string>> = {
  u: 'Up',
  g: 'Degraded',
  d: 'Down',
  m: 'Maintenance',
  p: 'Paused or pending',
  x: 'No data',
  ' ': 'Not watched yet',
};

/** The last 90 UTC days, oldest first, today last. */
export function daysOf(bar: string, now: number): readonly Day[] {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const letters = bar.slice(-DAYS).padStart(DAYS, ' ');
  return Array.from({ length: DAYS }, (_, i) => {
    const letter = letters.charAt(i);
    return { at: today - (DAYS - 1 - i) * DAY_MS, letter: isDayLetter(letter) ? letter : 'x' };
  });
}

/**
 * `99.98 %`: cut and never rounded, so that 100 means no downtime at all. The server sends three decimals; `decimals`
 * keeps fewer.
 */
export function percent(pct: number | null, decimals: 1 | 2 | 3 = 3): string {
  if (pct === null) return '–';
  if (pct === 100) return '100 %';
  return `${pct.toFixed(3).slice(0, decimals - 3 || undefined)} %`;
}

/** Is so little of the window counted that the number says little? */
export function isThin({ coverage }: Pick<UptimeValue, 'coverage'>): boolean {
  return coverage < 0.5;
}

/** How much of its window a number stands on, in words. */
export function coverageText({ pct, coverage }: UptimeValue): string {
  if (pct === null) return 'Nothing was counted in this time';
  if (coverage > 0 && coverage < 0.01) return 'Less than 1 % of this time was counted';
  return `${Math.floor(coverage * 100)} % of this time was counted`;
}

function isDayLetter(letter: string): letter is DayLetter {
  return Object.hasOwn(dayWords, letter);
}
