import type { MessageAudience, MessagePriority, MessageState } from '@statewire/model';
import type { Json } from '@statewire/protocol';
import { text } from '../../lib/address.ts';

/** The tabs in their order: what is seen first, then what comes, then what is over. */
export const TABS = ['active', 'scheduled', 'draft', 'expired', 'withdrawn', 'all'] as const;
/** From the most to the least pressing. */
export const PRIORITIES: readonly MessagePriority[] = ['critical', 'warning', 'notice', 'info'];
export const AUDIENCES: readonly MessageAudience[] = ['everyone', 'operators', 'customers'];

/** Where messages stand, or all of them. */
export type MessageTab = MessageState | 'all';

/** The list of messages as it stands in its URL. */
export interface MessagesSearch {
  /** Absent: the active ones. */
  readonly tab?: MessageTab;
  readonly q?: string;
  readonly priority?: readonly MessagePriority[];
  readonly audience?: MessageAudience;
  /** Those that name this customer. */
  readonly customer?: string;
  readonly sort?: string;
  readonly down?: boolean;
  /** A new one is written, from this one where `copy` names it. */
  readonly add?: boolean;
  readonly copy?: string;
  /** Id of the one that is changed beside the list. */
  readonly edit?: string;
}

/** Reads the URL's search part; what is not understood is left out: links live long. */
export function readMessagesSearch(raw: Readonly<Record<string, unknown>>): MessagesSearch {
  const tab = TABS.find((each) => each === raw['tab']);
  const given = Array.isArray(raw['priority']) ? raw['priority'] : [raw['priority']];
  const priority = PRIORITIES.filter((each) => given.includes(each));
  const audience = AUDIENCES.find((each) => each === raw['audience']);
  return {
    ...(tab === undefined || tab === 'active' ? {} : { tab }),
    ...text('q', raw['q']),
    ...(priority.length === 0 ? {} : { priority }),
    ...(audience === undefined ? {} : { audience }),
    ...text('customer', raw['customer']),
    ...text('sort', raw['sort']),
    ...(raw['down'] === true ? { down: true } : {}),
    ...(raw['add'] === true ? { add: true } : {}),
    ...text('copy', raw['copy']),
    ...text('edit', raw['edit']),
  };
}

/** What is asked of the server: what narrows the list, whatever its tab. */
export function narrowing({ q, priority, audience, customer }: MessagesSearch): readonly Json[] {
  const all: Json[] = [];
  if (q !== undefined) all.push(['or', ['contains', 'title', q], ['contains', 'body', q], ['eq', 'id', q]]);
  if (priority !== undefined) all.push(['in', 'priority', [...priority]]);
  if (audience !== undefined) all.push(['eq', 'audience', audience]);
  if (customer !== undefined) all.push(['eq', `to.${customer}`, true]);
  return ['and', ...all];
}

/** The same, of one tab. */
export function filterOf(search: MessagesSearch): readonly Json[] {
  const { tab = 'active' } = search;
  return tab === 'all' ? narrowing(search) : [...narrowing(search), ['eq', 'state', tab]];
}

/** Is it narrowed down beyond its tab? */
export function isNarrowed(search: MessagesSearch): boolean {
  return narrowing(search).length > 1;
}

/** What of it a saved view keeps: how the list is looked at, not what is open beside it. */
export function viewOf(search: MessagesSearch): MessagesSearch {
  const { add: _add, copy: _copy, edit: _edit, ...view } = search;
  return view;
}
