import { secret } from '@statewire/model';
import { z } from 'zod';
import type { Place } from '../../collect/capture/inspect.ts';
import { isDatabaseUrl } from '../../collect/capture/plan.ts';
import { isMysqlUrl } from '../../collect/capture/plans.ts';
import { changesSchema } from '../../collect/capture/pushed-row.ts';
import type { Pushed } from '../../collect/capture/pushed.ts';
import { verified } from '../../collect/capture/signature.ts';
import type { Principal } from '../../lib/principal.ts';
import { can, lacking } from '../../publish/access.ts';
import { assertMediaType, JSON_TYPE, parseJson, readText } from './body.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError, refusalOf } from './problem.ts';
import { json, must, openRoute, rawHeadersOf, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';
import { keyOf } from './write-headers.ts';

/** Rows of somebody's tables, sent by whoever has them: a webhook of their database, or their own program. */
export function captureRoutes(deps: HttpDeps): readonly Route[] {
  const { clock, limits } = deps;
  const schema = changesSchema(limits.captureRowsPerTransactionMax);
  return [
    openRoute({
      method: 'POST',
      path: '/v1/captures/{id}/rows',
      access: 'slug',
      tag: 'captures',
      summary: `Says what happened to rows of a capture of kind webhook: one change, or up to ${limits.captureRowsPerTransactionMax}, all of them or none`,
      raw: ['application/json'],
      answers: {
        ...answersOf(
          'auth_required',
          'auth_invalid',
          'forbidden',
          'not_found',
          'bad_field',
          'bad_request',
          'too_large',
          'rate_limited',
          'overloaded',
        ),
        200: { description: 'Durable', schema: takenSchema },
      },
      handle: async ({ context, principal, params }) => {
        assertMediaType(context.req.raw, rawHeadersOf(context), JSON_TYPE, 'application/json');
        const body = await readText(context.req.raw, limits.bodyBytesMax);
        const found = deps.captures.pushed(params['id'] ?? '');
        const signed = {
          id: context.req.header('webhook-id'),
          timestamp: context.req.header('webhook-timestamp'),
          signature: context.req.header('webhook-signature'),
          body,
        };
        const { pushed, id } =
          principal === null
            ? bySignature(found, signed, { now: clock.now(), toleranceMs: limits.captureSignedMs })
            : { pushed: byKey(found, principal), id: signed.id ?? keyOf(context) ?? null };
        const given = parseJson(body, limits.jsonDepthMax);
        const read = schema.safeParse(Array.isArray(given) ? given : [given]);
        if (!read.success) throw new RefusedError(refusalOf(read.error, 'body'));
        const { version, value } = must(await pushed.take(read.data, { id, body }));
        return json({ ok: true, version, ...value });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/captures/inspect',
      access: 'config:change',
      tag: 'captures',
      summary:
        'Looks at a database that may be captured: who we are there, what it lacks, which tables it has and what they may become',
      body: z.strictObject(place),
      answers: {
        ...answersOf('bad_field', 'forbidden', 'overloaded'),
        200: {
          description: 'What is there, or what keeps us from looking',
          schema: z.union([troubledSchema, z.looseObject({ version: z.string() })]),
        },
      },
      handle: async ({ body }) => {
        const found = await deps.captures.inspect(placeOf(body));
        if (found.ok) return json({ trouble: null, ...found.value });
        if (found.code === 'overloaded') throw new RefusedError(found);
        return json({ trouble: { code: found.code, text: found.message } });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/captures/draft',
      access: 'config:change',
      tag: 'captures',
      summary:
        'Holds a capture against its database: the first ten rows of each table as records, the lines of the configuration, and the SQL that is missing',
      body: z.strictObject({
        ...place,
        id: z.string().max(64),
        mode: z.enum(['poll', 'stream']).optional(),
        tables: z.array(z.record(z.string(), z.json())).min(1).max(128),
      }),
      answers: {
        ...answersOf('bad_field', 'forbidden', 'overloaded'),
        200: {
          description: 'The draft, and what keeps it from beginning',
          schema: z.looseObject({ yaml: z.string() }),
        },
      },
      handle: async ({ body }) => {
        const { id, mode, tables } = body;
        return json(must(await deps.captures.draft(placeOf(body), { id, mode, tables })));
      },
    }),
  ];
}

/** The URL holds a password: it is used for this one look, and kept nowhere. */
const place = {
  kind: z.enum(['mysql', 'postgres']),
  url: secret(z.string().min(1).max(4_096)),
} as const;

const troubledSchema = z.object({ trouble: z.object({ code: z.string(), text: z.string() }) });

function placeOf({ kind, url }: { readonly kind: 'mysql' | 'postgres'; readonly url: string }): Place {
  const fits = kind === 'postgres' ? isDatabaseUrl(url) : isMysqlUrl(url);
  if (fits) return { kind, url };
  throw new RefusedError({
    code: 'bad_field',
    message: `url: expected ${kind === 'postgres' ? 'postgres://user:password@host:5432/database' : 'mysql://user:password@host:3306/database'}`,
    do: 'correct the URL; signs such as @ and / in a password are written in percent, as %40 and %2F',
  });
}

const takenSchema = z.object({
  ok: z.literal(true),
  version: z.int(),
  rows: z.int().meta({ description: 'Changes of the message' }),
  stale: z.int().meta({ description: 'Of these, older than what was here (`cursor`), and left out' }),
  repeated: z.boolean().meta({ description: 'The message was taken before; nothing was done' }),
});

function byKey(found: Pushed | null, principal: Principal): Pushed {
  if (!can(principal, 'rows:report'))
    throw new RefusedError({
      code: 'forbidden',
      message: lacking(principal, 'rows:report'),
      expected: 'rows:report',
      do: 'use a key with the scope report, or one that has this permission',
    });
  if (found !== null && found.plan.org === principal.org) return found;
  throw new RefusedError({
    code: 'not_found',
    message: 'there is no capture of kind webhook with this id',
    do: 'add it to capture in the configuration file, or correct the path',
  });
}

/** Strangers learn nothing of which captures there are: one without a secret and none at all are the same. */
function bySignature(
  found: Pushed | null,
  signed: Parameters<typeof verified>[1],
  at: Parameters<typeof verified>[2],
): { readonly pushed: Pushed; readonly id: string } {
  const id = must(verified(found?.plan.secret ?? null, signed, at));
  // Nothing is signed with no key.
  if (found === null) throw new RefusedError({ code: 'auth_required', message: 'there is no such capture' });
  return { pushed: found, id };
}
