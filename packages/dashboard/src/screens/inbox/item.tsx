import type { Notification } from '@statewire/model';
import { AlarmClock, Archive, MailCheck, MailOpen, MoreHorizontal } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { count } from '../../lib/format.ts';
import { serverNow } from '../../lib/ticker.ts';
import { mark, snooze } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Menu, type MenuItem } from '../../parts/menu.tsx';
import { priorities, typeLooks } from './look.ts';
import { tomorrow } from './shown.ts';

const HOUR_MS = 3_600_000;

/** The icon of its type, in the ink of its priority, and a dot while it is unread. */
export function Sign({ row }: { row: Notification }): ReactNode {
  const look = typeLooks[row.type];
  const { word, ink } = priorities[row.priority];
  const isPressing = row.priority === 'high' || row.priority === 'urgent';
  return (
    <span className="relative shrink-0">
      <look.icon
        aria-label={isPressing ? `${look.word}, ${word.toLowerCase()}` : look.word}
        className={cx('size-4', ink)}
      />
      {row.state === 'unread' && (
        <span
          title="Unread"
          className="absolute -top-1 -right-1 size-2 rounded-full bg-accent ring-2 ring-surface"
          aria-hidden
        />
      )}
    </span>
  );
}

/** How often it came, when more than once. */
export function Repeats({ n }: { n: number }): ReactNode {
  if (n < 2) return null;
  return (
    <span className="shrink-0 rounded-full bg-quiet-soft px-1.5 text-xs text-muted" title={`Came ${count(n)} times`}>
      × {count(n)}
    </span>
  );
}

/** Two buttons and a menu: what a person does with one notification. */
export function ItemActions({ row }: { row: Notification }): ReactNode {
  const isUnread = row.state === 'unread';
  return (
    <div className="flex shrink-0 justify-end">
      <Button
        tone="ghost"
        size="icon"
        title={isUnread ? 'Mark read' : 'Mark unread'}
        aria-label={`Mark ${isUnread ? 'read' : 'unread'}: ${row.title}`}
        onClick={() => void mark([row.id], isUnread ? 'read' : 'unread')}
      >
        {isUnread ? <MailOpen aria-hidden /> : <MailCheck aria-hidden />}
      </Button>
      <Menu
        trigger={
          <Button tone="ghost" size="icon" aria-label={`More for ${row.title}`}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
        items={itemMenu(row)}
      />
    </div>
  );
}

function itemMenu(row: Notification): readonly MenuItem[] {
  return [
    ...(row.state === 'archived'
      ? []
      : [{ label: 'Archive', icon: Archive, onSelect: () => void mark([row.id], 'archived') }]),
    { label: 'Snooze 1 h', icon: AlarmClock, onSelect: () => void snooze([row.id], serverNow() + HOUR_MS) },
    {
      label: 'Snooze until tomorrow, 9:00',
      icon: AlarmClock,
      onSelect: () => void snooze([row.id], tomorrow(serverNow())),
    },
  ];
}
