import { Check } from 'lucide-react';
import { Menu } from 'radix-ui/internal';
import { type ReactNode, type RefObject, useRef } from 'react';
import { cx } from '../lib/cx.ts';
import type { MenuItem } from './menu.tsx';

export interface MenuListProps {
  /** The button is `<id>-trigger`, the list `<id>-menu`. */
  readonly id: string;
  readonly items: readonly (MenuItem | null)[];
  readonly anchor: RefObject<HTMLElement | null>;
  readonly isOpen: boolean;
  /** Opened by a key: then the first item is ready for the next one. */
  readonly isByKey: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

/** The list of a menu, beside its button. */
export function MenuList({ id, items, anchor, isOpen, isByKey, onOpenChange }: MenuListProps): ReactNode {
  // Whoever pressed elsewhere is there already; everybody else gets the focus back on the button.
  const isElsewhere = useRef(false);
  const isEntered = useRef(false);
  return (
    <Menu.Root modal={false} open={isOpen} onOpenChange={onOpenChange}>
      <Menu.Anchor virtualRef={anchor} />
      <Menu.Portal>
        <Menu.Content
          id={`${id}-menu`}
          aria-labelledby={`${id}-trigger`}
          align="end"
          sideOffset={6}
          collisionPadding={12}
          onFocus={(event) => {
            // The first focus of an opening goes to the list itself.
            if (!isByKey || isEntered.current || event.target !== event.currentTarget) return;
            isEntered.current = true;
            firstOf(event.currentTarget)?.focus({ preventScroll: true });
          }}
          onInteractOutside={() => (isElsewhere.current = true)}
          onCloseAutoFocus={(event) => {
            if (!isElsewhere.current) anchor.current?.focus();
            isElsewhere.current = false;
            isEntered.current = false;
            event.preventDefault();
          }}
          className="overlay-in pane z-50 max-h-(--radix-popper-available-height) min-w-44 overflow-y-auto overscroll-contain bg-raised p-1 shadow-overlay"
        >
          {items.map((item, i) =>
            item === null ? (
              <Menu.Separator key={`line-${i}`} className="my-1 h-px bg-line" />
            ) : item.isChecked !== undefined ? (
              <Menu.CheckboxItem
                key={item.label}
                checked={item.isChecked}
                {...(item.disabled === true ? { disabled: true } : {})}
                onSelect={(event) => {
                  event.preventDefault();
                  item.onSelect();
                }}
                className={ITEM}
              >
                <Check aria-hidden className={cx('size-4', item.isChecked ? 'text-accent' : 'invisible')} />
                {item.label}
              </Menu.CheckboxItem>
            ) : (
              <Menu.Item
                key={item.label}
                {...(item.disabled === true ? { disabled: true } : {})}
                onSelect={item.onSelect}
                className={cx(ITEM, item.danger === true && 'text-down data-highlighted:bg-down-soft')}
              >
                {item.icon !== undefined && (
                  <item.icon aria-hidden className={cx('size-4', item.danger !== true && 'text-muted')} />
                )}
                {item.label}
              </Menu.Item>
            ),
          )}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}

const ITEM =
  'flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover pointer-coarse:h-11';

function firstOf(menu: Element): HTMLElement | null {
  return menu.querySelector<HTMLElement>('[role^="menuitem"]:not([data-disabled])');
}
