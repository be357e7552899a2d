/**
 * Reads the fields of one frame. The first wrong field is remembered with what was found and what was expected;
 * reading goes on with harmless values, so that a decoder is one plain object literal.
 */
import { refuse } from './codes.ts';
import type { Json, JsonObject } from './json.ts';
import { describe, isJsonObject } from './parse.ts';
import type { Failure } from './result.ts';

/** Bounds of a string or a number. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export class Fields {
  readonly #frame: JsonObject;
  readonly #path: string;
  #failure: ({ readonly ok: false } & Failure) | null = null;

  constructor(frame: JsonObject, path: string) {
    this.#frame = frame;
    this.#path = path;
  }

  /** The first thing that was wrong, or null. */
  get failure(): ({ readonly ok: false } & Failure) | null {
    return this.#failure;
  }

  /** The raw value; absent is undefined. */
  raw(name: string): Json | undefined {
    return Object.hasOwn(this.#frame, name) ? this.#frame[name] : undefined;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  string(name: string, { min = 0, max = 128 }: Bounds = {}): string {
    const value = this.raw(name);
    if (typeof value === 'string' && value.length >= min && value.length <= max) return value;
    this.#expected(
      name,
      typeof value === 'string' ? `${value.length} characters` : describe(value),
      `a string of ${min} to ${max} characters`,
    );
    return '';
  }

  /** A whole number; never a float, a string of digits or one beyond 2^53. */
  integer(name: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {}): number {
    const value = this.raw(name);
    if (isInteger(value, min, max)) return value;
    this.#expected(name, describe(value), `a whole number from ${min} to ${max}`);
    return 0;
  }

  boolean(name: string): boolean {
    const value = this.raw(name);
    if (typeof value === 'boolean') return value;
    this.#expected(name, describe(value), 'true or false');
    return false;
  }

  object(name: string): JsonObject {
    const value = this.raw(name);
    if (isJsonObject(value)) return value;
    this.#expected(name, describe(value), 'an object');
    return {};
  }

  oneOf<const T extends string>(name: string, words: readonly [T, ...T[]]): T {
    const value = this.raw(name);
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    this.#expected(name, describe(value), `one of ${words.join(', ')}`);
    return words[0]; // A failure is recorded, so that nobody sees this value.
  }

  list(name: string, max: number): readonly Json[] {
    const value = this.raw(name);
    if (Array.isArray(value) && value.length <= max) return value;
    this.#expected(
      name,
      Array.isArray(value) ? `a list of ${value.length}` : describe(value),
      `a list of at most ${max}`,
    );
    return [];
  }

  strings(name: string, count: number, { min = 1, max = 128 }: Bounds = {}): readonly string[] {
    const found: string[] = [];
    for (const [i, item] of this.list(name, count).entries()) {
      if (typeof item === 'string' && item.length >= min && item.length <= max) found.push(item);
      else this.#expected(`${name}[${i}]`, describe(item), `a string of ${min} to ${max} characters`);
    }
    return found;
  }

  /** Records a failure that the reader itself cannot see; the first one stays. */
  refuse(name: string, found: string, expected: string): void {
    this.#expected(name, found, expected);
  }

  /** Takes over the failure of a nested reader. */
  adopt(failure: { readonly ok: false } & Failure): void {
    this.#failure ??= failure;
  }

  #expected(name: string, found: string, expected: string): void {
    this.#failure ??= refuse('bad_request', `${this.#path}.${name}: found ${found}, expected ${expected}`);
  }
}

/** Is this a whole number inside the bounds? */
export function isInteger(value: unknown, min: number, max: number = Number.MAX_SAFE_INTEGER): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}
