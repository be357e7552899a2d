import { ok, type Result } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import type { WriteDeps } from '../reports/deps.ts';
import { permissionsOf } from './plains/members.ts';

/**
 * May a person still do this, by what their record says in this transaction? It may have waited behind one that took the
 * permission away. Keys and tokens hold what they hold.
 */
export function stillMay(
  deps: Pick<WriteDeps, 'authorize' | 'grants'>,
  draft: Pick<Draft, 'get'>,
  principal: Principal,
  action: Parameters<WriteDeps['authorize']>[1],
  collection: string,
): Result<unknown> {
  const member = principal.kind === 'user' ? draft.get('members', principal.id) : null;
  if (member === null) return ok(null);
  const permissions = member['state'] === 'active' ? permissionsOf(deps, draft, member['role']) : [];
  return deps.authorize({ ...principal, permissions }, action, collection);
}
