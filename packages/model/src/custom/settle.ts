/**
 * What becomes of a custom record when it is made, changed, reported, commanded, or when its time comes. Pure: the
 * server runs it inside a transaction and hands the time in. All times that come of it are absolute.
 */
import { ok, refuse, type Json, type JsonObject, type Result, type Row } from '@statewire/protocol';
import { z } from 'zod';
import { explain } from '../explain.ts';
import { shapeOf } from './compile.ts';
import type { AnyDefinition, Caller } from './definition.ts';
import { isCallerValue } from './flaw.ts';
import { plain } from './plain.ts';

/** A write of a record: `was` is null when it is made. */
export interface Settling {
  readonly was: Row | null;
  /** What was given, read by the schema of its door. */
  readonly given: JsonObject;
  readonly caller: Caller | null;
  readonly now: number;
}

/** The fields of the record after a write, whole and sound, or why it cannot be. */
export function settle(definition: AnyDefinition, { was, given, caller, now }: Settling): Result<JsonObject> {
  const { expiresAt, ttlMs, labels, ...fields } = given;
  const own: Record<string, Json> = { ...(was ?? startOf(definition, fields)), ...fields };
  if (was === null) {
    for (const [field, value] of Object.entries(definition.stamp)) {
      const stamped = caller === null ? undefined : valueOf(caller, value);
      if (stamped === undefined) return refuse('forbidden', `${field}: your credential has no claim for it`);
      own[field] = stamped;
    }
  }
  compute(definition, own);
  const flaw = flawOf(definition, own);
  if (flaw !== null) return refuse('bad_field', flaw);
  const ends = endOf(definition, { was, wish: expiresAt, ttlMs, now });
  if (!ends.ok) return ends;
  const settled = {
    ...own,
    labels: labels ?? was?.['labels'] ?? {},
    observedAt: now,
    source: null,
    expiresAt: ends.value,
    isStale: false,
  };
  return ok({ ...settled, nextAt: nextAtOf(definition, settled) });
}

/** What time makes of a record: the changed fields, `gone`, or null when nothing is due. */
export function dueOf(definition: AnyDefinition, row: Row, now: number): JsonObject | 'gone' | null {
  const { expiresAt } = row;
  if (typeof expiresAt === 'number' && expiresAt <= now) return 'gone';
  const staleAt = staleAtOf(definition, row);
  const isStale = row['isStale'] === true || (staleAt !== null && staleAt <= now);
  const next = { ...row, isStale };
  const nextAt = nextAtOf(definition, next);
  return isStale === row['isStale'] && nextAt === row['nextAt'] ? null : { ...next, nextAt };
}

/** A stored record under the definition of today: the fields it lacks, and what does not fit any more. */
export function adopt(
  definition: AnyDefinition,
  row: Row,
  now: number,
): { readonly changed: JsonObject | null; readonly flaw: string | null; readonly left: readonly string[] } {
  const start = startOf(definition, row);
  const next: Record<string, Json> = { ...row };
  for (const field of Object.keys(definition.fields)) {
    // What was never given is null; a default that came later takes its place only where null does not fit.
    if (!Object.hasOwn(row, field)) next[field] = start[field] ?? null;
  }
  const failure = tryCompute(definition, next);
  if (row['expiresAt'] === undefined) next['expiresAt'] = null;
  if (next['expiresAt'] === null && definition.expiry.ttlMs !== undefined && definition.expiry.perRecord !== true) {
    next['expiresAt'] = now + definition.expiry.ttlMs;
  }
  if (row['isStale'] === undefined || (row['isStale'] === true && definition.expiry.staleAfterMs === undefined)) {
    next['isStale'] = false;
  }
  next['nextAt'] = nextAtOf(definition, next);
  return {
    changed: Object.keys(next).some((field) => !same(next[field], row[field])) ? next : null,
    flaw: failure ?? flawOf(definition, next),
    left: Object.keys(row).filter((field) => !Object.hasOwn(definition.fields, field) && !ENVELOPE.has(field)),
  };
}

/** A value of whoever calls; undefined when they have none. */
export function valueOf(caller: Pick<Caller, 'claims' | 'id' | 'name' | 'org'>, value: unknown): Json | undefined {
  if (!isCallerValue(value)) return undefined;
  if ('$caller' in value) return caller[value.$caller];
  return Object.hasOwn(caller.claims, value.$claim) ? caller.claims[value.$claim] : undefined;
}

