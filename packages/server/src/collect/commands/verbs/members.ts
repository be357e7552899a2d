import type { MemberState } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import type { MutationFailure } from '../base.ts';
import { decides, otherOwner } from '../plains/members.ts';
import type { Done, Verb, VerbCall } from '../verb.ts';
import { none } from './none.ts';

/** What is decided over people beside their role. */
export const memberVerbs: readonly Verb[] = [
  {
    name: 'suspend',
    on: ['members'],
    action: 'write',
    summary: 'They may do nothing here, from now on and on open connections too; their account stays',
    args: none,
    run: moved('suspended'),
  },
  {
    name: 'restore',
    on: ['members'],
    action: 'write',
    summary: 'They may do again what their role may',
    args: none,
    run: moved('active'),
  },
];

function moved(state: MemberState) {
  return (deps: WriteDeps, draft: Draft, { principal, id }: VerbCall): Result<Done, MutationFailure> => {
    const member = draft.get('members', id);
    if (member === null) return refuse('not_found', `there is no members/${id}`);
    if (id === principal.id) return refuse('precondition', 'nobody suspends or restores themselves; ask somebody else');
    const may = decides(deps, draft, principal, member);
    if (!may.ok) return may;
    if (member['state'] === 'invited')
      return refuse('precondition', 'they have not joined yet; withdraw the invitation');
    const left = state === 'suspended' ? otherOwner(draft, member) : ok(null);
    if (!left.ok) return left;
    draft.put('members', id, { ...member, state });
    return ok({ id });
  };
}
