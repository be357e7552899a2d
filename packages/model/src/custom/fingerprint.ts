/**
 * All that decides whether a stored record fits a definition, as one text: the same text, the same judgement. A server
 * that has found its records sound under one need not look at them again.
 */
import type { AnyDefinition } from './definition.ts';

/**
 * The fingerprint of a definition, or null where functions of the app have a say (`computed`, `refine`, a schema that is
 * worked out): what those do cannot be told from the definition.
 */
export function fingerprintOf({ fields, whole, computed, expiry }: AnyDefinition): string | null {
  if (whole !== null || Object.keys(computed).length > 0) return null;
  try {
    return JSON.stringify([REVISION, told(fields, []), told(expiry, [])]);
  } catch (error) {
    if (error instanceof Opaque) return null;
    throw error;
  }
}

/** To be raised whenever `adopt` or what it calls comes to judge, or fill in, otherwise than before. */
const REVISION = 1;

class Opaque extends Error {}

function told(value: unknown, within: readonly unknown[]): unknown {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value;
    case 'number':
      // Infinity, NaN and -0 are not what JSON makes of them.
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : ['number', Object.is(value, -0) ? '-0' : String(value)];
    case 'object':
      return value === null ? null : toldOf(value, within);
    default:
      throw new Opaque();
  }
}

function toldOf(value: object, within: readonly unknown[]): unknown {
  if (within.includes(value)) throw new Opaque();
  const inside = [...within, value];
  if (value instanceof RegExp) return ['regexp', value.source, value.flags];
  if (Array.isArray(value)) return value.map((each) => told(each, inside));
  // oxlint-disable-next-line no-underscore-dangle -- zod's own name for what libraries may read of a schema.
  if ('_zod' in value) return ['zod', toldOfZod(value._zod, inside)];
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto !== null && proto !== Object.prototype) throw new Opaque();
  return ['fields', toldFields(value, inside)];
}

/** A schema or a check: what it was made of, and which release of zod judges by it. */
function toldOfZod(zod: unknown, within: readonly unknown[]): unknown {
  if (typeof zod !== 'object' || zod === null || !('def' in zod)) throw new Opaque();
  const { def } = zod;
  if (typeof def !== 'object' || def === null || ('check' in def && def.check === 'custom')) throw new Opaque();
  return ['version' in zod ? told(zod.version, within) : null, toldFields(def, within)];
}

function toldFields(value: object, within: readonly unknown[]): unknown {
  return Object.entries(value)
    .filter(([key, inner]) => inner !== undefined && key !== 'error')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, isOurOwn(key, inner) ? String(inner) : told(inner, within)]);
}

/**
 * Functions of zod's that its checks carry: when they apply (`min` asks for a length first), and those that change a text
 * and need nothing but it. Words for mistakes (`error`) judge nothing.
 */
function isOurOwn(key: string, value: unknown): boolean {
  if (typeof value !== 'function') return false;
  return (
    key === 'when' || (key === 'tx' && /^\(?(\w+)\)? => \1\.(?:trim|toLowerCase|toUpperCase)\(\)$/.test(String(value)))
  );
}
