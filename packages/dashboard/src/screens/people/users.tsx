import { USER_STATUSES } from '@statewire/model';
import { type RowOf, useWindow } from '@statewire/react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Users as UsersIcon, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../../parts/button.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Badge } from '../../parts/status.tsx';
import { RowLink } from '../../parts/row-link.tsx';
import type { Column } from '../../parts/table-head.tsx';
import { Ago } from '../../parts/time.tsx';
import { useRowPx } from '../../parts/window-table.tsx';
import { CustomerName, CustomerNames } from './customer-names.tsx';
import { PeopleList } from './list.tsx';
import { lookOfPerson } from './look.ts';
import { filterOf, type PeopleSearch } from './search.ts';

type User = Pick<RowOf<'users'>, 'customer' | 'email' | 'id' | 'lastSeenAt' | 'name' | 'role' | 'status' | 'tags'>;

/** Fields that the list shows: nothing else travels. */
const LISTED = ['name', 'email', 'status', 'customer', 'role', 'lastSeenAt', 'tags'] as const;

const SORTS = ['name', 'email', 'status', 'customer', 'role', 'lastSeenAt'] as const;

/** Every user of the platform. */
export function Users(): ReactNode {
  useCrumbs('Users');
  const search = useSearch({ from: '/users' });
  const navigate = useNavigate({ from: '/users' });
  const key = SORTS.find((each) => each === search.sort) ?? 'name';
  const isDown = search.down ?? false;
  const rowPx = useRowPx();
  const live = useWindow('users', {
    where: filterOf(search),
    fields: LISTED,
    sort: [[key, isDown ? 'desc' : 'asc']],
    onShift: (rows) => window.scrollBy(0, rows * rowPx),
  });
  const onSearch = (next: PeopleSearch): void => void navigate({ search: next, replace: true });
  return (
    <CustomerNames rows={live.data} more={search.customer}>
      <PeopleList<User>
        collection="users"
        title="Users"
        singular="user"
        icon={UsersIcon}
        live={live}
        columns={COLUMNS}
        narrow={narrow}
        statuses={USER_STATUSES}
        search={search}
        onSearch={onSearch}
        onOpen={(id) => void navigate({ to: '/users/$id', params: { id } })}
        sort={{ key, isDown }}
        filters={
          search.customer === undefined ? null : (
            <Button
              onClick={() => {
                const { customer: _, ...rest } = search;
                onSearch(rest);
              }}
            >
              of <CustomerName id={search.customer} /> <X aria-label="Of every customer" />
            </Button>
          )
        }
      />
    </CustomerNames>
  );
}

const COLUMNS: readonly Column<User>[] = [
  {
    key: 'name',
    title: 'Name',
    track: 'minmax(10rem, 1.5fr)',
    isSortable: true,
    cell: (row) => (
      <RowLink to={`/users/${row.id}`} className="truncate font-medium hover:underline">
        {row.name}
      </RowLink>
    ),
  },
  {
    key: 'email',
    title: 'E-mail',
    track: 'minmax(9rem, 1.5fr)',
    isSortable: true,
    cell: (row) => <Quiet text={row.email} />,
  },
  {
    key: 'status',
    title: 'Status',
    track: '8rem',
    isSortable: true,
    cell: (row) => <Badge look={lookOfPerson(row.status)} quiet={row.status === 'active'} />,
  },
  {
    key: 'customer',
    title: 'Customer',
    track: 'minmax(7rem, 1fr)',
    isSortable: true,
    cell: (row) =>
      row.customer === null ? (
        <Quiet text="" />
      ) : (
        <RowLink
          to={`/customers/${row.customer}`}
          className="block truncate text-muted hover:text-text hover:underline"
        >
          <CustomerName id={row.customer} />
        </RowLink>
      ),
  },
  { key: 'role', title: 'Role', track: '7rem', isSortable: true, from: 'lg', cell: (row) => <Quiet text={row.role} /> },
  {
    key: 'tags',
    title: 'Tags',
    track: 'minmax(6rem, 1fr)',
    from: 'xl',
    cell: (row) => <Quiet text={row.tags.join(', ')} />,
  },
  {
    key: 'lastSeenAt',
    title: 'Last seen',
    track: '6rem',
    align: 'right',
    isSortable: true,
    cell: (row) => <Ago at={row.lastSeenAt} className="text-xs text-muted" />,
  },
];

function Quiet({ text }: { text: string }): ReactNode {
  return <span className="block truncate text-muted">{text}</span>;
}

function narrow(row: User): ReactNode {
  return (
    <>
      <span className="flex items-center gap-2">
        <RowLink to={`/users/${row.id}`} className="min-w-0 flex-1 truncate font-medium">
          {row.name}
        </RowLink>
        <Badge look={lookOfPerson(row.status)} quiet={row.status === 'active'} />
      </span>
      <span className="mt-0.5 flex items-center gap-3 text-xs text-muted">
        <span className="truncate">{row.email}</span>
        {row.customer !== null && (
          <span className="truncate">
            <CustomerName id={row.customer} />
          </span>
        )}
      </span>
    </>
  );
}
