import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Megaphone } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { kinds } from '../lib/kinds.ts';
import { allows } from '@statewire/model';
import { useMe, usePages } from '../lib/me.ts';
import { offered } from '../lib/offers.ts';
import { useRows } from '../live/rows.ts';
import { useReturnFocus } from '../parts/return-focus.ts';
import { lookOf, severity } from '../parts/status.tsx';
import { lookOfAlert } from './alerts/look.ts';
import { phases } from './incidents/look.ts';
import { actionsOf } from './palette-actions.ts';
import { useFound } from './palette-found.ts';

// The list is a view on the newest matches, not a table: more lines are not read.
const SERVICES_SHOWN_MAX = 8;
const OTHERS_SHOWN_MAX = 4;

/** Go anywhere, do anything, without the mouse. Services show their live state. */
export default function Palette({ onClose }: { onClose: () => void }): ReactNode {
  const [text, setText] = useState('');
  const giveBack = useReturnFocus(true);
  const navigate = useNavigate();
  const { me, canWrite, signOut } = useMe();
  const pages = usePages();
  const { rows } = useRows('services');
  const alerts = useRows('alerts', OPEN_ALERTS);
  const incidents = useRows('incidents', OPEN_INCIDENTS);
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
  // In any order: "shop mute" finds what "mute shop" does.
  const parts = wanted.split(/\s+/u);
  const has = (label: string): boolean => parts.every((part) => label.toLowerCase().includes(part));
  const then = (act: () => void) => () => {
    onClose();
    act();
  };
  // Before anything is typed only what still fires; acknowledged ones are there for whoever looks for them.
  const alertsFound = alerts.rows
    .filter((row) => (wanted === '' ? row.state === 'firing' : has(`${row.title} ${row.subjectName}`)))
    .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1))
    .slice(0, OTHERS_SHOWN_MAX);
  const incidentsFound = incidents.rows
    .filter((row) => has(row.title))
    .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1))
    .slice(0, OTHERS_SHOWN_MAX);
  const others = useFound(wanted);
  // As it was when the palette was opened: what lies behind it cannot be touched meanwhile.
  const [chosen] = useState(offered);
  const chosenFound = (chosen?.offers ?? []).filter(({ label }) => has(`${label} ${chosen?.noun ?? ''} selected`));
  const actions = actionsOf({
    canWrite,
    can: (permission) => allows(me.permissions, permission),
    isTyped: wanted !== '',
    services: rows,
    alerts: alerts.rows,
    has,
    go: (to) => void navigate(to),
    signOut,
  });
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <div aria-hidden className="fade-in fixed inset-0 z-40 bg-veil" />
        <Radix.Content
          onCloseAutoFocus={giveBack}
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
              {chosenFound.length > 0 && (
                <Group title={`Selected: ${chosen?.noun ?? ''}`}>
                  {chosenFound.map((offer) => (
                    <Item key={offer.label} value={`selected ${offer.label}`} onSelect={then(offer.run)}>
                      <offer.icon aria-hidden className="size-4 shrink-0 text-muted" />
                      {offer.label}
                    </Item>
                  ))}
                </Group>
              )}
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
              {alertsFound.length > 0 && (
                <Group title="Alerts">
                  {alertsFound.map((row) => {
                    const look = lookOfAlert(row);
                    return (
                      <Item
                        key={row.id}
                        value={`alert ${row.id}`}
                        onSelect={then(
                          () =>
                            void navigate({
                              to: '/alerts',
                              search: { open: row.id, ...(row.state === 'acknowledged' ? { tab: row.state } : {}) },
                            }),
                        )}
                      >
                        <look.icon aria-label={look.word} className={`size-4 shrink-0 ${look.ink}`} />
                        <span className="truncate">{row.title}</span>
                        <span className="ml-auto shrink-0 text-xs text-muted">{look.word}</span>
                      </Item>
                    );
                  })}
                </Group>
              )}
              {incidentsFound.length > 0 && (
                <Group title="Incidents">
                  {incidentsFound.map((row) => (
                    <Item
                      key={row.id}
                      value={`incident ${row.id}`}
                      onSelect={then(() => void navigate({ to: '/incidents/$id', params: { id: row.id } }))}
                    >
                      <Megaphone aria-hidden className={`size-4 shrink-0 ${phases[row.phase].ink}`} />
                      <span className="truncate">{row.title}</span>
                      <span className="ml-auto shrink-0 text-xs text-muted">{phases[row.phase].word}</span>
                    </Item>
                  ))}
                </Group>
              )}
              {others.map(({ title, icon: Icon, rows }) => (
                <Group key={title} title={title}>
                  {rows.map((row) => (
                    <Item key={row.id} value={`${title} ${row.id}`} onSelect={then(() => void navigate(row.to))}>
                      <Icon aria-hidden className="size-4 shrink-0 text-muted" />
                      <span className="truncate">{row.name}</span>
                      <span className="ml-auto shrink-0 text-xs text-muted">{row.note}</span>
                    </Item>
                  ))}
                </Group>
              ))}
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

const OPEN_ALERTS = ['in', 'state', ['firing', 'acknowledged']];
const OPEN_INCIDENTS = ['neq', 'phase', 'resolved'];

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
