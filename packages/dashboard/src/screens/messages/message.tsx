import type { Message } from '@statewire/model';
import { MessageBody, PresenceAvatars, usePresence } from '@statewire/react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Ban, CalendarClock, Pencil, Play } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, exact, plural } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { useCan } from '../../lib/me.ts';
import { serverNow } from '../../lib/ticker.ts';
import { act } from '../../live/command.ts';
import { useRecordOf } from '../../live/rows.ts';
import { AuditOf } from '../../parts/audit-of.tsx';
import { Button } from '../../parts/button.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Missing } from '../../parts/missing.tsx';
import { Pane } from '../../parts/pane.tsx';
import { Badge } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { Fact, Facts } from '../service/pairs.tsx';
import { activate, MessageMenu, Withdraw } from './actions.tsx';
import { audienceWords, eventLooks, priorityLooks, stateLooks } from './look.ts';
import { Reach } from './reach.tsx';

const Composer = lazy(() => import('./composer.tsx').then((module) => ({ default: module.Composer })));

const PARENT = { title: 'Messages', to: '/messages' } as const;

/** One message: what it says, to whom, when, and what became of it. */
export function MessageDetail(): ReactNode {
  const { id } = useParams({ from: '/messages/$id' });
  const { row, isLoading, isStale } = useRecordOf('messages', id);
  const mayWrite = useCan('messages:change');
  useCrumbs(row?.title ?? id, PARENT);
  if (row === null) {
    return (
      <Missing isLoading={isLoading} what="message" to="/messages" list="Messages">
        {mayWrite ? 'It may have been deleted.' : 'It may be over.'}
      </Missing>
    );
  }
  return (
    <div className={cx('space-y-5', isStale && 'is-stale')}>
      <Header row={row} />
      {mayWrite ? (
        <>
          <Numbers row={row} />
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <div className="space-y-5">
              <Said row={row} />
              <Timeline row={row} />
            </div>
            <div className="space-y-5">
              <About row={row} />
              <AuditOf collection="messages" id={row.id} />
            </div>
          </div>
        </>
      ) : (
        <Said row={row} />
      )}
    </div>
  );
}

function Header({ row }: { row: Message }): ReactNode {
  const { id, title, state } = row;
  const mayWrite = useCan('messages:change');
  const mayDelete = useCan('messages:delete');
  const mayCopy = useCan('messages:create');
  const here = usePresence(`messages/${id}`);
  const navigate = useNavigate();
  const [isEditing, setEditing] = useState(false);
  const [isWithdrawing, setWithdrawing] = useState(false);
  const isOver = state === 'expired' || state === 'withdrawn';
  useKeys(mayWrite && !isOver ? { e: key('Edit', () => setEditing(true)) } : {});
  return (
    <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <h1 className="min-w-0 text-xl font-semibold tracking-tight break-words">{title}</h1>
      <Badge look={stateLooks[state]} />
      <PresenceAvatars people={here.data} size="small" label="Looking at this" />
      {(mayWrite || mayDelete) && (
        <div className="ml-auto flex flex-wrap items-center gap-2">
          {mayWrite && state === 'draft' && <Publish row={row} />}
          {mayWrite && !isOver && (
            <Button onClick={() => setEditing(true)}>
              <Pencil aria-hidden /> Edit
            </Button>
          )}
          {mayWrite && (state === 'active' || state === 'scheduled') && (
            <Button onClick={() => setWithdrawing(true)}>
              <Ban aria-hidden /> Withdraw
            </Button>
          )}
          <MessageMenu
            row={row}
            mayWrite={mayWrite}
            mayDelete={mayDelete}
            mayCopy={mayCopy}
            onEdit={() => setEditing(true)}
            onCopy={() => void navigate({ to: '/messages', search: { add: true, copy: id } })}
            onDeleted={() => void navigate({ to: '/messages' })}
          />
        </div>
      )}
      <Withdraw row={row} open={isWithdrawing} onClose={() => setWithdrawing(false)} />
      <Suspense>{isEditing && <Composer id={id} onClose={() => setEditing(false)} />}</Suspense>
    </header>
  );
}

function Publish({ row }: { row: Message }): ReactNode {
  const [busy, setBusy] = useState(false);
  const once = async (work: Promise<void>): Promise<void> => {
    setBusy(true);
    await work;
    setBusy(false);
  };
  return row.startsAt !== null && row.startsAt > serverNow() ? (
    <Button tone="primary" busy={busy} onClick={() => void once(act('messages', row.id, 'publish'))}>
      <CalendarClock aria-hidden /> Schedule
    </Button>
  ) : (
    <Button tone="primary" busy={busy} onClick={() => void once(activate(row))}>
      <Play aria-hidden /> Activate now
    </Button>
  );
}

