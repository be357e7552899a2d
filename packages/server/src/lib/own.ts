/**
 * Whose a record is. Records of some collections belong to one person each; for everybody else there is no such
 * record: not in a list, not by its id, not in a live view, not in the words of a refusal.
 */
import type { Access } from '@statewire/model';
import { matches, type Filter, type JsonObject } from '@statewire/protocol';
import type { Principal } from './principal.ts';

/** Lets through what is this caller's own; null where records belong to nobody. */
export function ownFilter({ id }: Pick<Principal, 'id'>, { own }: Pick<Access, 'own'>): Filter | null {
  return own === undefined ? null : Object.freeze({ op: 'eq', field: own, value: id });
}

/** May this caller know of the record? The same answer as `ownFilter`, for one row. */
export function isTheirs(principal: Pick<Principal, 'id'>, access: Pick<Access, 'own'>, row: JsonObject): boolean {
  const filter = ownFilter(principal, access);
  return filter === null || matches(filter, row);
}
