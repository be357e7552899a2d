import type { Service } from '@statewire/model';
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

/** A service as lists know it. A whole one fits too. */
export type ListedService = Chosen<Service, (typeof LISTED)[number]>;
