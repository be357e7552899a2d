import { SERVICE_KINDS, type ServiceKind, type Status } from '@statewire/model';
import { isStatus } from './is.ts';
import { hasLabel, text } from './address.ts';
import type { ListedService } from './listed.ts';

/** The services page's whole state, as it stands in its URL: what is shown can be sent to somebody. */
export interface ServicesSearch {
  readonly status?: readonly Status[];
  readonly kind?: readonly ServiceKind[];
  readonly q?: string;
  /** `env=prod`. */
  readonly label?: string;
  readonly group?: string;
  /** Only those of which nobody is told: muted, or under maintenance. */
  readonly quiet?: Quiet;
  readonly sort?: SortKey;
  readonly down?: boolean;
  /** The columns that were chosen, in their order; the usual ones when absent. */
  readonly cols?: readonly ServiceColumn[];
  /** The add dialog is open. */
  readonly add?: boolean;
  /** The import dialog is open. */
  readonly import?: boolean;
  /** Id of the service being edited. */
  readonly edit?: string;
  /** The bulk job that is watched. */
  readonly job?: string;
}

/** Columns that may be chosen beside name and status, in the order in which they stand. `uptime` is that of 30 days. */
export const SERVICE_COLUMNS = [
  'group',
  'labels',
  'bar',
  'latency',
  'h24',
  'd7',
  'uptime',
  'd90',
  'observers',
  'checked',
] as const;

export type ServiceColumn = (typeof SERVICE_COLUMNS)[number];

/** What is seen by whoever chose nothing. */
export const USUAL_COLUMNS: readonly ServiceColumn[] = ['bar', 'latency', 'uptime', 'checked'];

export const SORT_KEYS = ['status', 'name', 'latency', 'h24', 'd7', 'uptime', 'd90', 'checked'] as const;

export type SortKey = (typeof SORT_KEYS)[number];

export type Quiet = 'muted' | 'maintenance';

export const QUIETS: readonly Quiet[] = ['muted', 'maintenance'];

/** Reads the URL's search part; what is not understood is left out rather than refused: links live long. */
export function readServicesSearch(raw: Readonly<Record<string, unknown>>): ServicesSearch {
  const status = list(raw['status']).filter(isStatus);
  const kind = list(raw['kind']).filter((k): k is ServiceKind => SERVICE_KINDS.some((name) => name === k));
  const sort = SORT_KEYS.find((key) => key === raw['sort']);
  const quiet = QUIETS.find((key) => key === raw['quiet']);
  const asked = list(raw['cols']);
  const cols = SERVICE_COLUMNS.filter((name) => asked.includes(name));
  return {
    ...(status.length > 0 ? { status } : {}),
    ...(kind.length > 0 ? { kind } : {}),
    ...text('q', raw['q']),
    ...text('label', raw['label']),
    ...text('group', raw['group']),
    ...(quiet === undefined ? {} : { quiet }),
    ...(sort === undefined || sort === 'status' ? {} : { sort }),
    ...(raw['down'] === true ? { down: true } : {}),
    ...(cols.length === 0 || isUsual(cols) ? {} : { cols }),
    ...(raw['add'] === true ? { add: true } : {}),
    ...(raw['import'] === true ? { import: true } : {}),
    ...text('edit', raw['edit']),
    ...text('job', raw['job']),
  };
}

/** With these columns; the usual ones do not stand in the address. */
export function withColumns(search: ServicesSearch, cols: readonly ServiceColumn[]): ServicesSearch {
  const { cols: _, ...rest } = search;
  return isUsual(cols) ? rest : { ...rest, cols };
}

function isUsual(cols: readonly ServiceColumn[]): boolean {
  return cols.length === USUAL_COLUMNS.length && USUAL_COLUMNS.every((name) => cols.includes(name));
}

/** Does a service pass the filters of the URL? */
export function passes(search: ServicesSearch, row: ListedService): boolean {
  if (search.status !== undefined && !search.status.includes(row.status)) return false;
  if (search.kind !== undefined && !search.kind.includes(row.kind)) return false;
  if (search.group !== undefined && row.group !== search.group) return false;
  if (search.quiet === 'muted' && !row.overlay.muted) return false;
  if (search.quiet === 'maintenance' && row.overlay.maintenance === null) return false;
  if (search.label !== undefined && !hasLabel(row.labels, search.label)) return false;
  if (search.q === undefined) return true;
  const wanted = search.q.toLowerCase();
  return [row.name, row.id, row.target, row.group, row.reason.text].some((field) =>
    field.toLowerCase().includes(wanted),
  );
}

/** What of it a saved view keeps: how the list is looked at, not what is open beside it. */
export function viewOfServices(search: ServicesSearch): ServicesSearch {
  const { add: _add, import: _import, edit: _edit, job: _job, ...view } = search;
  return view;
}

/** Is anything left out by the URL? */
export function isFiltered(search: ServicesSearch): boolean {
  return filterKeys.some((key) => search[key] !== undefined);
}

const filterKeys = ['status', 'kind', 'q', 'label', 'group', 'quiet'] as const;

function list(raw: unknown): readonly unknown[] {
  return Array.isArray(raw) ? raw : raw === undefined ? [] : [raw];
}
