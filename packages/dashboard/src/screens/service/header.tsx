import { ChangeHighlight, UptimeBar } from '@statewire/react';
import type { Service } from '@statewire/model';
import { Link, useNavigate } from '@tanstack/react-router';
import { CalendarClock, MoreHorizontal, Pause, Pencil, Play, RefreshCw, Trash2, Wrench } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { duration, latency, words } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { kinds } from '../../lib/kinds.ts';
import { useCan } from '../../lib/me.ts';
import { pause, recheck, resume, save } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { Menu } from '../../parts/menu.tsx';
import { percentile } from '../../lib/percentile.ts';
import { Badge, flapping, lookOf, statusLooks } from '../../parts/status.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { failedToast } from '../../parts/toast.tsx';
import { reasonOf } from '../overview.tsx';
import { RemoveServices } from '../services/remove.tsx';
import { MuteMenu } from './mute.tsx';

const Editor = lazy(() => import('../services/editor.tsx'));

/** What it is now and since when, and what can be done about it. `children` stand below the sentence. */
export function Header({
  row,
  onMaintenance,
  children,
}: {
  row: Service;
  onMaintenance: () => void;
  children: ReactNode;
}): ReactNode {
  const mayRun = useCan('services:refresh');
  const mayPlan = useCan('maintenances:create');
  const mayEdit = useCan('services:change');
  const navigate = useNavigate();
  const [isEditing, setEditing] = useState(false);
  const [removing, setRemoving] = useState<readonly Service[]>([]);
  const look = lookOf(row);
  const Kind = kinds[row.kind].icon;
  const isManaged = row.managedBy === 'file';
  useKeys({
    ...(mayRun ? { r: key('Recheck', () => void recheck(row)) } : {}),
    ...(mayEdit && !isManaged ? { e: key('Edit', () => setEditing(true)) } : {}),
  });
  return (
    <header>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 max-sm:basis-full">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
            <h1 className="min-w-0 truncate text-xl font-semibold tracking-tight">{row.name}</h1>
            <ChangeHighlight value={look.word} className="rounded-full">
              <Badge look={look} />
            </ChangeHighlight>
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
        {(mayRun || mayPlan || mayEdit) && (
          <div className="flex flex-wrap items-center gap-2">
            {mayRun && row.kind !== 'heartbeat' && row.kind !== 'group' && (
              <Button onClick={() => void recheck(row)} disabled={row.desired !== 'active'}>
                <RefreshCw aria-hidden /> Recheck
              </Button>
            )}
            {!mayEdit ? null : row.desired === 'active' ? (
              <Button onClick={() => void pause([row])}>
                <Pause aria-hidden /> Pause
              </Button>
            ) : (
              <Button tone="primary" onClick={() => void resume([row])}>
                <Play aria-hidden /> Resume
              </Button>
            )}
            {mayRun && <MuteMenu collection="services" row={row} />}
            {mayPlan && (
              <Menu
                trigger={
                  <Button>
                    <Wrench aria-hidden /> Maintenance
                  </Button>
                }
                items={[
                  ...[30, 60, 240].map((minutes) => ({
                    label: `Now, for ${duration(minutes * 60_000)}`,
                    icon: Wrench,
                    onSelect: () => void maintainNow(row, minutes * 60_000),
                  })),
                  null,
                  { label: 'Plan…', icon: CalendarClock, onSelect: onMaintenance },
                ]}
              />
            )}
            {mayEdit && (
              <>
                <Button
                  onClick={() => setEditing(true)}
                  disabled={isManaged}
                  title={isManaged ? 'Managed by a file, read-only here' : undefined}
                >
                  <Pencil aria-hidden /> Edit
                </Button>
                <Menu
                  trigger={
                    <Button size="icon" aria-label="More">
                      <MoreHorizontal aria-hidden />
                    </Button>
                  }
                  items={[
                    {
                      label: isManaged ? 'Remove (managed by a file)' : 'Remove',
                      icon: Trash2,
                      danger: true,
                      disabled: isManaged,
                      onSelect: () => setRemoving([row]),
                    },
                  ]}
                />
              </>
            )}
          </div>
        )}
      </div>
      {children}
      <dl className="mt-5 grid grid-cols-2 gap-x-6 gap-y-3 text-sm sm:flex sm:flex-wrap sm:gap-x-10">
        {row.kind !== 'group' && (
          <>
            <Tile title="Now">{latency(row.latencyMs)}</Tile>
            <Tile title="p50">{latency(percentile(row.recent.ms, 0.5))}</Tile>
            <Tile title="p95">{latency(percentile(row.recent.ms, 0.95))}</Tile>
          </>
        )}
        <Tile title={lastWords[row.kind] ?? 'Last check'}>
          <Ago at={row.observedAt} />
        </Tile>
        <Tile title="Changes">{row.flaps}</Tile>
        {row.certificate !== null && <Tile title="Certificate">{Math.floor(row.certificate.daysLeft)} days left</Tile>}
        {row.kind !== 'group' && (
          <div className="col-span-2 sm:ml-auto">
            <dt className="text-xs text-muted">Last 30 checks</dt>
            <dd className="mt-1">
              <UptimeBar bar={row.recent.bar} cells={40} className="h-6 w-full sm:w-[198px]" />
            </dd>
          </div>
        )}
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
  if (row.status === 'pending') return pendingText(row);
  if (row.status === 'maintenance') {
    return (
      <>
        Under maintenance for <Lasting since={row.since} />, measured {words(row.health)}
      </>
    );
  }
  const reason = row.status === 'up' ? '' : reasonOf(row);
  return (
    <>
      {statusLooks[row.status].word} for <Lasting since={row.since} />
      {reason !== '' && `: ${reason}`}
    </>
  );
}

const lastWords: Readonly<Partial<Record<Service['kind'], string>>> = {
  heartbeat: 'Last beat',
  group: 'Last change of a member',
};

function Tile({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt className="text-xs text-muted">{title}</dt>
      <dd className="mt-0.5 text-lg font-medium">{children}</dd>
    </div>
  );
}

/** `Not yet confirmed, 1 of 3 checks say unhealthy`, or what is awaited. */
function pendingText(row: Service): string {
  const { suspect } = row;
  if (suspect !== null) {
    const why = row.reason.text === '' ? '' : `: ${row.reason.text}`;
    return `Not yet confirmed, ${suspect.n} of ${suspect.of} checks say ${suspect.to}${why}`;
  }
  if (row.kind === 'heartbeat') return 'Waiting for its first call';
  return row.kind === 'group' ? 'Waiting for its members' : 'Waiting for the first check';
}

async function maintainNow(row: Service, durationMs: number): Promise<void> {
  const failed = await save('maintenances', null, {
    title: `Maintenance of ${row.name}`,
    selector: { collection: 'services', where: ['in', 'id', [row.id]] },
    schedule: { kind: 'once', durationMs },
  });
  if (failed !== null) failedToast(failed);
}
