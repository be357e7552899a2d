import { z } from 'zod';
import { can } from '../../publish/access.ts';
import type { HttpDeps } from './deps.ts';
import { shown, transitionSchema } from './history.ts';
import { json, route, type Route } from './router.ts';
import { instantQuery } from './shapes.ts';

/** Numbers and the newest events of an organization: what a wall display or a chat bot asks for. */
export function statsRoutes({ live, store, clock, epoch, limits }: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/stats',
      access: 'metrics:read',
      tag: 'overview',
      summary: 'Counts by status and state',
      answers: {
        200: {
          description: 'The counts of the record `metrics/fleet`',
          schema: z.object({ values: z.record(z.string(), z.number()), version: z.int(), epoch: z.string() }),
        },
      },
      handle: ({ principal }) => {
        const fleet = live.get(principal.org, 'metrics', 'fleet');
        return json({ values: fleet?.row['values'] ?? {}, version: live.version(principal.org), epoch });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/activity',
      access: 'any',
      tag: 'overview',
      summary: 'The newest transitions of all records, newest first',
      query: z.strictObject({
        before: instantQuery.optional().meta({ description: 'Epoch milliseconds: only what was recorded before' }),
        limit: z
          .string()
          .regex(/^\d{1,4}$/u, 'a number')
          .transform(Number)
          .pipe(z.int().min(1).max(1_000))
          .default(50),
      }),
      answers: {
        200: {
          description: '`next` is the `before` of the following page or null',
          schema: z.object({ transitions: z.array(transitionSchema), next: z.int().nullable() }),
        },
      },
      handle: async ({ principal, query }) => {
        const limit = Math.min(query.limit, limits.pageRowsMax);
        const found = await store.recentTransitions({
          org: principal.org,
          before: query.before ?? clock.now() + 1,
          limit,
        });
        const last = found.at(-1);
        return json({
          // What happened to records that the caller may not read is left out; the page is shorter then.
          transitions: found.filter(({ collection }) => can(principal, `${collection}:read`)).map(shown),
          next: found.length === limit && last !== undefined ? last.recordedAt : null,
        });
      },
    }),
  ];
}
