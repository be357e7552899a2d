import type { JsonObject } from '@statewire/protocol';
import { PresenceAvatars, useCollection, usePresence } from '@statewire/react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Pencil, Trash2 } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, exact } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { useCan } from '../../lib/me.ts';
import { remove, run } from '../../live/command.ts';
import { useRecordOf, useRows } from '../../live/rows.ts';
import { Button, buttonClass } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Switch } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Missing } from '../../parts/missing.tsx';
import { Pane } from '../../parts/pane.tsx';
import { CodeBlock } from '../../parts/scroll.tsx';
import { Badge, lookOf, statusLooks } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { Fact, Facts } from '../service/pairs.tsx';
import type { People } from './fields.ts';
import { lookOfPerson } from './look.ts';

const PeopleEditor = lazy(() => import('./editor.tsx').then((module) => ({ default: module.PeopleEditor })));

/** One customer: what is known of it, its services, its users, and who looks at it now. */
export function CustomerDetail(): ReactNode {
  const { id } = useParams({ from: '/customers/$id' });
  const { row, isLoading, isStale } = useRecordOf('customers', id);
  useCrumbs(row?.name ?? id, { title: 'Customers', to: '/customers' });
  if (row === null) return <Missing isLoading={isLoading} what="customer" to="/customers" list="All customers" />;
  return (
    <div className={cx('space-y-5', isStale && 'is-stale')}>
      <Header collection="customers" id={id} name={row.name} status={row.status} users={row.users} />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0 space-y-5">
          <Services customer={id} total={row.services} />
          <UsersOf customer={id} total={row.users} />
        </div>
        <Pane title="About">
          <Facts>
            <Fact title="Services">
              {row.worst === null ? 'none' : <Badge look={statusLooks[row.worst]} quiet={row.worst === 'up'} />}
            </Fact>
            <Fact title="Open alerts">{count(row.openAlerts)}</Fact>
            <Fact title="Messages">
              <Link to="/messages" search={{ customer: id }} className="hover:underline">
                {count(row.messages)}
              </Link>
            </Fact>
            {row.plan !== '' && <Fact title="Plan">{row.plan}</Fact>}
            {row.owner !== null && <Fact title="Owner">{row.owner}</Fact>}
            <Shared row={row} />
          </Facts>
        </Pane>
      </div>
    </div>
  );
}

/** One user of the platform. */
export function UserDetail(): ReactNode {
  const { id } = useParams({ from: '/users/$id' });
  const { row, isLoading, isStale } = useRecordOf('users', id);
  const customer = useRecordOf('customers', row?.customer ?? '');
  useCrumbs(row?.name ?? id, { title: 'Users', to: '/users' });
  if (row === null) return <Missing isLoading={isLoading} what="user" to="/users" list="All users" />;
  return (
    <div className={cx('space-y-5', isStale && 'is-stale')}>
      <Header collection="users" id={id} name={row.name} status={row.status} users={0} />
      <Pane title="About" className="max-w-2xl">
        <Facts>
          <Fact title="Customer">
            {row.customer === null ? (
              'none'
            ) : (
              <Link to="/customers/$id" params={{ id: row.customer }} className="hover:underline">
                {customer.row?.name ?? row.customer}
              </Link>
            )}
          </Fact>
          {row.role !== '' && <Fact title="Role">{row.role}</Fact>}
          <Fact title="Last seen">
            <Ago at={row.lastSeenAt} />
          </Fact>
          <Shared row={row} />
        </Facts>
      </Pane>
    </div>
  );
}

interface Known {
  readonly email: string;
  readonly externalId: string | null;
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly notes: string;
  readonly attributes: JsonObject;
  readonly createdAt: number;
  readonly updatedAt: number;
}

function Shared({ row }: { row: Known }): ReactNode {
  const labels = Object.entries(row.labels);
  return (
    <>
      {row.email !== '' && <Fact title="E-mail">{row.email}</Fact>}
      {row.externalId !== null && (
        <Fact title="Id elsewhere">
          <Copyable text={row.externalId} />
        </Fact>
      )}
      {row.tags.length > 0 && <Fact title="Tags">{row.tags.join(', ')}</Fact>}
      {labels.length > 0 && <Fact title="Labels">{labels.map(([key, value]) => `${key}=${value}`).join(', ')}</Fact>}
      <Fact title="Since">{exact(row.createdAt)}</Fact>
      <Fact title="Changed">
        <Ago at={row.updatedAt} />
      </Fact>
      {row.notes !== '' && (
        <Fact title="Notes">
          <span className="whitespace-pre-wrap">{row.notes}</span>
        </Fact>
      )}
      {Object.keys(row.attributes).length > 0 && (
        <Fact title="Attributes">
          <CodeBlock label="Attributes" text={JSON.stringify(row.attributes, null, 2)} />
        </Fact>
      )}
    </>
  );
}

