/**
 * Which records something is about: a collection and a filter in the language of lists and subscriptions. A rule, a
 * policy and a maintenance name records in this one way, so that what a person sees in a filtered list is what they get.
 */
import {
  ALL,
  filterFields,
  matches,
  parseFilter,
  type Filter,
  type FilterJson,
  type JsonObject,
} from '@statewire/protocol';
import { z } from 'zod';
import { agents } from './collections/agent.ts';
import { connections } from './collections/connection.ts';
import { executions } from './collections/execution.ts';
import { jobs } from './collections/job.ts';
import { services } from './collections/service.ts';
import type { InputShape } from './report.ts';

/** The collections whose records can be selected. */
export type SelectedCollection = 'services' | 'agents' | 'connections' | 'executions' | 'jobs';

/** Records of one collection: all of them (`where: null`), or those that pass the filter. */
export interface Selector {
  readonly collection: SelectedCollection;
  readonly where: FilterJson | null;
  readonly [field: string]: FilterJson | null;
}

const SELECTED: Readonly<Record<SelectedCollection, readonly string[]>> = {
  services: services.fields,
  agents: agents.fields,
  connections: connections.fields,
  executions: executions.fields,
  jobs: jobs.fields,
};

const selectorShape: InputShape<Pick<Selector, 'collection' | 'where'>> = {
  collection: z.enum(['services', 'agents', 'connections', 'executions', 'jobs']),
  where: z
    .json()
    .nullable()
    .meta({ description: 'A filter as in lists, for example ["eq","group","shop"]; null selects all' }),
};

/** Reads a selector from outside: the filter parses, and every field it looks at exists. */
export const selectorSchema: z.ZodType<Selector> = z.strictObject(selectorShape).check(({ value, issues }) => {
  const flaw = selectorFlaw(value);
  if (flaw !== null) issues.push({ code: 'custom', path: ['where'], message: flaw, input: value.where });
});

/** Does the selector mean this record? One that cannot be read (it was checked when it came in) selects nothing. */
export function selects(selector: Selector, collection: string, row: JsonObject): boolean {
  if (selector.collection !== collection) return false;
  const filter = filterOf(selector);
  return filter !== null && matches(filter, row);
}

/** The fields whose change can make a record enter or leave the selection. */
export function selectorFields(selector: Selector): readonly string[] {
  const filter = filterOf(selector);
  return filter === null ? [] : filterFields(filter);
}

// By the list itself: rows are frozen and handed on as they are, so that each filter is parsed once while its row lives.
const parsed = new WeakMap<object, Filter | null>();

function filterOf({ where }: Selector): Filter | null {
  if (where === null) return ALL;
  if (typeof where !== 'object') return null;
  const known = parsed.get(where);
  if (known !== undefined) return known;
  const read = parseFilter(where);
  const filter = read.ok ? read.value : null;
  parsed.set(where, filter);
  return filter;
}

function selectorFlaw({ collection, where }: Pick<Selector, 'collection' | 'where'>): string | null {
  if (where === null) return null;
  const read = parseFilter(where);
  if (!read.ok) return read.message;
  const fields = SELECTED[collection];
  const stranger = filterFields(read.value).find((field) => !fields.includes(field));
  return stranger === undefined
    ? null
    : `${collection} have no field ${JSON.stringify(stranger)}, expected one of ${fields.join(', ')}`;
}
