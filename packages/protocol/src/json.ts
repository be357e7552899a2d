/** Any value JSON can carry. Wire values are always one of these; `undefined` never travels. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object: field name to value. */
export interface JsonObject {
  readonly [field: string]: Json;
}

/** Keys that reach a prototype when a careless program copies them. Refused at every door. */
export function isForbiddenKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype';
}
