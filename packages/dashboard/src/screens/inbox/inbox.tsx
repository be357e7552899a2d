import type { Notification } from '@statewire/model';
import { NOTIFICATION_TYPES, PRIORITIES } from '@statewire/model';
import { useNotifications, useUnread } from '@statewire/react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { AlarmClock, Archive, Inbox as InboxIcon, MailCheck, MailOpen, SearchX } from 'lucide-react';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { plural } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { serverNow } from '../../lib/ticker.ts';
import { act, mark, run, snooze } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Select } from '../../parts/field.tsx';
import { FilterBar } from '../../parts/filter-bar.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Table } from '../../parts/table.tsx';
import type { Column } from '../../parts/table-head.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Ago } from '../../parts/time.tsx';
import { ItemActions, Repeats, Sign } from './item.tsx';
import { priorities, typeLooks } from './look.ts';
import type { InboxSearch, InboxTab } from './search.ts';
import { Settings } from './settings.tsx';
import { isUnder, shown } from './shown.ts';
import { useVisit } from './visit.ts';

/** Everything that came to the person, and what they want to be told. */
export function InboxPage(): ReactNode {
  useCrumbs('Inbox');
  const search = useSearch({ from: '/inbox' });
  const navigate = useNavigate({ from: '/inbox' });
  const set = (next: InboxSearch): void => void navigate({ search: next, replace: true });
  const tab = search.tab ?? 'unread';
  const counters = useUnread().data?.[0] ?? null;
  const { data, status } = useNotifications();
  const rows = useMemo(() => shown(data ?? [], search), [data, search]);
  const snoozed = useMemo(() => (data ?? []).filter((row) => isUnder('snoozed', row)).length, [data]);
  const unread = counters?.unread ?? 0;
  const urgent = counters?.urgent ?? 0;
  return (
    <div>
      <PageHead
        title="Inbox"
        note={unread === 0 ? 'Nothing unread' : `${unread} unread${urgent > 0 ? `, ${urgent} urgent` : ''}`}
      />
      <Tabs<InboxTab>
        label="Inbox"
        value={tab}
        onChange={(next) => set({ ...without(search, 'tab'), ...(next === 'unread' ? {} : { tab: next }) })}
        tabs={[
          { key: 'unread', title: 'Unread', n: unread },
          { key: 'all', title: 'All' },
          { key: 'archived', title: 'Archived' },
          { key: 'snoozed', title: 'Snoozed', n: snoozed },
          { key: 'settings', title: 'Settings' },
        ]}
      >
        {tab === 'settings' ? (
          <Settings />
        ) : (
          <>
            <Bar search={search} onChange={set} inbox={counters?.id ?? null} rows={rows} />
            {data === null ? (
              <div className="pane overflow-clip">
                <BoneRows rows={6} className="h-11" />
              </div>
            ) : (
              <List rows={rows} search={search} onChange={set} isStale={status === 'stale' || status === 'offline'} />
            )}
          </>
        )}
      </Tabs>
    </div>
  );
}

