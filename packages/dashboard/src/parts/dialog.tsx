import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { Button } from './button.tsx';
import { useReturnFocus } from './return-focus.ts';

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly note?: ReactNode;
  readonly wide?: boolean;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
}

/** A modal dialog: focus stays inside, Escape closes, focus returns. On phones it is a sheet from below. */
export function Dialog({ open, onClose, title, note, wide = false, children, footer }: Props): ReactNode {
  const giveBack = useReturnFocus(open);
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        {/* Our own veil and not Radix's: theirs adds a style element, which the content security policy refuses. */}
        <div aria-hidden className="fade-in fixed inset-0 z-40 bg-veil" />
        <Radix.Content
          onCloseAutoFocus={giveBack}
          {...(note === undefined ? { 'aria-describedby': undefined } : {})}
          className={cx(
            'overlay-in pane fixed z-50 flex max-h-[min(88dvh,52rem)] w-[calc(100%-2rem)] flex-col bg-raised shadow-overlay outline-none',
            'inset-x-0 top-[8dvh] mx-auto max-xs:top-auto max-xs:bottom-0 max-xs:w-full max-xs:rounded-b-none',
            wide ? 'max-w-3xl' : 'max-w-lg',
          )}
        >
          <header className="flex items-start justify-between gap-4 border-b px-5 py-4">
            <div className="min-w-0">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {note !== undefined && (
                <Radix.Description className="mt-0.5 text-sm text-muted">{note}</Radix.Description>
              )}
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
