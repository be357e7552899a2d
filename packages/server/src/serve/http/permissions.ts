import { z } from 'zod';
import type { HttpDeps } from './deps.ts';
import { json, route, type Route } from './router.ts';

const level = z.enum(['read', 'report', 'operate', 'admin', 'owner']);

/** What can be permitted, for whoever chooses from it. */
export function permissionRoutes({ operations }: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/permissions',
      access: 'any',
      tag: 'people',
      summary: 'Every collection and area with its operations, and the level at which each stands',
      answers: {
        200: {
          description: 'By collection or area, then by operation',
          schema: z.object({ permissions: z.record(z.string(), z.record(z.string(), level)) }),
        },
      },
      handle: () => json({ permissions: operations }),
    }),
  ];
}
