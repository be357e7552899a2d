import type { Incident } from '@statewire/model';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Globe, Megaphone, Plus } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { cx } from '../../lib/cx.ts';
import { duration, exact, plural } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { useCan } from '../../lib/me.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { VirtualList } from '../../parts/list.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Lasting } from '../../parts/time.tsx';
import { impactWords } from './look.ts';
import { NewIncident } from './new.tsx';
import { Phase } from './phase.tsx';
import type { IncidentsSearch } from './search.ts';

/** What people say about problems: those that last, and those that are over. */
export function Incidents(): ReactNode {
  useCrumbs('Incidents');
  const canWrite = useCan('incidents:change');
  const search = useSearch({ from: '/incidents' });
  const navigate = useNavigate({ from: '/incidents' });
  const set = (next: IncidentsSearch): void => void navigate({ search: next, replace: true });
  const view = useRows('incidents');
  const isPast = search.tab === 'past';
  const rows = useMemo(
    () =>
      view.rows
        .filter((incident) => (incident.phase === 'resolved') === isPast)
        .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1)),
    [view.rows, isPast],
  );
  const open = view.rows.filter(({ phase }) => phase !== 'resolved').length;
  useKeys(canWrite ? { n: key('New incident', () => set({ ...search, add: true })) } : {});
  return (
    <div>
      <PageHead
        title="Incidents"
        note={view.isLoading ? '' : open === 0 ? 'Nothing is open' : `${plural(open, 'incident')} open`}
      >
        {canWrite && (
          <Button tone="primary" onClick={() => set({ ...search, add: true })}>
            <Plus aria-hidden /> New incident
          </Button>
        )}
      </PageHead>
      <Tabs
        label="Incidents by state"
        value={isPast ? 'past' : 'open'}
        onChange={(next) => set(next === 'past' ? { tab: 'past' } : {})}
        tabs={[
          { key: 'open', title: 'Open', n: open },
          { key: 'past', title: 'Past' },
        ]}
      >
        <div className={cx('pane overflow-clip', view.isStale && 'is-stale')}>
          {view.isLoading ? (
            <BoneRows rows={4} className="h-16" />
          ) : rows.length === 0 ? (
            <Empty icon={Megaphone} title={isPast ? 'No incident is over yet' : 'No incident is open'}>
              {isPast
                ? 'Resolved incidents stay here with their timelines.'
                : 'Critical alerts that last draft one by themselves; nothing is public until you publish it.'}
            </Empty>
          ) : (
            <VirtualList items={rows} keyOf={(incident) => incident.id} rowHeight={64}>
              {(incident) => <IncidentRow incident={incident} />}
            </VirtualList>
          )}
        </div>
      </Tabs>
      {search.add === true && (
        <NewIncident
          onClose={() => {
            const { add: _, ...rest } = search;
            set(rest);
          }}
        />
      )}
    </div>
  );
}

function IncidentRow({ incident }: { incident: Incident }): ReactNode {
  const last = incident.updates.at(-1);
  return (
    <Link
      to="/incidents/$id"
      params={{ id: incident.id }}
      className="flex min-h-16 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 hover:bg-hover/60"
    >
      <Phase phase={incident.phase} />
      <span className="min-w-0 flex-1 basis-52">
        <span className="flex items-center gap-2">
          <span className="truncate font-medium">{incident.title}</span>
          {incident.isPublished && <Globe aria-label="Published" className="size-3.5 shrink-0 text-muted" />}
          {incident.drafted === 'alert' && !incident.isPublished && incident.phase !== 'resolved' && (
            <span className="shrink-0 rounded border px-1 text-xs text-muted">draft</span>
          )}
        </span>
        <span className="block truncate text-sm text-muted">
          {last === undefined || last.text === '' ? impactWords[incident.impact] : last.text}
        </span>
      </span>
      <span className="shrink-0 text-right text-sm text-muted">
        {incident.resolvedAt === null ? (
          <Lasting since={incident.startedAt} short />
        ) : (
          <>
            {exact(incident.startedAt)}
            <span className="block text-xs">lasted {duration(incident.resolvedAt - incident.startedAt)}</span>
          </>
        )}
      </span>
    </Link>
  );
}
