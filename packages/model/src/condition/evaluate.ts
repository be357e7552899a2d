import type { Json } from '@statewire/protocol';
import type { Condition, Operand, Path, Root } from './condition.ts';
import { printCondition } from './print.ts';

/** What an answer holds. What it does not have is null. */
export type Scope = { readonly [R in Root]?: Json | undefined };

/** Whether a pattern is found in a text. The caller brings the engine; see pattern.ts for why not `RegExp`. */
export type Matcher = (pattern: { readonly source: string; readonly flags: '' | 'i' }, text: string) => boolean;

/** The first part of a condition that does not hold, and what was found instead; null when all holds. */
export interface Unmet {
  readonly part: string;
  /** Shortened, and never a value under a name that sounds like a secret. */
  readonly found: string;
}

/** Evaluates a condition. Nothing is converted: values of different types are never equal, and never ordered. */
export function unmetOf(condition: Condition, scope: Scope, matches: Matcher): Unmet | null {
  switch (condition.is) {
    case 'all': {
      for (const part of condition.parts) {
        const unmet = unmetOf(part, scope, matches);
        if (unmet !== null) return unmet;
      }
      return null;
    }
    case 'any': {
      const all: Unmet[] = [];
      for (const part of condition.parts) {
        const unmet = unmetOf(part, scope, matches);
        if (unmet === null) return null;
        all.push(unmet);
      }
      return {
        part: printCondition(condition),
        found: [...new Set(all.map(({ found }) => found))].slice(0, 3).join(', '),
      };
    }
    case 'not':
      if (unmetOf(condition.part, scope, matches) !== null) return null;
      return { part: printCondition(condition), found: foundIn(condition.part, scope) };
    case 'true':
    case 'compare':
      if (holds(condition, scope, matches)) return null;
      return { part: printCondition(condition), found: foundIn(condition, scope) };
    default:
      return condition satisfies never;
  }
}

function holds(condition: Extract<Condition, { is: 'compare' | 'true' }>, scope: Scope, matches: Matcher): boolean {
  if (condition.is === 'true') return at(condition.path, scope) === true;
  const left = valueOf(condition.left, scope);
  if (condition.right.is === 'regex') return typeof left === 'string' && matches(condition.right, left);
  const right = valueOf(condition.right, scope);
  switch (condition.operator) {
    case '==':
      return isSame(left, right);
    case '!=':
      return !isSame(left, right);
    case '<':
      return typeof left === 'number' && typeof right === 'number' && left < right;
    case '<=':
      return typeof left === 'number' && typeof right === 'number' && left <= right;
    case '>':
      return typeof left === 'number' && typeof right === 'number' && left > right;
    case '>=':
      return typeof left === 'number' && typeof right === 'number' && left >= right;
    case 'in':
      return isList(right) && right.some((item) => isSame(left, item));
    case 'contains':
      if (typeof left === 'string') return typeof right === 'string' && left.includes(right);
      return isList(left) && left.some((item) => isSame(item, right));
    case 'matches':
      return false;
    default:
      return condition.operator satisfies never;
  }
}

/** Equal scalars, or lists of equal scalars. Objects equal nothing: their order and depth would surprise. */
function isSame(left: Json, right: Json): boolean {
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, i) => isSame(item, right[i] ?? null));
  }
  return left === right && (typeof left !== 'object' || left === null);
}

function valueOf(operand: Operand, scope: Scope): Json {
  switch (operand.is) {
    case 'len': {
      const value = at(operand.path, scope);
      if (typeof value === 'string' || isList(value)) return value.length;
      return typeof value === 'object' && value !== null ? Object.keys(value).length : null;
    }
    case 'list':
      return [...operand.items];
    case 'path':
      return at(operand.path, scope);
    case 'regex':
      return null;
    case 'value':
      return operand.value;
    default:
      return operand satisfies never;
  }
}

function at(path: Path, scope: Scope): Json {
  let value: Json = scope[path.root] ?? null;
  for (const step of path.steps) {
    if (typeof value !== 'object' || value === null) return null;
    // A position is for lists and a name for objects; only what the answer itself holds counts.
    if (isList(value)) value = typeof step === 'number' ? (value[step] ?? null) : null;
    else value = typeof step === 'string' && Object.hasOwn(value, step) ? (value[step] ?? null) : null;
  }
  return value;
}

/** `Array.isArray` does not narrow what is read-only. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** What stands at the paths of a part, for the reason people read. */
function foundIn(condition: Condition, scope: Scope): string {
  if (condition.is === 'true') return shown(condition.path, at(condition.path, scope));
  if (condition.is !== 'compare') return 'the opposite';
  const operand = [condition.left, condition.right].find((one) => one.is === 'path' || one.is === 'len');
  if (operand === undefined) return 'values that never change';
  return shown(operand.is === 'path' || operand.is === 'len' ? operand.path : NOWHERE, valueOf(operand, scope));
}

function shown(path: Path, value: Json): string {
  if (value === null) return 'nothing (null)';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (path.steps.some((step) => SECRET.test(String(step)))) return 'a hidden value';
  if (isList(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (path.root === 'body') return `a text of ${value.length} characters`;
  const line = value.replaceAll(/\p{Cc}+/gu, ' ');
  return JSON.stringify(line.length > FOUND_MAX ? `${line.slice(0, FOUND_MAX)}...` : line);
}

const NOWHERE: Path = { root: 'value', steps: [] };
const FOUND_MAX = 80;
const SECRET = /auth|cookie|credential|key|pass|secret|session|signature|token/i;
