import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Building2, Check, MailOpen } from 'lucide-react';
import type { MenuItem } from '../parts/menu.tsx';
import { failedToast } from '../parts/toast.tsx';
import { invitationsQuery } from '../rest/invitations.ts';
import { organizationsQuery } from '../rest/organizations.ts';
import { goToOrganization } from './go-to-organization.ts';
import { useMe } from './me.ts';

/** Lines of a menu for the organizations that one may go into, and those that wait for an answer; none where there is no choice. */
export function usePlaces(): { readonly current: string | null; readonly items: readonly MenuItem[] } {
  const { me } = useMe();
  const navigate = useNavigate();
  const isPerson = me.user !== null;
  const { data: all = [] } = useQuery({ ...organizationsQuery, enabled: isPerson });
  const { data: invitations = [] } = useQuery({ ...invitationsQuery, enabled: isPerson });
  const current = all.find(({ id }) => id === me.org)?.name ?? null;
  if (all.length + invitations.length < 2) return { current, items: [] };
  const go = async (org: string): Promise<void> => {
    const failed = await goToOrganization(org);
    if (failed !== null) failedToast(failed);
  };
  return {
    current,
    items: [
      ...all.map(({ id, name }) => ({
        label: id === me.org ? `${name} (now)` : name,
        icon: id === me.org ? Check : Building2,
        onSelect: () => {
          if (id !== me.org) void go(id);
        },
      })),
      ...invitations.map(({ name }) => ({
        label: `${name}: you are invited`,
        icon: MailOpen,
        onSelect: () => void navigate({ to: '/settings/account' }),
      })),
    ],
  };
}
