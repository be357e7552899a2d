/** What the server serves a definition by: the same description that its own collections have. */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import { envelopeShape, idSchema, instant, labelsSchema } from '../schema.ts';
import type { AnyDefinition, Fields } from './definition.ts';

/** The collection of a definition. `whole` is what a record must be after each write. */
export function compileDefinition(definition: AnyDefinition): CustomCollection {
  const { name, fields, access, set, expiry, ids } = definition;
  const stored = shapeOf(definition);
  const row = z.object({
    ...envelopeShape,
    ...stored,
    expiresAt: instant.nullable(),
    isStale: z.boolean(),
    nextAt: instant.nullable(),
  });
  const timing: Fields =
    expiry.perRecord === true ? { expiresAt: instant.nullable().optional(), ttlMs: z.int().min(1).optional() } : {};
  const bodies = { ...timing, labels: labelsSchema.optional() };
  const partial = (names: readonly string[]): z.ZodType => z.strictObject({ ...pick(names, stored, true), ...bodies });
  const id: Fields = ids === 'made' ? {} : { id: ids === 'given' ? idSchema : idSchema.optional() };
  const { write = 'admin' } = access;
  const described = describeCollection({
    name,
    kind: 'plain',
    row,
    create: z.strictObject({ ...id, ...pick(set.create, fields, false), ...bodies }),
    patch: partial(set.patch),
    report: access.report === undefined ? null : partial(set.report),
    fields: Object.keys(row.shape),
    access: {
      read: access.read ?? 'read',
      write,
      create: access.create ?? write,
      report: access.report,
      rows: access.rows,
      writeRows: access.writeRows,
      adminSeesAll: access.adminSeesAll,
    },
    owns: { api: [...set.patch, 'labels'], report: [] },
    custom: definition,
  });
  return { ...described, custom: definition };
}

/** A collection that an app defined. */
export interface CustomCollection extends Collection {
  readonly custom: AnyDefinition;
}

/** The app's own fields as they are stored: without defaults, and null where an optional one was not given. */
export function shapeOf({ fields }: Pick<AnyDefinition, 'fields'>): Fields {
  const all: Fields = fields;
  return Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, storedOf(schema)]));
}

function storedOf(schema: z.ZodType): z.ZodType {
  const bare = bareOf(schema);
  return isOptional(schema) && !bare.safeParse(null).success ? bare.nullable() : bare;
}

/** Is undefined what comes out when nothing goes in? Not so where there is a default. */
export function isOptional(schema: z.ZodType): boolean {
  const given = schema.safeParse(undefined);
  return given.success && given.data === undefined;
}

/** Without what stands in for a missing value: a change names its values. */
function bareOf(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodCatch) {
    return bareOf(inner(schema.def.innerType));
  }
  if (schema instanceof z.ZodOptional) return bareOf(inner(schema.def.innerType));
  return schema instanceof z.ZodNullable ? bareOf(inner(schema.def.innerType)).nullable() : schema;
}

function inner(schema: z.core.$ZodType): z.ZodType {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the classic constructors wrap classic schemas.
  return schema as z.ZodType;
}

function pick(names: readonly string[], from: Fields, isPartial: boolean): Fields {
  return Object.fromEntries(
    names.flatMap((name) => {
      const schema = from[name];
      return schema === undefined ? [] : [[name, isPartial ? schema.optional() : schema] as const];
    }),
  );
}
