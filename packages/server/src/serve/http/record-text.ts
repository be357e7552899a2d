import type { LiveEntry } from './deps.ts';

/** The JSON of a record, joined from stored text; of those fields only that this caller is shown. */
export function recordText(entry: LiveEntry, shown: readonly string[] | null): string {
  if (shown !== null)
    return JSON.stringify(Object.fromEntries(shown.map((field) => [field, entry.row[field] ?? null])));
  const fields = entry.text();
  return `{"id":${JSON.stringify(entry.id)},"org":${JSON.stringify(entry.org)},"version":${entry.version}${fields === '{}' ? '}' : `,${fields.slice(1)}`}`;
}