/** The filters, and what is done with everything. */
function Bar({
  search,
  onChange,
  inbox,
  rows,
}: {
  search: InboxSearch;
  onChange: (next: InboxSearch) => void;
  inbox: string | null;
  rows: readonly Notification[];
}): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const tab = search.tab ?? 'unread';
  return (
    <FilterBar>
      <Select
        aria-label="Type"
        value={search.type ?? ''}
        onChange={(event) => {
          const type = NOTIFICATION_TYPES.find((name) => name === event.currentTarget.value);
          onChange({ ...without(search, 'type'), ...(type === undefined ? {} : { type }) });
        }}
        className="h-8 w-36"
      >
        <option value="">Any type</option>
        {NOTIFICATION_TYPES.map((name) => (
          <option key={name} value={name}>
            {typeLooks[name].word}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Priority"
        value={search.priority ?? ''}
        onChange={(event) => {
          const priority = PRIORITIES.find((name) => name === event.currentTarget.value);
          onChange({ ...without(search, 'priority'), ...(priority === undefined ? {} : { priority }) });
        }}
        className="h-8 w-36"
      >
        <option value="">Any priority</option>
        {PRIORITIES.map((name) => (
          <option key={name} value={name}>
            {priorities[name].word}
          </option>
        ))}
      </Select>
      {(tab === 'unread' || tab === 'all') && inbox !== null && (
        <div className="ml-auto flex gap-2">
          <Button disabled={!rows.some(isUnread)} onClick={() => void act('inboxes', inbox, 'read-all')}>
            Mark all read
          </Button>
          <Button disabled={rows.length === 0} onClick={() => setAsking(true)}>
            Archive all
          </Button>
          <Confirm
            open={isAsking}
            onClose={() => setAsking(false)}
            title="Archive everything?"
            verb="Archive all"
            onConfirm={() => run('inboxes', inbox, 'archive-all')}
          >
            All notifications, read and unread, of every type. Snoozed ones stay. What is archived is forgotten after 30
            days.
          </Confirm>
        </div>
      )}
    </FilterBar>
  );
}

function List({
  rows,
  search,
  onChange,
  isStale,
}: {
  rows: readonly Notification[];
  search: InboxSearch;
  onChange: (next: InboxSearch) => void;
  isStale: boolean;
}): ReactNode {
  const visit = useVisit();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const tab = search.tab ?? 'unread';
  const columns = useMemo(() => columnsFor(tab, visit), [tab, visit]);
  // What has left the list is not acted on.
  const chosen = useMemo(() => rows.filter(({ id }) => selected.has(id)).map(({ id }) => id), [rows, selected]);
  const select = useCallback((id: string, range: boolean, order: readonly string[]) => {
    setSelected((before) => toggled(before, id, range, order));
  }, []);
  useKeys({ Escape: key('Select nothing', () => setSelected(new Set())) });
  const doWith = (work: Promise<void>): void => {
    setSelected(new Set());
    void work;
  };
  const archive = (ids: readonly string[]): void => doWith(mark(ids, 'archived'));
  const narrow = useCallback((row: Notification) => <NarrowRow row={row} onVisit={visit} />, [visit]);
  return (
    <div className={cx(isStale && 'is-stale')}>
      <Table
        label={`${tab} notifications`}
        rows={rows}
        columns={columns}
        narrow={narrow}
        sort={{ key: 'when', isDown: true }}
        onSort={() => undefined}
        scope={JSON.stringify(search)}
        selected={selected}
        onSelect={select}
        onOpen={(id) => {
          const row = rows.find((each) => each.id === id);
          if (row !== undefined) visit(row);
        }}
        onKey={{
          e: { says: 'Archive what is selected, or the row', run: (id) => archive(chosen.length > 0 ? chosen : [id]) },
        }}
        nameOf={(row) => row.title}
        empty={<Nothing search={search} onChange={onChange} />}
      />
      {chosen.length > 0 && (
        <div
          role="toolbar"
          aria-label="Selected notifications"
          className="overlay-in pane fixed inset-x-0 bottom-6 z-30 mx-auto flex w-fit max-w-[calc(100%-2rem)] items-center gap-1 bg-raised py-1.5 pr-1.5 pl-4 shadow-overlay max-md:bottom-20"
        >
          <span className="mr-2 text-sm font-medium whitespace-nowrap">
            {plural(chosen.length, 'selected', 'selected')}
          </span>
          <Button tone="ghost" onClick={() => doWith(mark(chosen, 'read'))}>
            <MailOpen aria-hidden /> <span className="max-sm:sr-only">Read</span>
          </Button>
          <Button tone="ghost" onClick={() => doWith(mark(chosen, 'unread'))}>
            <MailCheck aria-hidden /> <span className="max-sm:sr-only">Unread</span>
          </Button>
          <Button tone="ghost" onClick={() => doWith(snooze(chosen, serverNow() + 3_600_000))}>
            <AlarmClock aria-hidden /> <span className="max-sm:sr-only">1 h</span>
          </Button>
          <Button tone="ghost" onClick={() => archive(chosen)}>
            <Archive aria-hidden /> <span className="max-sm:sr-only">Archive</span>
          </Button>
        </div>
      )}
    </div>
  );
}

function columnsFor(tab: InboxTab, visit: (row: Notification) => void): readonly Column<Notification>[] {
  return [
    {
      key: 'title',
      title: 'What',
      track: 'minmax(14rem, 2fr)',
      cell: (row) => (
        <div className="flex min-w-0 items-center gap-3">
          <Sign row={row} />
          <Title row={row} onVisit={visit} />
          <Repeats n={row.count} />
        </div>
      ),
    },
    {
      key: 'text',
      title: 'More',
      track: 'minmax(10rem, 2fr)',
      from: 'lg',
      cell: (row) => (
        <span className="block truncate text-muted" title={row.text}>
          {row.text}
        </span>
      ),
    },
    {
      key: 'priority',
      title: 'Priority',
      track: '5rem',
      from: 'lg',
      cell: (row) => <span className={priorities[row.priority].ink}>{priorities[row.priority].word}</span>,
    },
    {
      key: 'when',
      title: tab === 'snoozed' ? 'Back' : 'When',
      track: '6rem',
      align: 'right',
      cell: (row) => <Ago at={tab === 'snoozed' ? row.snoozedUntil : row.lastAt} className="text-muted" />,
    },
    { key: 'actions', title: '', track: '5.5rem', cell: (row) => <ItemActions row={row} /> },
  ];
}

function Title({ row, onVisit }: { row: Notification; onVisit: (row: Notification) => void }): ReactNode {
  return (
    <button
      type="button"
      onClick={() => onVisit(row)}
      className={cx('truncate text-left hover:underline', isUnread(row) ? 'font-semibold' : 'text-muted')}
    >
      {row.title}
      {isUnread(row) && <span className="sr-only"> (unread)</span>}
    </button>
  );
}

function NarrowRow({ row, onVisit }: { row: Notification; onVisit: (row: Notification) => void }): ReactNode {
  return (
    <div className="flex items-center gap-2.5">
      <Sign row={row} />
      <div className="min-w-0 flex-1">
        <div className="flex min-w-0 items-center gap-2">
          <Title row={row} onVisit={onVisit} />
          <Repeats n={row.count} />
        </div>
        <p className="flex min-w-0 gap-1.5 text-xs text-muted">
          <Ago at={row.snoozedUntil ?? row.lastAt} className="shrink-0" />
          {row.text !== '' && <span className="truncate">· {row.text}</span>}
        </p>
      </div>
      <ItemActions row={row} />
    </div>
  );
}

function Nothing({ search, onChange }: { search: InboxSearch; onChange: (next: InboxSearch) => void }): ReactNode {
  const tab = search.tab ?? 'unread';
  if (search.type !== undefined || search.priority !== undefined) {
    return (
      <Empty
        icon={SearchX}
        title="No notification matches these filters"
        action={<Button onClick={() => onChange(tab === 'unread' ? {} : { tab })}>Clear filters</Button>}
      />
    );
  }
  const texts: Readonly<Record<InboxTab, readonly [string, string]>> = {
    unread: ['Everything is read', 'What happens and concerns you comes here at once.'],
    all: ['Nothing here yet', 'Alerts, incidents, maintenance and messages for you come here.'],
    archived: ['Nothing is archived', 'What you put away stays here for 30 days.'],
    snoozed: ['Nothing is snoozed', 'What you put off waits here and comes back unread.'],
    settings: ['', ''],
  };
  const [title, text] = texts[tab];
  return (
    <Empty icon={InboxIcon} title={title}>
      {text}
    </Empty>
  );
}

function isUnread({ state }: Pick<Notification, 'state'>): boolean {
  return state === 'unread';
}

function toggled(
  before: ReadonlySet<string>,
  id: string,
  isRange: boolean,
  order: readonly string[],
): ReadonlySet<string> {
  const next = new Set(before);
  const last = Array.from(before).at(-1);
  if (isRange && last !== undefined) {
    const [from = 0, to = 0] = [order.indexOf(last), order.indexOf(id)].sort((a, b) => a - b);
    for (const each of order.slice(Math.max(0, from), to + 1)) next.add(each);
  } else if (!next.delete(id)) next.add(id);
  return next;
}

function without(search: InboxSearch, key: keyof InboxSearch): InboxSearch {
  const { [key]: _, ...rest } = search;
  return rest;
}
