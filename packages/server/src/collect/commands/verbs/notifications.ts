import type { Notification } from '@statewire/model';
import { ok, refuse } from '@statewire/protocol';
import { z } from 'zod';
import type { Draft } from '../../../keep/commit-types.ts';
import { marked, type Mark } from '../../inbox/mark.ts';
import { notificationIn, place } from '../../inbox/place.ts';
import type { Args, Verb } from '../verb.ts';
import { none } from './none.ts';

const SNOOZE_MS_MAX = 365 * 86_400_000;

const snoozeArgs: z.ZodType<Args> = z.strictObject({
  until: z.int().min(0).meta({ description: 'Epoch milliseconds, ahead, at most a year' }),
});

/** What people do with their notifications. Whose they are is asked before (`access.own`). */
export const notificationVerbs: readonly Verb[] = [
  mark('read', 'Marks it read'),
  mark('unread', 'Marks it unread again'),
  mark('archive', 'Puts it away; it is forgotten after 30 days'),
  {
    name: 'snooze',
    on: ['notifications'],
    action: 'write',
    summary: 'Takes it out of sight until a time, at which it is unread again',
    args: snoozeArgs,
    run: (_deps, draft, { id, args }) => {
      const { until } = args;
      if (typeof until !== 'number' || until <= draft.now || until > draft.now + SNOOZE_MS_MAX) {
        return refuse('bad_field', 'until: expected a time ahead, at most a year; what is snoozed always comes back');
      }
      move(draft, id, { do: 'snooze', until });
      return ok({ id });
    },
  },
  whole('read-all', 'Marks everything in the inbox read', ({ state }) => state === 'unread', { do: 'read' }),
  whole('archive-all', 'Puts everything in the inbox away', ({ state }) => state !== 'archived', { do: 'archive' }),
];

function mark(name: 'archive' | 'read' | 'unread', summary: string): Verb {
  return {
    name,
    on: ['notifications'],
    action: 'write',
    summary,
    args: none,
    run: (_deps, draft, { id }) => {
      move(draft, id, { do: name });
      return ok({ id });
    },
  };
}

/** A command on the inbox is for all its notifications that are in sight; what is snoozed was put off on purpose. */
function whole(name: string, summary: string, wants: (notification: Notification) => boolean, what: Mark): Verb {
  return {
    name,
    on: ['inboxes'],
    action: 'write',
    summary,
    args: none,
    run: (_deps, draft, { id, principal }) => {
      for (const row of Array.from(draft.all('notifications'))) {
        const notification = notificationIn(draft, row.id);
        if (notification === null || notification.person !== principal.id || notification.snoozedUntil !== null)
          continue;
        if (wants(notification)) move(draft, row.id, what);
      }
      return ok({ id });
    },
  };
}

function move(draft: Draft, id: string, what: Mark): void {
  const notification = notificationIn(draft, id);
  if (notification !== null) place(draft, id, marked(notification, what, draft.now));
}
