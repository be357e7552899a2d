import type { Json, JsonObject } from '@statewire/protocol';
import { PresenceAvatars, type LiveWindow } from '@statewire/react';
import { CircleDot, FileDown, FileUp, MoreHorizontal, Plus, SearchX, Tag, Trash2, type LucideIcon } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useMemo, useRef, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, plural } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { useCan, useMe } from '../../lib/me.ts';
import { useRows } from '../../live/rows.ts';
import { ChosenActions } from '../../parts/chosen-actions.tsx';
import { BulkBar, BulkDock, startBulk } from '../../parts/bulk-bar.tsx';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Empty } from '../../parts/empty.tsx';
import { FilterBar, SearchField } from '../../parts/filter-bar.tsx';
import { LabelDialog } from '../../parts/label-dialog.tsx';
import { Menu } from '../../parts/menu.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { SavedViews } from '../../parts/saved-views.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import type { Column } from '../../parts/table-head.tsx';
import { failedToast } from '../../parts/toast.tsx';
import { WindowTable } from '../../parts/window-table.tsx';
import type { Which } from '../../rest/bulk.ts';
import type { Problem } from '../../rest/request.ts';
import type { People } from './fields.ts';
import { lookOfPerson } from './look.ts';
import { filterOf, isNarrowed, type PeopleSearch, readPeopleSearch, viewOf } from './search.ts';

// The form and the import: loaded when somebody opens one.
const PeopleEditor = lazy(() => import('./editor.tsx').then((module) => ({ default: module.PeopleEditor })));
const ImportPeople = lazy(() => import('./import.tsx').then((module) => ({ default: module.ImportPeople })));

/** What a list shows of a record. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

interface Props<T extends Person> {
  readonly collection: People;
  readonly title: string;
  readonly singular: string;
  readonly icon: LucideIcon;
  readonly live: LiveWindow<T>;
  readonly columns: readonly Column<T>[];
  readonly narrow: (row: T) => ReactNode;
  readonly statuses: readonly string[];
  readonly search: PeopleSearch;
  readonly onSearch: (next: PeopleSearch) => void;
  readonly onOpen: (id: string) => void;
  /** More filters, after the status. */
  readonly filters?: ReactNode;
  readonly sort: { readonly key: string; readonly isDown: boolean };
}

/** Named ones, or all that match: the server knows who these are. */
type Selection = { readonly of: 'ids'; readonly ids: ReadonlySet<string> } | { readonly of: 'all' };

const NONE: Selection = { of: 'ids', ids: new Set() };

