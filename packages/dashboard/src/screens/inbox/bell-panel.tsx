import type { Inbox } from '@statewire/model';
import { Popover } from 'radix-ui';
import type { ReactNode, RefObject } from 'react';
import { useNarrow } from '../../lib/media.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Center } from './center.tsx';

interface Props {
  readonly inbox: Inbox | null;
  /** The bell. */
  readonly anchor: RefObject<HTMLElement | null>;
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

/** What waits for the person: under the bell, or from below on phones. */
export function BellPanel({ inbox, anchor, isOpen, onOpenChange }: Props): ReactNode {
  const isNarrow = useNarrow();
  const close = (): void => onOpenChange(false);
  if (isNarrow) {
    return (
      <Dialog open={isOpen} onClose={close} title="Inbox">
        <div className="-mx-5 -my-4">
          <Center inbox={inbox} onClose={close} />
        </div>
      </Dialog>
    );
  }
  return (
    <Popover.Root open={isOpen} onOpenChange={onOpenChange}>
      <Popover.Anchor virtualRef={anchor} />
      <Popover.Portal>
        <Popover.Content
          aria-label="Inbox"
          align="end"
          sideOffset={8}
          collisionPadding={12}
          onInteractOutside={(event) => {
            // The bell itself closes it with the same press.
            if (event.target instanceof Node && anchor.current?.contains(event.target) === true) event.preventDefault();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            // Whoever pressed elsewhere is there already.
            if (document.activeElement === document.body) anchor.current?.focus();
          }}
          className="overlay-in pane z-50 flex max-h-[min(70dvh,36rem)] w-96 flex-col overflow-clip bg-raised shadow-overlay outline-none"
        >
          <Center inbox={inbox} onClose={close} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
