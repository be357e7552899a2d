/**
 * Whose a record is. Records of some collections belong to one person each, or to whoever a rule of the app says; for
 * everybody else there is no such record: not in a list, not by its id, not in a live view, not in the words of a refusal.
 */
import {
  allows,
  ruleWith,
  valueOf,
  type Access,
  type Caller,
  type CustomCollection,
  type RowRule,
} from '@statewire/model';
import { matches, NONE, parseFilter, type Filter, type Json, type JsonObject, type Scalar } from '@statewire/protocol';
import type { Principal } from './principal.ts';

/** What of a caller decides over records. */
export type Sighted = Pick<Principal, 'id'> &
  Partial<Pick<Principal, 'claims' | 'name' | 'org' | 'permissions' | 'scopes'>>;

/** Lets through what this caller may know of; null where records belong to nobody. */
export function ownFilter(who: Sighted, { own, rows, told, of, adminSeesAll }: Sight): Filter | null {
  if (own !== undefined) return Object.freeze({ op: 'eq', field: own, value: who.id });
  if (told !== undefined && !allows(who.permissions ?? [], `${of}:read`)) {
    return Object.freeze({ op: 'eq', field: told, value: who.id });
  }
  return ruled(who, rows, adminSeesAll);
}

/** May this caller know of the record? The same answer as `ownFilter`, for one row. */
export function isTheirs(who: Sighted, access: Sight, row: JsonObject): boolean {
  const filter = ownFilter(who, access);
  return filter === null || matches(filter, row);
}

/** May this caller make the record what it is, or change it? */
export function mayWrite(who: Sighted, access: Sight, row: JsonObject): boolean {
  const filter = ruled(who, access.writeRows ?? access.rows, access.adminSeesAll);
  return filter === null || matches(filter, row);
}

/**
 * All that this caller's claims and scopes decide of what they see, as one text; empty where they decide nothing. Whoever
 * holds rows seen under another one must let go of them.
 */
export function sightOf(who: Sighted, custom: readonly CustomCollection[]): string {
  const sights = custom
    .filter(({ access }) => access.rows !== undefined)
    .map(({ name, access }) => [name, ownFilter(who, access)]);
  return sights.length === 0 ? '' : JSON.stringify(sights);
}

/** The caller as the model's rules and commands see it. */
export function callerOf({ id, name = '', org = '', scopes = [], claims = {} }: Sighted): Caller {
  return { id, name, org, scopes, claims };
}

type Sight = Partial<Pick<Access, 'adminSeesAll' | 'of' | 'own' | 'rows' | 'told' | 'writeRows'>>;

function ruled(who: Sighted, rule: RowRule | undefined, adminSeesAll: boolean | undefined): Filter | null {
  if (rule === undefined) return null;
  if (adminSeesAll === true && who.scopes?.includes('admin') === true) return null;
  let isKnown = true;
  const caller = callerOf(who);
  const filter = parseFilter(
    ruleWith(rule, (value) => {
      const found = valueOf(caller, value);
      if (isComparable(found)) return found;
      isKnown = false;
      return '';
    }),
  );
  // A missing claim shows nothing, whatever the rule says around it: under a `not` it would otherwise show everything.
  return isKnown && filter.ok ? filter.value : NONE;
}

function isComparable(value: Json | undefined): value is Scalar | readonly Scalar[] {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'object') return true;
  return Array.isArray(value) && value.every((each) => typeof each === 'string' || typeof each === 'number');
}
