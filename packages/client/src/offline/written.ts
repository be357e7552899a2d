/**
 * How views and commands are written down, and read back. What is read may be anything: an older version of this program,
 * half a disk, somebody's editing. What is not whole and right is not there.
 */
import { isArray, type Json, type JsonObject, type Row } from '@statewire/protocol';
import type { Given } from '../state/given.ts';
import type { Refusal } from '../state/commands.ts';
import type { KeptView } from '../state/keep.ts';

/** Whom the server last named on this shelf. */
export interface Me {
  readonly who: string;
  readonly org: string;
  /** A digest of the credential or of whom it names; null when it says nothing. */
  readonly claim: string | null;
  /** The server's clock less this machine's. */
  readonly offsetMs: number;
}

/** What is written about a view beside its rows. */
export interface Head {
  readonly e: string;
  readonly v: number;
  readonly org: string;
  readonly asOf: number;
  /** The tab that wrote it, and when. */
  readonly by: string;
  readonly at: number;
  readonly rows: number;
  readonly bytes: number;
}

type WrittenRow = KeptView['rows'][number];

/** Rows lie together by their number, so that a change rewrites few of them and a large view few records. */
export function binOf(rid: number): number {
  return Math.floor(rid / 64);
}

export function writeRow(rid: number, row: Row): WrittenRow {
  const { id, org: _, version, ...fields } = row;
  return [rid, id, version, fields];
}

export function readMe(text: string | undefined): Me | null {
  const { who, org, claim, offsetMs } = objectOf(text);
  if (typeof who !== 'string' || !/^[0-9a-f]{16}$/.test(who)) return null;
  if (typeof org !== 'string' || typeof offsetMs !== 'number') return null;
  return { who, org, claim: typeof claim === 'string' ? claim : null, offsetMs };
}

export function readHead(text: string | undefined): Head | null {
  const { e, v, org, asOf, by, at, rows, bytes } = objectOf(text);
  if (typeof e !== 'string' || typeof org !== 'string' || typeof by !== 'string') return null;
  if (typeof v !== 'number' || typeof asOf !== 'number' || typeof at !== 'number') return null;
  if (typeof rows !== 'number' || typeof bytes !== 'number') return null;
  return { e, v, org, asOf, by, at, rows, bytes };
}

/** The rows of a view, or null when they are not all there and right. */
export function readRows(texts: readonly string[], head: Head): readonly WrittenRow[] | null {
  const rows: WrittenRow[] = [];
  const rids = new Set<number>();
  for (const text of texts) {
    const found = parse(text);
    if (!isArray(found)) return null;
    for (const each of found) {
      const row = rowOf(each);
      // A row newer than its view belongs to another writing of it.
      if (row === null || row[2] > head.v || rids.has(row[0])) return null;
      rids.add(row[0]);
      rows.push(row);
    }
  }
  return rows.length === head.rows ? rows : null;
}

export function readGiven(text: string): Given | null {
  return givenOf(parse(text));
}

export function readRefusal(text: string): Refusal | null {
  const { given, failure, conflict } = objectOf(text);
  const read = givenOf(given);
  const { code, message } = asObject(failure);
  if (read === null || typeof code !== 'string' || typeof message !== 'string') return null;
  const { version, fields, theirs } = asObject(conflict);
  const isWhole = typeof version === 'number' && isArray(fields) && isObject(theirs);
  return {
    given: read,
    failure: { code, message },
    conflict: isWhole ? { version, fields: fields.filter((each) => typeof each === 'string'), theirs } : null,
  };
}

/** What a refusal says, without what only lives in a page. */
export function writeRefusal({ given, failure, conflict }: Refusal): string {
  const bare =
    conflict === null ? null : { version: conflict.version, fields: conflict.fields, theirs: conflict.theirs };
  return JSON.stringify({ given, failure, conflict: bare });
}

function givenOf(raw: Json | undefined): Given | null {
  const { m, command, at, isOptimistic, before, own } = asObject(raw);
  const { c, k, op, name, f, base } = asObject(command);
  if (typeof m !== 'string' || m.length > 128 || typeof at !== 'number') return null;
  if (typeof c !== 'string' || typeof k !== 'string' || !isOp(op)) return null;
  return {
    m,
    command: {
      c,
      k,
      op,
      ...(typeof name === 'string' ? { name } : {}),
      ...(isObject(f) ? { f } : {}),
      ...(typeof base === 'number' ? { base } : {}),
    },
    at,
    isOptimistic: isOptimistic === true,
    before: isObject(before) ? before : null,
    own: isObject(own) ? own : null,
  };
}

function rowOf(raw: Json): WrittenRow | null {
  if (!isArray(raw) || raw.length !== 4) return null;
  const [rid, id, version, fields] = raw;
  if (typeof rid !== 'number' || typeof id !== 'string' || typeof version !== 'number' || !isObject(fields))
    return null;
  return [rid, id, version, fields];
}

function isOp(op: Json | undefined): op is Given['command']['op'] {
  return op === 'create' || op === 'patch' || op === 'put' || op === 'del' || op === 'call';
}

function objectOf(text: string | undefined): JsonObject {
  return asObject(text === undefined ? null : parse(text));
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isArray(value);
}

function parse(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return null; // Not JSON: spoiled.
  }
}
