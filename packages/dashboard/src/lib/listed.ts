import type { Service, UptimeValue } from '@statewire/model';
import type { Chosen } from '@statewire/client';

/** What a list of services shows: a page of thousands must not carry what only the detail page reads. */
export const LISTED = [
  'name',
  'kind',
  'target',
  'group',
  'labels',
  'managedBy',
  'desired',
  'status',
  'since',
  'reason',
  'suspect',
  'overlay.flapping',
  'overlay.muted',
  'overlay.maintenance',
  'flaps',
  'recent',
  'observedAt',
  'uptime.d30',
] as const;

/** The same for columns that most people do not choose. */
export const LISTED_WIDE = [
  ...LISTED.filter((field) => field !== 'uptime.d30'),
  'uptime',
  'observers',
  'split',
] as const;

/** A service as lists know it. A whole one fits too. */
export type ListedService = Chosen<Service, (typeof LISTED)[number]> & {
  readonly [F in 'observers' | 'split']?: Service[F];
};

export type UptimeWindow = 'd30' | 'd7' | 'd90' | 'h24';

/** The uptime of a window, where it was worked out and this list has it. */
export function uptimeIn(row: ListedService, window: UptimeWindow): UptimeValue | null {
  const uptime: { readonly [W in UptimeWindow]?: UptimeValue } | null = row.uptime;
  return uptime?.[window] ?? null;
}
