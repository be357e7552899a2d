import { useNavigate, useSearch } from '@tanstack/react-router';
import {
  BellOff,
  FileDown,
  FileUp,
  MoreHorizontal,
  Pause,
  Pencil,
  Play,
  Plus,
  RefreshCw,
  SearchX,
  Server,
  Trash2,
} from 'lucide-react';
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from 'react';
import { useChosen } from '../../lib/chosen.ts';
import { cx } from '../../lib/cx.ts';
import { count } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { LISTED, LISTED_WIDE, type ListedService, uptimeIn, type UptimeWindow } from '../../lib/listed.ts';
import { useCan } from '../../lib/me.ts';
import {
  isFiltered,
  passes,
  readServicesSearch,
  type ServicesSearch,
  type ServiceColumn,
  SORT_KEYS,
  type SortKey,
  USUAL_COLUMNS,
  viewOfServices,
  withColumns,
} from '../../lib/search.ts';
import { mute, pause, recheck, resume, unmute } from '../../live/command.ts';
import { useListed } from '../../live/rows.ts';
import { BulkBar, BulkDock } from '../../parts/bulk-bar.tsx';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Menu } from '../../parts/menu.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { SavedViews } from '../../parts/saved-views.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { percentile } from '../../lib/percentile.ts';
import { severity } from '../../parts/status.tsx';
import { Table } from '../../parts/table.tsx';
import type { Column } from '../../parts/table-head.tsx';
import { exportPath } from '../../rest/import.ts';
import { DemoBanner } from '../demo.tsx';
import { Filters } from './filters.tsx';
import { FirstService } from './first.tsx';
import { ServiceActions, useCanBulk } from './actions.tsx';
import { RemoveServices } from './remove.tsx';
import { columnsOf, ColumnsMenu, phoneUptime } from './columns.tsx';
import { NarrowRow } from './row.tsx';

// The dialogs carry the validator: loaded when somebody opens one.
const Editor = lazy(() => import('./editor.tsx'));
const ImportDialog = lazy(() => import('./import.tsx'));
const MaintenanceEditor = lazy(() =>
  import('../maintenance/editor.tsx').then((module) => ({ default: module.MaintenanceEditor })),
);

const HOUR_MS = 3_600_000;
const WIDE = ['h24', 'd7', 'd90', 'observers'] as const;

