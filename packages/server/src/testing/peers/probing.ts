import { createEgress } from '../../collect/egress/egress.ts';
import { createProbers, type Probers } from '../../collect/probes/index.ts';
import { systemClock, type Clock } from '../../lib/clock.ts';
import { limits, type Limits } from '../../lib/limits.ts';

/** Probers as the server wires them, allowed to reach loopback, with a record of their tripwires. */
export interface Probing {
  readonly probers: Probers;
  /** `{ org, id, cause, at }` of each trip, `at` on the monotonic clock. */
  readonly trips: readonly { readonly org: string; readonly id: string; readonly cause: string; readonly at: number }[];
}

/** Makes probers for tests against real peers. */
export function createProbing(lowered: Partial<Limits> = {}, clock: Clock = systemClock): Probing {
  const trips: { org: string; id: string; cause: string; at: number }[] = [];
  const probers = createProbers({
    clock,
    egress: createEgress({ mode: 'any', allow: [] }),
    limits: { ...limits, ...lowered },
    // The last one stands for our own secrets: no child may ever see it.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], STATEWIRE_ADMIN_KEY: 'not-for-children' },
    onTrip: (org, id, cause) => trips.push({ org, id, cause, at: clock.mono() }),
  });
  return { probers, trips };
}
