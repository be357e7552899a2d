import type { Inbox, Notification } from '@statewire/model';
import { useNotifications } from '@statewire/react';
import { Link } from '@tanstack/react-router';
import { Inbox as InboxIcon, Settings2 } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { cx } from '../../lib/cx.ts';
import { act } from '../../live/command.ts';
import { Button, buttonClass } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { ItemActions, Repeats, Sign } from './item.tsx';
import { byNewest } from './shown.ts';
import { useVisit } from './visit.ts';

const SHOWN_MAX = 30;
const IN_SIGHT = ['and', ['neq', 'state', 'archived'], ['eq', 'snoozedUntil', null]] as const;

/** What came last, newest first, with what a person does about it. The rest is one press further. */
export function Center({ inbox, onClose }: { inbox: Inbox | null; onClose: () => void }): ReactNode {
  const { data, status } = useNotifications(IN_SIGHT);
  const rows = useMemo(() => Array.from(data ?? []).sort(byNewest), [data]);
  const unread = inbox?.unread ?? 0;
  const all = (name: 'archive-all' | 'read-all'): void => {
    if (inbox !== null) void act('inboxes', inbox.id, name);
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex min-h-11 items-center gap-1 border-b py-1 pr-1.5 pl-4">
        <h2 className="mr-auto text-sm font-semibold max-xs:sr-only">Inbox</h2>
        <Button tone="ghost" size="small" disabled={unread === 0} onClick={() => all('read-all')}>
          Mark all read
        </Button>
        <Button tone="ghost" size="small" disabled={rows.length === 0} onClick={() => all('archive-all')}>
          Archive all
        </Button>
        <Link
          to="/inbox"
          search={{ tab: 'settings' }}
          onClick={onClose}
          aria-label="My notifications: settings"
          title="Settings"
          className={buttonClass({ tone: 'ghost', size: 'icon' })}
        >
          <Settings2 aria-hidden />
        </Link>
      </header>
      <div className={cx('min-h-0 flex-1 overflow-y-auto overscroll-contain', status === 'stale' && 'is-stale')}>
        {data === null ? (
          <BoneRows rows={4} className="h-14" />
        ) : rows.length === 0 ? (
          <Empty icon={InboxIcon} title="Nothing here" className="py-10">
            What happens and concerns you comes here at once.
          </Empty>
        ) : (
          <ul>
            {rows.slice(0, SHOWN_MAX).map((row) => (
              <Item key={row.id} row={row} onClose={onClose} />
            ))}
          </ul>
        )}
      </div>
      <footer className="border-t p-1.5">
        <Link to="/inbox" search={{}} onClick={onClose} className={cx(buttonClass({ tone: 'ghost' }), 'w-full')}>
          {rows.length > SHOWN_MAX ? `Show all ${rows.length}` : 'Show all'}
        </Link>
      </footer>
    </div>
  );
}

function Item({ row, onClose }: { row: Notification; onClose: () => void }): ReactNode {
  const visit = useVisit();
  const isUnread = row.state === 'unread';
  return (
    <li className="relative flex items-start gap-3 border-b py-2.5 pr-1.5 pl-4 last:border-b-0 hover:bg-hover/60">
      <span className="mt-0.5">
        <Sign row={row} />
      </span>
      <div className="min-w-0 flex-1">
        {/* The whole row is pressed, by a button that lies under the others. */}
        <button
          type="button"
          onClick={() => {
            visit(row);
            onClose();
          }}
          className={cx(
            'block max-w-full text-left text-sm break-words after:absolute after:inset-0',
            isUnread ? 'font-semibold' : 'text-muted',
          )}
        >
          {row.title}
          {isUnread && <span className="sr-only"> (unread)</span>}
        </button>
        {row.text !== '' && <p className="line-clamp-2 text-xs break-words text-muted">{row.text}</p>}
        <p className="mt-0.5 flex items-center gap-2 text-xs text-muted">
          <Ago at={row.lastAt} />
          <Repeats n={row.count} />
        </p>
      </div>
      <div className="relative z-1">
        <ItemActions row={row} />
      </div>
    </li>
  );
}
