import type { Collection } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import type { Bucket } from '../../keep/past.ts';
import { authorize } from '../../publish/access.ts';
import { csv } from './csv.ts';
import type { HttpDeps } from './deps.ts';
import { transitionSchema } from './history.ts';
import { RefusedError } from './problem.ts';
import { json, must, route, type Call, type Route } from './router.ts';
import { answersOf, readCursor, writeCursor } from './shapes.ts';
import { spanOf, windowQuery } from './window.ts';

/** What can be taken out, and its columns. */
const COLUMNS = {
  transitions: ['at', 'recordedAt', 'from', 'to', 'code', 'text', 'cause'],
  samples: ['at', 'ms', 'v'],
  buckets: [
    'at',
    'widthMs',
    'up',
    'degraded',
    'down',
    'unknown',
    'pending',
    'maintenance',
    'paused',
    'checks',
    'bad',
    'min',
    'avg',
    'max',
    'p50',
    'p95',
    'p99',
  ],
} as const;

const exportQuery = z.strictObject({
  ...windowQuery,
  what: z.enum(['transitions', 'samples', 'buckets']).default('buckets').meta({ description: 'What to take out' }),
  resolution: z.enum(['5m', '1h', '1d']).default('1h').meta({ description: 'Width of buckets' }),
  limit: z
    .string()
    .regex(/^\d{1,4}$/u, 'a number')
    .transform(Number)
    .pipe(z.int().min(1).max(5_000))
    .default(5_000)
    .meta({ description: 'Rows of one answer, 1 to 5000' }),
  cursor: z.string().max(128).optional().meta({ description: 'Where the answer before ended' }),
});

/** History to take away: CSV and JSON, oldest first, a page at a time. */
export function exportRoutes(deps: HttpDeps): readonly Route[] {
  return Object.values(deps.collections)
    .filter(({ kind }) => kind === 'status')
    .flatMap((collection) => [exportRoute(deps, collection, 'csv'), exportRoute(deps, collection, 'json')]);
}

function exportRoute(deps: HttpDeps, { name }: Collection, format: 'csv' | 'json'): Route {
  return route({
    method: 'GET',
    path: `/v1/${name}/{id}/export.${format}`,
    access: `${name}:read`,
    tag: name,
    summary: `History of a record of ${name} as ${format.toUpperCase()}, oldest first`,
    query: exportQuery,
    answers: {
      ...answersOf('not_found', 'bad_request'),
      200:
        format === 'csv'
          ? {
              description: 'RFC 4180; the header `next-cursor` names where the next page begins',
              type: 'text/csv',
              schema: z.string(),
            }
          : {
              description: '`next` is the cursor of the following page or null',
              schema: z.object({
                what: z.string(),
                rows: z.array(z.union([transitionSchema, z.looseObject({ at: z.int() })])),
                next: z.string().nullable(),
              }),
            },
    },
    handle: async (call) => {
      const id = call.params['id'] ?? '';
      must(authorize(call.principal, 'read', name));
      if (deps.live.get(call.principal.org, name, id) === null)
        throw new RefusedError({ code: 'not_found', message: `no record ${name}/${id}` });
      const { rows, next } = await pageOf(deps, name, id, call);
      const { what } = call.query;
      if (format === 'json') return json({ what, rows, next });
      return new Response(csv(COLUMNS[what], rows), {
        headers: {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="${id.replaceAll(/[^A-Za-z0-9._-]/gu, '_')}-${what}.csv"`,
          'cache-control': 'private, no-store',
          ...(next === null ? {} : { 'next-cursor': next }),
        },
      });
    },
  });
}

/** A page of rows from a time on. Rows of the millisecond in which a page would end all stand on the next one. */
async function pageOf(
  { store, history, clock }: HttpDeps,
  collection: string,
  id: string,
  { principal, query }: Pick<Call<z.output<typeof exportQuery>, unknown>, 'principal' | 'query'>,
): Promise<{ readonly rows: readonly JsonObject[]; readonly next: string | null }> {
  const span = spanOf(query, clock.now());
  const from = query.cursor === undefined ? span.from : Math.max(span.from, readCursor(query.cursor));
  const subject = { org: principal.org, collection, id };
  const found = await rowsOf({ store, history }, subject, { from, to: span.to, limit: query.limit + 1, query });
  const after = found[query.limit];
  if (after === undefined) return { rows: found, next: null };
  const rows = found.filter(({ at }) => at < after.at);
  // All of a page in one millisecond: going on behind it is the only way on.
  if (rows.length === 0) return { rows: found.slice(0, query.limit), next: writeCursor(after.at + 1) };
  return { rows, next: writeCursor(after.at) };
}

async function rowsOf(
  { store, history }: Pick<HttpDeps, 'store' | 'history'>,
  subject: { readonly org: string; readonly collection: string; readonly id: string },
  q: {
    readonly from: number;
    readonly to: number;
    readonly limit: number;
    readonly query: z.output<typeof exportQuery>;
  },
): Promise<readonly (JsonObject & { readonly at: number })[]> {
  const { from, to, limit, query } = q;
  if (query.what === 'buckets') {
    const buckets = await history.buckets(subject, { from, to, resolution: query.resolution });
    return buckets
      .filter(({ at }) => query.cursor === undefined || at >= from)
      .slice(0, limit)
      .map(flat);
  }
  if (query.what === 'samples') {
    const samples = await store.samples({ ...subject, from, to, limit });
    return samples.map(({ at, ms, v }) => ({ at, ms, v }));
  }
  const rows = await store.transitionsFrom({ ...subject, from, to, limit });
  return rows.map(({ at, recordedAt, from: was, to: is, code, text, cause }) => ({
    at,
    recordedAt,
    from: was,
    to: is,
    code,
    text,
    cause,
  }));
}

function flat({ at, widthMs, ms, ...rest }: Bucket): JsonObject & { readonly at: number } {
  return { at, widthMs, ...ms, ...rest };
}