function Header({
  collection,
  id,
  name,
  status,
  users,
}: {
  collection: People;
  id: string;
  name: string;
  status: string;
  users: number;
}): ReactNode {
  const canWrite = useCan(`${collection}:change`);
  const here = usePresence(`${collection}/${id}`);
  const navigate = useNavigate();
  const [isEditing, setEditing] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const [isWhole, setWhole] = useState(false);
  useKeys(canWrite ? { e: key('Edit', () => setEditing(true)) } : {});
  const confirm = async (): ReturnType<typeof run> => {
    const failed =
      users === 0
        ? await remove(collection, [id])
        : await run(collection, id, 'remove', { users: isWhole ? 'delete' : 'keep' });
    if (failed === null) void navigate({ to: `/${collection}` });
    return failed;
  };
  return (
    <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <h1 className="min-w-0 text-xl font-semibold tracking-tight">{name}</h1>
      <Badge look={lookOfPerson(status)} />
      <PresenceAvatars people={here.data} size="small" label="Looking at this" />
      {canWrite && (
        <div className="ml-auto flex items-center gap-2">
          <Button onClick={() => setEditing(true)}>
            <Pencil aria-hidden /> <span className="max-sm:sr-only">Edit</span>
          </Button>
          <Button tone="danger" onClick={() => setDeleting(true)}>
            <Trash2 aria-hidden /> <span className="max-sm:sr-only">Delete</span>
          </Button>
        </div>
      )}
      <Confirm
        open={isDeleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${name}?`}
        verb={`Delete ${name}`}
        onConfirm={confirm}
      >
        {users > 0 ? (
          <>
            <p>
              It has {count(users)} {users === 1 ? 'user' : 'users'}, who stay without a customer unless you say
              otherwise.
            </p>
            <Switch label="Delete them, too" checked={isWhole} onChange={setWhole} />
          </>
        ) : (
          <p>There is no way back from here.</p>
        )}
      </Confirm>
      <Suspense>
        {isEditing && <PeopleEditor collection={collection} id={id} onClose={() => setEditing(false)} />}
      </Suspense>
    </header>
  );
}

function Services({ customer, total }: { customer: string; total: number }): ReactNode {
  const { rows } = useRows('services', ['eq', 'labels.customer', customer]);
  return (
    <Pane title="Services" note={count(total)}>
      {rows.length === 0 ? (
        <p className="px-4 py-6 text-sm text-muted">
          None. A service is theirs when it is labelled <span className="code">customer={customer}</span>.
        </p>
      ) : (
        <ul className="divide-y">
          {rows.map((row) => (
            <li key={row.id} className="flex min-h-11 items-center gap-3 px-4 py-2 text-sm">
              <Badge look={lookOf(row)} quiet={row.status === 'up'} />
              <Link
                to="/services/$id"
                params={{ id: row.id }}
                className="min-w-24 flex-1 truncate font-medium hover:underline"
              >
                {row.name}
              </Link>
              <span className="truncate text-muted">{row.status === 'up' ? '' : row.reason.text}</span>
            </li>
          ))}
        </ul>
      )}
    </Pane>
  );
}

function UsersOf({ customer, total }: { customer: string; total: number }): ReactNode {
  const { data } = useCollection('users', { where: { customer }, sort: [['name', 'asc']], limit: SHOWN_MAX });
  return (
    <Pane
      title="Users"
      note={count(total)}
      actions={
        total > SHOWN_MAX ? (
          <Link to="/users" search={{ customer }} className={buttonClass({ size: 'small' })}>
            All {count(total)}
          </Link>
        ) : undefined
      }
    >
      {data.length === 0 ? (
        <p className="px-4 py-6 text-sm text-muted">No user names this customer.</p>
      ) : (
        <ul className="divide-y">
          {data.map((row) => (
            <li key={row.id} className="flex min-h-11 items-center gap-3 px-4 py-2 text-sm">
              <Link
                to="/users/$id"
                params={{ id: row.id }}
                className="min-w-0 flex-1 truncate font-medium hover:underline"
              >
                {row.name}
              </Link>
              <span className="truncate text-muted max-sm:hidden">{row.email}</span>
              <Badge look={lookOfPerson(row.status)} quiet={row.status === 'active'} />
            </li>
          ))}
        </ul>
      )}
    </Pane>
  );
}

const SHOWN_MAX = 20;
