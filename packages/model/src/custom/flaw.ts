/** What is wrong with a definition, in words that name the field; null when the server can serve it. */
import { filterFields, isForbiddenKey, parseFilter, type Json, type Scalar } from '@statewire/protocol';
import type { z } from 'zod';
import { envelopeShape } from '../schema.ts';
import type { AnyDefinition, CallerValue, RowRule } from './definition.ts';

/** Fields that every custom record has; a schema cannot name one of them. */
export const RESERVED_FIELDS: readonly string[] = [
  ...Object.keys(envelopeShape),
  'expiresAt',
  'isStale',
  'nextAt',
  'ttlMs',
  'collection',
];

/** Last parts of REST paths below a record, and what a report is called on the wire. */
const RESERVED_COMMANDS: readonly string[] = ['bulk', 'export', 'history', 'report', 'uptime', 'aggregate', 'count'];

const SCOPES: readonly unknown[] = ['read', 'report', 'admin', undefined];
const MS_MAX = 10 * 366 * 86_400_000;

/** What is wrong with the definition of a collection, or null. */
export function flawOfDefinition(definition: AnyDefinition): string | null {
  const { name, fields } = definition;
  if (!/^[a-z][a-z-]{0,63}$/.test(name))
    return 'expected a name of lower-case letters and dashes, so that it fits a path';
  if (isForbiddenKey(name)) return 'expected another name';
  if (typeof fields !== 'object' || fields === null) return 'schema: expected a zod object or an object of zod schemas';
  if (!/^[a-z][a-z0-9]{0,15}$/.test(definition.idPrefix)) return 'idPrefix: expected 1 to 16 of a-z 0-9';
  for (const [field, schema] of Object.entries(fields)) {
    const flaw = flawOfName(field) ?? flawOfSchema(schema, field, new Set());
    if (flaw !== null) return flaw;
  }
  return flawOfFields(definition) ?? flawOfAccess(definition) ?? flawOfExpiry(definition) ?? flawOfCommands(definition);
}

function flawOfName(field: string): string | null {
  if (RESERVED_FIELDS.includes(field)) return `schema.${field}: every record has this field already; take another name`;
  // Lower-case first: it also keeps out `__proto__` and what a filter's dot would split.
  return /^[a-z][A-Za-z0-9_]{0,63}$/.test(field) && !isForbiddenKey(field)
    ? null
    : `schema.${field.slice(0, 64)}: expected a name of letters, digits and _, a small letter first`;
}

/** Types whose values are not JSON, or whose stored values would not pass their own schema again. */
const UNFIT: ReadonlySet<string> = new Set([
  'bigint',
  'custom',
  'date',
  'file',
  'function',
  'map',
  'nan',
  'pipe',
  'promise',
  'set',
  'symbol',
  'transform',
  'undefined',
  'void',
]);

function flawOfSchema(schema: unknown, path: string, seen: Set<unknown>): string | null {
  if (!isSchema(schema)) return `schema.${path}: expected a schema of zod 4`;
  if (seen.has(schema)) return null;
  seen.add(schema);
  // oxlint-disable-next-line no-underscore-dangle -- zod's own name for what libraries may read of a schema.
  const { def } = schema._zod;
  if (UNFIT.has(def.type)) {
    return `schema.${path}: a ${def.type} does not come back from JSON as it went; take JSON types without transforms`;
  }
  for (const part of Object.values(def)) {
    const flaw = flawOfPart(part, path, seen);
    if (flaw !== null) return flaw;
  }
  if (def.type !== 'lazy') return null;
  const getter: unknown = Reflect.get(def, 'getter');
  return typeof getter === 'function' ? flawOfSchema(Reflect.apply(getter, undefined, []), path, seen) : null;
}

function flawOfPart(part: unknown, path: string, seen: Set<unknown>): string | null {
  if (isSchema(part)) return flawOfSchema(part, path, seen);
  if (typeof part !== 'object' || part === null || part instanceof RegExp) return null;
  for (const [key, inner] of Object.entries(part)) {
    const flaw = isSchema(inner) ? flawOfSchema(inner, Array.isArray(part) ? path : `${path}.${key}`, seen) : null;
    if (flaw !== null) return flaw;
  }
  return null;
}

function isSchema(value: unknown): value is z.core.$ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value;
}

