import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useOffers } from '../lib/offers.ts';
import { Button } from './button.tsx';
import { Menu, type MenuItem } from './menu.tsx';

/** What can be done to what is selected: at once by `run`, or one of several ways. */
export type ChosenAction = {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly isOff?: boolean;
  readonly isDanger?: boolean;
  /** Why it is off. */
  readonly title?: string | undefined;
} & (
  | { readonly run: () => void }
  | {
      readonly among: readonly MenuItem[];
      /** Goes before their labels where they stand alone: `Set status`. */
      readonly before?: string;
    }
);

/** The buttons of a selection. The palette offers the same while they are there; `noun` says what they are done to: `3 services`. */
export function ChosenActions({ noun, actions }: { noun: string; actions: readonly ChosenAction[] }): ReactNode {
  useOffers({
    noun,
    offers: actions
      .filter(({ isOff }) => isOff !== true)
      .flatMap((action) =>
        'run' in action
          ? [action]
          : action.among
              .filter(({ disabled }) => disabled !== true)
              .map(({ label, icon = action.icon, onSelect }) => ({
                label: action.before === undefined ? label : `${action.before}: ${label}`,
                icon,
                run: onSelect,
              })),
      ),
  });
  return actions.map((action) => {
    const { label, icon: Icon, isOff = false, isDanger = false, title } = action;
    const shape = (
      <>
        <Icon aria-hidden /> <span className="max-sm:sr-only">{label}</span>
      </>
    );
    if ('among' in action) {
      return (
        <Menu
          key={label}
          trigger={
            <Button tone="ghost" disabled={isOff}>
              {shape}
            </Button>
          }
          items={action.among}
        />
      );
    }
    return (
      <Button
        key={label}
        tone="ghost"
        disabled={isOff}
        title={title}
        onClick={action.run}
        {...(isDanger ? { className: 'text-down hover:text-down' } : {})}
      >
        {shape}
      </Button>
    );
  });
}
