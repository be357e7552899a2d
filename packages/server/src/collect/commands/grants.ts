/**
 * What scopes and built-in roles come to. Each collection says at which level its operations stand, each command at which
 * it stands; this is the one place where that becomes permissions.
 */
import {
  operationsOf,
  operationTable,
  permissionsAt,
  permissionsOfRole,
  SCOPE_LEVELS,
  type BuiltinRole,
  type Collection,
  type Level,
  type OperationTable,
  type Permission,
  type Scope,
} from '@statewire/model';
import { customVerbs } from './custom.ts';
import type { Verb } from './verb.ts';
import { verbs } from './verbs/index.ts';

export class Grants {
  /** Every collection and area with its operations, commands among them, and their levels. */
  readonly table: OperationTable;
  /** The same list for the same question, so that it is put into a set once (see `allows`). */
  readonly #known = new Map<string, readonly Permission[]>();

  constructor(collections: readonly Collection[]) {
    const withCommands = collections.map(
      (collection) => [collection.name, operationsOf(collection, commandsOf(collection))] as const,
    );
    this.table = { ...operationTable(collections), ...Object.fromEntries(withCommands) };
  }

  ofScopes(scopes: readonly Scope[]): readonly Permission[] {
    const levels = scopes.flatMap((scope) => SCOPE_LEVELS[scope]);
    return this.#keep(`scopes ${scopes.toSorted().join(' ')}`, () => permissionsAt(levels, this.table));
  }

  ofRole(role: BuiltinRole): readonly Permission[] {
    return this.#keep(`role ${role}`, () => permissionsOfRole(role, this.table));
  }

  #keep(key: string, make: () => readonly Permission[]): readonly Permission[] {
    let known = this.#known.get(key);
    if (known === undefined) {
      known = make();
      this.#known.set(key, known);
    }
    return known;
  }
}

/** The level of each command of a collection. */
export function commandsOf(collection: Collection): Readonly<Record<string, Level>> {
  const of = collection.custom === undefined ? verbs : customVerbs(collection);
  const own = of.filter(({ on }) => on.includes(collection.name));
  return Object.fromEntries(own.map((verb) => [verb.name, levelOf(verb, collection)]));
}

function levelOf({ action }: Verb, { access }: Collection): Level {
  if (typeof action === 'object') return action.call;
  const { write, command = write, report = write } = access;
  return action === 'report' ? report : command;
}
