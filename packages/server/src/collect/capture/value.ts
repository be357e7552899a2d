/** What the text of a column means. Texts come with `DateStyle ISO` and the time zone UTC, whichever way they came. */
import { isForbiddenKey, type Json } from '@statewire/protocol';

/** How a column is read. Default: `text`. */
export const COLUMN_TYPES = ['text', 'number', 'boolean', 'time', 'json'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** The value, or undefined when the text is none of that type. NULL is null in every type. */
export function valueOf(text: string | null, type: ColumnType): Json | undefined {
  if (text === null) return null;
  switch (type) {
    case 'text':
      return text;
    case 'number': {
      const number = Number(text);
      return text.trim() !== '' && Number.isFinite(number) ? number : undefined;
    }
    case 'boolean':
      return BOOLEANS[text.toLowerCase()];
    case 'time':
      return timeOf(text);
    case 'json':
      return jsonOf(text);
    default:
      return undefined;
  }
}

/** PostgreSQL writes `t`, MySQL `1`. */
const BOOLEANS: Readonly<Record<string, boolean | undefined>> = {
  t: true,
  f: false,
  true: true,
  false: false,
  '1': true,
  '0': false,
};

/** Epoch milliseconds of `2026-11-30 09:25:00.123456+00`, of a date alone, or of a number of seconds. */
function timeOf(text: string): number | undefined {
  const match =
    /^(\d{4,6})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?)?$/u.exec(
      text,
    );
  if (match === null) {
    const number = Number(text);
    // A column of seconds, as many programs keep times; above that, milliseconds.
    if (text.trim() === '' || !Number.isFinite(number) || number < 0) return undefined;
    return Math.floor(number < SECONDS_MAX ? number * 1_000 : number);
  }
  const [, year = '', month = '', day = '', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), ms);
  const at = time - offsetMs(zone);
  // Fields of our records count from 1970.
  return at >= 0 ? at : undefined;
}

const SECONDS_MAX = 100_000_000_000;

function offsetMs(zone: string): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?/u.exec(zone) ?? [];
  if (hours === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function jsonOf(text: string): Json | undefined {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: JSON.parse gives JSON.
    const value = JSON.parse(text) as Json;
    return hasForbiddenKey(value) ? undefined : value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function hasForbiddenKey(value: Json): boolean {
  if (Array.isArray(value)) return value.some(hasForbiddenKey);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => isForbiddenKey(key) || hasForbiddenKey(inner));
}