/** A list of any length: found, ordered and changed in bulk without leaving the page. Its whole state stands in the address. */
export function PeopleList<T extends Person>(props: Props<T>): ReactNode {
  const { collection, title, singular, live, search, onSearch } = props;
  const canWrite = useCan(`${collection}:change`);
  const [selection, setSelection] = useState<Selection>(NONE);
  const anchor = useRef<number | null>(null);
  const filter = filterOf(search);
  const scope = JSON.stringify(filter);
  // What is selected was chosen from another list.
  const [selectedIn, setSelectedIn] = useState(scope);
  if (selectedIn !== scope) {
    setSelectedIn(scope);
    setSelection(NONE);
  }
  const here = useHere(collection);
  const isLoading = live.status === 'loading' && live.total === 0;
  const isStale = live.status === 'stale' || live.status === 'offline';
  const chosen = selection.of === 'all' ? live.total : selection.ids.size;

  const select = (id: string, range: boolean, at: number): void => {
    const ids = new Set(selection.of === 'ids' ? selection.ids : []);
    const from = anchor.current;
    if (range && from !== null) {
      const [low, high] = from < at ? [from, at] : [at, from];
      for (let i = low; i <= high; i++) {
        const row = live.rowAt(i);
        if (row !== undefined) ids.add(row.id);
      }
    } else if (ids.has(id)) ids.delete(id);
    else ids.add(id);
    anchor.current = at;
    setSelection({ of: 'ids', ids });
  };
  useKeys({
    Escape: key('Select nothing', () => setSelection(NONE)),
    ...(canWrite ? { n: key(`Add a ${singular}`, () => onSearch({ ...search, add: true })) } : {}),
  });
  const begin = async (op: string, fields: JsonObject = {}): Promise<Problem | null> => {
    const which: Which = selection.of === 'all' ? { where: filter } : { ids: [...selection.ids] };
    const failed = await startBulk((job) => onSearch({ ...search, job }), collection, which, op, fields);
    if (failed === null) setSelection(NONE);
    return failed;
  };
  const noun = (n: number): string => plural(n, singular);
  const without = (key: keyof PeopleSearch): PeopleSearch => {
    const { [key]: _, ...rest } = search;
    return rest;
  };

  return (
    <div>
      <PageHead title={title} note={isLoading ? '' : count(live.total)}>
        <SavedViews
          page={collection}
          search={viewOf(search)}
          onApply={(view) => onSearch(viewOf(readPeopleSearch(view)))}
        />
        <Menu
          trigger={
            <Button size="icon" aria-label="Import and export">
              <MoreHorizontal aria-hidden />
            </Button>
          }
          items={[
            {
              label: 'Import',
              icon: FileUp,
              disabled: !canWrite,
              onSelect: () => onSearch({ ...search, import: true }),
            },
            {
              label: 'Export CSV',
              icon: FileDown,
              disabled: live.total === 0,
              onSelect: () => download(collection, filter),
            },
          ]}
        />
        {canWrite && (
          <Button tone="primary" onClick={() => onSearch({ ...search, add: true })}>
            <Plus aria-hidden /> <span className="max-sm:sr-only">Add {singular}</span>
          </Button>
        )}
      </PageHead>
      <Filters {...props} />
      <div className={cx(isStale && 'is-stale')}>
        {isLoading ? (
          <div className="pane overflow-clip">
            <BoneRows rows={14} className="h-11" />
          </div>
        ) : (
          <WindowTable
            label={title}
            live={live}
            columns={props.columns}
            narrow={props.narrow}
            sort={props.sort}
            onSort={(key) =>
              onSearch({ ...search, sort: key, down: props.sort.key === key ? !props.sort.isDown : false })
            }
            asideOf={(id) => here.get(id)}
            {...(canWrite
              ? {
                  isSelected: (id: string) => selection.of === 'all' || selection.ids.has(id),
                  onSelect: select,
                  isAllSelected: selection.of === 'all' && live.total > 0,
                  onSelectAll: () => setSelection(selection.of === 'all' ? NONE : { of: 'all' }),
                  onKey: { e: { says: 'Edit', run: (id: string) => onSearch({ ...search, edit: id }) } },
                }
              : {})}
            onOpen={props.onOpen}
            nameOf={(row) => row.name}
            empty={
              isNarrowed(search) ? (
                <Empty
                  icon={SearchX}
                  title={`No ${singular} matches`}
                  action={<Button onClick={() => onSearch({})}>Clear filters</Button>}
                >
                  Those that match later will appear here by themselves.
                </Empty>
              ) : (
                <Empty
                  icon={props.icon}
                  title={`No ${title.toLowerCase()} yet`}
                  {...(canWrite
                    ? {
                        action: (
                          <>
                            <Button tone="primary" onClick={() => onSearch({ ...search, add: true })}>
                              <Plus aria-hidden /> Add {singular}
                            </Button>
                            <Button onClick={() => onSearch({ ...search, import: true })}>
                              <FileUp aria-hidden /> Import a file
                            </Button>
                          </>
                        ),
                      }
                    : {})}
                >
                  They appear here as soon as somebody, or a program, adds one.
                </Empty>
              )
            }
          />
        )}
      </div>
      <BulkDock job={search.job} onJob={(job) => onSearch(job === undefined ? without('job') : { ...search, job })}>
        {chosen > 0 && (
          <BulkBar
            label="Selected"
            chosen={chosen}
            total={live.total}
            isAll={selection.of === 'all'}
            onAll={selection.of === 'all' || chosen >= live.total ? undefined : () => setSelection({ of: 'all' })}
            onClear={() => setSelection(NONE)}
          >
            <Actions noun={noun(chosen)} statuses={props.statuses} onBegin={begin} />
          </BulkBar>
        )}
      </BulkDock>
      <Suspense>
        {search.add === true && (
          <PeopleEditor collection={collection} id={null} onClose={() => onSearch(without('add'))} />
        )}
        {search.edit !== undefined && (
          <PeopleEditor collection={collection} id={search.edit} onClose={() => onSearch(without('edit'))} />
        )}
        {search.import === true && <ImportPeople collection={collection} onClose={() => onSearch(without('import'))} />}
      </Suspense>
    </div>
  );
}