/** Every watched thing: found, sorted and acted on without leaving the page. */
export function Services(): ReactNode {
  useCrumbs('Services');
  const canWrite = useCan('services:change');
  const canRefresh = useCan('services:refresh');
  const canSelect = useCanBulk('services');
  const search = useSearch({ from: '/services' });
  const navigate = useNavigate({ from: '/services' });
  const cols = search.cols ?? USUAL_COLUMNS;
  // What only the columns that few choose show does not travel for everybody.
  const isWide = WIDE.some((name) => cols.includes(name) || search.sort === name);
  const view = useListed('services', isWide ? LISTED_WIDE : LISTED);
  const [removing, setRemoving] = useState<readonly ListedService[]>([]);
  const [maintaining, setMaintaining] = useState<readonly string[]>([]);
  // Not in the address: what is pasted may carry a password.
  const [pasted, setPasted] = useState<string>();
  const set = (next: ServicesSearch): void => void navigate({ search: next, replace: true });
  const sort = { key: search.sort ?? 'status', isDown: search.down ?? false };

  const narrow = useCallback((row: ListedService) => narrowRow(row, phoneUptime(cols)), [cols]);
  const columns = useMemo(
    () =>
      columnsFor({
        chosen: cols,
        canWrite,
        onEdit: (id) => void navigate({ search: (before) => ({ ...before, edit: id }), replace: true }),
        onRemove: (row) => setRemoving([row]),
      }),
    [cols, canWrite, navigate],
  );
  const rows = useMemo(() => {
    const shown = view.rows.filter((row) => passes(search, row));
    return shown.sort(orderOf(search.sort ?? 'status', search.down ?? false));
  }, [view.rows, search]);
  const byId = new Map(view.rows.map((row) => [row.id, row]));
  const chosen = useChosen(view.rows, rows);
  useKeys(canWrite ? { n: key('Add a service', () => set({ ...search, add: true })) } : {});

  return (
    <div>
      <PageHead
        title="Services"
        note={
          view.isLoading
            ? ''
            : isFiltered(search)
              ? `${count(rows.length)} of ${count(view.rows.length)}`
              : count(view.rows.length)
        }
      >
        <SavedViews
          page="services"
          search={viewOfServices(search)}
          onApply={(saved) => set(viewOfServices(readServicesSearch(saved)))}
        />
        <ColumnsMenu chosen={cols} onChange={(next) => set(withColumns(search, next))} />
        {canWrite && (
          <Menu
            trigger={
              <Button size="icon" aria-label="Import and export">
                <MoreHorizontal aria-hidden />
              </Button>
            }
            items={[
              { label: 'Import', icon: FileUp, onSelect: () => set({ ...search, import: true }) },
              { label: 'Export YAML', icon: FileDown, disabled: view.rows.length === 0, onSelect: download },
            ]}
          />
        )}
        {canWrite && (
          <Button tone="primary" onClick={() => set({ ...search, add: true })}>
            <Plus aria-hidden /> <span className="max-sm:sr-only">Add service</span>
          </Button>
        )}
      </PageHead>
      <DemoBanner services={view.rows} />
      <Filters search={search} onChange={set} rows={view.rows} />
      <div className={cx(view.isStale && 'is-stale')}>
        {view.isLoading ? (
          <div className="pane overflow-clip">
            <BoneRows rows={12} className="h-11" />
          </div>
        ) : (
          <Table
            label="Services"
            rows={rows}
            columns={columns}
            narrow={narrow}
            sort={sort}
            onSort={(key) => set(sorted(search, key))}
            scope={JSON.stringify(search)}
            {...(canSelect ? { selected: chosen.ids, onSelect: chosen.select } : {})}
            {...(canRefresh ? { onKey: { r: { says: 'Recheck', run: (id: string) => recheckById(byId, id) } } } : {})}
            onOpen={(id) => void navigate({ to: '/services/$id', params: { id } })}
            nameOf={(row) => row.name}
            empty={<Nothing search={search} onChange={set} onPaste={setPasted} canWrite={canWrite} />}
          />
        )}
      </div>
      <BulkDock job={search.job} onJob={(job) => set(job === undefined ? without(search, 'job') : { ...search, job })}>
        {chosen.rows.length > 0 && (
          <BulkBar
            label="Selected services"
            chosen={chosen.rows.length}
            total={rows.length}
            isAll={chosen.isAll}
            onAll={chosen.all}
            onClear={chosen.clear}
          >
            <ServiceActions
              services={chosen.rows}
              onJob={(job) => set({ ...search, job })}
              onMaintain={() => setMaintaining(chosen.rows.map(({ id }) => id).sort())}
              onRemove={() => setRemoving(chosen.rows)}
            />
          </BulkBar>
        )}
      </BulkDock>
      <RemoveServices services={removing} onClose={() => setRemoving([])} onJob={(job) => set({ ...search, job })} />
      <Suspense>
        {search.add === true && (
          <Editor
            id={null}
            pasted={pasted}
            onClose={() => {
              setPasted(undefined);
              set(without(search, 'add'));
            }}
          />
        )}
        {search.edit !== undefined && byId.has(search.edit) && (
          <Editor id={search.edit} onClose={() => set(without(search, 'edit'))} />
        )}
        {maintaining.length > 0 && (
          <MaintenanceEditor
            maintenance={null}
            selector={{ collection: 'services', where: ['in', 'id', maintaining] }}
            onClose={() => setMaintaining([])}
          />
        )}
        {search.import === true && <ImportDialog onClose={() => set(without(search, 'import'))} />}
      </Suspense>
    </div>
  );
}

function Nothing({
  search,
  onChange,
  onPaste,
  canWrite,
}: {
  search: ServicesSearch;
  onChange: (next: ServicesSearch) => void;
  onPaste: (text: string) => void;
  canWrite: boolean;
}): ReactNode {
  if (isFiltered(search)) {
    return (
      <Empty
        icon={SearchX}
        title="No service matches these filters"
        action={<Button onClick={() => onChange({})}>Clear filters</Button>}
      >
        Services that match later will appear here by themselves.
      </Empty>
    );
  }
  return canWrite ? (
    <FirstService
      onPaste={(text) => {
        if (text !== '') onPaste(text);
        onChange({ ...search, add: true });
      }}
      onImport={() => onChange({ ...search, import: true })}
    />
  ) : (
    <Empty icon={Server} title="Nothing is watched yet">
      Services appear here by themselves when somebody adds them.
    </Empty>
  );
}

