import type { Maintenance } from '@statewire/model';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Check, Clock, MoreHorizontal, Pencil, Plus, Trash2, Wrench, X } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { duration, exact, plural } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { useCan } from '../../lib/me.ts';
import { selectionText } from '../../lib/selection.ts';
import { act, remove } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Empty } from '../../parts/empty.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Menu } from '../../parts/menu.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { Calendar } from './calendar.tsx';
import { MaintenanceEditor } from './editor.tsx';
import { scheduleText } from './plan.ts';
import type { MaintenanceSearch } from './search.ts';

/** Planned work: what is under way, what comes, and what was. */
export function Maintenances(): ReactNode {
  useCrumbs('Maintenance');
  const canWrite = useCan('maintenances:change');
  const search = useSearch({ from: '/maintenance' });
  const navigate = useNavigate({ from: '/maintenance' });
  const set = (next: MaintenanceSearch): void => void navigate({ search: next, replace: true });
  const view = useRows('maintenances');
  const [removing, setRemoving] = useState<Maintenance | null>(null);
  const isPast = search.tab === 'past';
  const rows = useMemo(
    () => view.rows.filter((row) => isOver(row) === isPast).sort(isPast ? newestFirst : soonestFirst),
    [view.rows, isPast],
  );
  const active = view.rows.filter(({ state }) => state === 'active').length;
  const editing = view.rows.find(({ id }) => id === search.edit) ?? null;
  const close = (): void => {
    const { add: _, edit: __, ...rest } = search;
    set(rest);
  };
  useKeys(canWrite ? { n: key('Plan maintenance', () => set({ ...search, add: true })) } : {});
  return (
    <div>
      <PageHead
        title="Maintenance"
        note={view.isLoading ? '' : active === 0 ? 'Nothing is under way' : `${active} under way`}
      >
        {canWrite && (
          <Button tone="primary" onClick={() => set({ ...search, add: true })}>
            <Plus aria-hidden /> Plan maintenance
          </Button>
        )}
      </PageHead>
      <Tabs
        label="Maintenances by time"
        value={isPast ? 'past' : 'next'}
        onChange={(next) => set(next === 'past' ? { tab: 'past' } : {})}
        tabs={[
          { key: 'next', title: 'Now and next', n: view.rows.length - view.rows.filter(isOver).length },
          { key: 'past', title: 'Past' },
        ]}
      >
        <div
          className={cx(
            'grid grid-cols-[minmax(0,1fr)] items-start gap-5 xl:grid-cols-[minmax(0,1fr)_20rem]',
            view.isStale && 'is-stale',
          )}
        >
          <div className="pane overflow-clip">
            {view.isLoading ? (
              <BoneRows rows={4} className="h-16" />
            ) : rows.length === 0 ? (
              <Empty icon={Wrench} title={isPast ? 'No maintenance is over yet' : 'No maintenance is planned'}>
                {isPast
                  ? 'Windows that ended stay here; work that was forgotten can be marked afterwards.'
                  : 'Plan a window, and what is inside it stays quiet: nobody is paged, and its time counts neither for nor against uptime.'}
              </Empty>
            ) : (
              <ul>
                {rows.map((row) => (
                  <Row
                    key={row.id}
                    row={row}
                    canWrite={canWrite}
                    onEdit={() => set({ ...search, edit: row.id })}
                    onRemove={() => setRemoving(row)}
                  />
                ))}
              </ul>
            )}
          </div>
          <Calendar rows={view.rows} />
        </div>
      </Tabs>
      {(search.add === true || editing !== null) && (
        <MaintenanceEditor key={editing?.id ?? 'new'} maintenance={editing} onClose={close} />
      )}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.title ?? ''}?`}
        verb="Remove it"
        onConfirm={() => remove('maintenances', removing === null ? [] : [removing.id])}
      >
        <p>
          {removing?.state === 'active'
            ? 'It is under way: what is inside is watched again at once.'
            : 'It will not happen.'}{' '}
          What it took out of uptime so far stays out.
        </p>
      </Confirm>
    </div>
  );
}

function isOver({ state }: Maintenance): boolean {
  return state === 'completed' || state === 'canceled';
}

function soonestFirst(a: Maintenance, b: Maintenance): number {
  return (a.window?.from ?? Infinity) - (b.window?.from ?? Infinity) || (a.id < b.id ? -1 : 1);
}

function newestFirst(a: Maintenance, b: Maintenance): number {
  return (b.endedAt ?? 0) - (a.endedAt ?? 0) || (a.id < b.id ? -1 : 1);
}

function Row({
  row,
  canWrite,
  onEdit,
  onRemove,
}: {
  row: Maintenance;
  canWrite: boolean;
  onEdit: () => void;
  onRemove: () => void;
}): ReactNode {
  const last = row.past.at(-1);
  return (
    <li className="flex min-h-16 items-center gap-x-4 border-b px-4 py-3 last:border-b-0 max-sm:gap-x-2">
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2">
          {row.state === 'active' && (
            <span className="inline-flex shrink-0 items-center gap-1 rounded-full bg-maintenance-soft px-2 py-0.5 text-xs font-medium text-maintenance">
              <Wrench aria-hidden className="size-3.5" /> Under way
            </span>
          )}
          <span className="truncate font-medium">{row.title}</span>
          {row.state === 'canceled' && <span className="text-xs text-muted">canceled</span>}
        </p>
        <p className="truncate text-sm text-muted">
          {selectionText(row.selector)}
          {row.affectedCount > 0 && ` (${plural(row.affectedCount, 'record')} now)`} · {scheduleText(row.schedule)}
          {row.isPublic && ' · public'}
        </p>
      </div>
      <p className="shrink-0 text-right text-sm text-muted">
        {row.state === 'active' && row.window !== null ? (
          <>
            since <Lasting since={row.window.from} short />
            <span className="block text-xs">ends {exact(row.window.to)}</span>
          </>
        ) : row.window !== null && row.state === 'scheduled' ? (
          <>
            <Ago at={row.window.from} />
            <span className="block text-xs max-sm:hidden">{exact(row.window.from)}</span>
          </>
        ) : last === undefined ? null : (
          <>
            {exact(last.from)}
            <span className="block text-xs">{duration(last.to - last.from)}</span>
          </>
        )}
      </p>
      {canWrite && (
        <div className="flex items-center gap-1">
          {row.state === 'active' && (
            <Button size="small" onClick={() => void act('maintenances', row.id, 'complete')}>
              <Check aria-hidden /> Complete
            </Button>
          )}
          <Menu
            trigger={
              <Button tone="ghost" size="icon" aria-label={`More for ${row.title}`}>
                <MoreHorizontal aria-hidden />
              </Button>
            }
            items={[
              ...(row.state === 'active'
                ? [30, 60, 240].map((minutes) => ({
                    label: `Extend by ${duration(minutes * 60_000)}`,
                    icon: Clock,
                    onSelect: () => void act('maintenances', row.id, 'extend', { ms: minutes * 60_000 }),
                  }))
                : []),
              ...(isOver(row) ? [] : [{ label: 'Edit', icon: Pencil, onSelect: onEdit }]),
              ...(isOver(row)
                ? []
                : [{ label: 'Cancel', icon: X, onSelect: () => void act('maintenances', row.id, 'cancel') }]),
              null,
              { label: 'Remove', icon: Trash2, danger: true, onSelect: onRemove },
            ]}
          />
        </div>
      )}
    </li>
  );
}
