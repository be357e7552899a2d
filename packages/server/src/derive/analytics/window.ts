import { DAY_MS, floorTo, HOUR_MS } from '../history/calendar.ts';
import type { AnalyticsInput } from './analyse.ts';

/** Windows that trends are shown over. */
export const WINDOWS = ['24h', '7d', '30d', '90d'] as const;

export type AnalyticsWindow = (typeof WINDOWS)[number];

/** The slots of a window that ends now: whole hours of a day, whole UTC days of more; the last one is under way. */
export function windowOf(window: AnalyticsWindow, now: number): AnalyticsInput['slots'] {
  const widthMs = window === '24h' ? HOUR_MS : DAY_MS;
  const count = Number(window.slice(0, -1));
  return { from: floorTo(now, widthMs) - (count - 1) * widthMs, widthMs, count };
}
