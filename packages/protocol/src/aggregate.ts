/**
 * Counters without rows: what a subscription may ask for with `agg`, and what one group of the answer looks like.
 */
import { refuse } from './codes.ts';
import { isArray } from './equal.ts';
import { isFieldPath, type Scalar } from './filter.ts';
import type { JsonObject } from './json.ts';
import { describe, isJsonObject } from './parse.ts';
import { ok, type Result } from './result.ts';

/** What is wanted of each group. Records are always counted. */
export interface Aggregate {
  readonly count: true;
  /** One group per value of this field; absent: one group of all records. */
  readonly by?: string | undefined;
  /** Sum of the field's numbers, exact before it is rounded once. */
  readonly sum?: readonly string[] | undefined;
  /** Mean of the field's numbers. */
  readonly avg?: readonly string[] | undefined;
  /** Least and greatest in the order that records are sorted by, nulls, lists and objects aside. */
  readonly min?: readonly string[] | undefined;
  readonly max?: readonly string[] | undefined;
}

/** The fields of a group, which travels as a record of its own. Values that no record has are null. */
export interface GroupFields extends JsonObject {
  /** The value of `by` that these records share; null without `by`. */
  readonly by: Scalar;
  readonly count: number;
  readonly sum: Readonly<Record<string, number | null>>;
  readonly avg: Readonly<Record<string, number | null>>;
  readonly min: Readonly<Record<string, Scalar>>;
  readonly max: Readonly<Record<string, Scalar>>;
}

/** Fields in one list of an aggregate. */
export const AGGREGATE_FIELDS_MAX = 8;

/** The key of the one group without `by`. With `by` a key is the value as JSON, which this is not. */
export const ALL_GROUP = '*';

/** Reads an aggregate from outside into its canonical form. */
export function parseAggregate(raw: unknown): Result<Aggregate> {
  if (!isJsonObject(raw)) return refuse('bad_request', `agg: found ${describe(raw)}, expected {"count":true}`);
  const { count = true, by } = raw;
  if (count !== true) return refuse('bad_request', `agg.count: found ${describe(count)}, expected true`);
  if (by !== undefined && (typeof by !== 'string' || !isFieldPath(by))) {
    return refuse('bad_request', `agg.by: found ${describe(by)}, expected a field`);
  }
  const lists: Partial<Record<(typeof LISTS)[number], readonly string[]>> = {};
  for (const name of LISTS) {
    const list = raw[name];
    if (list === undefined) continue;
    const fields = isArray(list) ? list.filter((field): field is string => typeof field === 'string') : [];
    if (!isArray(list) || fields.length < list.length || !fields.every(isFieldPath)) {
      return refuse('bad_request', `agg.${name}: found ${describe(list)}, expected a list of fields`);
    }
    if (fields.length > AGGREGATE_FIELDS_MAX) {
      return refuse(
        'too_complex',
        `agg.${name}: found ${fields.length} fields, expected at most ${AGGREGATE_FIELDS_MAX}`,
      );
    }
    if (fields.length > 0) lists[name] = [...new Set(fields)].sort();
  }
  return ok({ count: true, ...(by === undefined ? {} : { by }), ...lists });
}

/** The fields an aggregate looks at, as they were written. */
export function aggregateFields(agg: Aggregate): readonly string[] {
  return [...(agg.by === undefined ? [] : [agg.by]), ...LISTS.flatMap((name) => agg[name] ?? [])];
}

const LISTS = ['avg', 'max', 'min', 'sum'] as const;
