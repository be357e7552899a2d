import type { Collection } from '@statewire/model';
import { z } from 'zod';
import { bulkBody } from '../../collect/commands/bulk-args.ts';
import { isWritten } from '../../collect/commands/plain.ts';
import { verbs } from '../../collect/commands/verbs/index.ts';
import { authorize } from '../../publish/access.ts';
import type { HttpDeps } from './deps.ts';
import { recordText } from './record-text.ts';
import { RefusedError } from './problem.ts';
import { json, jsonText, must, route, type Call, type Route } from './router.ts';
import { answersOf, asObject, idOf, resultSchema } from './shapes.ts';
import { keyOf, whyOf } from './write-headers.ts';

/**
 * Many records in one request. Either lines, each of which stands for itself and is answered at once; or one operation on many
 * records, which becomes a job of the server. Who may do what is judged for each record, so the route itself takes everybody.
 */
export function bulkRoutes(deps: HttpDeps): readonly Route[] {
  return Object.values(deps.collections).flatMap((collection) => bulkRoute(deps, collection));
}

function bulkRoute(deps: HttpDeps, collection: Collection): readonly Route[] {
  const { name } = collection;
  const hasLines = isWritten(collection);
  const hasVerbs = verbs.some(({ on, run }) => on.includes(name) && run !== 'outside');
  if (!hasLines && !hasVerbs) return [];
  const body = hasLines ? z.union([linesOf(deps, collection), bulkBody]) : bulkBody;
  return [
    route({
      method: 'POST',
      path: `/v1/${name}/bulk`,
      access: 'any',
      tag: name,
      summary: hasLines
        ? `Creates, changes and deletes many records of ${name}, each line by itself; or does one thing to many, as a job`
        : `Does one thing to many records of ${name}, as a job`,
      body,
      answers: {
        ...answersOf('bad_field', 'bad_filter', 'too_complex', 'forbidden', 'overloaded', 'unsupported'),
        ...(hasLines
          ? {
              200: {
                description: 'One result per line, in order',
                schema: z.object({ results: z.array(resultSchema) }),
              },
            }
          : {}),
        202: {
          description: 'The job that does it; watch it, cancel it, take it back',
          schema: deps.collections['jobs']?.row,
        },
      },
      handle: async (call) => {
        const wish = asObject(call.body);
        return 'lines' in wish ? byLine(deps, name, call, asLines(call.body)) : asJob(deps, name, call);
      },
    }),
  ];
}

const ids = z.string().min(1).max(128);

function linesOf(deps: HttpDeps, { create, patch }: Collection): z.ZodType {
  const line = z.discriminatedUnion('op', [
    z.strictObject({ op: z.literal('create'), fields: create }),
    z.strictObject({ op: z.literal('patch'), id: ids, fields: patch, base: z.int().min(0).optional() }),
    z.strictObject({ op: z.literal('delete'), id: ids }),
  ]);
  return z.strictObject({ lines: z.array(line).min(1).max(deps.limits.reportsPerRequestMax) });
}

interface Line {
  readonly op: 'create' | 'delete' | 'patch';
  readonly id?: string;
  readonly fields?: object;
  readonly base?: number;
}

function asLines(body: unknown): readonly Line[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the schema of the route has read the lines.
  return (body as { readonly lines: readonly Line[] }).lines;
}

/** One that is refused does not undo the others, and the answer says which is which. */
async function byLine(
  deps: HttpDeps,
  collection: string,
  { principal, context }: Pick<Call<unknown, unknown>, 'context' | 'principal'>,
  lines: readonly Line[],
): Promise<Response> {
  // Each line is asked for itself; who may do none of it is told at once.
  const actions = ['create', 'change', 'delete'] as const;
  const answers = actions.map((action) =>
    authorize(principal, action, collection, (name) => deps.collections[name] ?? null),
  );
  if (!answers.some(({ ok }) => ok)) for (const answer of answers) must(answer);
  const why = whyOf(context);
  const results = await Promise.all(
    lines.map(async (entry) => {
      const fields = entry.fields === undefined ? undefined : asObject(entry.fields);
      const id = entry.op === 'create' ? (typeof fields?.['id'] === 'string' ? fields['id'] : '') : (entry.id ?? '');
      const result = await deps.mutate(principal, {
        collection,
        id,
        op: entry.op === 'delete' ? 'del' : entry.op,
        fields,
        base: entry.base,
        why,
      });
      if (!result.ok) return { id, ok: false, code: result.code, message: result.message };
      return { id: idOf(result.value.value) ?? id, ok: true, version: result.value.version };
    }),
  );
  return json({ results });
}

async function asJob(deps: HttpDeps, collection: string, call: Call<unknown, unknown>): Promise<Response> {
  const { principal, context, body } = call;
  const key = keyOf(context);
  const begun = await deps.mutate(principal, {
    collection: 'jobs',
    id: '',
    op: 'call',
    name: 'bulk',
    fields: { ...asObject(body), collection },
    key,
    why: whyOf(context),
  });
  if (!begun.ok) throw new RefusedError(begun);
  const id = idOf(begun.value.value) ?? '';
  const entry = deps.live.get(principal.org, 'jobs', id);
  const headers = { location: `/v1/jobs/${id}` };
  return entry === null
    ? json({ id }, { status: 202, headers })
    : jsonText(recordText(entry, null), { status: 202, headers });
}
