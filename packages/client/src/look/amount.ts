/** How far something is, in numbers and words. */
import type { Progress } from '@statewire/model';

/** How far something is, as progress components take it. */
export type Amount = Pick<Progress, 'done' | 'total' | 'unit' | 'pct'> & { readonly message?: string | undefined };

/** 0 to 100 in whole numbers, or null when the end is not known. Never 100 before it is: people take 100 % for done. */
export function percentOf({ done, total, pct }: Pick<Amount, 'done' | 'total' | 'pct'>): number | null {
  const raw = pct ?? (total === null || total <= 0 ? null : (done / total) * 100);
  return raw === null || Number.isNaN(raw) ? null : Math.min(raw >= 100 ? 100 : 99, Math.max(0, Math.floor(raw)));
}

/** `499 of 500 files`, `7 files`. */
export function amountText({ done, total, unit }: Pick<Amount, 'done' | 'total' | 'unit'>): string {
  const n = numberOf.format(done);
  return (total === null ? `${n} ${unit}` : `${n} of ${numberOf.format(total)} ${unit}`).trim();
}

/** All of it for those who hear it: `99 %, 499 of 500 files: reading`. */
export function progressText(amount: Amount): string {
  const pct = percentOf(amount);
  const text = pct === null ? amountText(amount) : `${pct} %, ${amountText(amount)}`;
  return amount.message === undefined || amount.message === '' ? text : `${text}: ${amount.message}`;
}

// One form for all readers: a server and a browser that differ here would render different pages.
const numberOf = new Intl.NumberFormat('en');
