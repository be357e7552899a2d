import { useQuery } from '@tanstack/react-query';
import { Building2, Check, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { goToOrganization } from '../lib/go-to-organization.ts';
import { useMe } from '../lib/me.ts';
import { organizationsQuery } from '../rest/organizations.ts';
import { Menu } from './menu.tsx';
import { failedToast } from './toast.tsx';

/** Which organization one is in, and for whoever may go into several, the way to the others. */
export function OrganizationSwitch({ name }: { name: string }): ReactNode {
  const { me } = useMe();
  const { data = [] } = useQuery(organizationsQuery);
  if (data.length < 2 || me.user === null) return <OrganizationName name={name} />;
  const go = async (org: string): Promise<void> => {
    const failed = await goToOrganization(org);
    if (failed !== null) failedToast(failed);
  };
  const current = data.find(({ id }) => id === me.org);
  return (
    <Menu
      items={data.map(({ id, name: title }) => ({
        label: id === me.org ? `${title} (now)` : title,
        icon: id === me.org ? Check : Building2,
        onSelect: () => {
          if (id !== me.org) void go(id);
        },
      }))}
      trigger={
        <button
          type="button"
          aria-label={`${current?.name ?? name}: another organization`}
          title={`Organization ${me.org}`}
          className="flex h-8 min-w-0 flex-1 items-center gap-1.5 rounded-control px-1 font-semibold hover:bg-hover"
        >
          <span className="truncate">{current?.name ?? name}</span>
          <ChevronsUpDown aria-hidden className="ml-auto size-3.5 shrink-0 text-muted" />
        </button>
      }
    />
  );
}

function OrganizationName({ name }: { name: string }): ReactNode {
  return <span className="min-w-0 truncate font-semibold">{name}</span>;
}
