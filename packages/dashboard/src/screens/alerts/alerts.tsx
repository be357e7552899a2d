import { ChangeHighlight } from '@statewire/react';
import type { Alert, Severity } from '@statewire/model';
import { SEVERITIES } from '@statewire/model';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { BellRing, Check, Clock, MoreHorizontal, SearchX } from 'lucide-react';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { useChosen } from '../../lib/chosen.ts';
import { cx } from '../../lib/cx.ts';
import { plural } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { serverNow } from '../../lib/ticker.ts';
import { act } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { BulkBar, BulkDock } from '../../parts/bulk-bar.tsx';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Select } from '../../parts/field.tsx';
import { FilterBar, SearchField } from '../../parts/filter-bar.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Menu } from '../../parts/menu.tsx';
import { SavedViews } from '../../parts/saved-views.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Table } from '../../parts/table.tsx';
import type { Column } from '../../parts/table-head.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { AlertActions } from './actions.tsx';
import { AlertDrawer } from './alert.tsx';
import { lookOfAlert, severities, whySuppressed } from './look.ts';
import { type AlertsSearch, type AlertTab, readAlertsSearch, viewOfAlerts } from './search.ts';
import { snoozes } from './snooze.ts';

const OPEN = ['neq', 'state', 'resolved'] as const;
const WEEK_MS = 7 * 86_400_000;

/** What is wrong and who knows of it: one row per problem, those folded into another are counted there. */
export function Alerts(): ReactNode {
  useCrumbs('Alerts');
  const canWrite = useCan('alerts:ack');
  const canBulk = useCan('jobs:bulk');
  const canSelect = useCan('alerts:change') && canBulk;
  const search = useSearch({ from: '/alerts' });
  const navigate = useNavigate({ from: '/alerts' });
  const set = (next: AlertsSearch): void => void navigate({ search: next, replace: true });
  const tab = search.tab ?? 'firing';
  const unresolved = useRows('alerts', OPEN);
  // One moment per visit: a condition that moves with the clock would be another subscription each second.
  const [since] = useState(() => serverNow() - WEEK_MS);
  const ended = useRows('alerts', ['and', ['eq', 'state', 'resolved'], ['gt', 'resolvedAt', since]]);
  const view = tab === 'resolved' ? ended : unresolved;

  const rows = useMemo(() => {
    const wanted = (search.q ?? '').toLowerCase();
    return view.rows
      .filter((alert) => tabOf(alert) === tab)
      .filter((alert) => search.severity === undefined || alert.severity === search.severity)
      .filter(
        (alert) =>
          wanted === '' ||
          [alert.title, alert.subjectName, alert.name, alert.text].some((text) => text.toLowerCase().includes(wanted)),
      )
      .sort(tab === 'resolved' ? byEnd : byWeight);
  }, [view.rows, search.q, search.severity, tab]);
  const counts = useMemo(() => countTabs(unresolved.rows), [unresolved.rows]);
  const chosen = useChosen(rows, rows);
  const open = useCallback(
    (id: string) => void navigate({ search: (before) => ({ ...before, open: id }), replace: true }),
    [navigate],
  );
  const columns = useMemo(() => columnsFor(canWrite, open), [canWrite, open]);
  const narrow = useCallback((alert: Alert) => narrowRow(alert, open), [open]);

  return (
    <div>
      <PageHead title="Alerts" note={view.isLoading ? '' : headline(counts)}>
        <SavedViews
          page="alerts"
          search={viewOfAlerts(search)}
          onApply={(saved) => set(viewOfAlerts(readAlertsSearch(saved)))}
        />
      </PageHead>
      <Tabs
        label="Alerts by state"
        value={tab}
        onChange={(next) => set({ ...withoutTab(search), ...(next === 'firing' ? {} : { tab: next }) })}
        tabs={[
          { key: 'firing', title: 'Firing', n: counts.firing },
          { key: 'acknowledged', title: 'Acknowledged', n: counts.acknowledged },
          { key: 'suppressed', title: 'Suppressed', n: counts.suppressed },
          { key: 'resolved', title: 'Resolved' },
        ]}
      >
        <FilterBar>
          <SearchField
            label="Find an alert"
            value={search.q ?? ''}
            onChange={(text) => {
              const { q: _, ...rest } = search;
              set(text === '' ? rest : { ...rest, q: text });
            }}
          />
          <Select
            aria-label="Severity"
            value={search.severity ?? ''}
            onChange={(event) => {
              const severity = SEVERITIES.find((name) => name === event.currentTarget.value);
              const { severity: _, ...rest } = search;
              set(severity === undefined ? rest : { ...rest, severity });
            }}
            className="h-8 w-36"
          >
            <option value="">Any severity</option>
            {SEVERITIES.map((name: Severity) => (
              <option key={name} value={name}>
                {severities[name].word}
              </option>
            ))}
          </Select>
        </FilterBar>
        <div className={cx(view.isStale && 'is-stale')}>
          {view.isLoading ? (
            <div className="pane overflow-clip">
              <BoneRows rows={6} className="h-11" />
            </div>
          ) : (
            <Table
              label={`${tab} alerts`}
              rows={rows}
              columns={columns}
              narrow={narrow}
              sort={{ key: 'weight', isDown: false }}
              onSort={() => undefined}
              scope={JSON.stringify({ tab, q: search.q, severity: search.severity })}
              onOpen={open}
              nameOf={(alert) => alert.title}
              {...(canSelect && tab !== 'resolved' ? { selected: chosen.ids, onSelect: chosen.select } : {})}
              {...(canWrite
                ? {
                    onKey: {
                      a: { says: 'Acknowledge', run: (id: string) => void act('alerts', id, 'ack') },
                      s: {
                        says: 'Snooze for 1 h',
                        run: (id: string) => void act('alerts', id, 'snooze', { until: serverNow() + 3_600_000 }),
                      },
                    },
                  }
                : {})}
              empty={<Nothing tab={tab} isFiltered={search.q !== undefined || search.severity !== undefined} />}
            />
          )}
        </div>
      </Tabs>
      <BulkDock job={search.job} onJob={(job) => set(job === undefined ? withoutJob(search) : { ...search, job })}>
        {chosen.rows.length > 0 && (
          <BulkBar
            label="Selected alerts"
            chosen={chosen.rows.length}
            total={rows.length}
            isAll={chosen.isAll}
            onAll={chosen.all}
            onClear={chosen.clear}
          >
            <AlertActions alerts={chosen.rows} onJob={(job) => set({ ...search, job })} />
          </BulkBar>
        )}
      </BulkDock>
      {search.open !== undefined && (
        <AlertDrawer
          id={search.open}
          onOpen={(id) => set({ ...search, open: id })}
          onClose={() => {
            const { open: _, ...rest } = search;
            set(rest);
          }}
        />
      )}
    </div>
  );
}

