import { assert } from './assert.ts';
import { equalJson, isArray } from './equal.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * What changed in a record: path to new value. A path is a field name, or `field.key` for one key of an object
 * field. When a key of an object field went away the whole field is sent; fields themselves never go away.
 */
export type Patch = Readonly<Record<string, Json>>;

/**
 * The patch that turns `before` into `after`, or null when they say the same. `version` is not compared: it
 * travels beside the patch. A field that is absent counts as null.
 */
export function diffRow(before: JsonObject, after: JsonObject): Patch | null {
  const patch: Record<string, Json> = {};
  let isEmpty = true;
  for (const field of Object.keys(after)) {
    if (field === 'version') continue;
    assert(!field.includes('.') && field !== '__proto__', `field name "${field}" cannot be a patch path`);
    const was = Object.hasOwn(before, field) ? (before[field] ?? null) : null;
    const is = after[field] ?? null;
    if (equalJson(was, is)) continue;
    isEmpty = false;
    if (!diffKeys(field, was, is, patch)) patch[field] = is;
  }
  for (const field of Object.keys(before)) {
    if (field === 'version' || Object.hasOwn(after, field) || before[field] === null) continue;
    patch[field] = null;
    isEmpty = false;
  }
  return isEmpty ? null : patch;
}

/**
 * The row with the patch applied. Objects the patch does not touch keep their identity, and a patch that
 * changes nothing returns the same row, so that a screen can compare by reference.
 */
export function applyPatch<T extends JsonObject>(row: T, patch: Patch): T {
  let next: Record<string, Json> | null = null;
  for (const path of Object.keys(patch)) {
    const value = patch[path] ?? null;
    const dot = path.indexOf('.');
    const field = dot < 0 ? path : path.slice(0, dot);
    const source: JsonObject = next ?? row;
    const was = Object.hasOwn(source, field) ? source[field] : undefined;
    const key = dot < 0 ? null : path.slice(dot + 1);
    if (isSame(was, key, value)) continue;
    next ??= { ...row };
    setOwn(next, field, key === null ? value : withKey(was, key, value));
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a patch carries values of fields of T only.
  return next === null ? row : (next as unknown as T);
}

/** Writes `field.key` paths for what changed inside an object; false when the whole field has to be sent. */
function diffKeys(field: string, was: Json, is: Json, patch: Record<string, Json>): boolean {
  if (!isObject(was) || !isObject(is)) return false;
  for (const key of Object.keys(was)) if (!Object.hasOwn(is, key)) return false;
  const changed: string[] = [];
  for (const key of Object.keys(is)) {
    if (Object.hasOwn(was, key) && equalJson(was[key], is[key])) continue;
    if (key.includes('.') || key === '__proto__') return false;
    changed.push(key);
  }
  for (const key of changed) patch[`${field}.${key}`] = is[key] ?? null;
  return true;
}

function isSame(was: Json | undefined, key: string | null, value: Json): boolean {
  if (key === null) return was !== undefined && equalJson(was, value);
  return isObject(was) && Object.hasOwn(was, key) && equalJson(was[key], value);
}

function withKey(was: Json | undefined, key: string, value: Json): JsonObject {
  const next: Record<string, Json> = isObject(was) ? { ...was } : {};
  setOwn(next, key, value);
  return next;
}

// A plain assignment to `__proto__` would change the prototype instead of adding a key.
function setOwn(target: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isArray(value);
}
