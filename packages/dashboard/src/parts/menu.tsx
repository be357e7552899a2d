import type { LucideIcon } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';

export interface MenuItem {
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onSelect: () => void;
}

/** A menu of actions. Not modal: the page behind stays live and scrollable. */
export function Menu({ trigger, items }: { trigger: ReactNode; items: readonly (MenuItem | null)[] }): ReactNode {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          collisionPadding={12}
          className="overlay-in pane z-50 min-w-44 bg-raised p-1 shadow-overlay"
        >
          {items.map((item, i) =>
            item === null ? (
              <DropdownMenu.Separator key={`line-${i}`} className="my-1 h-px bg-line" />
            ) : (
              <DropdownMenu.Item
                key={item.label}
                {...(item.disabled === true ? { disabled: true } : {})}
                onSelect={item.onSelect}
                className={cx(
                  'flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover pointer-coarse:h-11',
                  item.danger === true && 'text-down data-highlighted:bg-down-soft',
                )}
              >
                {item.icon !== undefined && (
                  <item.icon aria-hidden className={cx('size-4', item.danger !== true && 'text-muted')} />
                )}
                {item.label}
              </DropdownMenu.Item>
            ),
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
