import { dated } from './dated.ts';
import { lookNow } from './look.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `3 min 12 s`, `2 h 5 min`, `4 d 2 h`: two units at most, never negative. */
export function duration(ms: number): string {
  const t = Math.max(0, ms);
  if (t < MINUTE) return `${Math.floor(t / SECOND)} s`;
  if (t < HOUR) return two(t, MINUTE, 'min', SECOND, 's');
  if (t < DAY) return two(t, HOUR, 'h', MINUTE, 'min');
  return two(t, DAY, 'd', HOUR, 'h');
}

/** `4 s`, `12 min`, `3 h`, `5 d`: one unit, for narrow places. */
export function brief(ms: number): string {
  const t = Math.max(0, ms);
  if (t < MINUTE) return `${Math.floor(t / SECOND)} s`;
  if (t < HOUR) return `${Math.floor(t / MINUTE)} min`;
  if (t < DAY) return `${Math.floor(t / HOUR)} h`;
  return `${Math.floor(t / DAY)} d`;
}

/** `4 s ago`, `in 12 s`, `now`. */
export function ago(at: number, now: number): string {
  const past = now - at;
  if (past < -SECOND) return `in ${brief(-past)}`;
  return past < SECOND ? 'now' : `${brief(past)} ago`;
}

/** `84 ms`, `1.24 s`: latency as people read it. */
export function latency(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** `10:41:07` in the reader's own zone. */
export function clockTime(at: number): string {
  return timeOf(at);
}

/** `10:41`, for axes. */
export function minuteTime(at: number): string {
  return minuteOf(at);
}

/** `21 Nov, 10:41:07`: exact, for hovers and timelines. */
export function exact(at: number): string {
  return dateOf(at);
}

/** `1,204` with the reader's separators. */
export function count(n: number): string {
  const { locale } = lookNow();
  if (numbers?.locale !== locale) numbers = { locale, format: new Intl.NumberFormat(locale ?? undefined) };
  return numbers.format.format(n);
}

/** `1 service`, `3 services`. */
export function plural(n: number, one: string, many: string = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** `4.2/s`, `1,204/s`. */
export function rate(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))}/s`;
}

/** `3.1 MB`: bytes in powers of ten, as disks are sold. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `needs_auth` to `needs auth`: a code made readable, never translated into something it does not say. */
export function words(code: string): string {
  return code
    .replaceAll('_', ' ')
    .replaceAll('-', ' ')
    .replaceAll(/\b(?:http|https|tls|tcp|mcp|dns|sse|url)\b/giu, (word) => word.toUpperCase());
}

/** First letter large. */
export function sentence(text: string): string {
  return text === '' ? '' : text.charAt(0).toUpperCase() + text.slice(1);
}

const timeOf = dated({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minuteOf = dated({ hour: '2-digit', minute: '2-digit' });
const dateOf = dated({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });

let numbers: { readonly locale: string | null; readonly format: Intl.NumberFormat } | null = null;

function two(t: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const n = Math.floor(t / large);
  const rest = Math.floor((t - n * large) / small);
  return rest === 0 ? `${n} ${largeUnit}` : `${n} ${largeUnit} ${rest} ${smallUnit}`;
}
