import type { FilterJson, Json, Row, Scalar } from '@statewire/protocol';

/** Names of the fields a row type declares, without the index signature of `Row`. */
export type FieldOf<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K] } &
  string;

/** A field of T, or one key of an object field: `status`, `overlay.flapping`. */
export type FieldPath<T> = FieldOf<T> | KeysOf<T, FieldOf<T>>;
type KeysOf<T, F extends FieldOf<T>> = F extends unknown
  ? NonNullable<T[F]> extends readonly unknown[]
    ? never
    : NonNullable<T[F]> extends object
      ? `${F}.${FieldOf<NonNullable<T[F]>>}`
      : never
  : never;

/** T with the chosen fields only, and of those chosen by key only these keys. `id`, `org` and `version` are always there. */
export type Chosen<T extends Row, P extends FieldPath<T>> = {
  readonly [F in FieldOf<T> & (TopOf<P> | 'id' | 'org' | 'version')]: F extends P | 'id' | 'org' | 'version'
    ? T[F]
    : Pick<NonNullable<T[F]>, KeyOf<P, F> & keyof NonNullable<T[F]>> | Extract<T[F], null>;
} & Row;
type TopOf<P extends string> = P extends `${infer F}.${string}` ? F : P;
type KeyOf<P extends string, F extends string> = P extends `${F}.${infer K}` ? K : never;

/** What one field has to satisfy. A plain value means equal, a list means one of them. */
export type Condition<V> = V | readonly V[] | Bounds;

/** Bounds of one field; all of them have to hold. */
export interface Bounds {
  readonly prefix?: string;
  /** Somewhere in the text, or in one text of the list; case is not told apart. */
  readonly contains?: string;
  readonly gt?: number | string;
  readonly gte?: number | string;
  readonly lt?: number | string;
  readonly lte?: number | string;
  readonly not?: Scalar | readonly Scalar[];
  readonly null?: boolean;
}

/**
 * Conditions by field, all of which have to hold: `{ status: ['down', 'degraded'], 'labels.env': 'prod' }`.
 * For `or` and `not` write the filter itself: `['or', ['eq', 'kind', 'mcp'], ['gt', 'flaps', 3]]`.
 */
export type Where<T extends Row> =
  | { readonly [F in FieldOf<T>]?: Condition<Extract<T[F], Scalar>> }
  | { readonly [path: `${string}.${string}`]: Condition<Scalar> }
  | readonly Json[];

/** Compiles conditions to a filter. Equal conditions give equal filters, whatever order they were written in. */
export function compileWhere<T extends Row>(where: Where<T> | undefined): FilterJson | undefined {
  if (where === undefined) return undefined;
  if (isList(where)) return where;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: what is not a list is conditions by field.
  const byField = where as Readonly<Record<string, Condition<Scalar> | undefined>>;
  const all = Object.keys(byField)
    .sort()
    .flatMap((field) => conditions(field, byField[field]));
  const [only] = all;
  if (only === undefined) return undefined;
  return all.length === 1 ? only : ['and', ...all];
}

function conditions(field: string, condition: Condition<Scalar> | undefined): FilterJson[] {
  if (condition === undefined) return [];
  if (condition === null) return [['null', field, true]];
  if (isList(condition)) return [['in', field, sorted(condition)]];
  if (typeof condition !== 'object') return [['eq', field, condition]];
  const found: FilterJson[] = [];
  for (const op of ['gt', 'gte', 'lt', 'lte', 'prefix', 'contains'] as const) {
    const bound = condition[op];
    if (bound !== undefined) found.push([op, field, bound]);
  }
  if (condition.null !== undefined) found.push(['null', field, condition.null]);
  const { not } = condition;
  if (not === null) found.push(['null', field, false]);
  else if (isList(not)) found.push(['nin', field, sorted(not)]);
  else if (not !== undefined) found.push(['neq', field, not]);
  return found;
}

function sorted(values: readonly Scalar[]): readonly Scalar[] {
  return [...new Set(values)].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

// `Array.isArray` does not narrow readonly lists.
function isList(value: unknown): value is readonly Scalar[] {
  return Array.isArray(value);
}