function Filters<T extends Person>({ title, statuses, search, onSearch, filters }: Props<T>): ReactNode {
  const toggle = (status: string): void => {
    const now = search.status ?? [];
    const next = now.includes(status) ? now.filter((each) => each !== status) : [...now, status];
    const { status: _, ...rest } = search;
    onSearch(next.length === 0 ? rest : { ...rest, status: next });
  };
  return (
    <FilterBar>
      <SearchField
        label={`Search ${title.toLowerCase()}`}
        placeholder="Name, e-mail or id"
        value={search.q ?? ''}
        onChange={(text) => {
          const { q: _, ...rest } = search;
          onSearch(text === '' ? rest : { ...rest, q: text });
        }}
      />
      <fieldset aria-label="Status" className="flex max-w-full gap-1 overflow-x-auto py-0.5">
        {statuses.map((status) => {
          const look = lookOfPerson(status);
          const isOn = search.status?.includes(status) ?? false;
          return (
            <button
              key={status}
              type="button"
              aria-pressed={isOn}
              onClick={() => toggle(status)}
              className={cx(
                'flex h-8 shrink-0 items-center gap-1.5 rounded-control border px-2.5 text-sm text-muted hover:text-text pointer-coarse:h-10',
                isOn && 'border-accent bg-accent-soft text-text',
              )}
            >
              <look.icon aria-hidden className={cx('size-3.5', look.ink)} strokeWidth={2.25} />
              {look.word}
            </button>
          );
        })}
      </fieldset>
      {filters}
    </FilterBar>
  );
}

function Actions(props: {
  noun: string;
  statuses: readonly string[];
  onBegin: (op: string, fields?: JsonObject) => Promise<Problem | null>;
}): ReactNode {
  const { noun, statuses, onBegin } = props;
  const [isDeleting, setDeleting] = useState(false);
  const [isLabelling, setLabelling] = useState(false);
  const begin = async (op: string, fields?: JsonObject): Promise<void> => {
    const failed = await onBegin(op, fields);
    if (failed !== null) failedToast(failed);
  };
  return (
    <>
      <ChosenActions
        noun={noun}
        actions={[
          {
            label: 'Set status',
            icon: CircleDot,
            before: 'Set status',
            among: statuses.map((status) => {
              const look = lookOfPerson(status);
              return { label: look.word, icon: look.icon, onSelect: () => void begin('change', { status }) };
            }),
          },
          { label: 'Label', icon: Tag, run: () => setLabelling(true) },
          { label: 'Delete', icon: Trash2, isDanger: true, run: () => setDeleting(true) },
        ]}
      />
      <Confirm
        open={isDeleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${noun}?`}
        verb={`Delete ${noun}`}
        onConfirm={() => onBegin('delete')}
      >
        <p>It runs as a job. It can be canceled while it runs, and taken back for seven days.</p>
      </Confirm>
      {isLabelling && <LabelDialog noun={noun} onBegin={onBegin} onClose={() => setLabelling(false)} />}
    </>
  );
}

/** Who looks at which record of the list, as what stands in its row. */
function useHere(collection: People): ReadonlyMap<string, ReactNode> {
  const { me } = useMe();
  const { rows } = useRows('presences', ['prefix', 'at', `${collection}/`]);
  return useMemo(() => {
    const by = Map.groupBy(
      rows.filter(({ who }) => who !== me.id),
      ({ at }) => at.slice(collection.length + 1),
    );
    return new Map(
      Array.from(by, ([id, present]) => [
        id,
        <PresenceAvatars
          key={id}
          size="small"
          max={3}
          label="Looking at this"
          people={present.map((each) => ({
            id: each.id,
            name: each.name,
            state: each.state === 'idle' ? ('away' as const) : ('active' as const),
          }))}
        />,
      ]),
    );
  }, [rows, collection, me.id]);
}

function download(collection: People, filter: readonly Json[]): void {
  location.assign(`/v1/${collection}/export?filter=${encodeURIComponent(JSON.stringify(filter))}`);
}
