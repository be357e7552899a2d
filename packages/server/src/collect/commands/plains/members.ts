import { isBuiltinRole } from '@statewire/model';
import { ok, refuse, type Result, type Row } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import type { Principal } from '../../../lib/principal.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import type { Plain } from '../plain.ts';
import { grantable, textsOf } from './roles.ts';

/** People of the organization. Nobody decides over somebody who holds more, and one owner stays. */
export const members: Plain = {
  prefix: 'mbr',
  born: () => refuse('unsupported', 'people join by an invitation: POST /v1/invites'),
  patched: (deps, draft, { principal, row, fields }) => {
    const role = fields['role'];
    if (typeof role !== 'string' || role === row['role']) return ok({ ...row, ...fields });
    if (row['state'] === 'invited')
      return refuse('precondition', 'they have not joined yet; invite them again with the other role');
    const may = decides(deps, draft, principal, row);
    if (!may.ok) return may;
    const given = grantableRole(deps, draft, principal, role);
    if (!given.ok) return given;
    const left = role === 'owner' ? ok(null) : otherOwner(draft, row);
    return left.ok ? ok({ ...row, ...fields }) : left;
  },
  removed: (deps, draft, { principal, row }) => {
    const may = decides(deps, draft, principal, row);
    return may.ok ? otherOwner(draft, row) : may;
  },
};

/** What a role of this organization may do; nothing when there is no such role. */
export function permissionsOf(
  { grants }: Pick<WriteDeps, 'grants'>,
  draft: Pick<Draft, 'get'>,
  role: unknown,
): readonly string[] {
  if (typeof role !== 'string') return [];
  return isBuiltinRole(role) ? grants.ofRole(role) : textsOf(draft.get('roles', role)?.['permissions']);
}

/** May they give this role to somebody? */
export function grantableRole(
  deps: Pick<WriteDeps, 'grants'>,
  draft: Pick<Draft, 'get'>,
  principal: Principal,
  role: string,
): Result<null> {
  if (!isBuiltinRole(role) && draft.get('roles', role) === null) {
    return refuse(
      'bad_field',
      `role: found ${JSON.stringify(role)}, expected owner, admin, operator, viewer or the id of a role`,
    );
  }
  return grantable(principal, permissionsOf(deps, draft, role));
}

/** May they decide over this member? Only who holds all that the member holds. */
export function decides(deps: WriteDeps, draft: Draft, principal: Principal, member: Row): Result<null> {
  return grantable(principal, permissionsOf(deps, draft, member['role']));
}

/** Refused when this member is the last who owns the organization. */
export function otherOwner(draft: Draft, member: Row): Result<null> {
  if (member['role'] !== 'owner' || member['state'] !== 'active') return ok(null);
  for (const other of draft.all('members')) {
    if (other.id !== member.id && other['role'] === 'owner' && other['state'] === 'active') return ok(null);
  }
  return refuse('precondition', 'this is the last owner of the organization; make somebody else an owner first');
}
