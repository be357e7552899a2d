import { Bell, CircleAlert, CircleCheck, type LucideIcon, OctagonAlert, X } from 'lucide-react';
import { Toast as Radix } from 'radix-ui';
import { type ReactNode, useSyncExternalStore } from 'react';
import { cx } from '../lib/cx.ts';
import { Button } from './button.tsx';
import { dropNote, type Note, shownNotes, subscribeNotes } from './toast.tsx';

const URGENT_MS = 20_000;

/** Where notes appear. Once per page. */
export function Toasts(): ReactNode {
  const shown = useSyncExternalStore(subscribeNotes, shownNotes);
  return (
    <Radix.Provider duration={6000} swipeDirection="right">
      {shown.map((note) => (
        <Radix.Root
          key={note.id}
          type={note.tone === 'failed' || note.tone === 'urgent' ? 'foreground' : 'background'}
          {...(note.tone === 'urgent' ? { duration: URGENT_MS } : {})}
          onOpenChange={(open) => !open && dropNote(note.id)}
          className="overlay-in pane flex items-start gap-2.5 bg-raised py-3 pr-2 pl-3.5 shadow-overlay"
        >
          <Icon tone={note.tone} />
          <div className="min-w-0 flex-1">
            <Radix.Title className="text-sm font-medium break-words">{note.title}</Radix.Title>
            {note.detail !== '' && (
              <Radix.Description className="mt-0.5 line-clamp-3 text-sm break-words text-muted">
                {note.detail}
              </Radix.Description>
            )}
          </div>
          {note.action !== null && (
            <Radix.Action asChild altText={note.action.label}>
              <Button size="small" onClick={note.action.onSelect}>
                {note.action.label}
              </Button>
            </Radix.Action>
          )}
          <Radix.Close aria-label="Dismiss" className="rounded p-1 text-muted hover:text-text">
            <X aria-hidden className="size-4" />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-4 bottom-4 z-60 flex w-[calc(100%-2rem)] max-w-sm flex-col gap-2 outline-none max-md:bottom-20" />
    </Radix.Provider>
  );
}

const looks: Readonly<Record<Note['tone'], { readonly icon: LucideIcon; readonly ink: string }>> = {
  done: { icon: CircleCheck, ink: 'text-up' },
  failed: { icon: CircleAlert, ink: 'text-down' },
  news: { icon: Bell, ink: 'text-muted' },
  urgent: { icon: OctagonAlert, ink: 'text-down' },
};

function Icon({ tone }: { tone: Note['tone'] }): ReactNode {
  const look = looks[tone];
  return <look.icon aria-hidden className={cx('mt-0.5 size-4 shrink-0', look.ink)} />;
}
