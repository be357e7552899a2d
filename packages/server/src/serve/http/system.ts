import { z } from 'zod';
import type { Principal } from '../../lib/principal.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, openRoute, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

/** What the process knows of itself. Its numbers count all organizations together, so only the instance's own may see them. */
export function systemRoutes({ system, epoch, settings, metrics }: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/system',
      access: 'system:read',
      tag: 'operation',
      summary: 'Version, uptime, memory, store, connections, queues, limits',
      answers: {
        ...answersOf('forbidden'),
        200: {
          description: 'The process as it is now',
          schema: z.looseObject({ version: z.string(), epoch: z.string() }),
        },
      },
      handle: async ({ principal }) => {
        assertInstance(principal);
        return json({ version: settings.version, epoch, ...(await system.read()) });
      },
    }),
    openRoute({
      method: 'GET',
      path: '/metrics',
      access: 'metrics',
      tag: 'operation',
      summary: 'Prometheus metrics of this process',
      answers: {
        ...answersOf('auth_required', 'forbidden'),
        200: { description: 'Text exposition format', type: 'text/plain' },
      },
      handle: async ({ principal }) => {
        if (principal !== null) assertInstance(principal);
        const { contentType, text } = await metrics.read();
        return new Response(text, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
      },
    }),
  ];
}

function assertInstance(principal: Principal): void {
  if (principal.org !== 'main')
    throw new RefusedError({
      code: 'forbidden',
      message: 'numbers of the whole process are for the organization main, which runs it',
    });
}
