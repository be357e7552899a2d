/** What may be said of a look, as schemas; what it is stands in look.ts of the model. */
import { z } from 'zod';
import type { Look, LookInput } from '../look.ts';
import type { InputShape } from '../report.ts';
import { isZone } from '../recurrence.ts';

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
const refresh = z.enum(['1s', '5s', 'live']);

const inputShape: InputShape<LookInput> = {
  theme: theme.optional(),
  density: density.optional(),
  zone: zoneSchema.nullish(),
  locale: localeSchema.nullish(),
  hours: hours.optional(),
  rail: rail.optional(),
  refresh: refresh.optional(),
};
export const lookInput: z.ZodType<LookInput> = z.strictObject(inputShape);

export const lookRow: z.ZodType<Look> = z.object({
  theme,
  density,
  zone: z.string().nullable(),
  locale: z.string().nullable(),
  hours,
  rail,
  refresh,
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
