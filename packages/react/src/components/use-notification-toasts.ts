import type { ArrivalsOptions } from '@statewire/client/look';
import { Arrivals } from '@statewire/client/look';
import type { Notification } from '@statewire/model';
import { useEffect, useRef } from 'react';
import { useNotifications } from '../named.ts';
import { useClient } from '../provider.tsx';
import type { Toasts } from './toasts.ts';
import { playTone } from './tone.ts';

/** What `useNotificationToasts` takes. Read anew each time something comes: they need not be stable. */
export interface NotificationToastsOptions extends ArrivalsOptions {
  /** Where they are shown: `createToasts()`, or a list of the app's own. */
  readonly toasts: Pick<Toasts, 'dismiss' | 'show'>;
  /** Opens what a notification is about; with it a toast has a button. */
  readonly onOpen?: ((notification: Notification) => void) | undefined;
  /** Opens the inbox, from the toast that says how many more came. */
  readonly onMore?: (() => void) | undefined;
  /** Plays a tone where the person's preferences want one. Default true; a function plays another. */
  readonly sound?: boolean | ((kind: 'plain' | 'urgent') => void) | undefined;
  /** Words on the buttons and of the number. */
  readonly words?:
    | { readonly open: string; readonly show: string; readonly more: (count: number) => string }
    | undefined;
}

/**
 * Says what comes into the signed-in person's inbox while the page is open: a toast in the tab that is looked at, by
 * priority, at most three in ten seconds and then a number; a tone where their preferences want one and quiet hours do
 * not forbid it. Reading one anywhere takes its toast away.
 */
export function useNotificationToasts(options: NotificationToastsOptions): void {
  const client = useClient();
  const { data, status } = useNotifications(UNREAD);
  const arrivals = useRef<Arrivals>(null);
  const said = useRef(new Set<string>());
  const newest = useRef(options);
  useEffect(() => {
    newest.current = options;
  });
  useEffect(() => {
    if (status === 'loading' || status === 'denied') return;
    const { toasts, sound = true, toastsMax, windowMs, onOpen, onMore, words = WORDS } = newest.current;
    arrivals.current ??= new Arrivals({ toastsMax, windowMs });
    const come = arrivals.current.look(data, {
      now: client.serverNow(),
      // In a tab that nobody looks at, toasts would only pile up: the bell counts, and pushes reach the person.
      isSeen: document.visibilityState === 'visible',
    });
    const unread = new Set(data.map(({ id }) => id));
    for (const id of said.current) {
      if (unread.has(id)) continue;
      said.current.delete(id);
      toasts.dismiss(id);
    }
    for (const row of come.toasts) {
      said.current.add(row.id);
      toasts.show({
        title: row.title,
        text: row.text,
        priority: row.priority,
        key: row.id,
        action: onOpen === undefined || row.path === '' ? undefined : { label: words.open, run: () => onOpen(row) },
      });
    }
    if (come.more > 0) {
      toasts.show({
        title: words.more(come.more),
        key: MORE,
        action: onMore === undefined ? undefined : { label: words.show, run: onMore },
      });
    }
    if (come.tone === null || sound === false) return;
    if (sound === true) playTone(come.tone, client);
    else sound(come.tone);
  }, [data, status, client]);
}

const UNREAD = ['eq', 'state', 'unread'] as const;
const MORE = 'statewire.more';
const WORDS = {
  open: 'Open',
  show: 'Show',
  more: (count: number) => (count === 1 ? 'One more notification came' : `${count} more notifications came`),
};