const ENVELOPE: ReadonlySet<string> = new Set([
  'id',
  'org',
  'version',
  'createdAt',
  'updatedAt',
  'observedAt',
  'labels',
  'source',
  'expiresAt',
  'isStale',
  'nextAt',
]);

/** Values for the fields that nobody gave: the default, or null where a field is optional. */
function startOf(definition: AnyDefinition, given: JsonObject): Record<string, Json> {
  const start: Record<string, Json> = {};
  for (const [name, schema] of startersOf(definition)) {
    if (Object.hasOwn(given, name)) continue;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: schemas of definitions make JSON values only.
    start[name] = (schema.parse(undefined) ?? null) as Json;
  }
  return start;
}

/** The fields that may be left out. Asked once: a schema that refuses is slow at it, and every record would ask again. */
function startersOf(definition: AnyDefinition): readonly (readonly [string, z.ZodType])[] {
  let made = starters.get(definition);
  if (made === undefined) {
    const schemas: Readonly<Record<string, z.ZodType>> = definition.fields;
    made = Object.entries(schemas).filter(([, schema]) => schema.safeParse(undefined).success);
    starters.set(definition, made);
  }
  return made;
}

const starters = new WeakMap<AnyDefinition, readonly (readonly [string, z.ZodType])[]>();

/** Works out the computed fields in place. What the app's function throws is the app's mistake, and undoes the write. */
function compute({ computed }: AnyDefinition, own: Record<string, Json>): void {
  for (const [field, work] of Object.entries(computed)) {
    // A copy: what an app's function does to its argument must not reach the record that everybody reads.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: what it answers is checked with the record.
    const value: unknown = work(JSON.parse(JSON.stringify(own)) as never);
    own[field] = plain(value ?? null, field);
  }
}

function tryCompute(definition: AnyDefinition, own: Record<string, Json>): string | null {
  try {
    compute(definition, own);
    return null;
  } catch (error) {
    return `computed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const wholes = new WeakMap<AnyDefinition, z.ZodType>();

function flawOf(definition: AnyDefinition, own: JsonObject): string | null {
  let whole = wholes.get(definition);
  if (whole === undefined) wholes.set(definition, (whole = z.object(shapeOf(definition))));
  const parsed = whole.safeParse(own);
  if (!parsed.success) return explain(parsed.error, own);
  if (definition.whole === null) return null;
  const given = Object.entries(own).filter(([name, value]) => Object.hasOwn(definition.fields, name) && value !== null);
  const judged = definition.whole.safeParse(Object.fromEntries(given));
  return judged.success ? null : explain(judged.error, own);
}

function endOf(
  { expiry }: AnyDefinition,
  what: {
    readonly was: Row | null;
    readonly wish: Json | undefined;
    readonly ttlMs: Json | undefined;
    readonly now: number;
  },
): Result<number | null> {
  const { was, wish, ttlMs, now } = what;
  if (wish !== undefined && ttlMs !== undefined)
    return refuse('bad_field', 'ttlMs: expected it or expiresAt, not both');
  if (typeof ttlMs === 'number') return ok(now + ttlMs);
  if (typeof wish === 'number') {
    return wish > now ? ok(wish) : refuse('bad_field', 'expiresAt: found a time that has passed, expected one ahead');
  }
  if (wish === null) return ok(null);
  const before = typeof was?.['expiresAt'] === 'number' ? was['expiresAt'] : null;
  if (expiry.ttlMs === undefined) return ok(before);
  return ok(was === null || expiry.from === 'write' ? now + expiry.ttlMs : before);
}

function staleAtOf({ expiry }: AnyDefinition, row: JsonObject): number | null {
  const { observedAt } = row;
  return expiry.staleAfterMs === undefined || typeof observedAt !== 'number' ? null : observedAt + expiry.staleAfterMs;
}

function nextAtOf(definition: AnyDefinition, row: JsonObject): number | null {
  const staleAt = row['isStale'] === true ? null : staleAtOf(definition, row);
  const expiresAt = typeof row['expiresAt'] === 'number' ? row['expiresAt'] : null;
  if (staleAt === null || expiresAt === null) return staleAt ?? expiresAt;
  return Math.min(staleAt, expiresAt);
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
