/** Files of records, one a line: JSON lines, or CSV whose first line names the fields. */
import { isForbiddenKey, ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import { innerJson, isObject } from './read.ts';

/** One line of a file: what it says, or what is wrong with it. Lines are counted as an editor does. */
export type FileLine =
  | { readonly line: number; readonly fields: JsonObject }
  | { readonly line: number; readonly flaw: string };

export interface RowLimits {
  readonly importLinesMax: number;
}

/** How a field is written in a cell; all others are text. */
export type CellKinds = Readonly<Record<string, 'list' | 'object' | 'time'>>;

/** Reads JSON lines. Empty lines are none. */
export function readJsonLines(text: string, limits: RowLimits): Result<readonly FileLine[]> {
  const found: FileLine[] = [];
  let line = 0;
  for (const raw of text.split('\n')) {
    line += 1;
    if (raw.trim() === '') continue;
    if (found.length === limits.importLinesMax) return tooMany(limits);
    found.push(jsonLine(line, raw));
  }
  return ok(found);
}

/** Reads CSV by RFC 4180. A dotted name is one key of an object: `labels.tier`. An empty cell says nothing. */
export function readCsv(text: string, kinds: CellKinds, limits: RowLimits): Result<readonly FileLine[]> {
  const rows = cellsOf(text.startsWith('\ufeff') ? text.slice(1) : text, limits.importLinesMax + 1);
  if (rows === 'open')
    return refuse('bad_field', 'a quote is opened and never closed; close it, or double a quote that is text');
  if (rows === 'long') return tooMany(limits);
  const [head, ...body] = rows;
  if (head === undefined) return refuse('bad_field', 'found nothing, expected a first line that names the fields');
  const names = head.cells.map((name) => name.trim());
  const wrong = names.find((name) => name === '' || name.split('.').some(isForbiddenKey));
  if (wrong !== undefined) return refuse('bad_field', `line 1: found ${JSON.stringify(wrong)} as the name of a field`);
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double !== undefined) return refuse('bad_field', `line 1: ${double} is there twice`);
  return ok(
    body.map(({ line, cells }): FileLine => {
      if (cells.length > names.length) {
        return { line, flaw: `found ${cells.length} cells, expected at most ${names.length}` };
      }
      return rowOf(line, names, cells, kinds);
    }),
  );
}

function jsonLine(line: number, raw: string): FileLine {
  let value: Json;
  try {
    value = JSON.parse(raw);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { line, flaw: 'found text that is not JSON, expected one object on the line' };
  }
  if (!isObject(value)) return { line, flaw: 'found no object, expected {"name": ...}' };
  return raw.isWellFormed() ? { line, fields: value } : { line, flaw: 'found half a surrogate pair' };
}

function rowOf(line: number, names: readonly string[], cells: readonly string[], kinds: CellKinds): FileLine {
  const fields: Record<string, Json> = {};
  const inner = new Map<string, Record<string, Json>>();
  for (const [i, name] of names.entries()) {
    // The apostrophe with which an export keeps a spreadsheet from taking text for a formula.
    const cell = (cells[i] ?? '').replace(/^'(?=[=+\-@\t\r\n])/u, '');
    if (cell === '') continue;
    const dot = name.indexOf('.');
    if (dot > 0) {
      const outer = name.slice(0, dot);
      const of = inner.get(outer) ?? {};
      inner.set(outer, of);
      of[name.slice(dot + 1)] = cell;
      continue;
    }
    const value = valueOf(cell, kinds[name]);
    if (value === null) {
      const expected = kinds[name] === 'time' ? 'a time' : 'a JSON object';
      return { line, flaw: `${name}: found ${JSON.stringify(cell.slice(0, 40))}, expected ${expected}` };
    }
    fields[name] = value;
  }
  for (const [name, of] of inner) fields[name] = of;
  return { line, fields };
}

function valueOf(cell: string, kind: CellKinds[string] | undefined): Json {
  if (kind === 'list') {
    return cell
      .split(/[;,]/u)
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }
  if (kind === 'object') {
    const value = innerJson(cell);
    return isObject(value) ? value : null;
  }
  if (kind !== 'time') return cell;
  const at = /^\d+$/u.test(cell) ? Number(cell) : Date.parse(cell);
  return Number.isSafeInteger(at) ? at : null;
}

interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows with the line each begins on; `open`: a quote is never closed, `long`: more than so many rows. */
function cellsOf(text: string, max: number): readonly CsvRow[] | 'long' | 'open' {
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let [at, line, begun] = [0, 1, 1];
  while (at <= text.length) {
    let cell = '';
    if (text[at] === '"') {
      const end = closing(text, at + 1);
      if (end < 0) return 'open';
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      line += cell.split('\n').length - 1;
      at = end + 1;
    }
    const rest = nextEnd(text, at);
    cell += text.slice(at, rest).replace(/\r$/u, '');
    cells.push(cell);
    at = rest + 1;
    if (text[rest] === ',') continue;
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: begun, cells });
    if (rows.length > max) return 'long';
    cells = [];
    line += 1;
    begun = line;
  }
  return rows;
}

function closing(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return -1;
}

function nextEnd(text: string, from: number): number {
  const comma = text.indexOf(',', from);
  const end = text.indexOf('\n', from);
  return Math.min(comma < 0 ? text.length : comma, end < 0 ? text.length : end);
}

function tooMany({ importLinesMax }: RowLimits): Result<never> {
  return refuse('too_large', `more than ${importLinesMax} lines, expected at most so many in one file; split it`);
}
