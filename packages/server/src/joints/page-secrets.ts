import { randomBytes } from 'node:crypto';
import { ok, refuse, type Result } from '@statewire/protocol';
import type { MutationFailure } from '../collect/commands/base.ts';
import { PAGE_SECRETS } from '../collect/commands/plains/pages.ts';
import type { Done, VerbCall } from '../collect/commands/verb.ts';
import type { Commit, Written } from '../keep/commit-types.ts';
import type { Store } from '../keep/store.ts';
import { hashPassword } from '../serve/auth/password.ts';
import { secretsOf, tokenDigest, type PageSecrets } from '../serve/pages/gate.ts';

export interface PageSecretsDeps {
  readonly commit: Pick<Commit, 'write'>;
  readonly store: Pick<Store, 'document'>;
}

/** Sets or removes the password and the token of a page. Hashing comes first, because no transaction may take that long. */
export async function securePage(
  { commit, store }: PageSecretsDeps,
  { principal, id, args }: VerbCall,
): Promise<Result<Written<Done>, MutationFailure>> {
  const { password, token } = args;
  const hashed = typeof password === 'string' ? await hashPassword(password) : null;
  const digest = typeof token === 'string' ? tokenDigest(token) : null;
  const known = secretsOf(await store.document(PAGE_SECRETS, principal.org, id));
  return commit.write(principal.org, principal, (draft) => {
    const row = draft.get('pages', id);
    if (row === null) return refuse('not_found', `there is no pages/${id}`);
    const secrets: PageSecrets = {
      password: password === undefined ? (known?.password ?? null) : hashed,
      token: token === undefined ? (known?.token ?? null) : digest,
      key: randomBytes(32).toString('base64url'),
    };
    draft.document(PAGE_SECRETS, id, secrets);
    const names = [...(secrets.password === null ? [] : ['password']), ...(secrets.token === null ? [] : ['token'])];
    // Always later than before: it is what tells everybody that the secrets are others now.
    const before = typeof row['securedAt'] === 'number' ? row['securedAt'] : 0;
    draft.put('pages', id, { ...row, secrets: names, securedAt: Math.max(draft.now, before + 1) });
    return ok({ id });
  });
}
