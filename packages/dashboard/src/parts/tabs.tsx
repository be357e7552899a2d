import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { count } from '../lib/format.ts';

export interface Tab<K extends string> {
  readonly key: K;
  readonly title: string;
  /** Live number beside the title. */
  readonly n?: number | undefined;
}

interface Props<K extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<K>[];
  /** The open one; it belongs into the URL. */
  readonly value: K;
  readonly onChange: (key: K) => void;
  readonly children: ReactNode;
}

/** Parts of one page, one at a time. Arrow keys move; on phones the row scrolls. */
export function Tabs<K extends string>({ label, tabs, value, onChange, children }: Props<K>): ReactNode {
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => {
        const tab = tabs.find(({ key }) => key === next);
        if (tab !== undefined) onChange(tab.key);
      }}
    >
      <Radix.List aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b [scrollbar-width:none]">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.key}
            value={tab.key}
            className="-mb-px flex h-9 shrink-0 items-center gap-1.5 border-b-2 border-transparent px-2.5 text-sm whitespace-nowrap text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text pointer-coarse:h-11"
          >
            {tab.title}
            {tab.n !== undefined && tab.n > 0 && <span className="text-xs text-muted">{count(tab.n)}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      <Radix.Content value={value} className="rounded-card outline-offset-4">
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}
