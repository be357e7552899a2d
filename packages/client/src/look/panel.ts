/** How records stand in a panel: in which order, under which word, and in one sentence. */
import type { Row } from '@statewire/protocol';
import { wordOf } from './words.ts';

/** The status of any record: runs have a state, incidents say where they are. */
export function statusIn(row: Row): string {
  for (const field of ['status', 'state', 'phase']) {
    const value = row[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return 'unknown';
}

/** What a record is called. */
export function nameIn(row: Row): string {
  for (const field of ['name', 'title']) {
    const value = row[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return row.id;
}

/** What is wrong first, then by name. */
export function worstFirst<R extends Row>(rows: readonly R[]): readonly R[] {
  return Array.from(rows).sort((a, b) => rankOf(a) - rankOf(b) || compare(nameIn(a), nameIn(b)));
}

/** `1 of 3 needs attention`, `All 3 are well`. What was not looked at yet is not called well. */
export function panelSentence(rows: readonly Row[]): string {
  const wrong = rows.filter((row) => rankOf(row) < WELL).length;
  if (wrong > 0) return `${wrong} of ${rows.length} ${wrong === 1 ? 'needs' : 'need'} attention`;
  const open = rows.filter((row) => UNKNOWN.includes(statusIn(row))).length;
  if (open > 0) return `${open} of ${rows.length} ${open === 1 ? 'is' : 'are'} not known yet`;
  return rows.length === 1 ? 'All is well' : `All ${rows.length} are well`;
}

const TONES: readonly string[] = ['down', 'flapping', 'degraded'];
const WELL = TONES.length;
const UNKNOWN: readonly string[] = ['unknown', 'pending'];

function rankOf(row: Row): number {
  const at = TONES.indexOf(wordOf(statusIn(row)).tone);
  return at === -1 ? WELL : at;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
