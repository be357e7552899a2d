import type { Json } from '@statewire/protocol';

/** Rows as CSV by RFC 4180: CRLF, quotes where needed, a header line. Cells that a spreadsheet would run are defused. */
export function csv(columns: readonly string[], rows: Iterable<Readonly<Record<string, Json>>>): string {
  let text = csvLine(columns);
  for (const row of rows) text += csvLine(columns.map((column) => row[column] ?? null));
  return text;
}

/** One line of it. */
export function csvLine(cells: readonly Json[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: Json): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A leading apostrophe is shown by no spreadsheet and keeps it from taking the text for a formula.
  const safe = /^[=+\-@\t\r\n]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
