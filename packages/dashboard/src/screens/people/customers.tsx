import { CUSTOMER_STATUSES } from '@statewire/model';
import { type RowOf, useWindow } from '@statewire/react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Building2, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, plural } from '../../lib/format.ts';
import { useCrumbs } from '../../parts/frame.tsx';
import { Badge, statusLooks } from '../../parts/status.tsx';
import { RowLink } from '../../parts/row-link.tsx';
import type { Column } from '../../parts/table-head.tsx';
import { Ago } from '../../parts/time.tsx';
import { useRowPx } from '../../parts/window-table.tsx';
import { PeopleList } from './list.tsx';
import { lookOfPerson } from './look.ts';
import { filterOf, type PeopleSearch } from './search.ts';

type Customer = Pick<
  RowOf<'customers'>,
  | 'email'
  | 'id'
  | 'name'
  | 'openAlerts'
  | 'owner'
  | 'plan'
  | 'services'
  | 'status'
  | 'tags'
  | 'updatedAt'
  | 'users'
  | 'worst'
>;

/** Fields that the list shows: nothing else travels. */
const LISTED = [
  'name',
  'email',
  'status',
  'plan',
  'owner',
  'tags',
  'users',
  'services',
  'worst',
  'openAlerts',
  'updatedAt',
] as const;

const SORTS = ['name', 'status', 'plan', 'users', 'openAlerts', 'updatedAt'] as const;

/** Every customer, with what is wrong for whom. */
export function Customers(): ReactNode {
  useCrumbs('Customers');
  const search = useSearch({ from: '/customers' });
  const navigate = useNavigate({ from: '/customers' });
  const key = SORTS.find((each) => each === search.sort) ?? 'name';
  const isDown = search.down ?? false;
  const rowPx = useRowPx();
  const live = useWindow('customers', {
    where: filterOf(search),
    fields: LISTED,
    sort: [[key, isDown ? 'desc' : 'asc']],
    onShift: (rows) => window.scrollBy(0, rows * rowPx),
  });
  const onSearch = (next: PeopleSearch): void => void navigate({ search: next, replace: true });
  const isTrouble = search.trouble === true;
  return (
    <PeopleList<Customer>
      collection="customers"
      title="Customers"
      singular="customer"
      icon={Building2}
      live={live}
      columns={COLUMNS}
      narrow={narrow}
      statuses={CUSTOMER_STATUSES}
      search={search}
      onSearch={onSearch}
      onOpen={(id) => void navigate({ to: '/customers/$id', params: { id } })}
      sort={{ key, isDown }}
      filters={
        <button
          type="button"
          aria-pressed={isTrouble}
          onClick={() => {
            const { trouble: _, ...rest } = search;
            onSearch(isTrouble ? rest : { ...rest, trouble: true });
          }}
          className={cx(
            'flex h-8 shrink-0 items-center gap-1.5 rounded-control border px-2.5 text-sm text-muted hover:text-text pointer-coarse:h-10',
            isTrouble && 'border-accent bg-accent-soft text-text',
          )}
        >
          <TriangleAlert aria-hidden className="size-3.5 text-degraded" strokeWidth={2.25} />
          In trouble
        </button>
      }
    />
  );
}

const COLUMNS: readonly Column<Customer>[] = [
  {
    key: 'name',
    title: 'Name',
    track: 'minmax(11rem, 2fr)',
    isSortable: true,
    cell: (row) => (
      <RowLink to={`/customers/${row.id}`} className="truncate font-medium hover:underline">
        {row.name}
      </RowLink>
    ),
  },
  {
    key: 'status',
    title: 'Status',
    track: '7.5rem',
    isSortable: true,
    cell: (row) => <Badge look={lookOfPerson(row.status)} quiet={row.status === 'active'} />,
  },
  { key: 'plan', title: 'Plan', track: '6rem', isSortable: true, cell: (row) => <Quiet text={row.plan} /> },
  {
    key: 'owner',
    title: 'Owner',
    track: 'minmax(6rem, 1fr)',
    from: 'lg',
    cell: (row) => <Quiet text={row.owner ?? ''} />,
  },
  {
    key: 'tags',
    title: 'Tags',
    track: 'minmax(6rem, 1fr)',
    from: 'xl',
    cell: (row) => <Quiet text={row.tags.join(', ')} />,
  },
  {
    key: 'worst',
    title: 'Services',
    track: '9rem',
    cell: (row) =>
      row.worst === null ? (
        <Quiet text="" />
      ) : (
        <span className="flex items-center gap-2">
          <Badge look={statusLooks[row.worst]} quiet={row.worst === 'up' || row.worst === 'paused'} />
          <span className="text-muted">{count(row.services)}</span>
        </span>
      ),
  },
  {
    key: 'openAlerts',
    title: 'Alerts',
    track: '4.5rem',
    align: 'right',
    isSortable: true,
    cell: (row) => (
      <span className={row.openAlerts > 0 ? 'font-medium text-down' : 'text-muted'}>{count(row.openAlerts)}</span>
    ),
  },
  {
    key: 'users',
    title: 'Users',
    track: '5rem',
    align: 'right',
    isSortable: true,
    cell: (row) => <span className="text-muted">{count(row.users)}</span>,
  },
  {
    key: 'updatedAt',
    title: 'Changed',
    track: '5.5rem',
    align: 'right',
    isSortable: true,
    from: 'lg',
    cell: (row) => <Ago at={row.updatedAt} className="text-xs text-muted" />,
  },
];

function Quiet({ text }: { text: string }): ReactNode {
  return <span className="block truncate text-muted">{text}</span>;
}

function narrow(row: Customer): ReactNode {
  return (
    <>
      <span className="flex items-center gap-2">
        <RowLink to={`/customers/${row.id}`} className="min-w-0 flex-1 truncate font-medium">
          {row.name}
        </RowLink>
        <Badge look={lookOfPerson(row.status)} quiet={row.status === 'active'} />
      </span>
      <span className="mt-0.5 flex items-center gap-3 text-xs text-muted">
        {row.plan !== '' && <span>{row.plan}</span>}
        <span>{plural(row.users, 'user')}</span>
        {row.worst !== null && row.worst !== 'up' && (
          <span className={statusLooks[row.worst].ink}>{statusLooks[row.worst].word}</span>
        )}
        {row.openAlerts > 0 && <span className="text-down">{plural(row.openAlerts, 'alert')}</span>}
      </span>
    </>
  );
}
