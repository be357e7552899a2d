/**
 * What an app's function answered, as JSON of our own: a copy, so that nothing the app keeps hold of is part of a record
 * that everybody reads.
 */
import { isForbiddenKey, JSON_DEPTH_MAX, type Json } from '@statewire/protocol';

/** A copy of a JSON value. Throws, saying where, when it is something that does not come back from JSON as it went. */
export function plain(value: unknown, path: string, depth = 0): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  // What holds itself ends here, too.
  if (depth > JSON_DEPTH_MAX) throw new TypeError(`${path.slice(0, 64)}: found more than ${JSON_DEPTH_MAX} levels`);
  if (Array.isArray(value)) return Array.from(value, (each, i) => plain(each, `${path}.${i}`, depth + 1));
  if (!isPlain(value)) throw new TypeError(`${path}: found ${nameOf(value)}, expected JSON`);
  const copy: Record<string, Json> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (isForbiddenKey(key)) throw new TypeError(`${path}: found the key ${key}`);
    if (inner !== undefined) copy[key] = plain(inner, `${path}.${key}`, depth + 1);
  }
  return copy;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || proto === Object.prototype;
}

function nameOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' ? Object.prototype.toString.call(value) : `a ${typeof value}`;
}
