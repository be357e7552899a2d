import type { Message } from '@statewire/model';
import { SystemMessageBanner, useAggregate, useWindow } from '@statewire/react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { MessageSquareText, Plus, SearchX } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import { cx } from '../../lib/cx.ts';
import { count } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { useCan } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { RowLink } from '../../parts/row-link.tsx';
import { SavedViews } from '../../parts/saved-views.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Badge, StatusIcon } from '../../parts/status.tsx';
import type { Column } from '../../parts/table-head.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Ago } from '../../parts/time.tsx';
import { useRowPx, WindowTable } from '../../parts/window-table.tsx';
import { MessageMenu } from './actions.tsx';
import { Filters } from './filters.tsx';
import { forWhom, priorityLooks, stateLooks, tabTitles } from './look.ts';
import {
  filterOf,
  isNarrowed,
  type MessagesSearch,
  type MessageTab,
  narrowing,
  readMessagesSearch,
  TABS,
  viewOf,
} from './search.ts';

// The form: loaded when somebody opens it.
const Composer = lazy(() => import('./composer.tsx').then((module) => ({ default: module.Composer })));

/** Fields that the list shows: no text travels. */
const LISTED = [
  'title',
  'priority',
  'audience',
  'customers',
  'state',
  'startsAt',
  'endsAt',
  'activeAt',
  'endedAt',
  'updatedAt',
  'by',
  'shown',
  'clicked',
  'dismissed',
] as const;

type Listed = Pick<Message, (typeof LISTED)[number] | 'id'>;

const SORTS = ['title', 'startsAt', 'endsAt', 'shown', 'dismissed', 'createdAt'] as const;

/** What is said to people and to the users of apps. Who may not write sees what is said to them. */
export function Messages(): ReactNode {
  useCrumbs('Messages');
  const mayWrite = useCan('messages:change');
  return mayWrite ? (
    <Written />
  ) : (
    <div className="space-y-5">
      <PageHead title="Messages" />
      <SystemMessageBanner max={50} />
    </div>
  );
}

/** By where they stand, with what became of each. The whole state stands in the address. */
function Written(): ReactNode {
  const search = useSearch({ from: '/messages' });
  const navigate = useNavigate({ from: '/messages' });
  const set = (next: MessagesSearch): void => void navigate({ search: next, replace: true });
  const mayCreate = useCan('messages:create');
  const { tab = 'active' } = search;
  const { key: by, isDown } = sortOf(search);
  const rowPx = useRowPx();
  const live = useWindow('messages', {
    where: filterOf(search),
    fields: LISTED,
    sort: [[by, isDown ? 'desc' : 'asc']],
    onShift: (rows) => window.scrollBy(0, rows * rowPx),
  });
  const counts = useCounts(search);
  const close = (): void => set(viewOf(search));
  const open = (id: string): void => void navigate({ to: '/messages/$id', params: { id } });
  const edit = (id: string): void => set({ ...search, edit: id });
  useKeys(mayCreate ? { n: key('New message', () => set({ ...search, add: true })) } : {});
  const columns = useMemo(() => COLUMNS.filter((column) => column.key !== 'state' || tab === 'all'), [tab]);
  const isLoading = live.status === 'loading' && live.total === 0;
  const isStale = live.status === 'stale' || live.status === 'offline';
  return (
    <div>
      <PageHead title="Messages">
        <SavedViews page="messages" search={viewOf(search)} onApply={(view) => set(viewOf(readMessagesSearch(view)))} />
        {mayCreate && (
          <Button tone="primary" onClick={() => set({ ...search, add: true })}>
            <Plus aria-hidden /> <span className="max-sm:sr-only">New message</span>
          </Button>
        )}
      </PageHead>
      <Tabs
        label="Messages by state"
        value={tab}
        onChange={(next) => {
          const { tab: _, sort: __, down: ___, ...rest } = viewOf(search);
          set(next === 'active' ? rest : { ...rest, tab: next });
        }}
        tabs={TABS.map((each) => ({ key: each, title: tabTitles[each], n: counts?.[each] }))}
      >
        <Filters search={search} onSearch={set} />
        <div className={cx(isStale && 'is-stale')}>
          {isLoading ? (
            <div className="pane overflow-clip">
              <BoneRows rows={8} className="h-11" />
            </div>
          ) : (
            <WindowTable<Listed>
              label="Messages"
              live={live}
              columns={columns}
              narrow={narrow}
              sort={{ key: by, isDown }}
              onSort={(next) => set({ ...search, sort: next, down: by === next ? !isDown : true })}
              onOpen={open}
              onKey={{ e: { says: 'Edit', run: edit } }}
              nameOf={(row) => row.title}
              empty={
                isNarrowed(search) ? (
                  <Empty
                    icon={SearchX}
                    title="No message matches"
                    action={<Button onClick={() => set(tab === 'active' ? {} : { tab })}>Clear filters</Button>}
                  >
                    Those that match later will appear here by themselves.
                  </Empty>
                ) : (
                  <Empty
                    icon={MessageSquareText}
                    title={NONE[tab].title}
                    {...(mayCreate
                      ? {
                          action: (
                            <Button tone="primary" onClick={() => set({ ...search, add: true })}>
                              <Plus aria-hidden /> New message
                            </Button>
                          ),
                        }
                      : {})}
                  >
                    {NONE[tab].text}
                  </Empty>
                )
              }
            />
          )}
        </div>
      </Tabs>
      <Suspense>
        {search.add === true && mayCreate && <Composer id={null} copy={search.copy} onClose={close} />}
        {search.edit !== undefined && <Composer id={search.edit} onClose={close} />}
      </Suspense>
    </div>
  );
}

