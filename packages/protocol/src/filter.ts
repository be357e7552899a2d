import type { Json } from './json.ts';

/** A filter as callers write it: `["and", ["eq","org","o7"], ["in","status",["down","degraded"]]]`. */
export type FilterJson = Json;

/** A filter after parsing: canonical, frozen, safe to match with. */
export type Filter =
  | { readonly op: 'all' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly op: 'not'; readonly of: Filter }
  | { readonly op: 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte'; readonly field: string; readonly value: null | boolean | number | string }
  | { readonly op: 'in' | 'nin'; readonly field: string; readonly values: readonly (null | boolean | number | string)[] }
  | { readonly op: 'prefix'; readonly field: string; readonly value: string }
  | { readonly op: 'null'; readonly field: string; readonly isNull: boolean };

