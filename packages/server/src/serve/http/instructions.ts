import { instructionAnswerSchema, instructionRow } from '@statewire/model';
import { refuse } from '@statewire/protocol';
import { z } from 'zod';
import type { HttpDeps } from './deps.ts';
import { find, perform } from './records.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf, asObject } from './shapes.ts';

const WAIT_S_MAX = 60;

/** Instructions for agents that speak REST: ask, with a held request, and answer. */
export function instructionRoutes(deps: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/agents/{id}/instructions',
      access: 'report',
      tag: 'agents',
      summary:
        'What the agent has not answered, oldest first; with `wait` the request is held until there is something',
      query: z.strictObject({
        wait: z
          .string()
          .regex(/^\d{1,2}$/u, 'seconds')
          .transform(Number)
          .pipe(z.int().max(WAIT_S_MAX))
          .default(0)
          .meta({ description: 'Seconds to wait for one, at most 60' }),
        after: z
          .string()
          .regex(/^\d{1,15}$/u, 'a number')
          .transform(Number)
          .default(0)
          .meta({ description: 'Only instructions with a higher `number`' }),
      }),
      answers: {
        ...answersOf('not_found', 'forbidden', 'overloaded'),
        200: {
          description: 'Instructions in the state `sent` or `received`, in the order in which to handle them',
          schema: z.object({ rows: z.array(instructionRow) }),
        },
      },
      handle: async ({ principal, params, query, context }) => {
        const rows = must(
          await deps.instructions.next(principal, {
            agent: params['id'] ?? '',
            after: query.after,
            waitMs: query.wait * 1000,
            signal: context.req.raw.signal,
          }),
        );
        return json({ rows });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/agents/{id}/instructions/{instruction}/answer',
      access: 'report',
      tag: 'agents',
      summary: 'The agent heard it (`received`), did it (`done`), or will not (`refused`)',
      body: instructionAnswerSchema,
      answers: {
        ...answersOf('not_found', 'bad_field', 'gone'),
        200: { description: 'Done; the instruction as it is now', schema: instructionRow },
      },
      handle: async (call) => {
        const { id: agent = '', instruction: id = '' } = call.params;
        const found = must(find(deps, call.principal, 'instructions', id));
        if (found.row['agent'] !== agent) must(refuse('not_found', `no record instructions/${id} of agents/${agent}`));
        const fields = asObject(call.body);
        return perform(
          deps,
          call,
          { collection: 'instructions', id, op: 'call', name: 'answer', fields },
          200,
          'record',
        );
      },
    }),
  ];
}
