import type { Inbox } from '@statewire/model';
import { useUnread } from '@statewire/react';
import { Bell as BellIcon } from 'lucide-react';
import { Popover } from 'radix-ui';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, plural } from '../../lib/format.ts';
import { useNarrow } from '../../lib/media.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';

// Most pages are left without looking into it.
const Center = lazy(() => import('./center.tsx').then((module) => ({ default: module.Center })));

const BADGE_MAX = 99;

/** How much waits for the person, in every page's top line; a press shows what. Below it on phones, as a sheet. */
export function Bell(): ReactNode {
  const isNarrow = useNarrow();
  const [isOpen, setOpen] = useState(false);
  const { data } = useUnread();
  const inbox = data?.[0] ?? null;
  if (isNarrow) {
    return (
      <>
        <BellButton inbox={inbox} aria-haspopup="dialog" aria-expanded={isOpen} onClick={() => setOpen(true)} />
        <Dialog open={isOpen} onClose={() => setOpen(false)} title="Inbox">
          <div className="-mx-5 -my-4">
            <Suspense fallback={<BoneRows rows={4} className="h-14" />}>
              <Center inbox={inbox} onClose={() => setOpen(false)} />
            </Suspense>
          </div>
        </Dialog>
      </>
    );
  }
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <BellButton inbox={inbox} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          aria-label="Inbox"
          align="end"
          sideOffset={8}
          collisionPadding={12}
          className="overlay-in pane z-50 flex max-h-[min(70dvh,36rem)] w-96 flex-col overflow-clip bg-raised shadow-overlay outline-none"
        >
          <Suspense fallback={<BoneRows rows={4} className="h-14" />}>
            <Center inbox={inbox} onClose={() => setOpen(false)} />
          </Suspense>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
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
