/**
 * Whose a record is. Records of some collections belong to one person each, or to whoever a rule of the app says; for
 * everybody else there is no such record: not in a list, not by its id, not in a live view, not in the words of a refusal.
 */
import {
  allows,
  collections,
  ruleWith,
  valueOf,
  type Access,
  type Caller,
  type Collection,
  type CustomCollection,
  type RowRule,
} from '@statewire/model';
import { matches, NONE, parseFilter, type Filter, type Json, type JsonObject, type Scalar } from '@statewire/protocol';
import type { Principal } from './principal.ts';

/** What of a caller decides over records. */
export type Sighted = Pick<Principal, 'id'> &
  Partial<Pick<Principal, 'claims' | 'customers' | 'embed' | 'kind' | 'name' | 'org' | 'permissions' | 'scopes'>>;

/** Lets through what this caller may know of; null where records belong to nobody. */
export function ownFilter(who: Sighted, access: Sight): Filter | null {
  const { own, rows, told, of, adminSeesAll, glimpse } = access;
  if (who.embed !== undefined) return who.embed.views.get(of ?? '')?.filter ?? NONE;
  if (own !== undefined) return Object.freeze({ op: 'eq', field: own, value: who.id });
  if (told !== undefined && !allows(who.permissions ?? [], `${of}:read`)) {
    return Object.freeze({ op: 'eq', field: told, value: who.id });
  }
  if (glimpse === undefined || mayChange(who, of)) return ruled(who, rows, adminSeesAll);
  const filter = parseFilter(glimpse.rows({ kind: who.kind ?? 'token', customers: who.customers ?? [] }));
  return filter.ok ? filter.value : NONE;
}

/** The fields that there are for this caller; null: all of them. */
export function shownTo(
  who: Sighted,
  { glimpse, of }: Partial<Pick<Access, 'glimpse' | 'of'>>,
): readonly string[] | null {
  if (who.embed !== undefined) return who.embed.views.get(of ?? '')?.fields ?? [];
  return glimpse === undefined || mayChange(who, of) ? null : glimpse.fields;
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
 * holds rows seen under another one must let go of them. `of` narrows it to some collections.
 */
export function sightOf(who: Sighted, custom: readonly CustomCollection[], of?: ReadonlySet<string>): string {
  if (who.embed !== undefined) {
    const views = [...who.embed.views].filter(([name]) => of?.has(name) ?? true);
    return JSON.stringify(views.map(([name, { filter, fields }]) => [name, filter, fields]));
  }
  const sights = [...custom, ...glimpsed]
    .filter(
      ({ name, access }) => (of?.has(name) ?? true) && (access.rows !== undefined || shownTo(who, access) !== null),
    )
    .map(({ name, access }) => [name, ownFilter(who, access)]);
  return sights.length === 0 ? '' : JSON.stringify(sights);
}

/** The caller as the model's rules and commands see it. */
export function callerOf({ id, name = '', org = '', scopes = [], claims = {} }: Sighted): Caller {
  return { id, name, org, scopes, claims };
}

type Sight = Partial<Pick<Access, 'adminSeesAll' | 'glimpse' | 'of' | 'own' | 'rows' | 'told' | 'writeRows'>>;

const glimpsed: readonly Collection[] = Object.values(collections).filter(({ access }) => access.glimpse !== undefined);

/** Whoever may change such records sees them all. */
function mayChange({ permissions = [] }: Sighted, of: string | undefined): boolean {
  return allows(permissions, `${of}:change`);
}

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
