import type { Incident, Maintenance } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import { BellRing, type LucideIcon, Megaphone, Wrench } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { plural } from '../lib/format.ts';
import { useRows } from '../live/rows.ts';
import { Ago, Lasting } from '../parts/time.tsx';
import { impactWords, phases } from './incidents/look.ts';

// One line each; more are better read on their own page.
const LINES_MAX = 3;

/** What people are at already: alerts that fire, open incidents, work under way. Nothing when there is nothing. */
export function Open({ firing, critical }: { firing: number; critical: number }): ReactNode {
  const incidents = useRows('incidents', OPEN);
  const maintenances = useRows('maintenances', ACTIVE);
  if (firing === 0 && incidents.rows.length === 0 && maintenances.rows.length === 0) return null;
  const open = incidents.rows.toSorted((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1));
  const active = maintenances.rows.toSorted((a, b) => endOf(a) - endOf(b) || (a.id < b.id ? -1 : 1));
  return (
    <ul aria-label="Open now" className="pane divide-y overflow-clip">
      {firing > 0 && (
        <Line icon={BellRing} ink={critical > 0 ? 'text-down' : 'text-degraded'}>
          <Link to="/alerts" className={LINK}>
            <span className="font-medium">{plural(firing, 'alert fires', 'alerts fire')}</span>
            <span className="text-muted">{critical > 0 ? `${critical} critical, ` : ''}not taken up yet</span>
          </Link>
        </Line>
      )}
      {open.slice(0, LINES_MAX).map((incident) => (
        <IncidentLine key={incident.id} incident={incident} />
      ))}
      {open.length > LINES_MAX && (
        <Line icon={Megaphone} ink="text-muted">
          <Link to="/incidents" className={LINK}>
            {plural(open.length - LINES_MAX, 'more incident')} open
          </Link>
        </Line>
      )}
      {active.slice(0, LINES_MAX).map((maintenance) => (
        <MaintenanceLine key={maintenance.id} maintenance={maintenance} />
      ))}
      {active.length > LINES_MAX && (
        <Line icon={Wrench} ink="text-maintenance">
          <Link to="/maintenance" className={LINK}>
            {plural(active.length - LINES_MAX, 'more maintenance')} under way
          </Link>
        </Line>
      )}
    </ul>
  );
}

const OPEN = ['neq', 'phase', 'resolved'];
const ACTIVE = ['eq', 'state', 'active'];
const LINK = 'flex min-h-10 min-w-0 flex-1 flex-wrap items-center gap-x-2 py-1.5 text-sm';

function Line({ icon: Icon, ink, children }: { icon: LucideIcon; ink: string; children: ReactNode }): ReactNode {
  return (
    <li className="flex items-center gap-3 px-4 hover:bg-hover/60">
      <Icon aria-hidden className={cx('size-4 shrink-0', ink)} />
      {children}
    </li>
  );
}

function IncidentLine({ incident }: { incident: Incident }): ReactNode {
  const phase = phases[incident.phase];
  return (
    <Line icon={Megaphone} ink={phase.ink}>
      <Link to="/incidents/$id" params={{ id: incident.id }} className={LINK}>
        <span className="min-w-0 truncate font-medium">{incident.title}</span>
        <span className="text-muted">
          {phase.word.toLowerCase()}, {impactWords[incident.impact].toLowerCase()}, for{' '}
          <Lasting since={incident.startedAt} short />
        </span>
      </Link>
    </Line>
  );
}

function MaintenanceLine({ maintenance }: { maintenance: Maintenance }): ReactNode {
  return (
    <Line icon={Wrench} ink="text-maintenance">
      <Link to="/maintenance" className={LINK}>
        <span className="min-w-0 truncate font-medium">{maintenance.title}</span>
        <span className="text-muted">
          maintenance of {plural(maintenance.affectedCount, 'record')}
          {maintenance.window !== null && (
            <>
              , ends <Ago at={maintenance.window.to} />
            </>
          )}
        </span>
      </Link>
    </Line>
  );
}

function endOf({ window }: Maintenance): number {
  return window?.to ?? Number.MAX_SAFE_INTEGER;
}
