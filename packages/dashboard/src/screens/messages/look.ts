/** How messages look and what their words are called: by where they stand, how pressing they are, and whom they are for. */
import type { MessageAudience, MessageEvent, MessagePriority, MessageState } from '@statewire/model';
import {
  Ban,
  CalendarClock,
  Check,
  FilePen,
  Info,
  type LucideIcon,
  Megaphone,
  OctagonAlert,
  Pencil,
  Play,
  TriangleAlert,
} from 'lucide-react';
import type { Look } from '../../parts/status.tsx';
import type { MessageTab } from './search.ts';

export const tabTitles: Readonly<Record<MessageTab, string>> = {
  active: 'Active',
  scheduled: 'Scheduled',
  draft: 'Drafts',
  expired: 'Expired',
  withdrawn: 'Withdrawn',
  all: 'All',
};

const quiet = { ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' } as const;

export const stateLooks: Readonly<Record<MessageState, Look>> = {
  draft: { word: 'Draft', icon: FilePen, ...quiet },
  scheduled: {
    word: 'Scheduled',
    icon: CalendarClock,
    ink: 'text-maintenance',
    soft: 'bg-maintenance-soft',
    fill: 'bg-maintenance',
  },
  active: { word: 'Active', icon: Megaphone, ink: 'text-up', soft: 'bg-up-soft', fill: 'bg-up' },
  expired: { word: 'Expired', icon: Check, ...quiet },
  withdrawn: { word: 'Withdrawn', icon: Ban, ...quiet },
};

export const priorityLooks: Readonly<Record<MessagePriority, Look>> = {
  critical: { word: 'Critical', icon: OctagonAlert, ink: 'text-down', soft: 'bg-down-soft', fill: 'bg-down-fill' },
  warning: {
    word: 'Warning',
    icon: TriangleAlert,
    ink: 'text-degraded',
    soft: 'bg-degraded-soft',
    fill: 'bg-degraded-fill',
  },
  notice: {
    word: 'Notice',
    icon: Info,
    ink: 'text-maintenance',
    soft: 'bg-maintenance-soft',
    fill: 'bg-maintenance',
  },
  info: { word: 'Information', icon: Info, ...quiet },
};

export const audienceWords: Readonly<Record<MessageAudience, string>> = {
  everyone: 'Everyone',
  operators: 'Your people',
  customers: 'Customers',
};

export const eventLooks: Readonly<
  Record<MessageEvent['what'], { readonly word: string; readonly icon: LucideIcon; readonly ink: string }>
> = {
  drafted: { word: 'Drafted', icon: FilePen, ink: 'text-quiet' },
  edited: { word: 'Changed', icon: Pencil, ink: 'text-quiet' },
  scheduled: { word: 'Scheduled', icon: CalendarClock, ink: 'text-maintenance' },
  activated: { word: 'Activated', icon: Play, ink: 'text-up' },
  expired: { word: 'Expired', icon: Check, ink: 'text-quiet' },
  withdrawn: { word: 'Withdrawn', icon: Ban, ink: 'text-down' },
};

/** For whom it is, in a few words: `Customers: acme, beta and 3 more`. */
export function forWhom(audience: MessageAudience, customers: readonly string[] | null): string {
  if (audience !== 'customers') return audienceWords[audience];
  if (customers === null) return 'All customers';
  const [first = '', second] = customers;
  if (second === undefined) return first;
  return customers.length === 2 ? `${first}, ${second}` : `${first} and ${customers.length - 1} more`;
}
