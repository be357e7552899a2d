import type { Service } from '@statewire/model';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { CircleHelp, MoreHorizontal, Pause, Pencil, Play, RefreshCw, Trash2 } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { exact, latency, words } from '../../lib/format.ts';
import { useKeys } from '../../lib/keys.ts';
import { kinds } from '../../lib/kinds.ts';
import { useMe } from '../../lib/me.ts';
import { clearOverride, pause, recheck, resume } from '../../live/command.ts';
import { useRecordOf } from '../../live/rows.ts';
import { RecentBar } from '../../parts/bar.tsx';
import { Button, buttonClass } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { Empty } from '../../parts/empty.tsx';
import { FactsStrip } from '../../parts/facts.tsx';
import { type Crumb, useCrumbs } from '../../parts/frame.tsx';
import { Glow } from '../../parts/glow.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { percentile } from '../../parts/sparkline.tsx';
import { Badge, flapping, lookOf, statusLooks } from '../../parts/status.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { reasonOf } from '../overview.tsx';
import { RemoveServices } from '../services/remove.tsx';
import { CheckPane } from './check.tsx';
import { HistoryPanes } from './history.tsx';
import { McpPane } from './mcp.tsx';
import { RelatedPane } from './related.tsx';

const Editor = lazy(() => import('../services/editor.tsx'));

const PARENT: Crumb = { title: 'Services', to: '/services' };

/** One service: what it is now and since when, what was measured, what it was before. */
export function ServiceDetail(): ReactNode {
  const { id } = useParams({ from: '/services/$id' });
  const { row, isLoading, isStale } = useRecordOf('services', id);
  useCrumbs(row?.name ?? id, PARENT);
  if (row === null) {
    return isLoading ? (
      <Loading />
    ) : (
      <Empty
        icon={CircleHelp}
        title="There is no such service"
        action={
          <Link to="/services" className={buttonClass()}>
            All services
          </Link>
        }
      >
        <p>
          Nothing is known under <code className="code">{id}</code>. It may have been removed.
        </p>
      </Empty>
    );
  }
  return (
    <div className={cx('space-y-6', isStale && 'is-stale')}>
      <Header row={row} />
      <FactsStrip facts={row.facts} names={kinds[row.kind].facts} />
      <HistoryPanes
        row={row}
        side={
          <>
            {row.kind === 'mcp' && <McpPane row={row} />}
            <CheckPane row={row} />
            <RelatedPane id={row.id} />
          </>
        }
      />
    </div>
  );
}

