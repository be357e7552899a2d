import type { Alert, Service } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import { BellOff, CornerUpLeft, Eye, Hand, type LucideIcon, Wrench, Zap } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { exact, plural, words } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { act, clearOverride } from '../../live/command.ts';
import { useRecordOf } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { statusLooks } from '../../parts/status.tsx';
import { Lasting } from '../../parts/time.tsx';
import { RefLink } from './linked.tsx';

/** What stands between what is measured and what is told: one line each, with who, why and until when. */
export function Banners({ row, alerts }: { row: Service; alerts: readonly Alert[] }): ReactNode {
  const mayOverride = useCan('services:clear-override');
  const mayMute = useCan('services:mute');
  const { overlay, override } = row;
  const acked = alerts.filter(({ state }) => state === 'acknowledged');
  const by = overlay['mutedBy'];
  const why = overlay['mutedReason'];
  const lines = [
    override !== null && (
      <Banner
        key="override"
        icon={Hand}
        soft="bg-maintenance-soft"
        action={
          mayOverride && (
            <Button size="small" onClick={() => void clearOverride(row)}>
              Show what is measured
            </Button>
          )
        }
      >
        {override.by} shows it as {statusLooks[override.status].word.toLowerCase()} until {exact(override.until)}
        {override.reason !== '' && `: ${override.reason}`}. Measured now: {words(row.health)}.
      </Banner>
    ),
    overlay.maintenance !== null && <UnderMaintenance key="maintenance" id={overlay.maintenance} row={row} />,
    overlay.impactedBy !== null && (
      <Banner key="impacted" icon={CornerUpLeft} soft="bg-degraded-soft">
        It fails because <RefLink of={overlay.impactedBy} /> fails. Its alerts are folded into that one.
      </Banner>
    ),
    ...acked.map((alert) => (
      <Banner
        key={alert.id}
        icon={Eye}
        soft="bg-maintenance-soft"
        action={
          <Link to="/alerts" search={{ tab: 'acknowledged', open: alert.id }} className="text-accent hover:underline">
            Open the alert
          </Link>
        }
      >
        {alert.ackedBy ?? 'Somebody'} has taken on “{alert.title}”
        {alert.ackedAt !== null && (
          <>
            {' '}
            <Lasting since={alert.ackedAt} /> ago
          </>
        )}
        {alert.note !== '' && `: ${alert.note}`}.
      </Banner>
    )),
    overlay.muted && (
      <Banner
        key="muted"
        icon={BellOff}
        soft="bg-quiet-soft"
        action={
          mayMute && (
            <Button size="small" onClick={() => void act('services', row.id, 'unmute')}>
              Unmute
            </Button>
          )
        }
      >
        Muted{typeof by === 'string' && by !== '' && ` by ${by}`}{' '}
        {row.mutedUntil === null ? 'without an end' : `until ${exact(row.mutedUntil)}`}
        {typeof why === 'string' && why !== '' && `: ${why}`}. Nobody is told of it.
      </Banner>
    ),
    overlay.flapping && (
      <Banner key="flapping" icon={Zap} soft="bg-flapping-soft">
        It goes up and down too often: {plural(row.flaps, 'change')} so far. Its word is held until it is steady.
      </Banner>
    ),
  ].filter((line) => line !== false);
  if (lines.length === 0) return null;
  return <div className="mt-4 space-y-2">{lines}</div>;
}

function UnderMaintenance({ id, row }: { id: string; row: Service }): ReactNode {
  const { row: plan } = useRecordOf('maintenances', id);
  const mayEnd = useCan('maintenances:complete');
  return (
    <Banner
      icon={Wrench}
      soft="bg-maintenance-soft"
      action={
        mayEnd &&
        plan?.state === 'active' && (
          <Button size="small" onClick={() => void act('maintenances', id, 'complete')}>
            End it now
          </Button>
        )
      }
    >
      Under maintenance{plan?.window != null && ` until ${exact(plan.window.to)}`}:{' '}
      <Link to="/maintenance" className="font-medium underline decoration-line-strong hover:decoration-text">
        {plan?.title ?? id}
      </Link>
      . Measured now: {words(row.health)}.
    </Banner>
  );
}

function Banner({
  icon: Icon,
  soft,
  action,
  children,
}: {
  icon: LucideIcon;
  soft: string;
  action?: ReactNode;
  children: ReactNode;
}): ReactNode {
  return (
    <div className={cx('pane flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2 text-sm', soft)}>
      <Icon aria-hidden className="size-4 shrink-0" />
      <p className="min-w-0 flex-1 basis-56 break-words">{children}</p>
      {action}
    </div>
  );
}
