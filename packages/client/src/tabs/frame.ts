import { isArray, type Json, type JsonObject } from '@statewire/protocol';
import type { Since } from './stand.ts';

/** A text or value as a JSON object, or null. What tabs say to each other is read with it. */
export function readObject(value: unknown): JsonObject | null {
  if (typeof value !== 'string') return isObject(value) ? value : null;
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : null;
  } catch {
    return null; // Not JSON, so no frame.
  }
}

/** The objects of a list; none of what is no list. */
export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return value !== undefined && isArray(value) ? value.filter(isObject) : [];
}

/** The position a `sub` carries, or null. */
export function sinceOf(sub: JsonObject): Since | null {
  const since = readObject(sub['since']);
  const { e, v } = since ?? {};
  return typeof e === 'string' && typeof v === 'number' ? { e, v } : null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