interface RowActions {
  readonly chosen: readonly ServiceColumn[];
  readonly canWrite: boolean;
  readonly onEdit: (id: string) => void;
  readonly onRemove: (row: ListedService) => void;
}

function columnsFor({ chosen, canWrite, onEdit, onRemove }: RowActions): readonly Column<ListedService>[] {
  return [
    ...columnsOf(chosen),
    ...(canWrite
      ? [
          {
            key: 'actions',
            title: '',
            track: '4.25rem',
            cell: (row: ListedService) => <ActionsCell row={row} onEdit={onEdit} onRemove={onRemove} />,
          },
        ]
      : []),
  ];
}

/** What can be done to one row: seen when the pointer, the focus or the cursor is on it. */
function ActionsCell({
  row,
  onEdit,
  onRemove,
}: Pick<RowActions, 'onEdit' | 'onRemove'> & { row: ListedService }): ReactNode {
  return (
    <div className="flex justify-end opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 group-data-cursor:opacity-100 has-data-[state=open]:opacity-100">
      <Button tone="ghost" size="icon" aria-label={`Recheck ${row.name}`} onClick={() => void recheck(row)}>
        <RefreshCw aria-hidden />
      </Button>
      <Menu
        trigger={
          <Button tone="ghost" size="icon" aria-label={`More for ${row.name}`}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
        items={[
          row.desired === 'active'
            ? { label: 'Pause', icon: Pause, onSelect: () => void pause([row]) }
            : { label: 'Resume', icon: Play, onSelect: () => void resume([row]) },
          row.overlay.muted
            ? { label: 'Unmute', icon: BellOff, onSelect: () => void unmute([row]) }
            : { label: 'Mute 1 h', icon: BellOff, onSelect: () => void mute([row], HOUR_MS) },
          { label: 'Edit', icon: Pencil, disabled: row.managedBy === 'file', onSelect: () => onEdit(row.id) },
          null,
          {
            label: 'Remove',
            icon: Trash2,
            danger: true,
            disabled: row.managedBy === 'file',
            onSelect: () => onRemove(row),
          },
        ]}
      />
    </div>
  );
}

function orderOf(key: SortKey, isDown: boolean): (a: ListedService, b: ListedService) => number {
  const by = comparers[key];
  const sign = isDown ? -1 : 1;
  // Names break ties in one direction always, so that turning the sort around does not reshuffle equals.
  return (a, b) => sign * by(a, b) || byName(a, b);
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
const byName = (a: ListedService, b: ListedService): number =>
  collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
const comparers: Readonly<Record<SortKey, (a: ListedService, b: ListedService) => number>> = {
  status: (a, b) => severity(a) - severity(b),
  name: byName,
  latency: (a, b) => (percentile(b.recent.ms, 0.95) ?? -1) - (percentile(a.recent.ms, 0.95) ?? -1),
  h24: byUptime('h24'),
  d7: byUptime('d7'),
  uptime: byUptime('d30'),
  d90: byUptime('d90'),
  checked: (a, b) => (b.observedAt ?? 0) - (a.observedAt ?? 0),
};

/** The least first: what is sought in these columns is what failed most. Nothing counted stands behind all numbers. */
function byUptime(window: UptimeWindow): (a: ListedService, b: ListedService) => number {
  return (a, b) => (uptimeIn(a, window)?.pct ?? 101) - (uptimeIn(b, window)?.pct ?? 101);
}

function sorted(search: ServicesSearch, key: string): ServicesSearch {
  const { sort: _, down, ...rest } = search;
  const known = SORT_KEYS.find((name) => name === key) ?? 'status';
  const isSame = (search.sort ?? 'status') === known;
  const isDown = isSame ? down !== true : false;
  return { ...rest, ...(known === 'status' ? {} : { sort: known }), ...(isDown ? { down: true } : {}) };
}

function without(search: ServicesSearch, ...keys: readonly (keyof ServicesSearch)[]): ServicesSearch {
  return Object.fromEntries(Object.entries(search).filter(([name]) => !keys.some((key) => key === name)));
}

function recheckById(byId: ReadonlyMap<string, ListedService>, id: string): void {
  const row = byId.get(id);
  if (row !== undefined) void recheck(row);
}

function narrowRow(row: ListedService, uptime: ReturnType<typeof phoneUptime>): ReactNode {
  return <NarrowRow row={row} uptime={uptime} />;
}

function download(): void {
  const link = document.createElement('a');
  link.href = exportPath;
  link.download = 'services.yaml';
  link.click();
}
