import type { Json } from '@statewire/protocol';
import { text } from '../../lib/address.ts';

/** A list of customers or users as it stands in its URL. */
export interface PeopleSearch {
  readonly q?: string;
  readonly status?: readonly string[];
  /** Of users: whose they are. */
  readonly customer?: string;
  readonly tag?: string;
  /** Of customers: only those that something is wrong with. */
  readonly trouble?: boolean;
  readonly sort?: string;
  readonly down?: boolean;
  readonly add?: boolean;
  readonly import?: boolean;
  /** Id of the record beside the list. */
  readonly edit?: string;
  /** The bulk job that is watched. */
  readonly job?: string;
}

/** Reads the URL's search part; what is not understood is left out: links live long. */
export function readPeopleSearch(raw: Readonly<Record<string, unknown>>): PeopleSearch {
  const { status } = raw;
  const statuses = (Array.isArray(status) ? status : [status]).filter(isWord);
  return {
    ...text('q', raw['q']),
    ...(statuses.length === 0 ? {} : { status: statuses }),
    ...text('customer', raw['customer']),
    ...text('tag', raw['tag']),
    ...(raw['trouble'] === true ? { trouble: true } : {}),
    ...text('sort', raw['sort']),
    ...(raw['down'] === true ? { down: true } : {}),
    ...(raw['add'] === true ? { add: true } : {}),
    ...(raw['import'] === true ? { import: true } : {}),
    ...text('edit', raw['edit']),
    ...text('job', raw['job']),
  };
}

/** What is asked of the server. Always a filter, so that "all that match" can be named. */
export function filterOf({ q, status, customer, tag, trouble }: PeopleSearch): readonly Json[] {
  const all: Json[] = [];
  if (q !== undefined) all.push(['or', ...SEARCHED.map((field) => ['contains', field, q]), ['eq', 'id', q]]);
  if (status !== undefined) all.push(['in', 'status', [...status]]);
  if (customer !== undefined) all.push(['eq', 'customer', customer]);
  if (tag !== undefined) all.push(['contains', 'tags', tag]);
  if (trouble === true) all.push(['or', ['in', 'worst', ['down', 'degraded']], ['gt', 'openAlerts', 0]]);
  return ['and', ...all];
}

/** Does it narrow the list down? */
export function isNarrowed({ q, status, customer, tag, trouble }: PeopleSearch): boolean {
  return [q, status, customer, tag, trouble].some((each) => each !== undefined);
}

/** What of it a saved view keeps: how the list is looked at, not what is open beside it. */
export function viewOf(search: PeopleSearch): PeopleSearch {
  const { add: _add, import: _import, edit: _edit, job: _job, ...view } = search;
  return view;
}

const SEARCHED = ['name', 'email', 'externalId'] as const;

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
