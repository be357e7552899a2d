import { z } from 'zod';
import { DAY_MS, HOUR_MS, isZone, monthSpan } from '../../derive/history/calendar.ts';
import type { Span } from '../../keep/past.ts';
import { RefusedError } from './problem.ts';
import { instantQuery } from './shapes.ts';

/** How a stretch of time is asked for: by its ends, by its length until now, or as a month. */
export const windowQuery: {
  readonly from: z.ZodOptional<z.ZodType<number, string>>;
  readonly to: z.ZodOptional<z.ZodType<number, string>>;
  readonly window: z.ZodDefault<z.ZodString>;
  readonly month: z.ZodOptional<z.ZodString>;
} = {
  from: instantQuery.optional().meta({ description: 'Epoch milliseconds; default: `window` before `to`' }),
  to: instantQuery.optional().meta({ description: 'Epoch milliseconds; default now' }),
  window: z
    .string()
    .regex(/^[1-9]\d{0,3}[hd]$/u, 'a length such as 24h, 7d or 90d')
    .default('24h')
    .meta({ description: 'Length of the window in hours or days, when `from` is not given: 24h, 7d, 30d, 90d, 365d' }),
  month: z
    .string()
    .refine((text) => monthSpan(text) !== null, { error: 'a month such as 2026-11' })
    .optional()
    .meta({ description: 'A UTC month such as 2026-11, instead of the others' }),
};

export const zoneQuery: z.ZodOptional<z.ZodString> = z
  .string()
  .max(64)
  .refine(isZone, { error: 'a time zone such as Europe/Zurich' })
  .optional()
  .meta({ description: 'Cut days at midnight of this zone; default UTC' });

export interface Asked {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly window: string;
  readonly month?: string | undefined;
}

/** The stretch that was asked for. */
export function spanOf({ from, to, window, month }: Asked, now: number): Span {
  const whole = month === undefined ? null : monthSpan(month);
  if (whole !== null) return whole;
  // What happened in this very millisecond is part of "until now".
  const end = to ?? now + 1;
  const lengthMs = Number(window.slice(0, -1)) * (window.endsWith('h') ? HOUR_MS : DAY_MS);
  return checked({ from: from ?? end - lengthMs, to: end });
}

/** A span whose ends are in order, and no longer than what is kept. */
export function checked({ from, to }: Span): Span {
  if (from > to)
    throw new RefusedError({
      code: 'bad_request',
      message: '`from` is after `to`',
      found: `${from} > ${to}`,
      expected: 'from <= to',
    });
  return { from: Math.max(from, to - SPAN_MS_MAX), to };
}

/** As long as days are kept. */
const SPAN_MS_MAX = 800 * DAY_MS;
