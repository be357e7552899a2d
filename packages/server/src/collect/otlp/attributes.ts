import { ATTRIBUTES_MAX } from './shapes.ts';

/** Attributes that somebody reads, by their names in the semantic conventions. */
export type Attributes = ReadonlyMap<string, string>;

/** Characters of a value that are kept: ids, words and addresses are shorter. */
const VALUE_MAX = 1_024;

/** Reads the attributes whose names are wanted; everything else is not looked at. Values become text. */
export function readAttributes(raw: unknown, wanted: ReadonlySet<string>): Attributes {
  const found = new Map<string, string>();
  for (const pair of listOf(raw).slice(0, ATTRIBUTES_MAX)) {
    const { key, value } = objectOf(pair);
    if (typeof key !== 'string' || !wanted.has(key)) continue;
    const text = textOf(objectOf(value));
    if (text !== '') found.set(key, text);
  }
  return found;
}

function textOf({ stringValue, intValue, boolValue, doubleValue }: Readonly<Record<string, unknown>>): string {
  const value = stringValue ?? intValue ?? boolValue ?? doubleValue;
  if (typeof value === 'string') return plain(value, VALUE_MAX);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** One line of text without control characters. */
export function plain(text: string, max: number): string {
  return text
    .slice(0, max)
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
}

/** The list, or none: what has another form than the protocol says is not there. */
export function listOf(raw: unknown): readonly unknown[] {
  return Array.isArray(raw) ? raw : [];
}

export function objectOf(raw: unknown): Readonly<Record<string, unknown>> {
  return isObject(raw) ? raw : {};
}

function isObject(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

/** Milliseconds of a time in nanoseconds; 64-bit numbers are text in OTLP's JSON. Null: none. */
export function msOf(nanos: unknown): number | null {
  const value = typeof nanos === 'string' && /^\d{1,20}$/u.test(nanos) ? Number(nanos) : nanos;
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value / 1e6 : null;
}
