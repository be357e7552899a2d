import { useClient } from '@statewire/react';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { allows } from '@statewire/model';
import { cx } from '../lib/cx.ts';
import { plural } from '../lib/format.ts';
import { useMe } from '../lib/me.ts';
import { neededAt, pages } from '../lib/pages.ts';
import { useRows } from '../live/rows.ts';
import { Menu } from './menu.tsx';

/** Places of the dashboard begin so; those of apps have words of their own. */
const PLACE = 'dashboard:';
// A line of the top bar, not a list of the team.
const FACES_MAX = 3;

/** Who else has the dashboard open now, in the top line of every page. A press says where each is, and leads there. */
export function Crowd(): ReactNode {
  const { me } = useMe();
  const client = useClient();
  const navigate = useNavigate();
  const path = useLocation({ select: ({ pathname }) => pathname });
  useEffect(
    () => ('presence' in client ? client.presence.enter(`${PLACE}${path}`.slice(0, 200)) : undefined),
    [client, path],
  );
  const { rows } = useRows('presences', OTHERS);
  const people = Map.groupBy(
    rows.filter(({ who }) => who !== me.id),
    ({ who }) => who,
  );
  if (people.size === 0) return null;
  // Where somebody is in several windows, the one at work says it, else the newest.
  const shown = Array.from(people.values(), (places) => {
    const [at] = places.toSorted(
      (a, b) => Number(a.state === 'idle') - Number(b.state === 'idle') || b.since - a.since,
    );
    return at === undefined ? [] : [at];
  })
    .flat()
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const rest = shown.length - FACES_MAX;
  const spoken = `${plural(shown.length, 'other is', 'others are')} here: ${shown.map(({ name }) => name).join(', ')}`;
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={spoken}
          title={shown.map(({ name, at }) => `${name}: ${where(at)}`).join('\n')}
          className="flex h-8 items-center rounded-control px-1.5 hover:bg-hover pointer-coarse:h-11 max-sm:hidden"
        >
          {shown.slice(0, FACES_MAX).map(({ id, name, state }) => (
            <span
              key={id}
              aria-hidden
              className={cx(
                '-ml-1 flex size-6 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent ring-2 ring-background first:ml-0',
                state === 'idle' && 'opacity-60',
              )}
            >
              {name.charAt(0).toUpperCase()}
            </span>
          ))}
          {rest > 0 && (
            <span aria-hidden className="ml-1 text-xs text-muted">
              +{rest}
            </span>
          )}
        </button>
      }
      items={shown.map(({ name, at, state }) => {
        const to = at.slice(PLACE.length);
        const needs = neededAt(to);
        return {
          label: `${name} · ${where(at)}${state === 'idle' ? ', away' : ''}`,
          disabled: needs !== null && !allows(me.permissions, needs),
          onSelect: () => void navigate({ to }),
        };
      })}
    />
  );
}

const OTHERS = ['prefix', 'at', PLACE];

/** The page somebody is on, and what of it. */
function where(at: string): string {
  const path = at.slice(PLACE.length);
  const page = pages.find((each) => each.path !== '/' && (path === each.path || path.startsWith(`${each.path}/`)));
  if (page === undefined) return path === '/' ? 'Overview' : path.slice(1);
  const rest = path.slice(page.path.length + 1);
  return rest === '' ? page.short : `${page.short}, ${rest}`;
}
