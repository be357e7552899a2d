/**
 * What the messages of apps are made of, as data: each field of a message comes from the records of a view. An operator
 * writes it in the configuration; the vocabularies of the wires we know are written in it, too.
 */
import {
  isArray,
  matches,
  NONE,
  parseFilter,
  readField,
  type Filter,
  type FilterJson,
  type Json,
  type JsonObject,
} from '@statewire/protocol';
import { z } from 'zod';
import type { Params } from './pattern.ts';

/** Where one value comes from. A text is the name of a field. */
export type Source =
  | string
  | { readonly value: Json }
  | { readonly param: string }
  | Field
  | { readonly count: string; readonly where?: FilterJson | undefined }
  | { readonly mean: string; readonly of?: string | undefined }
  | { readonly latest: string; readonly of?: string | undefined; readonly as?: 'iso' | undefined }
  /** The share of the last looks at the records of a view that were bad. */
  | { readonly failed: string }
  | { readonly when: readonly Case[]; readonly otherwise: Source }
  | { readonly shape: Shape };

interface Case {
  readonly if: FilterJson;
  readonly is: Source;
}

interface Field {
  readonly field: string;
  /** Of the first record of this view; absent: of the record that the message is about. */
  readonly of?: string | undefined;
  /** As it was before the change that is told. */
  readonly before?: boolean | undefined;
  readonly words?: Readonly<Record<string, Json>> | undefined;
  /** Where there is none, or no word for it. */
  readonly otherwise?: Json | undefined;
  readonly as?: 'iso' | undefined;
  /** The message has no such field when there is no value. */
  readonly optional?: boolean | undefined;
}

/** A message: its fields and where each comes from. */
export interface Shape {
  readonly [name: string]: Source;
}

/** What a message is made of. */
export interface Scene {
  readonly params: Params;
  readonly row: JsonObject;
  readonly before?: JsonObject | undefined;
  readonly rows: (view: string) => readonly JsonObject[];
}

const fieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}(?:\.[A-Za-z0-9_-]{1,64})?$/u, 'the name of a field');
const viewName = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,31}$/u, 'the name of one of the views');

/** A filter in which texts may have places: `["eq", "agent", "{id}"]`. */
export const filterSchema: z.ZodType<FilterJson> = z.json().check(({ value, issues }) => {
  const filter = parseFilter(value);
  if (!filter.ok) issues.push({ code: 'custom', message: filter.message, input: value });
});

const sourceSchema: z.ZodType<Source> = z.lazy(() =>
  z.union([
    fieldName,
    z.strictObject({ value: z.json() }),
    z.strictObject({ param: z.string().max(32) }),
    z.strictObject({
      field: fieldName,
      of: viewName.optional(),
      before: z.boolean().optional(),
      words: z.record(z.string().max(64), z.json()).optional(),
      otherwise: z.json().optional(),
      as: z.literal('iso').optional(),
      optional: z.boolean().optional(),
    }),
    z.strictObject({ count: viewName, where: filterSchema.optional() }),
    z.strictObject({ mean: fieldName, of: viewName.optional() }),
    z.strictObject({ latest: fieldName, of: viewName.optional(), as: z.literal('iso').optional() }),
    z.strictObject({ failed: viewName }),
    z.strictObject({
      when: z
        .array(z.strictObject({ if: filterSchema, is: sourceSchema }))
        .min(1)
        .max(16),
      otherwise: sourceSchema,
    }),
    z.strictObject({ shape: shapeSchema }),
  ]),
);

export const shapeSchema: z.ZodType<Shape> = z.lazy(() =>
  z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/u, 'the name of a field'), sourceSchema)
    .refine((shape) => Object.keys(shape).length <= FIELDS_MAX, `at most ${FIELDS_MAX} fields`),
);

const FIELDS_MAX = 64;

/** Makes a message. */
export function say(shape: Shape, scene: Scene): JsonObject {
  return Object.fromEntries(
    Object.entries(shape)
      .map(([name, source]): [string, Json] => [name, valueOf(source, scene)])
      .filter(([name, value]) => value !== null || !isOptional(shape[name])),
  );
}

function isOptional(source: Source | undefined): boolean {
  return typeof source === 'object' && 'field' in source && source.optional === true;
}

function valueOf(source: Source, scene: Scene): Json {
  if (typeof source === 'string') return readField(scene.row, source);
  if ('value' in source) return source.value;
  if ('param' in source) return scene.params[source.param] ?? null;
  if ('field' in source) return fieldOf(source, scene);
  if ('count' in source) {
    const rows = scene.rows(source.count);
    const { where } = source;
    return where === undefined ? rows.length : rows.filter((row) => matches(filterOf(where), row)).length;
  }
  if ('mean' in source) return mean(rowsOf(source.of, scene).flatMap((row) => numbers(readField(row, source.mean))));
  if ('latest' in source) {
    const all = rowsOf(source.of, scene).flatMap((row) => numbers(readField(row, source.latest)));
    // One by one: more than some hundred thousand arguments no call takes.
    return all.length === 0
      ? null
      : timed(
          all.reduce((latest, each) => Math.max(latest, each)),
          source.as,
        );
  }
  if ('failed' in source) {
    const bars = scene.rows(source.failed).map((row) => readField(row, 'recent.bar'));
    return failedShare(bars.filter((bar) => typeof bar === 'string').join(''));
  }
  if ('shape' in source) return say(source.shape, scene);
  const found = source.when.find((each) => matches(filterOf(each.if), scene.row));
  return valueOf(found?.is ?? source.otherwise, scene);
}

function fieldOf({ field, of, before, words, otherwise, as }: Field, scene: Scene): Json {
  const row = before === true ? scene.before : of === undefined ? scene.row : scene.rows(of)[0];
  const value = row === undefined ? null : readField(row, field);
  if (value === null) return otherwise ?? null;
  if (words !== undefined) {
    const word = typeof value === 'object' ? '' : String(value);
    return Object.hasOwn(words, word) ? (words[word] ?? null) : (otherwise ?? value);
  }
  return timed(value, as);
}

function rowsOf(view: string | undefined, { rows, row }: Scene): readonly JsonObject[] {
  return view === undefined ? [row] : rows(view);
}

function timed(value: Json, as: 'iso' | undefined): Json {
  if (as !== 'iso' || typeof value !== 'number') return value;
  const at = new Date(value);
  // A number of the app's that is no time, or a client's: said as nothing, not thrown.
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function numbers(value: Json): readonly number[] {
  if (isArray(value)) return value.filter((each) => typeof each === 'number');
  return typeof value === 'number' ? [value] : [];
}

function mean(all: readonly number[]): number {
  return all.length === 0 ? 0 : Math.round(all.reduce((sum, each) => sum + each, 0) / all.length);
}

function failedShare(bar: string): number {
  return bar === '' ? 0 : (bar.split('d').length - 1) / bar.length;
}

const parsed = new WeakMap<object, Filter>();

/** The filters of shapes are read once each: they were checked with the configuration. */
function filterOf(json: FilterJson): Filter {
  if (typeof json !== 'object' || json === null) return NONE;
  const known = parsed.get(json);
  if (known !== undefined) return known;
  const filter = parseFilter(json);
  const made = filter.ok ? filter.value : NONE;
  parsed.set(json, made);
  return made;
}
