/**
 * The roles that every organization has, as data. What they come to is worked out from the collections: each says at which
 * level its operations stand (`access`), and a role has some levels. So a collection that is added, also one of an app, has
 * its place in every role without being named in any.
 */
import { collections } from './collections/index.ts';
import type { Collection, Level, Scope } from './define.ts';
import { AREAS, type Permission } from './permission.ts';

/** A role that every organization has. */
export type BuiltinRole = 'admin' | 'operator' | 'owner' | 'viewer';

/** What a built-in role is. */
export interface RoleDefinition {
  readonly name: string;
  readonly description: string;
  /** Everything at these levels... */
  readonly levels: readonly Level[];
  /** ...and these. */
  readonly permissions: readonly Permission[];
}

/** Most powerful first. */
export const BUILTIN_ROLES: Readonly<Record<BuiltinRole, RoleDefinition>> = {
  owner: {
    name: 'Owner',
    description: 'Everything, also handing the organization over and deleting it',
    levels: [],
    permissions: ['*:*'],
  },
  admin: {
    name: 'Admin',
    description: 'Everything but handing over or deleting the organization',
    levels: ['read', 'report', 'operate', 'admin'],
    permissions: [],
  },
  operator: {
    name: 'Operator',
    description:
      'The work of a day: alerts, incidents, maintenance, messages, agents and jobs; no rules, channels, people, keys or configuration',
    levels: ['read', 'report', 'operate'],
    permissions: [],
  },
  viewer: {
    name: 'Viewer',
    description: 'Sees what happens, and changes nothing but what is their own',
    levels: ['read'],
    permissions: [],
  },
};

/** Is this the name of a role that every organization has? Safe for names from outside. */
export function isBuiltinRole(name: string): name is BuiltinRole {
  return Object.hasOwn(BUILTIN_ROLES, name);
}

/** What a key or token of each scope has: all at these levels. `admin` includes the others; `report` does not include `read`. */
export const SCOPE_LEVELS: Readonly<Record<Scope, readonly Level[]>> = {
  read: ['read'],
  report: ['report'],
  admin: ['read', 'report', 'operate', 'admin'],
};

/** The operations of each collection and area, and the level of each. */
export type OperationTable = Readonly<Record<string, Readonly<Record<string, Level>>>>;

/** What is done with records of a collection, and at which level. `commands` are the levels of its commands, where they are known. */
export function operationsOf(
  { access }: Collection,
  commands: Readonly<Record<string, Level>> = {},
): Readonly<Record<string, Level>> {
  const { read, write, create = write, report, told } = access;
  return {
    read,
    create,
    change: write,
    delete: write,
    ...(report === undefined ? {} : { report }),
    // To read what oneself is told, and nothing else.
    ...(told === undefined ? {} : { told: 'report' as const }),
    ...commands,
  };
}

/** Every collection and area. Commands are no part of it: which there are is known where they are carried out. */
export function operationTable(all: readonly Collection[] = Object.values(collections)): OperationTable {
  return { ...AREAS, ...Object.fromEntries(all.map((collection) => [collection.name, operationsOf(collection)])) };
}

/** The permissions of all operations at these levels. */
export function permissionsAt(levels: readonly Level[], table: OperationTable): readonly Permission[] {
  return Object.entries(table).flatMap(([area, operations]): Permission[] => {
    const held = Object.entries(operations).filter(([, level]) => levels.includes(level));
    // Whoever holds every operation there is holds what will be added, too: a role must not change by a release alone.
    if (held.length > 0 && held.length === Object.keys(operations).length && levels.includes('admin'))
      return [`${area}:*`];
    return held.map(([operation]): Permission => `${area}:${operation}`);
  });
}

/** What a built-in role holds. */
export function permissionsOfRole(role: BuiltinRole, table: OperationTable): readonly Permission[] {
  const { levels, permissions } = BUILTIN_ROLES[role];
  return [...permissions, ...permissionsAt(levels, table)];
}
