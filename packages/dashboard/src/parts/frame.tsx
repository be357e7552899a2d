import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import {
  LogOut,
  Menu as MenuIcon,
  Monitor,
  Moon,
  PanelLeftClose,
  PanelLeftOpen,
  Search,
  Sun,
  UserRound,
} from 'lucide-react';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { count } from '../lib/format.ts';
import { markTab } from '../lib/favicon.ts';
import { type FleetCounts, useFleet } from '../live/fleet.ts';
import { groups, type Page } from '../lib/pages.ts';
import { later, useLater } from '../lib/later.ts';
import { chooseLook, useLook } from '../lib/look.ts';
import { useMedia } from '../lib/media.ts';
import { type Theme, useTheme } from '../lib/theme.ts';
import { useMe, usePages } from '../lib/me.ts';
import { Button } from './button.tsx';
import { Mark } from './logo.tsx';
import { Menu, type MenuItem } from './menu.tsx';
import { Pill } from './pill.tsx';

interface FrameProps {
  readonly children: ReactNode;
  /** What waits for the person, beside the pill. */
  readonly bell: ReactNode;
  readonly onPalette: () => void;
}

/** Rail, top line, content; on phones the rail becomes a bar below. */
export function Frame({ children, bell, onPalette }: FrameProps): ReactNode {
  const { counts } = useFleet();
  const isWide = useMedia('(min-width: 1200px)');
  const { rail } = useLook();
  const isOpen = rail === 'auto' ? isWide : rail === 'open';
  const toggle = (): void => chooseLook({ rail: isOpen ? 'slim' : 'open' });
  const [crumbs, setCrumbs] = useState<readonly Crumb[]>([]);
  const title = crumbs.map((crumb) => crumb.title).join(' · ');
  useEffect(() => markTab(counts?.down ?? 0, title), [counts?.down, title]);
  return (
    <CrumbContext value={setCrumbs}>
      <a
        href="#content"
        className="sr-only z-60 focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:rounded-control focus:bg-raised focus:px-3 focus:py-2"
      >
        Skip to content
      </a>
      <div
        className={cx(
          'md:grid md:min-h-dvh',
          isOpen ? 'md:grid-cols-[14rem_minmax(0,1fr)]' : 'md:grid-cols-[3.5rem_minmax(0,1fr)]',
        )}
      >
        <Rail isOpen={isOpen} counts={counts} onToggle={toggle} onPalette={onPalette} />
        <div className="flex min-w-0 flex-col">
          <header className="sticky top-0 z-20 flex h-12 items-center gap-3 border-b bg-background/95 px-4 md:px-6">
            <Link to="/" aria-label="Overview" className="md:hidden">
              <Mark />
            </Link>
            <Crumbs crumbs={crumbs} />
            <div className="ml-auto flex shrink-0 items-center gap-2">
              <Button tone="ghost" size="icon" aria-label="Search" onClick={onPalette} className="md:hidden">
                <Search aria-hidden />
              </Button>
              {bell}
              <Pill />
            </div>
          </header>
          <main
            id="content"
            tabIndex={-1}
            className="mx-auto w-full max-w-[1440px] flex-1 px-4 py-5 outline-none max-md:pb-24 md:px-6 md:py-6"
          >
            {children}
          </main>
        </div>
      </div>
      <BottomBar counts={counts} />
    </CrumbContext>
  );
}

export interface Crumb {
  readonly title: string;
  readonly to?: Page['path'];
}

const CrumbContext = createContext<(crumbs: readonly Crumb[]) => void>(() => undefined);

/** Says where the person is: the top line, the tab's title. `parent` is a constant of its module. */
export function useCrumbs(title: string, parent?: Crumb): void {
  const set = useContext(CrumbContext);
  useEffect(() => set(parent === undefined ? [{ title }] : [parent, { title }]), [set, title, parent]);
}

