import { z } from 'zod';
import { readText } from './body.ts';
import type { Beat, HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, must, openRoute, route, type Route } from './router.ts';
import { answersOf, asObject, idOf, resultSchema } from './shapes.ts';

/** Where sources speak: reports of anything, and heartbeats for everything that can fetch a URL. */
export function intakeRoutes(deps: HttpDeps): readonly Route[] {
  return [reportsRoute(deps), beatRoute(deps, 'GET'), beatRoute(deps, 'POST')];
}

/** Loose on purpose: each report is checked by itself against its collection, so that one bad line does not lose the others. */
const reportSchema = z
  .looseObject({ collection: z.string().max(64), id: z.string().max(128).optional() })
  .meta({ id: 'Report', description: "`collection`, `id` and the fields of that collection's report" });

function reportsRoute(deps: HttpDeps): Route {
  return route({
    method: 'POST',
    path: '/v1/reports',
    access: 'report',
    tag: 'intake',
    summary: 'Says what a source sees: one report, or a list of up to 1000',
    body: z.union([reportSchema, z.array(reportSchema).min(1).max(deps.limits.reportsPerRequestMax)]),
    answers: {
      ...answersOf('bad_field', 'bad_request', 'unknown_collection', 'overloaded'),
      200: {
        description: 'Durable. For a list: one result per report, in order',
        schema: z.union([resultSchema, z.object({ results: z.array(resultSchema) })]),
      },
    },
    handle: async ({ principal, body }) => {
      if (!Array.isArray(body)) {
        const { version, value } = must(await deps.report(principal, asObject(body)));
        return json({ ...asObject(value), id: idOf(value) ?? body.id ?? '', ok: true, version });
      }
      const results = await deps.reportAll(principal, body.map(asObject));
      return json({ results });
    },
  });
}

/**
 * GET as well as POST, because cron, curl and watchdogs can do nothing else. With a report credential the slug is a
 * service's id; without one the slug must be the service's own token, which nobody can guess.
 */
function beatRoute(deps: HttpDeps, method: 'GET' | 'POST'): Route {
  return openRoute({
    method,
    path: '/v1/heartbeats/{slug}',
    access: 'slug',
    tag: 'intake',
    ...(method === 'POST' ? { raw: ['text/plain'] } : {}),
    summary: 'A sign of life of a heartbeat service',
    query: z.strictObject({
      status: z.enum(['ok', 'fail', 'start']).default('ok'),
      ms: z
        .string()
        .regex(/^\d{1,9}(?:\.\d{1,6})?$/u, 'milliseconds')
        .transform(Number)
        .optional()
        .meta({ description: 'How long the work took' }),
      create: z
        .enum(['true', 'false'])
        .default('false')
        .meta({ description: 'Make the service when there is none; needs a credential' }),
      period: z
        .string()
        .regex(/^\d{1,10}$/u, 'milliseconds')
        .transform(Number)
        .pipe(z.int().min(1_000).max(2_678_400_000))
        .default(60_000)
        .meta({ description: 'With `create`: milliseconds between beats' }),
    }),
    answers: {
      ...answersOf('not_found', 'auth_invalid', 'rate_limited'),
      200: { description: 'Durable', schema: resultSchema },
    },
    handle: async ({ principal, params, query, context }) => {
      const slug = params['slug'] ?? '';
      if (query.create === 'true' && principal === null)
        throw new RefusedError({
          code: 'auth_required',
          message: 'making a service needs a credential',
          do: 'send Authorization: Bearer <report key>',
        });
      // A HEAD would count as a beat, and link previews and scanners send those.
      if (context.req.method === 'HEAD')
        throw new RefusedError({
          code: 'method_not_allowed',
          message: 'a heartbeat is a GET or a POST',
          headers: { allow: 'GET, POST, OPTIONS' },
        });
      const text = method === 'POST' ? await readText(context.req.raw, deps.limits.beatTextBytesMax) : '';
      const beat: Beat = {
        principal,
        slug,
        signal: query.status,
        ms: query.ms ?? null,
        text: text.toWellFormed().replaceAll(/[^\P{Cc}\n\t]/gu, ' '),
        create: query.create === 'true' ? { periodMs: query.period } : null,
      };
      const { version, value } = must(await deps.beat(beat));
      // A caller that knows only the token learns nothing else, not even the service's id.
      return json(
        principal === null ? { ok: true } : { ...asObject(value), id: idOf(value) ?? slug, ok: true, version },
      );
    },
  });
}
