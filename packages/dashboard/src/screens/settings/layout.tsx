import { allows } from '@statewire/model';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { Building2, type LucideIcon, KeyRound, PanelsTopLeft, ShieldCheck, UserRound, UsersRound } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useMe } from '../../lib/me.ts';
import { neededAt } from '../../lib/pages.ts';
import { PageHead } from '../../parts/page-head.tsx';

export interface SettingsPage {
  readonly path:
    | '/settings/account'
    | '/settings/embeds'
    | '/settings/keys'
    | '/settings/members'
    | '/settings/organization'
    | '/settings/roles';
  readonly title: string;
  readonly icon: LucideIcon;
}

/** The pages of the settings, one's own first. Each new one is a line here and a route. */
export const settingsPages: readonly SettingsPage[] = [
  { path: '/settings/account', title: 'Account', icon: UserRound },
  { path: '/settings/organization', title: 'Organization', icon: Building2 },
  { path: '/settings/members', title: 'Members', icon: UsersRound },
  { path: '/settings/roles', title: 'Roles', icon: ShieldCheck },
  { path: '/settings/keys', title: 'API keys', icon: KeyRound },
  { path: '/settings/embeds', title: 'Embeds', icon: PanelsTopLeft },
];

/** Settings: their pages at the left, on phones in a row above. */
export function SettingsLayout(): ReactNode {
  const { me } = useMe();
  const nav = useRef<HTMLUListElement>(null);
  const path = useLocation({ select: ({ pathname }) => pathname });
  // On a phone the row is wider than the window: the page that is open is always in sight.
  useEffect(() => {
    const list = nav.current;
    const here = list?.querySelector<HTMLElement>(`a[href$="${path}"]`);
    if (list === null || here === null || here === undefined) return;
    list.scrollLeft = here.offsetLeft - (list.clientWidth - here.offsetWidth) / 2;
  }, [path]);
  return (
    <div className="space-y-5">
      <PageHead title="Settings" />
      <div className="gap-8 md:grid md:grid-cols-[11rem_minmax(0,1fr)]">
        <nav aria-label="Settings" className="max-md:mb-4 max-md:border-b">
          <ul
            ref={nav}
            className="relative flex gap-1 overflow-x-auto [scrollbar-width:none] md:sticky md:top-18 md:flex-col"
          >
            {settingsPages
              .filter(({ path: place }) => {
                const needs = neededAt(place);
                return needs === null || allows(me.permissions, needs);
              })
              .map(({ path, title, icon: Icon }) => (
                <li key={path} className="shrink-0">
                  <Link
                    to={path}
                    className="flex h-9 items-center gap-2.5 rounded-control px-2.5 text-sm text-muted hover:bg-hover hover:text-text aria-[current=page]:bg-hover aria-[current=page]:font-medium aria-[current=page]:text-text pointer-coarse:h-11"
                  >
                    <Icon aria-hidden className="size-4 shrink-0" />
                    {title}
                  </Link>
                </li>
              ))}
          </ul>
        </nav>
        <div className="max-w-3xl min-w-0 space-y-6">
          <Outlet />
        </div>
      </div>
    </div>
  );
}

/** A page that somebody may not see was asked for by its address. */
export function NotYours(): ReactNode {
  return (
    <p className="pane flex items-center gap-3 px-4 py-6 text-muted">
      <ShieldCheck aria-hidden className="size-5" />
      Admins of your organization see this.
    </p>
  );
}
