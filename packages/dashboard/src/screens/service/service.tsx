import { Link, useParams } from '@tanstack/react-router';
import { CircleHelp } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { Service } from '@statewire/model';
import { cx } from '../../lib/cx.ts';
import { kinds } from '../../lib/kinds.ts';
import { serverNow } from '../../lib/ticker.ts';
import { useRecordOf, useRows } from '../../live/rows.ts';
import { AuditOf } from '../../parts/audit-of.tsx';
import { buttonClass } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { FactsStrip } from '../../parts/facts.tsx';
import { type Crumb, useCrumbs } from '../../parts/frame.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { Banners } from './banners.tsx';
import { CheckPane } from './check.tsx';
import { Header } from './header.tsx';
import { DependencePane, MembersPane } from './linked.tsx';
import { LogPane } from './log.tsx';
import { McpPane } from './mcp.tsx';
import { ObserversPane } from './observers.tsx';
import { OpenAlertsPane } from './open-alerts.tsx';
import { RelatedPane } from './related.tsx';
import { ResponsePane } from './response.tsx';
import { OutagesPane, UptimePane } from './uptime.tsx';

const MaintenanceEditor = lazy(() =>
  import('../maintenance/editor.tsx').then((module) => ({ default: module.MaintenanceEditor })),
);

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
  return <Loaded row={row} isStale={isStale} />;
}

const HOUR_MS = 3_600_000;

function Loaded({ row, isStale }: { row: Service; isStale: boolean }): ReactNode {
  const ref = `services/${row.id}`;
  const alerts = useRows('alerts', ['and', ['eq', 'subject', ref], ['neq', 'state', 'resolved']]);
  const said = useRows('annotations', ['eq', 'subject', ref]);
  const [maintaining, setMaintaining] = useState<'next' | 'past' | null>(null);
  const now = Math.floor(serverNow() / 60_000) * 60_000;
  return (
    <div className={cx('space-y-6', isStale && 'is-stale')}>
      <Header row={row} onMaintenance={() => setMaintaining('next')}>
        <Banners row={row} alerts={alerts.rows} />
      </Header>
      <UptimePane row={row} />
      <FactsStrip facts={row.facts} names={kinds[row.kind].facts} />
      {/* In one column what is wrong now comes first, and how it is checked last. */}
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-x-6 gap-y-6 xl:grid-cols-[minmax(0,2fr)_minmax(20rem,1fr)] xl:grid-rows-[auto_1fr] xl:gap-y-0">
        <div className="min-w-0 space-y-6 empty:hidden xl:col-start-2 xl:row-start-1 xl:mb-6">
          <OpenAlertsPane alerts={alerts.rows} />
          <MembersPane row={row} />
          <ObserversPane row={row} />
          <DependencePane row={row} />
        </div>
        <div className="min-w-0 space-y-6 xl:col-start-1 xl:row-span-2 xl:row-start-1">
          {row.kind !== 'group' && <ResponsePane row={row} said={said.rows} />}
          <OutagesPane row={row} />
          <LogPane row={row} said={said.rows} onMaintenance={() => setMaintaining('past')} />
        </div>
        <div className="min-w-0 space-y-6 empty:hidden xl:col-start-2 xl:row-start-2">
          {row.kind === 'mcp' && <McpPane row={row} />}
          {row.kind !== 'group' && <CheckPane row={row} />}
          <RelatedPane id={row.id} disagreement={row.disagreement} />
          <AuditOf collection="services" id={row.id} />
        </div>
      </div>
      {maintaining !== null && (
        <Suspense>
          <MaintenanceEditor
            maintenance={null}
            selector={{ collection: 'services', where: ['in', 'id', [row.id]] }}
            plan={
              maintaining === 'past'
                ? { kind: 'once', from: now - HOUR_MS, to: now }
                : { kind: 'once', from: now + HOUR_MS, to: now + 2 * HOUR_MS }
            }
            onClose={() => setMaintaining(null)}
          />
        </Suspense>
      )}
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
