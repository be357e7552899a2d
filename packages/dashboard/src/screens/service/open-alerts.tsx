import type { Alert } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { useCan } from '../../lib/me.ts';
import { act } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Pane } from '../../parts/pane.tsx';
import { Lasting } from '../../parts/time.tsx';
import { lookOfAlert, whySuppressed } from '../alerts/look.ts';

/** The alerts that are open about this service, each with its one action. */
export function OpenAlertsPane({ alerts }: { alerts: readonly Alert[] }): ReactNode {
  const canWrite = useCan('alerts:ack');
  if (alerts.length === 0) return null;
  return (
    <Pane title="Open alerts" note={`${alerts.length}`}>
      <ul>
        {[...alerts]
          .sort((a, b) => a.startedAt - b.startedAt)
          .map((alert) => {
            const look = lookOfAlert(alert);
            const why = whySuppressed(alert);
            return (
              <li key={alert.id} className="flex items-center gap-2.5 border-b px-4 py-2 text-sm last:border-b-0">
                <look.icon aria-hidden className={cx('size-4 shrink-0', look.ink)} strokeWidth={2.25} />
                <div className="min-w-0 flex-1">
                  <Link to="/alerts" search={searchOf(alert)} className="block truncate font-medium hover:underline">
                    {alert.title}
                  </Link>
                  <p className="truncate text-xs text-muted">
                    {look.word}
                    {why !== '' && `, ${why}`} · for <Lasting since={alert.startedAt} short />
                  </p>
                </div>
                {canWrite && (alert.state === 'firing' || alert.state === 'pending') && (
                  <Button
                    size="small"
                    aria-label={`Ack ${alert.title}`}
                    onClick={() => void act('alerts', alert.id, 'ack')}
                  >
                    Ack
                  </Button>
                )}
              </li>
            );
          })}
      </ul>
    </Pane>
  );
}

/** Where the inbox shows an open alert. */
function searchOf({ id, state }: Alert): { readonly open: string; readonly tab?: 'acknowledged' | 'suppressed' } {
  return state === 'acknowledged' || state === 'suppressed' ? { tab: state, open: id } : { open: id };
}
