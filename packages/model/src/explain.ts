import type { z } from 'zod';

/**
 * What is wrong with an input, in one readable line: `check.intervalMs: found 10, expected >= 1000`. At most five
 * problems are named. Never repeats a value that could be a secret: only numbers and short plain words of the
 * input (when it is handed in) are shown, and nothing below a field whose name speaks of secrets.
 */
export function explain(error: z.ZodError, input?: unknown): string {
  const shown = error.issues.slice(0, ISSUES_MAX).map((issue) => line(issue, input));
  const more = error.issues.length - shown.length;
  return more > 0 ? `${shown.join('; ')}; and ${more} more` : shown.join('; ');
}

const ISSUES_MAX = 5;

type Issue = z.core.$ZodIssue;

function line(issue: Issue, input: unknown): string {
  const path = pathOf(issue.path);
  const where = path === '' ? '' : `${path}: `;
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.slice(0, ISSUES_MAX).map((key) => (path === '' ? clip(key) : `${path}.${clip(key)}`));
    return `${names.join(', ')}: unknown field${names.length > 1 ? 's' : ''}; remove or rename`;
  }
  const best = issue.code === 'invalid_union' ? closest(issue) : null;
  if (best !== null) return line({ ...best, path: [...issue.path, ...best.path] }, input);
  const wanted = expected(issue);
  return wanted.startsWith('expected ') ? `${where}found ${found(issue, input)}, ${wanted}` : `${where}${wanted}`;
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      // A `never` stands where something may not be written at all; its message says what to do instead.
      if (issue.expected === 'never') return issue.message;
      return `expected ${issue.expected === 'int' ? 'a whole number' : `${article(issue.expected)} ${issue.expected}`}`;
    case 'too_small':
      return `expected ${size(issue.origin, issue.inclusive === false ? '>' : '>=', String(issue.minimum))}`;
    case 'too_big':
      return `expected ${size(issue.origin, issue.inclusive === false ? '<' : '<=', String(issue.maximum))}`;
    case 'invalid_value':
      return `expected one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_key':
      return 'expected a plain word as key';
    default:
      return issue.message;
  }
}

function size(origin: string, sign: string, bound: string): string {
  if (origin === 'string') return `length ${sign} ${bound}`;
  if (origin === 'array' || origin === 'set' || origin === 'map') return `${sign} ${bound} entries`;
  return `${sign} ${bound}`;
}

function found(issue: Issue, input: unknown): string {
  if (input === undefined) return issue.code === 'invalid_type' ? 'another type' : 'something else';
  let value: unknown = input;
  for (const step of issue.path) {
    if (typeof step === 'string' && SECRET.test(step)) return 'something else';
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return 'nothing';
    value = Reflect.get(value, step);
  }
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return WORD.test(value) ? `"${value}"` : `a string of ${value.length} characters`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : `a ${typeof value}`;
}

const SECRET = /secret|token|password|authorization|cookie|^headers$|key$/i;
const WORD = /^[\w .:/-]{0,40}$/;

/** Of a union's branches the one that came furthest. */
function closest(issue: Issue & { readonly code: 'invalid_union' }): Issue | null {
  let best: Issue | null = null;
  for (const branch of issue.errors) {
    const [first] = branch;
    if (first !== undefined && (best === null || first.path.length > best.path.length)) best = first;
  }
  return best;
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? clip(String(step)) : `${text}.${clip(String(step))}`;
  }, '');
}

function clip(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}

function article(word: string): string {
  return /^[aeiou]/.test(word) ? 'an' : 'a';
}
