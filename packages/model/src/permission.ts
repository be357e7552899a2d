/**
 * Permissions: what a caller may do, as texts. `alerts:acknowledge` is one operation on records of one collection; `*` on
 * either side stands for any. A set of them holds another when each text of the other is reached by one of its own, which
 * is how it is asked whether somebody may give to others what they hold.
 */
import type { Level } from './define.ts';

/** `<collection or area>:<operation>`; `*` on either side is any. */
export type Permission = `${string}:${string}`;

/** Operations that every collection has; `report` only where programs report its records. Each command is one more. */
export const OPERATIONS = ['read', 'create', 'change', 'delete', 'report'] as const;

/** What is no record: its operations, and from which level on somebody has them without being given them by name. */
export const AREAS: Readonly<Record<string, Readonly<Record<string, Level>>>> = {
  audit: { read: 'admin' },
  config: { read: 'admin', change: 'admin' },
  demo: { read: 'read', change: 'admin' },
  keys: { read: 'admin', create: 'admin', delete: 'admin' },
  organization: { read: 'read', change: 'admin', delete: 'owner', 'hand-over': 'owner' },
  // Of tables whose changes are sent to us.
  rows: { report: 'report' },
  system: { read: 'admin', metrics: 'read' },
};

/** The most permissions that one role or key names. */
export const PERMISSIONS_MAX = 500;

/** Is this text one? Whether there is such a collection is not asked: an app's own may come and go. */
export function isPermission(text: string): text is Permission {
  return /^(?:\*|[a-z][a-z-]{0,63}):(?:\*|[A-Za-z][A-Za-z0-9_-]{0,63})$/u.test(text);
}

/** Does one of these permissions reach what is asked? What is asked may itself have a `*`, which only a `*` reaches. */
export function allows(held: readonly string[], asked: string): boolean {
  const known = compiled(held);
  if (known.has(ALL) || known.has(asked)) return true;
  const colon = asked.indexOf(':');
  return known.has(`${asked.slice(0, colon)}:*`) || known.has(`*:${asked.slice(colon + 1)}`);
}

/** May whoever holds these do this with records of some collection? */
export function allowsAnywhere(held: readonly string[], operation: string): boolean {
  return held.some((text) => text === ALL || text.endsWith(`:${operation}`) || text.endsWith(':*'));
}

/** What of these permissions somebody who holds those does not hold; empty when they hold all of it. */
export function beyond(held: readonly string[], wanted: readonly string[]): readonly string[] {
  return wanted.filter((text) => !allows(held, text));
}

/** What two sets of permissions both reach, as a set of its own. */
export function common(one: readonly string[], other: readonly string[]): readonly string[] {
  const both = new Set([...beyondNone(other, one), ...beyondNone(one, other)]);
  // `services:*` and `*:read` reach one thing together, and neither holds the other.
  for (const [a, b] of [
    [one, other],
    [other, one],
  ] as const) {
    const areas = a.filter((text) => text.endsWith(':*')).map((text) => text.slice(0, -2));
    const operations = b.filter((text) => text.startsWith('*:')).map((text) => text.slice(2));
    for (const area of areas) {
      if (area === '*') continue;
      for (const operation of operations) if (operation !== '*') both.add(`${area}:${operation}`);
    }
  }
  return [...both];
}

function beyondNone(held: readonly string[], wanted: readonly string[]): readonly string[] {
  return wanted.filter((text) => allows(held, text));
}

const ALL = '*:*';

/** A role's list is asked thousands of times per second and never changes: each is put into a set once. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function compiled(held: readonly string[]): ReadonlySet<string> {
  let set = sets.get(held);
  if (set === undefined) {
    set = new Set(held);
    sets.set(held, set);
  }
  return set;
}