/** How many stand where, of those that the filters leave. */
function useCounts(search: MessagesSearch): Readonly<Record<MessageTab, number>> | null {
  const { data, status } = useAggregate('messages', { where: narrowing(search), by: 'state' });
  return useMemo(() => {
    if (status === 'loading' || status === 'denied') return null;
    const of = (state: MessageTab): number => data.find(({ by }) => by === state)?.count ?? 0;
    return {
      active: of('active'),
      scheduled: of('scheduled'),
      draft: of('draft'),
      expired: of('expired'),
      withdrawn: of('withdrawn'),
      all: data.reduce((sum, each) => sum + each.count, 0),
    };
  }, [data, status]);
}

/** What comes next stands first among the scheduled, the newest among all others. */
function sortOf({ tab, sort, down = false }: MessagesSearch): {
  readonly key: (typeof SORTS)[number];
  readonly isDown: boolean;
} {
  const key = SORTS.find((each) => each === sort);
  if (key !== undefined) return { key, isDown: down };
  return tab === 'scheduled' ? { key: 'startsAt', isDown: false } : { key: 'createdAt', isDown: true };
}

const COLUMNS: readonly Column<Listed>[] = [
  {
    key: 'title',
    title: 'Title',
    track: 'minmax(12rem, 2.5fr)',
    isSortable: true,
    cell: (row) => (
      <>
        <StatusIcon look={priorityLooks[row.priority]} />
        <RowLink to={`/messages/${row.id}`} className="truncate font-medium hover:underline">
          {row.title}
        </RowLink>
      </>
    ),
  },
  {
    key: 'state',
    title: 'State',
    track: '7.5rem',
    cell: (row) => <Badge look={stateLooks[row.state]} quiet={row.state !== 'active' && row.state !== 'scheduled'} />,
  },
  {
    key: 'audience',
    title: 'For',
    track: 'minmax(7rem, 1fr)',
    cell: (row) => <span className="block truncate text-muted">{forWhom(row.audience, row.customers)}</span>,
  },
  {
    key: 'startsAt',
    title: 'Begins',
    track: '7rem',
    isSortable: true,
    cell: (row) => <Ago at={row.activeAt ?? row.startsAt} none="at once" className="text-xs text-muted" />,
  },
  {
    key: 'endsAt',
    title: 'Ends',
    track: '7rem',
    isSortable: true,
    cell: (row) => <Ago at={row.endedAt ?? row.endsAt} none="when withdrawn" className="text-xs text-muted" />,
  },
  {
    key: 'by',
    title: 'By',
    track: 'minmax(5rem, 0.6fr)',
    from: 'xl',
    cell: (row) => <span className="block truncate text-muted">{row.by}</span>,
  },
  {
    key: 'shown',
    title: 'Seen by',
    track: '5rem',
    align: 'right',
    isSortable: true,
    cell: (row) => <Number n={row.shown} />,
  },
  {
    key: 'clicked',
    title: 'Followed',
    track: '5rem',
    align: 'right',
    from: 'lg',
    cell: (row) => <Number n={row.clicked} />,
  },
  {
    key: 'dismissed',
    title: 'Put away',
    track: '5rem',
    align: 'right',
    isSortable: true,
    from: 'lg',
    cell: (row) => <Number n={row.dismissed} />,
  },
  { key: 'menu', title: '', track: '2.5rem', cell: (row) => <RowMenu row={row} /> },
];

