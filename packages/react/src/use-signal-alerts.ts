import type { CommandResult, Where } from '@statewire/client';
import type { Alert } from '@statewire/model';
import { useCallback, useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { OPEN_ALERTS } from './named.ts';
import { useClient } from './provider.tsx';
import { useCollection } from './use-collection.ts';

/** Open alerts, and how many of them nobody has taken up. */
export interface LiveSignalAlerts extends Live<readonly Alert[]> {
  readonly alerts: readonly Alert[];
  /** Those that fire and that nobody has acknowledged. */
  readonly unreadCount: number;
  /** Acknowledges one; the server says it to everybody. Needs the scope that alerts ask for. */
  readonly markAsRead: (id: string) => Promise<CommandResult>;
}

/** Open alerts of everybody; with a person those that are not somebody else's. */
export function useSignalAlerts(person?: string | null, options?: LiveOptions): LiveSignalAlerts {
  const client = useClient();
  const live = useCollection('alerts', { ...options, where: person ? whereOf(person) : OPEN_ALERTS });
  const markAsRead = useCallback((id: string) => client.collection('alerts').call(id, 'ack'), [client]);
  return useMemo(
    () => ({
      ...live,
      alerts: live.data,
      unreadCount: live.data.filter(({ state }) => state === 'firing').length,
      markAsRead,
    }),
    [live, markAsRead],
  );
}

function whereOf(person: string): Where<Alert> {
  return [
    'and',
    ['in', 'state', ['acknowledged', 'firing', 'pending', 'suppressed']],
    ['or', ['null', 'assignee', true], ['eq', 'assignee', person]],
  ];
}
