import type { Permission } from '@statewire/model';
import type { Principal } from '../../lib/principal.ts';
import { can, lacking } from '../../publish/access.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';

/** The caller as they stand in another organization, where they need this permission. */
export function standingThere(
  { renewed, organizations, ends }: Pick<HttpDeps, 'ends' | 'organizations' | 'renewed'>,
  caller: Principal,
  { org, permission }: { readonly org: string; readonly permission: Permission },
): Principal {
  // The key of the environment stands nowhere: with its first key there is a new organization.
  const mayLook = caller.kind === 'user' ? organizations.has(org) : caller.isOperator || org === caller.org;
  const isKnown = !ends.has(org) && mayLook;
  const there = isKnown ? renewed({ ...caller, org }) : null;
  if (there === null)
    throw new RefusedError({
      code: 'not_found',
      message: `there is no organization ${org} for you`,
      do: 'GET /v1/organizations lists yours',
    });
  // Whoever has to set up a second factor first may do nothing, here or there.
  if (caller.permissions.length === 0 || !can(there, permission))
    throw new RefusedError({ code: 'forbidden', message: lacking(there, permission), expected: permission });
  return there;
}
