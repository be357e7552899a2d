import { ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMe } from '../lib/me.ts';
import { usePlaces } from '../lib/places.ts';
import { Menu } from './menu.tsx';

/** Which organization one is in, and for whoever may go into several, the way to the others. */
export function OrganizationSwitch({ name }: { name: string }): ReactNode {
  const { me } = useMe();
  const { current, items } = usePlaces();
  if (items.length === 0) return <span className="min-w-0 truncate font-semibold">{name}</span>;
  return (
    <Menu
      items={items}
      trigger={
        <button
          type="button"
          aria-label={`${current ?? name}: another organization`}
          title={`Organization ${me.org}`}
          className="flex h-8 min-w-0 flex-1 items-center gap-1.5 rounded-control px-1 font-semibold hover:bg-hover"
        >
          <span className="truncate">{current ?? name}</span>
          <ChevronsUpDown aria-hidden className="ml-auto size-3.5 shrink-0 text-muted" />
        </button>
      }
    />
  );
}
