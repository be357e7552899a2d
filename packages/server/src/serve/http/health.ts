import { z } from 'zod';
import type { HttpDeps } from './deps.ts';
import { json, openRoute, type Route } from './router.ts';

/** For load balancers and supervisors: no credential, no version, no name of anything inside. */
export function healthRoutes({ system }: HttpDeps): readonly Route[] {
  return [
    openRoute({
      method: 'GET',
      path: '/health',
      access: 'open',
      tag: 'operation',
      summary: 'Is the process able to take writes and answer?',
      answers: {
        200: { description: 'Yes', schema: z.object({ status: z.literal('ok') }) },
        503: {
          description: 'No; `reason` is one word',
          schema: z.object({ status: z.literal('unavailable'), reason: z.string() }),
        },
      },
      handle: () => {
        const trouble = system.trouble();
        return trouble === null
          ? json({ status: 'ok' })
          : json({ status: 'unavailable', reason: trouble }, { status: 503, headers: { 'retry-after': '1' } });
      },
    }),
  ];
}
