import { beyond, isBuiltinRole, type RoleCreate } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import type { Principal } from '../../../lib/principal.ts';
import type { Plain } from '../plain.ts';

/** How many names a refusal says. */
const NAMES_SHOWN_MAX = 5;

/** Roles of an organization's own. Nobody puts into one what they do not hold, and one that somebody has stays. */
export const roles: Plain = {
  prefix: 'role',
  born: (_deps, _draft, { principal, id, fields }) => {
    if (isBuiltinRole(id))
      return refuse('exists', `${id} is a role that every organization has; take another id or name`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: read by the create schema of roles.
    const { name, description = '', permissions, labels = {} } = fields as unknown as RoleCreate;
    const may = grantable(principal, permissions);
    return may.ok ? ok({ name, description, permissions, labels }) : may;
  },
  patched: (_deps, _draft, { principal, row, fields }) => {
    // Who takes something away from a role, or adds to it, has to hold what it was and what it will be.
    for (const list of [row['permissions'], fields['permissions']]) {
      const may = grantable(principal, textsOf(list));
      if (!may.ok) return may;
    }
    return ok({ ...row, ...fields });
  },
  removed: (_deps, draft, { principal, id, row }) => {
    const may = grantable(principal, textsOf(row['permissions']));
    if (!may.ok) return may;
    const holders = holdersOf(draft, id);
    if (holders.length === 0) return ok(null);
    const more = holders.length > NAMES_SHOWN_MAX ? ` and ${holders.length - NAMES_SHOWN_MAX} more` : '';
    const names = holders.slice(0, NAMES_SHOWN_MAX).join(', ');
    return refuse('precondition', `the role is of ${names}${more}; give them another one first`);
  },
};

/** Nobody gives what they do not hold. */
export function grantable(principal: Pick<Principal, 'permissions'>, wanted: readonly string[]): Result<null> {
  const missing = beyond(principal.permissions, wanted);
  if (missing.length === 0) return ok(null);
  const more = missing.length > NAMES_SHOWN_MAX ? ` and ${missing.length - NAMES_SHOWN_MAX} more` : '';
  const named = missing.slice(0, NAMES_SHOWN_MAX).join(', ');
  return refuse('forbidden', `you do not hold ${named}${more}, and nobody decides over what they do not hold`);
}

function holdersOf(draft: Draft, role: string): readonly string[] {
  const names: string[] = [];
  for (const member of draft.all('members'))
    if (member['role'] === role) names.push(typeof member['name'] === 'string' ? member['name'] : member.id);
  return names;
}

/** A list of texts as it stands in a record. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
