import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { LogOut, Monitor, Moon, Plus, RefreshCw, Sun } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { kinds } from '../lib/kinds.ts';
import { useMe } from '../lib/me.ts';
import { pages } from '../lib/pages.ts';
import { choose } from '../lib/theme.ts';
import { recheck, recheckAll } from '../live/command.ts';
import { useRows } from '../live/rows.ts';
import { lookOf, needsAttention, severity } from '../parts/status.tsx';

// The list is a view on the newest matches, not a table: more lines are not read.
const SERVICES_SHOWN_MAX = 8;

/** Go anywhere, do anything, without the mouse. Services show their live state. */
export default function Palette({ onClose }: { onClose: () => void }): ReactNode {
  const [text, setText] = useState('');
  const navigate = useNavigate();
  const { canWrite, signOut } = useMe();
  const { rows } = useRows('services');
  const wanted = text.trim().toLowerCase();
  const found = rows
    .filter(
      (row) =>
        wanted === '' ||
        row.name.toLowerCase().includes(wanted) ||
        row.target.toLowerCase().includes(wanted) ||
        row.id.includes(wanted),
    )
    .sort((a, b) => severity(a) - severity(b) || (a.name < b.name ? -1 : 1))
    .slice(0, SERVICES_SHOWN_MAX);
  const has = (words: string): boolean => wanted === '' || words.toLowerCase().includes(wanted);
  const then = (act: () => void) => () => {
    onClose();
    act();
  };
  const bad = rows.filter(needsAttention);
  const actions = [
    ...(canWrite
      ? [
          { label: 'Add a service', icon: Plus, run: () => void navigate({ to: '/services', search: { add: true } }) },
          ...(bad.length > 0
            ? [
                {
                  label: `Recheck the ${bad.length} that need attention`,
                  icon: RefreshCw,
                  run: () => void recheckAll(bad),
                },
              ]
            : []),
          ...(wanted === ''
            ? []
            : found.map((row) => ({ label: `Recheck ${row.name}`, icon: RefreshCw, run: () => void recheck(row) }))),
        ]
      : []),
    { label: 'Theme: light', icon: Sun, run: () => choose('light') },
    { label: 'Theme: dark', icon: Moon, run: () => choose('dark') },
    { label: 'Theme: as the system', icon: Monitor, run: () => choose('system') },
    { label: 'Sign out', icon: LogOut, run: signOut },
  ].filter((action) => has(action.label));
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <div aria-hidden className="fade-in fixed inset-0 z-40 bg-veil" />
        <Radix.Content
          aria-describedby={undefined}
          className="overlay-in pane fixed inset-x-0 top-[12dvh] z-50 mx-auto w-[calc(100%-2rem)] max-w-xl overflow-clip bg-raised shadow-overlay outline-none"
        >
          <Radix.Title className="sr-only">Search and commands</Radix.Title>
          <Command shouldFilter={false} label="Search and commands" loop>
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="Find a service, go to a page, do something"
              className="h-12 w-full border-b bg-transparent px-4 text-base outline-none"
            />
            <Command.List className="max-h-[min(60dvh,26rem)] overflow-y-auto overscroll-contain p-1.5">
              <Command.Empty className="px-3 py-8 text-center text-sm text-muted">
                Nothing matches “{text}”.
              </Command.Empty>
              {found.length > 0 && (
                <Group title="Services">
                  {found.map((row) => {
                    const look = lookOf(row);
                    const Kind = kinds[row.kind].icon;
                    return (
                      <Item
                        key={row.id}
                        value={`service ${row.id}`}
                        onSelect={then(() => void navigate({ to: '/services/$id', params: { id: row.id } }))}
                      >
                        <look.icon
                          aria-label={look.word}
                          className={`size-4 shrink-0 ${look.ink}`}
                          strokeWidth={2.25}
                        />
                        <span className="truncate">{row.name}</span>
                        <Kind aria-hidden className="size-3.5 shrink-0 text-muted" />
                        <span className="ml-auto truncate text-xs text-muted">
                          {row.status === 'up' ? '' : row.reason.text}
                        </span>
                      </Item>
                    );
                  })}
                </Group>
              )}
              {pages.some((page) => has(page.title)) && (
                <Group title="Pages">
                  {pages
                    .filter((page) => has(page.title))
                    .map((page) => (
                      <Item
                        key={page.path}
                        value={`page ${page.path}`}
                        onSelect={then(() => void navigate({ to: page.path }))}
                      >
                        <page.icon aria-hidden className="size-4 shrink-0 text-muted" />
                        {page.title}
                        <kbd className="code ml-auto text-xs text-muted">g {page.key}</kbd>
                      </Item>
                    ))}
                </Group>
              )}
              {actions.length > 0 && (
                <Group title="Actions">
                  {actions.map((action) => (
                    <Item key={action.label} value={`action ${action.label}`} onSelect={then(action.run)}>
                      <action.icon aria-hidden className="size-4 shrink-0 text-muted" />
                      {action.label}
                    </Item>
                  ))}
                </Group>
              )}
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <Command.Group
      heading={title}
      className="pb-1 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  );
}

function Item({ value, onSelect, children }: { value: string; onSelect: () => void; children: ReactNode }): ReactNode {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm data-[selected=true]:bg-hover pointer-coarse:h-11"
    >
      {children}
    </Command.Item>
  );
}
