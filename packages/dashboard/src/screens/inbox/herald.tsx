import type { Notification } from '@statewire/model';
import { useNotifications } from '@statewire/react';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { plural } from '../../lib/format.ts';
import { serverNow } from '../../lib/ticker.ts';
import { tone } from '../../lib/tone.ts';
import { news, unsay } from '../../parts/toast.tsx';
import { Arrivals } from './arrivals.ts';
import { useVisit } from './visit.ts';

const UNREAD = ['eq', 'state', 'unread'] as const;

/**
 * Says what comes while the person is here: a toast where the tab is looked at, a tone where the preferences want one.
 * Reading it anywhere takes the toast away. Renders nothing.
 */
export function Herald(): null {
  const { data } = useNotifications(UNREAD);
  const router = useRouter();
  const visit = useVisit();
  const arrivals = useRef<Arrivals>(null);
  const said = useRef(new Set<string>());
  useEffect(() => {
    if (data === null) return;
    arrivals.current ??= new Arrivals();
    const { items, more, isLoud } = arrivals.current.look(data, serverNow());
    const unread = new Set(data.map(({ id }) => id));
    for (const id of said.current) {
      if (unread.has(id)) continue;
      said.current.delete(id);
      unsay(id);
    }
    if (isLoud) tone(items.some(isUrgent));
    // In a tab that nobody looks at, toasts would only pile up; the bell counts, and pushes reach the person.
    if (document.visibilityState !== 'visible') return;
    for (const row of items) {
      said.current.add(row.id);
      news(row.title, {
        detail: row.text,
        isUrgent: isUrgent(row),
        key: row.id,
        action: row.path === '' ? null : { label: 'Open', onSelect: () => visit(row) },
      });
    }
    if (more > 0) {
      news(`${plural(more, 'more notification')} came`, {
        key: 'more',
        action: { label: 'Show', onSelect: () => router.history.push('/inbox') },
      });
    }
  }, [data, router, visit]);
  useEffect(() => {
    // A push that was pressed while a tab is open: the service worker says where to go.
    const listen = (event: MessageEvent<unknown>): void => {
      const path = placeIn(event.data);
      if (path !== null) router.history.push(path);
    };
    // Without a trusted connection there is none.
    if (!('serviceWorker' in navigator)) return undefined;
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener('message', listen);
    return () => serviceWorker.removeEventListener('message', listen);
  }, [router]);
  return null;
}

function isUrgent({ priority }: Notification): boolean {
  return priority === 'urgent';
}

/** A place of ours in what the service worker said. */
function placeIn(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('open' in data)) return null;
  const { open } = data;
  return typeof open === 'string' && /^\/(?!\/)/u.test(open) ? open : null;
}
