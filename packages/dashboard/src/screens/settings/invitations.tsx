import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { exact } from '../../lib/format.ts';
import { goToOrganization } from '../../lib/go-to-organization.ts';
import { Button } from '../../parts/button.tsx';
import { Pane } from '../../parts/pane.tsx';
import { done, failedToast } from '../../parts/toast.tsx';
import { acceptInvitation, declineInvitation, type Invitation, invitationsQuery } from '../../rest/invitations.ts';

/** Organizations that have invited whoever is signed in; nothing where none has. */
export function InvitationsPane(): ReactNode {
  const queries = useQueryClient();
  const { data: open = [] } = useQuery(invitationsQuery);
  const [busy, setBusy] = useState<string | null>(null);
  if (open.length === 0) return null;
  const accept = async ({ org }: Invitation): Promise<void> => {
    setBusy(org);
    const answer = await acceptInvitation(org);
    const failed = answer.ok ? await goToOrganization(org) : answer.problem;
    setBusy(null);
    if (failed !== null) failedToast(failed);
  };
  const decline = async ({ org, name }: Invitation): Promise<void> => {
    setBusy(org);
    const answer = await declineInvitation(org);
    setBusy(null);
    if (answer.ok) done('Invitation declined', name);
    else failedToast(answer.problem);
    await queries.invalidateQueries({ queryKey: invitationsQuery.queryKey });
  };
  return (
    <Pane title="Invitations">
      <ul aria-label="Invitations">
        {open.map((each) => (
          <li key={each.org} className="flex min-h-14 flex-wrap items-center gap-3 border-b px-4 py-2 last:border-b-0">
            <div className="min-w-0 flex-1 basis-48">
              <p className="truncate font-medium">{each.name}</p>
              <p className="text-xs text-muted">
                invites you as {each.role}, until {exact(each.expiresAt)}
              </p>
            </div>
            <Button
              size="small"
              tone="primary"
              busy={busy === each.org}
              onClick={() => void accept(each)}
              aria-label={`Join ${each.name}`}
            >
              Join
            </Button>
            <Button
              size="small"
              busy={busy === each.org}
              onClick={() => void decline(each)}
              aria-label={`Decline the invitation of ${each.name}`}
            >
              Decline
            </Button>
          </li>
        ))}
      </ul>
    </Pane>
  );
}
