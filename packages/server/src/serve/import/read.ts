/** Reads fields of files that others wrote: own fields only, of the type that is wanted, or nothing. */
import type { Json, JsonObject } from '@statewire/protocol';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of an own field, or null. */
export function fieldOf(of: JsonObject, name: string): Json {
  return Object.hasOwn(of, name) ? (of[name] ?? null) : null;
}

/** A text; numbers are written out, since files quote them or not as they please. */
export function textOf(of: JsonObject, name: string): string {
  const value = fieldOf(of, name);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.trim() : '';
}

/** A number, also when it is quoted. */
export function numberOf(of: JsonObject, name: string): number | null {
  const value = fieldOf(of, name);
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : null;
}

/** A value as text: what is a list or an object is written as JSON. */
export function scalarText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A flag: databases write 0 and 1. */
export function flagOf(of: JsonObject, name: string, fallback = false): boolean {
  const value = fieldOf(of, name);
  if (typeof value === 'boolean') return value;
  if (value === 0 || value === '0') return false;
  if (value === 1 || value === '1') return true;
  return fallback;
}

export function listOf(of: JsonObject, name: string): readonly Json[] {
  const value = fieldOf(of, name);
  return isList(value) ? value : [];
}

export function objectOf(of: JsonObject, name: string): JsonObject {
  const value = fieldOf(of, name);
  return isObject(value) ? value : {};
}

/** The objects of a list; what is something else counts as an empty one, so that positions stay. */
export function objectsOf(of: JsonObject, name: string): readonly JsonObject[] {
  return listOf(of, name).map((value) => (isObject(value) ? value : {}));
}

/** JSON inside a text, or null. */
export function innerJson(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** A number inside bounds. */
export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(Math.round(value), min), max);
}

/** A word that fits into an id. */
export function slugOf(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}

/** Cut to what a field holds, without the line breaks and control characters that names here do not have. */
export function lineOf(text: string, max: number): string {
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, max);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
