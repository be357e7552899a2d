import { allows } from '@statewire/model';

/** What the bars of lists do to many at once, by collection. */
const BARS: Readonly<Record<string, readonly string[]>> = {
  services: ['refresh', 'pause', 'resume', 'mute', 'unmute', 'retire', 'change', 'delete'],
  alerts: ['ack', 'unack', 'snooze', 'unsnooze', 'assign', 'resolve'],
  agents: ['pause', 'resume', 'maintenance', 'message', 'retire', 'mute', 'change', 'delete'],
  customers: ['change', 'delete'],
  users: ['change', 'delete'],
};

/** To begin a job, and to see how far it is. */
const NEEDED = ['jobs:bulk', 'jobs:read'] as const;

/** What a role lacks to do to many at once what it may do to one; nothing where it may do nothing that a bar does. */
export function bulkLack(permissions: readonly string[]): readonly (typeof NEEDED)[number][] {
  const hasBar = Object.entries(BARS).some(([area, operations]) =>
    operations.some((operation) => allows(permissions, `${area}:${operation}`)),
  );
  return hasBar ? NEEDED.filter((needed) => !allows(permissions, needed)) : [];
}
