import { ok, type JsonObject } from '@statewire/protocol';
import type { Principal } from '../../lib/principal.ts';
import type { HttpDeps } from './deps.ts';

/** What somebody did at a door of browsers, whose answer leads elsewhere and says nothing of them: its row of the audit log. */
export async function note(
  { audit, log }: Pick<HttpDeps, 'audit' | 'log'>,
  principal: Principal,
  { action, id, after }: { readonly action: string; readonly id: string; readonly after?: JsonObject | undefined },
): Promise<void> {
  const written = await audit.commit.write(principal.org, principal, (draft) => {
    draft.audit({ action, target: { collection: 'members', id }, after });
    return ok(null);
  });
  // The account is changed already, and its owner must hear so; the line that is missing is in the log instead.
  if (!written.ok)
    log.error({ action, id, by: principal.id, code: written.code }, 'the audit log could not be written');
}
