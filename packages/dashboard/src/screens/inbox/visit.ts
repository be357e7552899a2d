import type { Notification } from '@statewire/model';
import { useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';
import { mark } from '../../live/command.ts';

/** Opens what a notification is about, and marks it read. */
export function useVisit(): (row: Pick<Notification, 'id' | 'path' | 'state'>) => void {
  const router = useRouter();
  return useCallback(
    ({ id, path, state }) => {
      if (state === 'unread') void mark([id], 'read');
      if (path !== '') router.history.push(path);
    },
    [router],
  );
}
