import { z } from 'zod';
import { customVerbs } from '../../collect/commands/custom.ts';
import type { Verb } from '../../collect/commands/verb.ts';
import { verbs } from '../../collect/commands/verbs/index.ts';
import { none } from '../../collect/commands/verbs/none.ts';
import type { HttpDeps } from './deps.ts';
import { find, perform } from './records.ts';
import { must, route, type Route } from './router.ts';
import { answersOf, asObject } from './shapes.ts';

/** Commands on one record: verbs that are not a change of fields. */
export function commandRoutes(deps: HttpDeps): readonly Route[] {
  return [...verbs, ...Object.values(deps.collections).flatMap(customVerbs)]
    .filter(({ isRest = true }) => isRest)
    .flatMap((verb) => verb.on.map((collection) => commandRoute(deps, verb, collection)));
}

function commandRoute(deps: HttpDeps, verb: Verb, collection: string): Route {
  const { name, summary, args, isQuestion = false } = verb;
  const row = deps.collections[collection]?.row ?? z.unknown();
  const takesNothing = args === none;
  return route({
    method: 'POST',
    path: `/v1/${collection}/{id}/${name}`,
    access: `${collection}:${name}`,
    tag: collection,
    summary,
    ...(takesNothing ? {} : { body: args }),
    answers: {
      ...answersOf('not_found', 'rate_limited', 'unsupported', ...(takesNothing ? [] : ['bad_field' as const])),
      200: isQuestion
        ? { description: 'What it found', schema: z.looseObject({ id: z.string() }) }
        : { description: 'Done; the record as it is now', schema: row },
    },
    handle: (call) => {
      const id = call.params['id'] ?? '';
      // Asked here for every command: one that acts outside a transaction must not tell a stranger's record from none.
      must(find(deps, call.principal, collection, id));
      const fields = asObject(call.body ?? {});
      const mutation = { collection, id, op: 'call' as const, name, fields };
      return perform(deps, call, mutation, 200, isQuestion ? 'value' : 'record');
    },
  });
}
