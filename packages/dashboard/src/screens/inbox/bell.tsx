import type { Inbox } from '@statewire/model';
import { useUnread } from '@statewire/react';
import { Bell as BellIcon } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, plural } from '../../lib/format.ts';
import { later, useLater } from '../../lib/later.ts';
import { Button } from '../../parts/button.tsx';

// Most pages are left without looking into it.
const panel = later(() => import('./bell-panel.tsx').then((module) => module.BellPanel));

const BADGE_MAX = 99;

/** How much waits for the person, in every page's top line; a press shows what. Below it on phones, as a sheet. */
export function Bell(): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const { data } = useUnread();
  const inbox = data?.[0] ?? null;
  const drawn = useLater(panel, { inbox, anchor, isOpen, onOpenChange: setOpen });
  return (
    <>
      <BellButton
        ref={anchor}
        inbox={inbox}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        data-state={isOpen ? 'open' : 'closed'}
        onPointerEnter={panel.load}
        onClick={() => {
          panel.load();
          setOpen(!isOpen);
        }}
      />
      {drawn}
    </>
  );
}

function BellButton({
  inbox,
  ...rest
}: Omit<React.ComponentProps<typeof Button>, 'children'> & { inbox: Inbox | null }): ReactNode {
  const unread = inbox?.unread ?? 0;
  const urgent = inbox?.urgent ?? 0;
  const spoken =
    unread === 0
      ? 'Inbox: nothing unread'
      : `Inbox: ${plural(unread, 'unread', 'unread')}${urgent === 0 ? '' : `, ${urgent} urgent`}`;
  return (
    <Button tone="ghost" size="icon" {...rest} aria-label={spoken} title={spoken} className="relative">
      <BellIcon aria-hidden />
      {unread > 0 && (
        <span
          aria-hidden
          className={cx(
            'absolute -top-0.5 -right-0.5 min-w-4 rounded-full px-1 text-center text-[0.6875rem]/4 font-semibold pointer-coarse:top-1 pointer-coarse:right-0.5',
            urgent > 0 ? 'bg-down text-surface' : 'bg-accent text-accent-ink',
          )}
        >
          {unread > BADGE_MAX ? `${BADGE_MAX}+` : count(unread)}
        </span>
      )}
    </Button>
  );
}
