import { SystemMessageBanner } from '@statewire/react';
import { useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useCan } from '../../lib/me.ts';
import { useNarrow } from '../../lib/media.ts';

/** What is said to operators, over every page and moving none. */
export function Notice(): ReactNode {
  const mayWrite = useCan('messages:change');
  // There whoever may not write reads them in the page itself.
  const isRead = useLocation({ select: ({ pathname }) => pathname === '/messages' }) && !mayWrite;
  const isNarrow = useNarrow();
  return isRead ? null : <SystemMessageBanner placement="over" max={isNarrow ? 1 : 2} />;
}
