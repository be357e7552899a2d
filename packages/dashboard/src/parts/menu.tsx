import type { LucideIcon } from 'lucide-react';
import { Slot } from 'radix-ui';
import { type ReactNode, useId, useRef, useState } from 'react';
import { later, useLater } from '../lib/later.ts';

const list = later(() => import('./menu-list.tsx').then((module) => module.MenuList));

export interface MenuItem {
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** A choice that is on or off; the menu stays open for the next one. */
  readonly isChecked?: boolean;
  readonly onSelect: () => void;
}

/**
 * A menu of actions. Not modal: the page behind stays live and scrollable. The button is there at once; the list behind it
 * comes when the page is at rest, or with the first press.
 */
export function Menu({ trigger, items }: { trigger: ReactNode; items: readonly (MenuItem | null)[] }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [isByKey, setByKey] = useState(false);
  const anchor = useRef<HTMLElement>(null);
  const id = useId();
  const drawn = useLater(list, { id, items, anchor, isOpen, isByKey, onOpenChange: setOpen });
  // A list that could not be loaded is asked for by the next press: as long as there is none, every press means open.
  const open = (next: boolean): void => {
    if (next) list.load();
    setOpen(next);
  };
  return (
    <>
      <Slot.Root
        ref={anchor}
        id={`${id}-trigger`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? `${id}-menu` : undefined}
        data-state={isOpen ? 'open' : 'closed'}
        onPointerEnter={list.load}
        onPointerDown={(event) => {
          if (event.button !== 0 || event.ctrlKey) return;
          // The focus goes into the menu, not to the button first.
          if (!isOpen) event.preventDefault();
          setByKey(false);
          open(drawn === null || !isOpen);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ' && event.key !== 'ArrowDown') return;
          event.preventDefault();
          setByKey(true);
          open(event.key === 'ArrowDown' || drawn === null || !isOpen);
        }}
      >
        {trigger}
      </Slot.Root>
      {drawn}
    </>
  );
}
