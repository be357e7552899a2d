import { STATUSES } from '@statewire/model';
import { z } from 'zod';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { perform } from './records.ts';
import { route, type Route } from './router.ts';
import { answersOf, asObject } from './shapes.ts';

/** Commands on one record: verbs that are not a change of fields. */
export function commandRoutes(deps: HttpDeps): readonly Route[] {
  return commands.map(({ collection, name, summary, body }) => {
    const { row, access } = deps.collections[collection] ?? { row: z.unknown(), access: { write: 'admin' as const } };
    return route({
      method: 'POST',
      path: `/v1/${collection}/{id}/${name}`,
      access: access.write,
      tag: collection,
      summary,
      ...(body === null ? {} : { body }),
      answers: {
        ...answersOf('not_found', 'rate_limited', 'unsupported', ...(body === null ? [] : ['bad_field' as const])),
        200: { description: 'Done; the record as it is now', schema: row },
      },
      handle: (call) => {
        const id = call.params['id'] ?? '';
        // Asked here for every command: one that acts outside a transaction must not tell a stranger's record from none.
        if (deps.live.get(call.principal.org, collection, id) === null) {
          throw new RefusedError({ code: 'not_found', message: `no record ${collection}/${id}` });
        }
        const fields = asObject(call.body ?? {});
        return perform(deps, call, { collection, id, op: 'call', name, fields });
      },
    });
  });
}

interface Command {
  readonly collection: string;
  readonly name: string;
  readonly summary: string;
  /** Null: takes no body. */
  readonly body: z.ZodType | null;
}

const overrideBody = z.strictObject({
  status: z.enum(STATUSES),
  until: z.int().min(0).optional().meta({ description: 'Epoch milliseconds; default one hour ahead, at most 30 days' }),
  reason: z.string().max(500).default(''),
});

const commands: readonly Command[] = [
  {
    collection: 'services',
    name: 'refresh',
    summary: 'Probes now, with the same probe and the same timeout; once per 5 s',
    body: null,
  },
  {
    collection: 'services',
    name: 'override',
    summary: 'Shows a status of your choice for a time; measuring goes on beside it',
    body: overrideBody,
  },
  { collection: 'services', name: 'clear-override', summary: 'Ends an override', body: null },
  { collection: 'services', name: 'pause', summary: 'Stops checking', body: null },
  { collection: 'services', name: 'resume', summary: 'Checks again', body: null },
  {
    collection: 'services',
    name: 'accept-tools',
    summary: 'Takes the tools as they are now for the expected ones; ends a drift',
    body: null,
  },
  { collection: 'executions', name: 'cancel', summary: 'Asks the runner to stop', body: null },
  { collection: 'jobs', name: 'cancel', summary: 'Asks the runner to stop', body: null },
];
