import { z } from 'zod';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

/** The demo fleet, as the fault panel needs it. Injected by whoever runs one; this server knows no demo. */
export interface Demo {
  list(): readonly Readonly<Record<string, unknown>>[];
  /** Puts a fault on a server or (null) heals it; false when there is no such server or fault. */
  inject(id: string, fault: string | null): Promise<boolean>;
  /** Ends the demo and removes its records, for good. */
  remove(): Promise<void>;
}

const listSchema = z.object({ servers: z.array(z.looseObject({ name: z.string(), serviceId: z.string() })) });

/** What a person may do to the demo. An empty list where no demo runs. */
export function demoRoutes({ demo }: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/demo',
      access: 'demo:read',
      tag: 'demo',
      summary: 'The servers of the demo fleet and the faults they take',
      answers: { 200: { description: 'Empty when no demo runs', schema: listSchema } },
      handle: () => json({ servers: demo?.list() ?? [] }),
    }),
    route({
      method: 'POST',
      path: '/v1/demo/{id}/{fault}',
      access: 'demo:change',
      tag: 'demo',
      summary: 'Injects a fault (kill, hang, slow, 500, 401) or heals with `mend`',
      answers: { ...answersOf('not_found'), 200: { description: 'The servers as they are now', schema: listSchema } },
      handle: async ({ params }) => {
        const { id = '', fault = '' } = params;
        const done = await demo?.inject(id, fault === 'mend' ? null : fault);
        if (done !== true) {
          throw new RefusedError({
            code: 'not_found',
            message: `found no demo server ${JSON.stringify(id)} that takes the fault ${JSON.stringify(fault)}`,
          });
        }
        return json({ servers: demo?.list() ?? [] });
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/demo',
      access: 'demo:change',
      tag: 'demo',
      summary: 'Ends the demo and removes its records, for good',
      answers: { 204: { description: 'Gone' } },
      handle: async () => {
        await demo?.remove();
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
