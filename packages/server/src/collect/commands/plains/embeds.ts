/**
 * Embeds. The token is made here, sealed into a document of its own in the same transaction; the record has its hash. Nobody
 * shows to strangers what they may not read themselves.
 */
import type { EmbedView } from '@statewire/model';
import { filterFields, ok, parseFilter, refuse, type Json, type Result } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import { EMBED_TOKENS, embedDigest, mintEmbedToken } from '../../../lib/embed-token.ts';
import type { Principal } from '../../../lib/principal.ts';
import { knownTo, type WriteDeps } from '../../reports/deps.ts';
import type { Plain } from '../plain.ts';
import { grantable } from './roles.ts';

export const embeds: Plain = {
  prefix: 'emb',
  born(deps, draft, { principal, id, fields }) {
    const max = deps.limits.embedsPerOrgMax;
    if (Array.from(draft.all('embeds')).length >= max) {
      return refuse('too_many_records', `there are ${max} embeds, which is the limit; delete one that is not used`);
    }
    const may = showable(deps, principal, fields['views']);
    if (!may.ok) return may;
    return ok({
      origins: null,
      expiresAt: null,
      isEnabled: true,
      ...fields,
      digest: sealToken(deps, draft, id),
      tokens: 1,
      lastUsedAt: null,
      by: principal.name,
    });
  },
  patched(deps, _draft, { principal, fields, row }) {
    for (const views of [row['views'], fields['views']]) {
      const may = showable(deps, principal, views);
      if (!may.ok) return may;
    }
    return ok({ ...row, ...fields });
  },
  removed(_deps, draft, { id }) {
    draft.document(EMBED_TOKENS, id, null);
    return ok(null);
  },
};

/** Gives the embed a new token and says its hash; the one before opens nothing any more. */
export function sealToken({ vault }: Pick<WriteDeps, 'vault'>, draft: Draft, id: string): string {
  const token = mintEmbedToken();
  draft.document(EMBED_TOKENS, id, vault.seal({ org: draft.org, kind: EMBED_TOKENS, id }, token));
  return embedDigest(token);
}

/** May they show this to strangers: do they read it themselves, and are there such fields? */
function showable(deps: WriteDeps, principal: Principal, views: Json | undefined): Result<null> {
  for (const { collection, filter, fields } of viewsOf(views)) {
    const may = grantable(principal, [`${collection}:read`]);
    if (!may.ok) return may;
    const known = new Set(knownTo(deps)(collection)?.fields ?? []);
    const parsed = parseFilter(filter ?? undefined);
    if (!parsed.ok) return parsed;
    const stranger = [...fields, ...filterFields(parsed.value)].find((field) => !known.has(field));
    if (stranger !== undefined) {
      return refuse('bad_field', `views: ${collection} have no field ${JSON.stringify(stranger)}; see their schema`);
    }
  }
  return ok(null);
}

/** The views of a record; rows and bodies of `embeds` were read by their schemas. */
export function viewsOf(value: Json | undefined): readonly EmbedView[] {
  return Array.isArray(value) ? value : [];
}
