import type { Client, CommandResult, ViewStatus } from '@statewire/client';
import type { Notification } from '@statewire/model';
import { useCallback, useMemo, useState } from 'react';
import { useClient } from '../provider.tsx';
import { useCollection } from '../use-collection.ts';

/** One's own inbox and what is done with it, without any looks. */
export interface NotificationCenterState {
  /** In sight: neither archived nor snoozed, newest first. */
  readonly items: readonly Notification[];
  readonly unread: number;
  readonly urgent: number;
  readonly status: ViewStatus;
  /** Why the last command did not work, or null. */
  readonly error: string | null;
  readonly markRead: (id: string) => Promise<boolean>;
  readonly markUnread: (id: string) => Promise<boolean>;
  readonly archive: (id: string) => Promise<boolean>;
  /** Out of sight for so long, ms; it comes back unread. */
  readonly snooze: (id: string, forMs: number) => Promise<boolean>;
  readonly markAllRead: () => Promise<boolean>;
  readonly archiveAll: () => Promise<boolean>;
}

/** The signed-in person's notifications. Marks show at once and are taken back with a reason when the server refuses. */
export function useNotificationCenter(): NotificationCenterState {
  const client = useClient();
  const { data, status } = useCollection('notifications', { where: IN_SIGHT });
  const { data: inboxes } = useCollection('inboxes');
  const [error, setError] = useState<string | null>(null);
  const inbox = inboxes[0];
  const items = useMemo(
    // What is marked archived optimistically still matches what the server was asked for.
    () =>
      data.filter(({ state }) => state !== 'archived').sort((a, b) => b.lastAt - a.lastAt || (a.id < b.id ? -1 : 1)),
    [data],
  );
  const run = useCallback(
    async (command: (sw: Client) => Promise<CommandResult>): Promise<boolean> => {
      setError(null);
      const result = await command(client);
      if (!result.ok) setError(result.message);
      return result.ok;
    },
    [client],
  );
  const mark = useCallback(
    (id: string, state: 'archived' | 'read' | 'unread') =>
      run((sw) => sw.collection('notifications').patch(id, { state }, { optimistic: true })),
    [run],
  );
  const whole = useCallback(
    (name: 'archive-all' | 'read-all') =>
      inbox === undefined ? Promise.resolve(true) : run((sw) => sw.collection('inboxes').call(inbox.id, name)),
    [run, inbox],
  );
  return {
    items,
    unread: inbox?.unread ?? 0,
    urgent: inbox?.urgent ?? 0,
    status,
    error,
    markRead: useCallback((id) => mark(id, 'read'), [mark]),
    markUnread: useCallback((id) => mark(id, 'unread'), [mark]),
    archive: useCallback((id) => mark(id, 'archived'), [mark]),
    snooze: useCallback(
      (id, forMs) =>
        run((sw) => sw.collection('notifications').call(id, 'snooze', { until: Math.round(sw.serverNow()) + forMs })),
      [run],
    ),
    markAllRead: useCallback(() => whole('read-all'), [whole]),
    archiveAll: useCallback(() => whole('archive-all'), [whole]),
  };
}

const IN_SIGHT = ['and', ['neq', 'state', 'archived'], ['eq', 'snoozedUntil', null]] as const;