function Header({ row }: { row: Service }): ReactNode {
  const { canWrite } = useMe();
  const navigate = useNavigate();
  const [isEditing, setEditing] = useState(false);
  const [removing, setRemoving] = useState<readonly Service[]>([]);
  const look = lookOf(row);
  const Kind = kinds[row.kind].icon;
  const isManaged = row.managedBy === 'file';
  useKeys(canWrite ? { r: () => void recheck(row), e: () => !isManaged && setEditing(true) } : {});
  return (
    <header>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 max-sm:basis-full">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
            <h1 className="min-w-0 truncate text-xl font-semibold tracking-tight">{row.name}</h1>
            <Glow of={look.word} className="rounded-full">
              <Badge look={look} />
            </Glow>
            {row.overlay.flapping && look !== flapping && <Badge look={flapping} />}
          </div>
          <p className="mt-1.5 text-base break-words">
            <StatusSentence row={row} />
          </p>
          <p className="mt-1 flex flex-wrap items-center gap-x-2 text-sm text-muted">
            <Kind aria-hidden className="size-3.5" />
            {kinds[row.kind].title}
            {row.target !== '' && (
              <>
                <span aria-hidden>·</span>
                <code className="code max-w-full truncate text-xs">{row.target}</code>
                <CopyButton text={row.target} className="-my-1 px-1" label="Copy" />
              </>
            )}
            {row.group !== '' && (
              <>
                <span aria-hidden>·</span>
                {row.group}
              </>
            )}
            {Object.entries(row.labels).map(([key, value]) => (
              <Link
                key={key}
                to="/services"
                search={{ label: `${key}=${value}` }}
                className="code rounded border px-1.5 text-xs hover:border-line-strong hover:text-text"
              >
                {key}={value}
              </Link>
            ))}
          </p>
        </div>
        {canWrite && (
          <div className="flex items-center gap-2">
            {row.kind !== 'heartbeat' && (
              <Button onClick={() => void recheck(row)} disabled={row.desired !== 'active'}>
                <RefreshCw aria-hidden /> Recheck
              </Button>
            )}
            {row.desired === 'active' ? (
              <Button onClick={() => void pause([row])}>
                <Pause aria-hidden /> Pause
              </Button>
            ) : (
              <Button tone="primary" onClick={() => void resume([row])}>
                <Play aria-hidden /> Resume
              </Button>
            )}
            <Menu
              trigger={
                <Button size="icon" aria-label="More">
                  <MoreHorizontal aria-hidden />
                </Button>
              }
              items={[
                {
                  label: isManaged ? 'Edit (managed by a file)' : 'Edit',
                  icon: Pencil,
                  disabled: isManaged,
                  onSelect: () => setEditing(true),
                },
                null,
                {
                  label: 'Remove',
                  icon: Trash2,
                  danger: true,
                  disabled: isManaged,
                  onSelect: () => setRemoving([row]),
                },
              ]}
            />
          </div>
        )}
      </div>
      {row.override !== null && (
        <p className="pane mt-4 flex flex-wrap items-center gap-2 bg-maintenance-soft px-4 py-2.5 text-sm">
          {row.override.by} shows it as {statusLooks[row.override.status].word.toLowerCase()} until{' '}
          {exact(row.override.until)}
          {row.override.reason !== '' && `: ${row.override.reason}`}. Measured now: {words(row.health)}.
          {canWrite && (
            <Button size="small" className="ml-auto" onClick={() => void clearOverride(row)}>
              Show what is measured
            </Button>
          )}
        </p>
      )}
      <dl className="mt-5 grid grid-cols-2 gap-x-6 gap-y-3 text-sm sm:flex sm:flex-wrap sm:gap-x-10">
        <Tile title="Now">{latency(row.latencyMs)}</Tile>
        <Tile title="p50">{latency(percentile(row.recent.ms, 0.5))}</Tile>
        <Tile title="p95">{latency(percentile(row.recent.ms, 0.95))}</Tile>
        <Tile title={row.kind === 'heartbeat' ? 'Last beat' : 'Last check'}>
          <Ago at={row.observedAt} />
        </Tile>
        <Tile title="Changes">{row.flaps}</Tile>
        {row.certificate !== null && <Tile title="Certificate">{Math.floor(row.certificate.daysLeft)} days left</Tile>}
        <div className="col-span-2 sm:ml-auto">
          <dt className="text-xs text-muted">Last 30 checks</dt>
          <dd className="mt-1">
            <RecentBar bar={row.recent.bar} cells={40} className="h-6 w-full sm:w-[198px]" />
          </dd>
        </div>
      </dl>
      {isEditing && (
        <Suspense>
          <Editor id={row.id} onClose={() => setEditing(false)} />
        </Suspense>
      )}
      <RemoveServices
        services={removing}
        onClose={() => setRemoving([])}
        onRemoved={() => void navigate({ to: '/services' })}
      />
    </header>
  );
}

/** "Down for 3 min 12 s: refused after restart." */
function StatusSentence({ row }: { row: Service }): ReactNode {
  if (row.suspect !== null && row.suspect.to !== 'healthy' && (row.status === 'up' || row.status === 'degraded')) {
    return (
      <>
        {statusLooks[row.status].word}, but {row.suspect.n} of {row.suspect.of} checks say otherwise since{' '}
        <Lasting since={row.suspect.since} />
        {row.reason.text !== '' && `: ${row.reason.text}`}
      </>
    );
  }
  if (row.status === 'pending')
    return row.kind === 'heartbeat' ? 'Waiting for its first call' : 'Waiting for the first check';
  const reason = row.status === 'up' ? '' : reasonOf(row);
  return (
    <>
      {statusLooks[row.status].word} for <Lasting since={row.since} />
      {reason !== '' && `: ${reason}`}
    </>
  );
}

function Tile({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt className="text-xs text-muted">{title}</dt>
      <dd className="mt-0.5 text-lg font-medium">{children}</dd>
    </div>
  );
}

function Loading(): ReactNode {
  return (
    <output aria-label="Loading" className="block space-y-6">
      <div>
        <Bone className="h-6 w-64" />
        <Bone className="mt-3 h-4 w-80 max-w-full" />
        <Bone className="mt-3 w-48" />
        <Bone className="mt-6 h-10 w-96 max-w-full" />
      </div>
      <Bone className="h-[86px] w-full rounded-card" />
      <Bone className="h-[290px] w-full rounded-card" />
    </output>
  );
}
