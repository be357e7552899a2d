import { allows, allowsAnywhere, collectionOf, type Collection, type Permission } from '@statewire/model';
import { ok, refuse, type Filter, type Result } from '@statewire/protocol';
import type { CollectionOf } from '../lib/catalog.ts';
import { ownFilter } from '../lib/own.ts';
import type { Principal } from '../lib/principal.ts';

/** What a caller wants to do with records of a collection. */
export type Action = 'change' | 'create' | 'delete' | 'read' | 'report' | { readonly call: string };

/**
 * The one answer to "may they?", behind every door: REST, live subscriptions, commands, reports. Asked again whenever
 * a credential is renewed or what its holder may do changes. It says nothing about other organizations: callers only ever
 * hold records of `principal.org`, because org is part of every key. `of` finds collections of the app as well; without it
 * there are none.
 */
export function authorize(
  principal: Principal,
  action: Action,
  collection: string,
  of: CollectionOf = collectionOf,
): Result<Collection> {
  const found = of(collection);
  // An embed shows what it names. Of the rest it is not even said whether there is such a thing.
  if (
    principal.embed !== undefined &&
    (action !== 'read' || !principal.embed.views.has(collection) || found === null)
  ) {
    return refuse('forbidden', 'the token of an embed reads what the embed shows, and nothing else');
  }
  if (found === null) {
    return refuse('unknown_collection', `there is no collection ${JSON.stringify(collection.slice(0, 64))}`);
  }
  if (action === 'report' && found.access.report === undefined) {
    return refuse('forbidden', `records of ${found.name} are not reported; write them instead`);
  }
  const operation = typeof action === 'string' ? action : action.call.slice(0, 64);
  if (principal.embed !== undefined) return ok(found);
  const needed: Permission = `${found.name}:${operation}`;
  if (can(principal, needed)) return ok(found);
  // What is told to a credential that only reports: which records, the row filter says.
  if (action === 'read' && found.access.told !== undefined && can(principal, `${found.name}:told`)) return ok(found);
  return refuse('forbidden', lacking(principal, needed));
}

/** May they? The only asker. */
export function can(principal: Pick<Principal, 'permissions'>, permission: Permission): boolean {
  return allows(principal.permissions, permission);
}

/** May they report records of some collection? Which, each report is asked. */
export function canReport(principal: Pick<Principal, 'permissions'>): boolean {
  return allowsAnywhere(principal.permissions, 'report');
}

/** Why not, in words for the caller. */
export function lacking(principal: Principal, needed: Permission): string {
  const what = principal.kind === 'user' ? 'your role does not have it' : 'this credential does not have it';
  return `this needs the permission ${needed}; ${what}`;
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
