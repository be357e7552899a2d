import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { useReturnFocus } from './return-focus.ts';

interface Props {
  readonly onClose: () => void;
  readonly title: ReactNode;
  readonly note?: ReactNode;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
}

/** One record of a list, beside the list: from the right, the whole width on phones. Escape closes, focus returns. */
export function Drawer({ onClose, title, note, children, footer }: Props): ReactNode {
  const giveBack = useReturnFocus(true);
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <div aria-hidden className="fade-in fixed inset-0 z-40 bg-veil" />
        <Radix.Content
          onCloseAutoFocus={giveBack}
          // A list that is open inside of it is what Escape puts away first.
          onEscapeKeyDown={(event) =>
            document.activeElement?.matches('[role="combobox"][aria-expanded="true"]') === true &&
            event.preventDefault()
          }
          aria-describedby={undefined}
          className="overlay-in fixed inset-y-0 right-0 z-50 flex w-full max-w-xl flex-col border-l bg-raised shadow-overlay outline-none"
        >
          <header className="flex items-start justify-between gap-4 border-b px-5 py-4">
            <div className="min-w-0">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {note !== undefined && <div className="mt-1.5 text-sm text-muted">{note}</div>}
            </div>
            <Radix.Close asChild>
              <Button tone="ghost" size="icon" aria-label="Close" className="-mt-1 -mr-2">
                <X aria-hidden />
              </Button>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-5 py-4">{children}</div>
          {footer !== undefined && (
            <footer className="flex flex-wrap items-center justify-end gap-2 border-t px-5 py-3">{footer}</footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
