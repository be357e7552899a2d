/** Collections that captures make of tables: the fields that the tables' plans name, for everybody to read and for nobody to write. */
import { defineCollection, isCollectionName, type AnyDefinition, type RowRule } from '@statewire/model';
import { z } from 'zod';
import type { FieldPlan, TablePlan } from './plan.ts';
import type { ColumnType } from './value.ts';

/** The collections that are not there yet. Throws, naming it, when one cannot be served. */
export function captureDefinitions(
  tables: readonly TablePlan[],
  known: readonly AnyDefinition[],
): readonly AnyDefinition[] {
  const made = new Map<string, { readonly fields: Record<string, FieldPlan>; readonly sees: RowRule | null }>();
  for (const { table, collection, fields, sees } of tables) {
    if (known.some(({ name }) => name === collection) && sees !== null)
      throw new Error(`${table}: who sees ${collection} is said by its definition, in access.rows; leave sees out`);
    if (isCollectionName(collection) || known.some(({ name }) => name === collection)) continue;
    const others = made.get(collection);
    if (others !== undefined && JSON.stringify(others.sees) !== JSON.stringify(sees))
      throw new Error(`${table}: another table of ${collection} is seen by others; say the same sees for both`);
    made.set(collection, { fields: { ...others?.fields, ...fields }, sees });
  }
  return [...made].map(([name, { fields, sees }]) =>
    defineCollection({
      name,
      schema: Object.fromEntries(Object.entries(fields).map(([field, from]) => [field, schemaOf(from).nullish()])),
      ids: 'given',
      set: { create: [], patch: [] },
      // No record has this id: what the database says is written there.
      access: { writeRows: ['eq', 'id', ''], ...(sees === null ? {} : { rows: sees, adminSeesAll: true }) },
    }),
  );
}

function schemaOf({ type, words, path }: FieldPlan): z.ZodType {
  // Words become what the table of words says, and what lies inside a JSON value is any JSON.
  if (words !== null || path.length > 0) return z.json();
  return SCHEMAS[type];
}

const SCHEMAS: Readonly<Record<ColumnType, z.ZodType>> = {
  boolean: z.boolean(),
  json: z.json(),
  number: z.number(),
  text: z.string(),
  time: z.int(),
};
