/**
 * How a person likes to see things: theme, density, and how times and numbers are written. Part of their preferences, so that
 * every browser of theirs shows the same.
 */
import { z } from 'zod';
import type { InputShape } from '../report.ts';
import { isZone } from '../recurrence.ts';

/** How one person's screens look. */
export interface Look {
  readonly theme: 'dark' | 'light' | 'system';
  readonly density: 'comfortable' | 'dense';
  /** `Europe/Berlin`; null: the browser's own. */
  readonly zone: string | null;
  /** `de-DE`, for numbers and dates; null: the browser's own. */
  readonly locale: string | null;
  readonly hours: '12' | '24';
  /** The rail at the left; `auto` goes by the room there is. */
  readonly rail: 'auto' | 'open' | 'slim';
  readonly [field: string]: string | null;
}

/** What may be said of it; what is left out keeps its value. */
export interface LookInput {
  readonly theme?: Look['theme'] | undefined;
  readonly density?: Look['density'] | undefined;
  readonly zone?: string | null | undefined;
  readonly locale?: string | null | undefined;
  readonly hours?: Look['hours'] | undefined;
  readonly rail?: Look['rail'] | undefined;
}

/** For a person who never said anything. */
export const lookDefaults: Look = Object.freeze({
  theme: 'system',
  density: 'comfortable',
  zone: null,
  locale: null,
  hours: '24',
  rail: 'auto',
});

/** An IANA time zone that this runtime knows. */
export const zoneSchema: z.ZodType<string> = z
  .string()
  .max(64)
  .refine(isZone, { error: 'expected a time zone such as Europe/Berlin' });

const localeSchema: z.ZodType<string> = z
  .string()
  .max(35)
  .refine(isLocale, { error: 'expected a language tag such as de or en-GB' });

const theme = z.enum(['dark', 'light', 'system']);
const density = z.enum(['comfortable', 'dense']);
const hours = z.enum(['12', '24']);
const rail = z.enum(['auto', 'open', 'slim']);

const inputShape: InputShape<LookInput> = {
  theme: theme.optional(),
  density: density.optional(),
  zone: zoneSchema.nullish(),
  locale: localeSchema.nullish(),
  hours: hours.optional(),
  rail: rail.optional(),
};
export const lookInput: z.ZodType<LookInput> = z.strictObject(inputShape);

export const lookRow: z.ZodType<Look> = z.object({
  theme,
  density,
  zone: z.string().nullable(),
  locale: z.string().nullable(),
  hours,
  rail,
});

/** A language tag that this runtime can write in; private extensions would be told to nobody and are refused. */
function isLocale(tag: string): boolean {
  try {
    return !/-[ux]-/iu.test(tag) && Intl.DateTimeFormat.supportedLocalesOf([tag]).length === 1;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
