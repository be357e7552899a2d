import { type Status, STATUSES } from '@statewire/model';
import type { ListedService } from '../../lib/listed.ts';
import { X } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { cx } from '../../lib/cx.ts';
import { kindNames, kinds } from '../../lib/kinds.ts';
import { isFiltered, QUIETS, type ServicesSearch } from '../../lib/search.ts';
import { Button } from '../../parts/button.tsx';
import { Select } from '../../parts/field.tsx';
import { FilterBar, SearchField } from '../../parts/filter-bar.tsx';
import { statusLooks } from '../../parts/status.tsx';

interface Props {
  readonly search: ServicesSearch;
  readonly onChange: (next: ServicesSearch) => void;
  readonly rows: readonly ListedService[];
}

/** What is shown: words of status as buttons, kind and label as choices, text as typed. All of it in the URL. */
export function Filters({ search, onChange, rows }: Props): ReactNode {
  const counts = useMemo(() => countStatuses(rows), [rows]);
  const labels = useMemo(() => labelsOf(rows), [rows]);
  const groups = useMemo(() => groupsOf(rows), [rows]);
  const isAnyQuiet = rows.some(({ overlay }) => overlay.muted || overlay.maintenance !== null);
  const toggle = (status: Status): void => {
    const now = search.status ?? [];
    const next = now.includes(status) ? now.filter((s) => s !== status) : [...now, status];
    const { status: _, ...rest } = search;
    onChange(next.length === 0 ? rest : { ...rest, status: next });
  };
  return (
    <FilterBar>
      <SearchField
        label="Filter services by text"
        value={search.q ?? ''}
        onChange={(text) => {
          const { q: _, ...rest } = search;
          onChange(text === '' ? rest : { ...rest, q: text });
        }}
      />
      <fieldset aria-label="Status" className="flex max-w-full gap-1 overflow-x-auto py-0.5">
        {STATUSES.filter((status) => (counts.get(status) ?? 0) > 0 || search.status?.includes(status)).map((status) => {
          const look = statusLooks[status];
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
              <span className="text-muted">{counts.get(status) ?? 0}</span>
            </button>
          );
        })}
      </fieldset>
      <Select
        aria-label="Kind"
        value={search.kind?.[0] ?? ''}
        onChange={(event) => {
          const { kind: _, ...rest } = search;
          const found = kindNames.find((kind) => kind === event.currentTarget.value);
          onChange(found === undefined ? rest : { ...rest, kind: [found] });
        }}
        className="h-8 w-auto"
      >
        <option value="">Every kind</option>
        {Object.entries(kinds).map(([kind, { title }]) => (
          <option key={kind} value={kind}>
            {title}
          </option>
        ))}
      </Select>
      {(labels.length > 0 || search.label !== undefined) && (
        <Select
          aria-label="Label"
          value={search.label ?? ''}
          onChange={(event) => {
            const { label: _, ...rest } = search;
            const label = event.currentTarget.value;
            onChange(label === '' ? rest : { ...rest, label });
          }}
          className="h-8 w-auto max-w-48"
        >
          <option value="">Every label</option>
          {[...new Set([...labels, ...(search.label === undefined ? [] : [search.label])])].map((label) => (
            <option key={label} value={label}>
              {label}
            </option>
          ))}
        </Select>
      )}
      {(groups.length > 0 || search.group !== undefined) && (
        <Select
          aria-label="Group"
          value={search.group ?? ''}
          onChange={(event) => {
            const { group: _, ...rest } = search;
            const group = event.currentTarget.value;
            onChange(group === '' ? rest : { ...rest, group });
          }}
          className="h-8 w-auto max-w-48"
        >
          <option value="">Every group</option>
          {[...new Set([...groups, ...(search.group === undefined ? [] : [search.group])])].map((group) => (
            <option key={group} value={group}>
              {group}
            </option>
          ))}
        </Select>
      )}
      {(isAnyQuiet || search.quiet !== undefined) && (
        <Select
          aria-label="Muted or under maintenance"
          value={search.quiet ?? ''}
          onChange={(event) => {
            const { quiet: _, ...rest } = search;
            const quiet = QUIETS.find((key) => key === event.currentTarget.value);
            onChange(quiet === undefined ? rest : { ...rest, quiet });
          }}
          className="h-8 w-auto"
        >
          <option value="">Told or not</option>
          <option value="muted">Muted</option>
          <option value="maintenance">Under maintenance</option>
        </Select>
      )}
      {isFiltered(search) && (
        <Button tone="ghost" onClick={() => onChange(search.sort === undefined ? {} : { sort: search.sort })}>
          <X aria-hidden /> Clear
        </Button>
      )}
    </FilterBar>
  );
}

function countStatuses(rows: readonly ListedService[]): ReadonlyMap<Status, number> {
  const counts = new Map<Status, number>();
  for (const row of rows) counts.set(row.status, (counts.get(row.status) ?? 0) + 1);
  return counts;
}

// A choice with more entries than this is worse than typing.
const CHOICES_MAX = 100;

function groupsOf(rows: readonly ListedService[]): readonly string[] {
  const found = new Set<string>();
  for (const { group } of rows) if (group !== '') found.add(group);
  return [...found].sort().slice(0, CHOICES_MAX);
}

function labelsOf(rows: readonly ListedService[]): readonly string[] {
  const found = new Set<string>();
  for (const row of rows) for (const [key, value] of Object.entries(row.labels)) found.add(`${key}=${value}`);
  return [...found].sort().slice(0, CHOICES_MAX);
}
