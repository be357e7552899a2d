import { lookNow } from './look.ts';
import type { Look } from '@statewire/model';

/** Writes times in the reader's own language, zone and hours; what `options` say of these goes before. */
export function dated(options: Intl.DateTimeFormatOptions): (at: number) => string {
  let made: { readonly look: Look; readonly format: Intl.DateTimeFormat } | null = null;
  return (at) => {
    const look = lookNow();
    if (made?.look !== look) made = { look, format: formatOf(look, options) };
    return made.format.format(at);
  };
}

/** The zone that times are told in: the reader's choice, else the browser's. */
export function ownZone(): string {
  const { zone } = lookNow();
  return formatOf({ zone, locale: null, hours: '24' }, {}).resolvedOptions().timeZone;
}

function formatOf(
  { zone, locale, hours }: Pick<Look, 'hours' | 'locale' | 'zone'>,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const more: Intl.DateTimeFormatOptions = {
    ...(options.hour === undefined ? {} : { hourCycle: hours === '12' ? 'h12' : 'h23' }),
    ...options,
  };
  try {
    return new Intl.DateTimeFormat(locale ?? undefined, { ...(zone === null ? {} : { timeZone: zone }), ...more });
  } catch (error) {
    // A browser may know fewer zones than the server that took the choice.
    if (error instanceof RangeError) return new Intl.DateTimeFormat(undefined, more);
    throw error;
  }
}
