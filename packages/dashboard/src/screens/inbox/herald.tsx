import { useNotificationToasts, usePushOpened, type Toasts } from '@statewire/react/components';
import { useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';
import { news, unsay } from '../../parts/toast.tsx';
import { useVisit } from './visit.ts';

/** Says what comes while the person is here, among what the dashboard itself says in passing. Renders nothing. */
export function Herald(): null {
  const router = useRouter();
  const onMore = useCallback(() => router.history.push('/inbox'), [router]);
  useNotificationToasts({ toasts, onOpen: useVisit(), onMore });
  usePushOpened(useCallback((path: string) => router.history.push(path), [router]));
  return null;
}

const toasts: Pick<Toasts, 'dismiss' | 'show'> = {
  show({ title, text = '', priority, key = null, action }) {
    news(title, {
      detail: text,
      isUrgent: priority === 'urgent',
      key,
      action: action === undefined ? null : { label: action.label, onSelect: action.run },
    });
    return 0;
  },
  dismiss: (key) => {
    if (typeof key === 'string') unsay(key);
  },
};