function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }): ReactNode {
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1.5 text-sm">
        {crumbs.map((crumb, i) => (
          <li
            key={crumb.title}
            // On a phone the page's own name needs the room more than the way to it.
            className={cx('flex min-w-0 items-center gap-1.5', i < crumbs.length - 1 && 'max-sm:max-w-24 sm:shrink-0')}
          >
            {i > 0 && (
              <span aria-hidden className="text-muted">
                /
              </span>
            )}
            {crumb.to === undefined ? (
              <span aria-current={i === crumbs.length - 1 ? 'page' : undefined} className="truncate font-medium">
                {crumb.title}
              </span>
            ) : (
              <Link to={crumb.to} className="truncate text-muted hover:text-text">
                {crumb.title}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

interface RailProps {
  readonly isOpen: boolean;
  readonly counts: FleetCounts | null;
  readonly onToggle: () => void;
  readonly onPalette: () => void;
}

function Rail({ isOpen, counts, onToggle, onPalette }: RailProps): ReactNode {
  const path = useLocation({ select: (location) => location.pathname });
  const { me } = useMe();
  const pages = usePages();
  return (
    <aside aria-label="Rail" className="sticky top-0 hidden h-dvh flex-col border-r bg-surface md:flex">
      <div className={cx('flex h-12 items-center gap-2.5 px-4', !isOpen && 'justify-center px-0')}>
        <Mark />
        {isOpen && <Organization name={me.org === 'main' ? 'Statewire' : me.org} />}
      </div>
      <div className="px-2 pt-1 pb-3">
        <button
          type="button"
          onClick={onPalette}
          {...(isOpen ? {} : { 'aria-label': 'Search and commands' })}
          className={cx(
            'flex h-8 w-full items-center gap-2 rounded-control border border-line-strong px-2 text-sm text-muted hover:border-muted hover:text-text',
            !isOpen && 'justify-center border-transparent',
          )}
        >
          <Search aria-hidden className="size-4 shrink-0" />
          {isOpen && (
            <>
              Search
              <kbd className="code ml-auto text-xs">{isApple() ? '⌘' : 'Ctrl '}K</kbd>
            </>
          )}
        </button>
      </div>
      <nav aria-label="Pages" className="flex min-h-0 flex-col overflow-y-auto px-2">
        {groups.map(({ key, title }) => {
          const inside = pages.filter((page) => page.group === key);
          if (inside.length === 0) return null;
          return (
            <div key={key} className="flex flex-col gap-0.5 border-t py-2 first:border-t-0 first:pt-0">
              {title !== null && isOpen && <p className="px-2 pb-1 text-xs text-muted">{title}</p>}
              {inside.map((page) => (
                <RailLink key={page.path} page={page} isHere={isAt(page, path)} isOpen={isOpen} counts={counts} />
              ))}
            </div>
          );
        })}
      </nav>
      <div className={cx('mt-auto flex items-center gap-1 border-t p-2', !isOpen && 'flex-col')}>
        <Account isOpen={isOpen} />
        <Button
          tone="ghost"
          size="icon"
          aria-label={isOpen ? 'Collapse the rail' : 'Expand the rail'}
          aria-expanded={isOpen}
          onClick={onToggle}
        >
          {isOpen ? <PanelLeftClose aria-hidden /> : <PanelLeftOpen aria-hidden />}
        </Button>
      </div>
    </aside>
  );
}

const organization = later(() => import('./organization-switch.tsx').then((module) => module.OrganizationSwitch));

/** Its name at once; where one may go into several, the way to them comes after the page. */
function Organization({ name }: { name: string }): ReactNode {
  const drawn = useLater(organization, { name });
  return drawn ?? <span className="min-w-0 truncate font-semibold">{name}</span>;
}

function RailLink({
  page,
  isHere,
  isOpen,
  counts,
}: {
  page: Page;
  isHere: boolean;
  isOpen: boolean;
  counts: FleetCounts | null;
}): ReactNode {
  return (
    <Link
      to={page.path}
      aria-current={isHere ? 'page' : undefined}
      title={isOpen ? undefined : page.title}
      className={cx(
        'relative flex h-8 items-center gap-2.5 rounded-control px-2 text-sm text-muted hover:bg-hover hover:text-text',
        isHere && 'bg-hover font-medium text-text',
        !isOpen && 'justify-center',
      )}
    >
      <page.icon aria-hidden className={cx('size-4 shrink-0', isHere && 'text-accent')} />
      {isOpen ? <span className="truncate">{page.short}</span> : <span className="sr-only">{page.title}</span>}
      <Counter counter={counterOf(page.path, counts)} isOpen={isOpen} />
    </Link>
  );
}

/** Is this path the page's own, or one below it? */
function isAt(page: Page, path: string): boolean {
  return page.path === '/' ? path === '/' : path === page.path || path.startsWith(`${page.path}/`);
}

interface CounterText {
  readonly n: number;
  readonly isBad: boolean;
  readonly spoken: string;
}

function counterOf(path: string, counts: FleetCounts | null): CounterText | null {
  if (counts === null) return null;
  if (path === '/services' && counts.total > 0) {
    const bad = counts.down + counts.degraded;
    return bad > 0
      ? { n: bad, isBad: true, spoken: `${bad} need attention` }
      : { n: counts.total, isBad: false, spoken: `${counts.total} services` };
  }
  if (path === '/agents' && counts.agents > 0)
    return { n: counts.agents, isBad: false, spoken: `${counts.agents} agents` };
  if (path === '/alerts' && counts.firing > 0)
    return { n: counts.firing, isBad: counts.critical > 0, spoken: `${counts.firing} alerts firing` };
  if (path === '/jobs' && counts.running > 0)
    return { n: counts.running, isBad: false, spoken: `${counts.running} running` };
  return null;
}

function Counter({ counter, isOpen }: { counter: CounterText | null; isOpen: boolean }): ReactNode {
  if (counter === null) return null;
  if (!isOpen)
    return counter.isBad ? (
      <span title={counter.spoken} className="absolute top-1 right-1.5 size-2 rounded-full bg-down-fill" />
    ) : null;
  return (
    <span
      title={counter.spoken}
      className={cx(
        'ml-auto min-w-5 rounded-full px-1.5 text-center text-xs',
        counter.isBad ? 'bg-down-soft font-medium text-down' : 'text-muted',
      )}
    >
      {count(counter.n)}
    </span>
  );
}

function Account({ isOpen }: { isOpen: boolean }): ReactNode {
  const { me, signOut } = useMe();
  const [theme, setTheme] = useTheme();
  const navigate = useNavigate();
  const themes: readonly { readonly value: Theme; readonly label: string; readonly icon: typeof Sun }[] = [
    { value: 'light', label: 'Light', icon: Sun },
    { value: 'dark', label: 'Dark', icon: Moon },
    { value: 'system', label: 'As the system', icon: Monitor },
  ];
  return (
    <Menu
      items={[
        ...themes.map((t) => ({
          label: `${t.label}${t.value === theme ? ' (now)' : ''}`,
          icon: t.icon,
          onSelect: () => setTheme(t.value),
        })),
        null,
        { label: 'Your account', icon: UserRound, onSelect: () => void navigate({ to: '/settings/account' }) },
        { label: 'Sign out', icon: LogOut, onSelect: signOut },
      ]}
      trigger={
        <button
          type="button"
          {...(isOpen ? {} : { 'aria-label': `${me.name}: theme and sign out` })}
          className={cx(
            'flex h-8 min-w-0 items-center gap-2 rounded-control px-1.5 text-sm hover:bg-hover',
            isOpen && 'flex-1',
          )}
        >
          <span
            aria-hidden
            className="flex size-5 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent"
          >
            {me.name.charAt(0).toUpperCase()}
          </span>
          {isOpen && (
            <span className="truncate">
              {me.name}
              <span className="sr-only">: theme and sign out</span>
            </span>
          )}
        </button>
      }
    />
  );
}

const BAR =
  'relative flex h-14 w-full flex-col items-center justify-center gap-1 text-xs text-muted aria-[current=page]:font-medium aria-[current=page]:text-accent';

const phonePlaces = later(() => import('./phone-places.tsx').then((module) => module.PhonePlaces));

/** Four pages and More: on a phone the others are one tap further. */
function BottomBar({ counts }: { counts: FleetCounts | null }): ReactNode {
  const path = useLocation({ select: (location) => location.pathname });
  const navigate = useNavigate();
  const pages = usePages();
  const main = pages.filter(({ isMain = false }) => isMain);
  const others = pages.filter(({ isMain = false }) => !isMain);
  const other = others.find((page) => isAt(page, path));
  // The way to other organizations comes after the page, and only where there is no rail to have it.
  const isPhone = useMedia('(max-width: 767px)');
  const [places, setPlaces] = useState<readonly MenuItem[]>([]);
  const worst = others.map((page) => counterOf(page.path, counts)).find((counter) => counter?.isBad === true) ?? null;
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 grid auto-cols-fr grid-flow-col border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {main.map((page) => (
        <Link key={page.path} to={page.path} aria-current={isAt(page, path) ? 'page' : undefined} className={BAR}>
          <page.icon aria-hidden className="size-5" />
          {page.short}
          <BarCounter counter={counterOf(page.path, counts)} />
        </Link>
      ))}
      <Menu
        trigger={
          <button type="button" aria-current={other === undefined ? undefined : 'page'} className={BAR}>
            <MenuIcon aria-hidden className="size-5" />
            {other?.short ?? 'More'}
            <BarCounter counter={worst} />
          </button>
        }
        items={[
          ...others.map((page) => ({
            label: page.title,
            icon: page.icon,
            onSelect: () => void navigate({ to: page.path }),
          })),
          ...(places.length === 0 ? [] : [null, ...places]),
        ]}
      />
      {isPhone && <Places onPlaces={setPlaces} />}
    </nav>
  );
}

function Places(props: { onPlaces: (items: readonly MenuItem[]) => void }): ReactNode {
  return useLater(phonePlaces, props);
}

function BarCounter({ counter }: { counter: CounterText | null }): ReactNode {
  if (counter?.isBad !== true) return null;
  return (
    <span
      className="absolute top-1.5 left-1/2 ml-1.5 rounded-full bg-down-soft px-1.5 text-xs font-medium text-down"
      title={counter.spoken}
    >
      {count(counter.n)}
    </span>
  );
}

function isApple(): boolean {
  return navigator.userAgent.includes('Mac');
}
