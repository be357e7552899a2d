/** Collections that captures make of tables: the fields that the tables' plans name, for everybody to read and for nobody to write. */
import { defineCollection, isCollectionName, type AnyDefinition } from '@statewire/model';
import { z } from 'zod';
import type { FieldPlan, TablePlan } from './plan.ts';
import type { ColumnType } from './value.ts';

/** The collections that are not there yet. Throws, naming it, when one cannot be served. */
export function captureDefinitions(
  tables: readonly TablePlan[],
  known: readonly AnyDefinition[],
): readonly AnyDefinition[] {
  const made = new Map<string, Record<string, FieldPlan>>();
  for (const { collection, fields } of tables) {
    if (isCollectionName(collection) || known.some(({ name }) => name === collection)) continue;
    made.set(collection, { ...made.get(collection), ...fields });
  }
  return [...made].map(([name, fields]) =>
    defineCollection({
      name,
      schema: Object.fromEntries(Object.entries(fields).map(([field, from]) => [field, schemaOf(from).nullish()])),
      ids: 'given',
      set: { create: [], patch: [] },
      // No record has this id: what the database says is written there.
      access: { writeRows: ['eq', 'id', ''] },
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
