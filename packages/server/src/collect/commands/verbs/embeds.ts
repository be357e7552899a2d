import { ok, refuse } from '@statewire/protocol';
import { sealToken } from '../plains/embeds.ts';
import type { Verb } from '../verb.ts';
import { none } from './none.ts';

/** What embeds have beside what every record has. */
export const embedVerbs: readonly Verb[] = [
  {
    name: 'token',
    on: ['embeds'],
    action: 'write',
    summary: 'Says the token of an embed, for the page that shows it',
    args: none,
    isQuestion: true,
    // What is sealed lies in a document, which no transaction reads.
    run: 'outside',
  },
  {
    name: 'renew',
    on: ['embeds'],
    action: 'write',
    summary: 'Gives an embed a new token; whoever shows it with the one before is cut off at once',
    args: none,
    run(deps, draft, { id }) {
      const row = draft.get('embeds', id);
      if (row === null) return refuse('not_found', `there is no embeds/${id}`);
      draft.put('embeds', id, { ...row, digest: sealToken(deps, draft, id), tokens: Number(row['tokens']) + 1 });
      return ok({ id });
    },
  },
];
