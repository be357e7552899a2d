import { ok } from '@statewire/protocol';
import type { Commit } from '../keep/commit-types.ts';
import type { Store } from '../keep/store.ts';
import type { Vault } from '../lib/vault.ts';

/**
 * Seals everything of these kinds again that was sealed with an older key, so that the old key can be thrown away, and what
 * earlier releases stored as it was (`oncePlain`: kinds that may hold such). Returns how many. Runs once at start; what cannot be opened is left as it is, and whoever needs it says so.
 */
export async function reseal(
  deps: {
    readonly store: Pick<Store, 'documents'>;
    readonly commit: Pick<Commit, 'write'>;
    readonly vault: Pick<Vault, 'isOld' | 'isSealed' | 'open' | 'seal'>;
  },
  kinds: readonly string[],
  options: { readonly oncePlain?: readonly string[] | undefined } = {},
): Promise<number> {
  let resealed = 0;
  for (const kind of kinds) {
    for (const { org, id, value } of await deps.store.documents(kind, null)) {
      if (value === null) continue;
      const isPlain = options.oncePlain?.includes(kind) === true && !deps.vault.isSealed(value);
      if (!isPlain && !deps.vault.isOld(value)) continue;
      const place = { org, kind, id };
      const opened = isPlain ? ok(value) : deps.vault.open(place, value);
      if (!opened.ok) continue;
      const written = await deps.commit.write(org, 'system', (draft) => {
        draft.document(kind, id, deps.vault.seal(place, opened.value));
        return ok(null);
      });
      if (written.ok) resealed += 1;
    }
  }
  return resealed;
}