function tabOf(alert: Alert): AlertTab {
  return alert.state === 'pending' ? 'firing' : alert.state;
}

type Counts = Readonly<Record<AlertTab, number>>;

function countTabs(rows: readonly Alert[]): Counts {
  const counts: Record<AlertTab, number> = { firing: 0, acknowledged: 0, suppressed: 0, resolved: 0 };
  for (const alert of rows) counts[tabOf(alert)] += 1;
  return counts;
}

function headline({ firing, acknowledged }: Counts): string {
  if (firing + acknowledged === 0) return 'Nothing is firing';
  return `${firing} firing${acknowledged > 0 ? `, ${acknowledged} acknowledged` : ''}`;
}

const WEIGHT: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

function byWeight(a: Alert, b: Alert): number {
  return (
    Number(a.state === 'pending') - Number(b.state === 'pending') ||
    WEIGHT[a.severity] - WEIGHT[b.severity] ||
    b.startedAt - a.startedAt ||
    (a.id < b.id ? -1 : 1)
  );
}

function byEnd(a: Alert, b: Alert): number {
  return (b.resolvedAt ?? 0) - (a.resolvedAt ?? 0) || (a.id < b.id ? -1 : 1);
}

function columnsFor(canWrite: boolean, onOpen: Open): readonly Column<Alert>[] {
  return [
    {
      key: 'title',
      title: 'What',
      track: 'minmax(14rem, 2fr)',
      cell: (alert) => <TitleCell alert={alert} onOpen={onOpen} />,
    },
    {
      key: 'why',
      title: 'Why',
      track: 'minmax(10rem, 1.6fr)',
      from: 'lg',
      cell: (alert) => (
        <span className="block truncate text-muted" title={alert.text}>
          {whySuppressed(alert) || firstLine(alert.text)}
        </span>
      ),
    },
    {
      key: 'told',
      title: 'Told',
      track: '8rem',
      from: 'xl',
      cell: (alert) => (
        <span className="text-muted">
          {alert.notified.count === 0 ? 'nobody' : plural(alert.notified.channels.length, 'channel')}
          {alert.assignee !== null && `, ${alert.assignee}`}
        </span>
      ),
    },
    {
      key: 'since',
      title: 'For',
      track: '5.5rem',
      align: 'right',
      cell: (alert) =>
        alert.resolvedAt === null ? (
          <Lasting since={alert.startedAt} short className="text-muted" />
        ) : (
          <Ago at={alert.resolvedAt} className="text-muted" />
        ),
    },
    ...(canWrite
      ? [{ key: 'actions', title: '', track: '9rem', cell: (alert: Alert) => <ActionsCell alert={alert} /> }]
      : []),
  ];
}