function RowMenu({ row }: { row: Listed }): ReactNode {
  const navigate = useNavigate({ from: '/messages' });
  const mayDelete = useCan('messages:delete');
  const mayCopy = useCan('messages:create');
  const { id } = row;
  return (
    <MessageMenu
      row={row}
      mayWrite
      mayDelete={mayDelete}
      mayCopy={mayCopy}
      onOpen={() => void navigate({ to: '/messages/$id', params: { id } })}
      onEdit={() => void navigate({ search: (now) => ({ ...now, edit: id }), replace: true })}
      onCopy={() => void navigate({ search: (now) => ({ ...now, add: true, copy: id }), replace: true })}
    />
  );
}

function Number({ n }: { n: number }): ReactNode {
  return <span className={n === 0 ? 'text-muted' : ''}>{count(n)}</span>;
}

function narrow(row: Listed): ReactNode {
  return (
    <>
      <span className="flex items-center gap-2">
        <StatusIcon look={priorityLooks[row.priority]} />
        <RowLink to={`/messages/${row.id}`} className="min-w-0 flex-1 truncate font-medium">
          {row.title}
        </RowLink>
        <Badge look={stateLooks[row.state]} quiet={row.state !== 'active' && row.state !== 'scheduled'} />
      </span>
      <span className="mt-0.5 flex items-center gap-3 text-xs whitespace-nowrap text-muted">
        <span className="truncate">{forWhom(row.audience, row.customers)}</span>
        {row.state === 'scheduled' && (
          <span>
            begins <Ago at={row.startsAt} />
          </span>
        )}
        {row.state === 'active' && row.endsAt !== null && (
          <span>
            ends <Ago at={row.endsAt} />
          </span>
        )}
        {row.shown > 0 && <span>seen by {count(row.shown)}</span>}
      </span>
    </>
  );
}

const NONE: Readonly<Record<MessageTab, { readonly title: string; readonly text: string }>> = {
  active: {
    title: 'Nothing is said now',
    text: 'A message is seen by whom it is for as soon as it is active, until it ends.',
  },
  scheduled: {
    title: 'Nothing is planned',
    text: 'A message with a beginning ahead waits here, and begins by the server’s clock.',
  },
  draft: { title: 'No drafts', text: 'What is saved and not activated stays here; nobody but its writers sees it.' },
  expired: { title: 'Nothing has expired', text: 'A message whose end has come stays here with what became of it.' },
  withdrawn: {
    title: 'Nothing was withdrawn',
    text: 'A message that was taken back stays here, and can be shown again.',
  },
  all: { title: 'No messages yet', text: 'Say something to your people, or to the users of your customers.' },
};
