/** Names with places in them, as data: `agent:{id}:connections` is the name of many topics. */
import { isArray, isRecordId, type Json } from '@statewire/protocol';

export type Params = Readonly<Record<string, string>>;

/** What each place holds when `name` is of this form; null when it is not. What stands in a place could be the id of a record. */
export function matchName(pattern: string, name: string): Params | null {
  const parts = partsOf(pattern);
  const places = parts.filter((_, index) => index % 2 === 1);
  // Ids may have colons inside; with two places only the last one may, or a name could be read in two ways.
  const form = parts.map((part, index) => {
    if (index % 2 === 0) return part.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
    return index === parts.length - 2 ? '([A-Za-z0-9._:@-]{1,128})' : '([A-Za-z0-9._@-]{1,128})';
  });
  const found = new RegExp(`^${form.join('')}$`, 'u').exec(name);
  if (found === null) return null;
  const params = places.map((place, index): [string, string] => [place, found[index + 1] ?? '']);
  return params.every(([, value]) => isRecordId(value)) ? Object.fromEntries(params) : null;
}

/** The places of a pattern. */
export function placesOf(pattern: string): readonly string[] {
  return partsOf(pattern).filter((_, index) => index % 2 === 1);
}

/** Puts what the places hold into each text of a value. */
export function fill(value: Json, params: Params): Json {
  if (typeof value === 'string') return fillText(value, params);
  if (isArray(value)) return value.map((each) => fill(each, params));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fill(each, params)]));
}

export function fillText(text: string, params: Params): string {
  return partsOf(text)
    .map((part, index) => (index % 2 === 1 ? (params[part] ?? `{${part}}`) : part))
    .join('');
}

function partsOf(pattern: string): readonly string[] {
  return pattern.split(/\{([a-z][A-Za-z0-9]{0,31})\}/u);
}