/** What readers did with it: each reader once. */
function Numbers({ row: { shown, clicked, dismissed, link } }: { row: Message }): ReactNode {
  const share = (n: number): string => (shown === 0 ? '' : `${count(Math.round((n / shown) * 100))} % of them`);
  const cells = [
    { title: 'Seen by', n: shown, note: shown === 0 ? 'nobody yet' : plural(shown, 'reader').replace(/^\S+ /u, '') },
    {
      title: 'Followed a link',
      n: clicked,
      note: link === null && clicked === 0 ? 'it has no link' : share(clicked),
    },
    { title: 'Put away by', n: dismissed, note: share(dismissed) },
  ];
  return (
    <dl aria-label="Statistics" className="pane grid grid-cols-3 overflow-clip">
      {cells.map(({ title, n, note }) => (
        <div key={title} className="-ml-px min-w-0 border-l px-4 py-3">
          <dt className="text-xs text-muted">{title}</dt>
          <dd className="mt-0.5">
            <span className="text-xl font-semibold">{count(n)}</span>
            <span className="block min-h-4 truncate text-xs text-muted">{note}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Said({ row: { body, link, priority } }: { row: Message }): ReactNode {
  return (
    <Pane title="What it says" note={<Badge look={priorityLooks[priority]} />} bodyClassName="space-y-3 px-4 py-4">
      {body === '' && link === null && <p className="text-sm text-muted">Its title alone.</p>}
      {body !== '' && <MessageBody text={body} />}
      {link !== null && (
        <p className="text-sm">
          <a
            className="font-medium underline"
            href={link.url}
            {...(link.url.startsWith('/') ? {} : { target: '_blank', rel: 'noopener noreferrer' })}
          >
            {link.text}
          </a>{' '}
          <span className="code text-xs break-all text-muted">{link.url}</span>
        </p>
      )}
    </Pane>
  );
}

function About({ row }: { row: Message }): ReactNode {
  const { audience, customers, startsAt, endsAt, activeAt, endedAt, dismissible, by, labels } = row;
  const named = Object.entries(labels);
  return (
    <Pane title="About">
      <Facts>
        <Fact title="For">
          {audience === 'customers' && customers === null ? 'All customers' : audienceWords[audience]}
        </Fact>
        {customers !== null && (
          <Fact title="Customers">
            <ul>
              {customers.map((id) => (
                <li key={id}>
                  <Link to="/customers/$id" params={{ id }} className="hover:underline">
                    {id}
                  </Link>
                </li>
              ))}
            </ul>
          </Fact>
        )}
        <Fact title="Reach">
          <Reach audience={audience} customers={customers} />
        </Fact>
        <Fact title="Begins">{startsAt === null ? 'at once' : exact(startsAt)}</Fact>
        <Fact title="Ends">{endsAt === null ? 'when it is withdrawn' : exact(endsAt)}</Fact>
        {activeAt !== null && (
          <Fact title="Active">
            <Ago at={activeAt} />
          </Fact>
        )}
        {endedAt !== null && (
          <Fact title="Over">
            <Ago at={endedAt} />
          </Fact>
        )}
        <Fact title="Put away">{dismissible ? 'readers may' : 'readers may not'}</Fact>
        <Fact title="Written by">{by}</Fact>
        {named.length > 0 && <Fact title="Labels">{named.map(([key, value]) => `${key}=${value}`).join(', ')}</Fact>}
      </Facts>
    </Pane>
  );
}

/** What happened to it, newest first. */
function Timeline({ row: { events } }: { row: Message }): ReactNode {
  return (
    <Pane title="Timeline" note={plural(events.length, 'entry', 'entries')}>
      <ol className="px-4 py-2">
        {events.toReversed().map(({ at, what, by }, i) => {
          const look = eventLooks[what];
          return (
            <li
              key={`${at}-${what}-${i}`}
              className="flex flex-wrap items-center gap-x-3 border-b py-2.5 text-sm last:border-b-0"
            >
              <look.icon aria-hidden className={cx('size-4 shrink-0', look.ink)} />
              <span className="font-medium">{look.word}</span>
              <span className="text-muted">{by === '' ? 'by the clock' : `by ${by}`}</span>
              <span className="ml-auto text-xs text-muted">{exact(at)}</span>
            </li>
          );
        })}
      </ol>
    </Pane>
  );
}