type Open = (id: string) => void;

function TitleCell({ alert, onOpen }: { alert: Alert; onOpen: Open }): ReactNode {
  const look = lookOfAlert(alert);
  return (
    <ChangeHighlight value={alert.state} className="flex min-w-0 items-center gap-2.5 rounded">
      <look.icon aria-label={look.word} className={cx('size-4 shrink-0', look.ink)} strokeWidth={2.25} />
      <button type="button" onClick={() => onOpen(alert.id)} className="truncate font-medium hover:underline">
        {alert.title}
      </button>
      {alert.children.length > 0 && (
        <span className="shrink-0 rounded-full bg-quiet-soft px-1.5 text-xs text-muted">
          and {alert.children.length} behind it
        </span>
      )}
      {alert.snoozedUntil !== null && <Clock aria-label="Snoozed" className="size-3.5 shrink-0 text-muted" />}
    </ChangeHighlight>
  );
}

function ActionsCell({ alert }: { alert: Alert }): ReactNode {
  if (alert.state === 'resolved') return null;
  return (
    <div className="flex items-center justify-end gap-1">
      {alert.state !== 'acknowledged' && (
        <Button
          size="small"
          onClick={() => void act('alerts', alert.id, 'ack')}
          aria-label={`Ack: ${alert.title}`}
          title="Acknowledge"
        >
          <Check aria-hidden /> Ack
        </Button>
      )}
      <Menu
        trigger={
          <Button tone="ghost" size="icon" aria-label={`More for ${alert.title}`}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
        items={[
          ...snoozes.map(({ title, ms }) => ({
            label: `Snooze ${title}`,
            icon: Clock,
            onSelect: () => void act('alerts', alert.id, 'snooze', { until: serverNow() + ms }),
          })),
          ...(alert.state === 'acknowledged'
            ? [{ label: 'Take the acknowledgement back', onSelect: () => void act('alerts', alert.id, 'unack') }]
            : []),
          null,
          { label: 'Resolve', icon: Check, onSelect: () => void act('alerts', alert.id, 'resolve') },
        ]}
      />
    </div>
  );
}

function narrowRow(alert: Alert, onOpen: Open): ReactNode {
  const look = lookOfAlert(alert);
  return (
    <div className="py-2">
      <span className="flex items-center gap-2">
        <look.icon aria-label={look.word} className={cx('size-4 shrink-0', look.ink)} strokeWidth={2.25} />
        <button type="button" onClick={() => onOpen(alert.id)} className="truncate text-left text-base font-medium">
          {alert.title}
        </button>
      </span>
      <span className="mt-1 flex items-baseline gap-2 text-sm">
        <span className="min-w-0 truncate text-muted">{whySuppressed(alert) || firstLine(alert.text)}</span>
        <Ago at={alert.resolvedAt ?? alert.startedAt} className="ml-auto shrink-0 text-xs text-muted" />
      </span>
    </div>
  );
}

function Nothing({ tab, isFiltered }: { tab: AlertTab; isFiltered: boolean }): ReactNode {
  if (isFiltered) return <Empty icon={SearchX} title="No alert matches these filters" />;
  const texts: Readonly<Record<AlertTab, readonly [string, string]>> = {
    firing: ['Nothing is firing', 'When a rule finds something wrong, it appears here at once.'],
    acknowledged: ['Nobody is working on anything', 'Alerts that somebody acknowledged are here until they recover.'],
    suppressed: ['Nothing is held back', 'Alerts in maintenance, behind a failed dependency, muted or in quiet hours.'],
    resolved: ['Nothing ended in the last 7 days', 'Older alerts are in the history of each service.'],
  };
  const [title, text] = texts[tab];
  return (
    <Empty icon={BellRing} title={title}>
      {text}
    </Empty>
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function withoutJob(search: AlertsSearch): AlertsSearch {
  const { job: _, ...rest } = search;
  return rest;
}

function withoutTab(search: AlertsSearch): AlertsSearch {
  const { tab: _, ...rest } = search;
  return rest;
}
