/**
 * The collections that this server serves: those of the model, and those that the app around it defines. Whoever looks
 * a collection up by a name from outside asks here.
 */
import {
  claimsOf,
  collections,
  compileDefinition,
  flawOfDefinition,
  isCollectionName,
  isDefinition,
  type AnyDefinition,
  type Collection,
  type CustomCollection,
} from '@statewire/model';
import type { Limits } from './limits.ts';

/** Finds a collection by its name; null when there is none. Safe for names from outside. */
export type CollectionOf = (name: string) => Collection | null;

export interface Catalog {
  readonly all: Readonly<Record<string, Collection>>;
  readonly of: CollectionOf;
  readonly custom: readonly CustomCollection[];
  /** Claims of foreign tokens that some definition asks for. */
  readonly claims: readonly string[];
}

/** Our own collections and these. Throws with the first that cannot be served. */
export function catalogWith(
  definitions: readonly AnyDefinition[],
  limits: Pick<Limits, 'customCollectionsMax' | 'customFieldsMax' | 'customCommandsMax'>,
): Catalog {
  if (definitions.length > limits.customCollectionsMax) {
    throw new Error(`found ${definitions.length} collections, expected at most ${limits.customCollectionsMax}`);
  }
  const custom = definitions.map((definition) => compileDefinition(checked(definition, limits)));
  const all: Record<string, Collection> = { ...collections };
  for (const collection of custom) {
    const { name } = collection;
    if (isCollectionName(name))
      throw new Error(`collection ${name}: the server has one of this name; ${instead(name)}`);
    if (Object.hasOwn(all, name)) throw new Error(`collection ${name}: is defined twice; keep one of them`);
    all[name] = collection;
  }
  return {
    all,
    of: (name) => (Object.hasOwn(all, name) ? (all[name] ?? null) : null),
    custom,
    claims: [...new Set(definitions.flatMap(claimsOf))].sort(),
  };
}

/** Names that apps had before the server did: what to do is more than to take another. */
const SINCE: Readonly<Record<string, string>> = {
  customers: 'docs/guides/customers.md',
  users: 'docs/guides/customers.md',
};

function instead(name: string): string {
  const guide = Object.hasOwn(SINCE, name) ? SINCE[name] : undefined;
  return guide === undefined
    ? 'take another'
    : `leave your definition out and keep fields of your own in \`attributes\`, or name yours app-${name} and import its records there (${guide})`;
}

function checked(
  definition: AnyDefinition,
  limits: Pick<Limits, 'customCommandsMax' | 'customFieldsMax'>,
): AnyDefinition {
  if (!isDefinition(definition)) throw new Error('found something else, expected what defineCollection returns');
  const at = `collection ${JSON.stringify(definition.name)}`;
  // Asked again: what a module exports may have been made by another release of the model.
  const flaw = flawOfDefinition(definition);
  if (flaw !== null) throw new Error(`${at}: ${flaw}`);
  for (const [what, count, max] of [
    ['fields', Object.keys(definition.fields).length, limits.customFieldsMax],
    ['commands', Object.keys(definition.commands).length, limits.customCommandsMax],
  ] as const) {
    if (count > max) throw new Error(`${at}: found ${count} ${what}, expected at most ${max}`);
  }
  return definition;
}
