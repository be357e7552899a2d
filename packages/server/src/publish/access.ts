import { collectionOf, type Collection } from '@statewire/model';
import { ok, refuse, type Filter, type Result } from '@statewire/protocol';
import type { CollectionOf } from '../lib/catalog.ts';
import { ownFilter } from '../lib/own.ts';
import type { Principal, Scope } from '../lib/principal.ts';

/** What a caller wants to do with records of a collection. */
export type Action = 'create' | 'read' | 'report' | 'write' | { readonly call: Scope };

/**
 * The one answer to "may they?", behind every door: REST, live subscriptions, commands, reports. Asked again whenever
 * a credential is renewed or narrowed. It says nothing about other organizations: callers only ever hold records
 * of `principal.org`, because org is part of every key. `of` finds collections of the app as well; without it there are none.
 */
export function authorize(
  principal: Principal,
  action: Action,
  collection: string,
  of: CollectionOf = collectionOf,
): Result<Collection> {
  const found = of(collection);
  if (found === null) {
    return refuse('unknown_collection', `there is no collection ${JSON.stringify(collection.slice(0, 64))}`);
  }
  const needed = scopeFor(found, action);
  if (needed === null) return refuse('forbidden', `records of ${found.name} are not reported; write them instead`);
  if (holds(principal, needed)) return ok(found);
  // What is told to a credential that only reports: which records, the row filter says.
  if (action === 'read' && found.access.told !== undefined && holds(principal, 'report')) return ok(found);
  return refuse(
    'forbidden',
    `${typeof action === 'string' ? action : 'this command'} on ${found.name} needs the scope ${needed}; this credential has ${principal.scopes.join(', ') || 'none'}`,
  );
}

/** The filter that narrows what this caller sees of a collection: null when nothing is hidden from them. */
export function scopeFilter(
  principal: Principal,
  collection: string,
  of: CollectionOf = collectionOf,
): Filter | null | 'denied' {
  const may = authorize(principal, 'read', collection, of);
  return may.ok ? ownFilter(principal, may.value.access) : 'denied';
}

/** Does the credential carry this scope? `admin` includes the others; `report` does not include `read`. */
export function holds(principal: Principal, scope: Scope): boolean {
  return principal.scopes.includes(scope) || principal.scopes.includes('admin');
}

function scopeFor(collection: Collection, action: Action): Scope | null {
  if (typeof action === 'object') return action.call;
  if (action === 'report') return collection.access.report ?? null;
  if (action === 'create') return collection.access.create ?? collection.access.write;
  return action === 'read' ? collection.access.read : collection.access.write;
}
