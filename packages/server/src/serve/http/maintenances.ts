import { maintenanceSelectorSchema, scheduleInputSchema, selects, type Span } from '@statewire/model';
import { z } from 'zod';
import { windowAt, windowsUntil, readSchedule } from '../../derive/window.ts';
import { authorize } from '../../publish/access.ts';
import type { HttpDeps } from './deps.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

const REFS_MAX = 100;
const WINDOWS_MAX = 5;

/** Whom a maintenance would mean and when, before it is made. */
export function maintenanceRoutes({ live, clock }: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/maintenances/preview',
      access: 'maintenances:read',
      tag: 'maintenances',
      summary: 'Whom a selector means now, and the next windows of a schedule; nothing is written',
      body: z.strictObject({ selector: maintenanceSelectorSchema, schedule: scheduleInputSchema.optional() }),
      answers: {
        ...answersOf('bad_field'),
        200: {
          description: `How many records, the first ${REFS_MAX} of them, and up to ${WINDOWS_MAX} windows`,
          schema: z.object({
            count: z.int(),
            refs: z.array(z.string()),
            windows: z.array(z.object({ from: z.int(), to: z.int() })),
          }),
        },
      },
      handle: ({ principal, body }) => {
        const { selector, schedule } = body;
        must(authorize(principal, 'read', selector.collection));
        const refs: string[] = [];
        let count = 0;
        for (const { id, row } of live.entries(principal.org, selector.collection)) {
          if (!selects(selector, selector.collection, row)) continue;
          count += 1;
          if (refs.length < REFS_MAX) refs.push(`${selector.collection}/${id}`);
        }
        const windows: Span[] = [];
        if (schedule !== undefined) {
          const now = Math.floor(clock.now());
          const read = must(readSchedule(schedule, now));
          for (let window = windowAt(read, now); window !== null && windows.length < WINDOWS_MAX;) {
            windows.push(window);
            window = windowsUntil(read, { after: window.from, until: window.from }).at(0) ?? null;
          }
        }
        return json({ count, refs: refs.toSorted(), windows });
      },
    }),
  ];
}