function flawOfFields({ fields, set, stamp, computed }: AnyDefinition): string | null {
  const has = (field: string): boolean => Object.hasOwn(fields, field);
  const derived = [...Object.keys(stamp), ...Object.keys(computed)];
  for (const door of ['create', 'patch', 'report'] as const) {
    for (const field of set[door]) {
      if (!has(field)) return `set.${door}: ${field} is not a field of the schema`;
      if (derived.includes(field)) return `set.${door}: ${field} is set by the server; callers cannot set it`;
    }
  }
  for (const [field, value] of Object.entries(stamp)) {
    if (!has(field)) return `stamp.${field}: is not a field of the schema`;
    if (!isCallerValue(value))
      return `stamp.${field}: expected caller('id'), caller('name'), caller('org') or claim(...)`;
  }
  for (const [field, work] of Object.entries(computed)) {
    if (!has(field)) return `computed.${field}: is not a field of the schema`;
    if (typeof work !== 'function') return `computed.${field}: expected a function of the record`;
    if (Object.hasOwn(stamp, field)) return `computed.${field}: is stamped as well; one of both`;
  }
  return null;
}

function flawOfAccess({ access, fields }: AnyDefinition): string | null {
  for (const action of ['read', 'write', 'create', 'report'] as const) {
    if (!SCOPES.includes(access[action])) return `access.${action}: expected read, report or admin`;
  }
  for (const which of ['rows', 'writeRows'] as const) {
    const rule = access[which];
    if (rule === undefined) continue;
    const filter = parseFilter(ruleWith(rule, () => 'x'));
    if (!filter.ok) return `access.${which}: ${filter.message}`;
    const stranger = filterFields(filter.value).find(
      (field) => !Object.hasOwn(fields, field) && !RESERVED_FIELDS.includes(field),
    );
    if (stranger !== undefined) return `access.${which}: ${stranger} is not a field of the schema`;
  }
  return null;
}

function flawOfExpiry({ expiry }: AnyDefinition): string | null {
  for (const what of ['ttlMs', 'staleAfterMs'] as const) {
    const ms = expiry[what];
    if (ms !== undefined && !(Number.isSafeInteger(ms) && ms >= 1_000 && ms <= MS_MAX)) {
      return `expiry.${what}: found ${String(ms)}, expected whole milliseconds from 1000 to ten years`;
    }
  }
  if (expiry.perRecord === true && expiry.from === 'write') {
    return 'expiry.from: with perRecord the end of a record is what its writer said; leave `from` out';
  }
  return null;
}

function flawOfCommands({ commands }: AnyDefinition): string | null {
  for (const [name, command] of Object.entries(commands)) {
    const { args = {}, scope, apply } = command;
    if (!/^[a-z][a-z-]{0,63}$/.test(name))
      return `commands.${name.slice(0, 64)}: expected lower-case letters and dashes`;
    if (RESERVED_COMMANDS.includes(name)) return `commands.${name}: the server has this word for itself; take another`;
    if (!SCOPES.includes(scope)) return `commands.${name}.scope: expected read, report or admin`;
    if (typeof apply !== 'function') return `commands.${name}.apply: expected a function (record, args, context)`;
    for (const [arg, schema] of Object.entries(args)) {
      const flaw = flawOfSchema(schema, arg, new Set());
      if (flaw !== null) return `commands.${name}.args: ${flaw}`;
    }
  }
  return null;
}

/** The rule with every `caller(...)` and `claim(...)` replaced by what `valueOf` makes of it. */
export function ruleWith(rule: RowRule, valueOf: (value: CallerValue) => Scalar | readonly Scalar[]): Json {
  return replaced(rule, valueOf);
}

function replaced(node: Json, valueOf: (value: CallerValue) => Scalar | readonly Scalar[]): Json {
  if (isCallerValue(node)) return valueOf(node);
  if (!isList(node)) return node;
  const [op, field, values] = node;
  // One word stands for a list of one: a token says `"team": "red"` or `"team": ["red", "blue"]`.
  if ((op === 'in' || op === 'nin') && isCallerValue(values)) return [op, field ?? null, [valueOf(values)].flat()];
  return node.map((inner) => replaced(inner, valueOf));
}

/** Is this `caller(...)` or `claim(...)`? */
export function isCallerValue(value: unknown): value is CallerValue {
  if (typeof value !== 'object' || value === null) return false;
  if ('$claim' in value) return typeof value.$claim === 'string' && value.$claim !== '';
  return '$caller' in value && (value.$caller === 'id' || value.$caller === 'name' || value.$caller === 'org');
}

// `Array.isArray` does not narrow readonly lists.
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** The claims that a definition asks for: nothing else of a token is kept. */
export function claimsOf({ access, stamp }: AnyDefinition): readonly string[] {
  const found = new Set<string>();
  const note = (value: CallerValue): string => {
    if ('$claim' in value) found.add(value.$claim);
    return '';
  };
  for (const rule of [access.rows, access.writeRows]) if (rule !== undefined) ruleWith(rule, note);
  for (const value of Object.values(stamp)) if (isCallerValue(value)) note(value);
  return [...found].sort();
}
