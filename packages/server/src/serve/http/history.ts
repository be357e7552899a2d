import type { Collection } from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { DAY_MS, HOUR_MS, type Resolution } from '../../derive/history/calendar.ts';
import type { TransitionRow } from '../../keep/store.ts';
import { authorize } from '../../publish/access.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf, asObject, instantQuery } from './shapes.ts';
import { tallySchema } from './uptime.ts';
import { checked, zoneQuery } from './window.ts';

export const transitionSchema: z.ZodType = z
  .object({
    collection: z.string(),
    id: z.string(),
    at: z.int(),
    recordedAt: z.int(),
    from: z.string(),
    to: z.string(),
    code: z.string(),
    text: z.string(),
    cause: z.string(),
  })
  .meta({ id: 'Transition', description: 'A confirmed change; `at` is the first observation of it' });

const sampleSchema = z.object({ at: z.int(), ms: z.number().nullable(), v: z.string() }).meta({ id: 'Sample' });

const bucketSchema = z
  .object({
    at: z.int(),
    widthMs: z.int(),
    ms: tallySchema,
    checks: z.int(),
    bad: z.int(),
    min: z.number().nullable(),
    avg: z.number().nullable(),
    max: z.number().nullable(),
    p50: z.number().nullable(),
    p95: z.number().nullable(),
    p99: z.number().nullable(),
  })
  .meta({ id: 'Bucket', description: 'A stretch of time: milliseconds in each status, checks and latency' });

const RESOLUTIONS = ['raw', '5m', '1h', '1d', 'auto'] as const;

/** What became of a record: its transitions, its samples, and for MCP servers the tools they listed. */
export function historyRoutes(deps: HttpDeps): readonly Route[] {
  const collections = Object.values(deps.collections).filter(({ kind }) => kind !== 'plain');
  return [...collections.map((collection) => historyRoute(deps, collection)), inventoryRoute(deps)];
}

function historyRoute({ live, store, history, clock, limits }: HttpDeps, { name, kind }: Collection): Route {
  return route({
    method: 'GET',
    path: `/v1/${name}/{id}/history`,
    access: `${name}:read`,
    tag: name,
    summary: `Transitions (newest first) and samples (oldest first) of a record of ${name}`,
    query: z.strictObject({
      from: instantQuery.optional().meta({ description: 'Epoch milliseconds; default one day before `to`' }),
      to: instantQuery.optional().meta({ description: 'Epoch milliseconds; default now' }),
      limit: z
        .string()
        .regex(/^\d{1,5}$/u, 'a number')
        .transform(Number)
        .pipe(z.int().min(1).max(10_000))
        .default(1_000)
        .meta({ description: 'At most so many of each' }),
      resolution: z
        .enum(RESOLUTIONS)
        .default('raw')
        .meta({ description: 'raw: transitions and samples; else buckets of this width; auto: what fits a chart' }),
      zone: zoneQuery,
    }),
    answers: {
      ...answersOf('not_found', 'bad_request'),
      200: {
        description: 'What is still kept of the span',
        schema: z.object({
          from: z.int(),
          to: z.int(),
          transitions: z.array(transitionSchema),
          samples: z.array(sampleSchema),
          resolution: z.enum(RESOLUTIONS),
          buckets: z.array(bucketSchema).meta({ description: 'Oldest first; empty with resolution raw' }),
        }),
      },
    },
    handle: async ({ principal, params, query }) => {
      const id = params['id'] ?? '';
      must(authorize(principal, 'read', name));
      if (live.get(principal.org, name, id) === null)
        throw new RefusedError({ code: 'not_found', message: `no record ${name}/${id}` });
      // The end is not part of the span; what happened in this very millisecond is part of "until now".
      const end = query.to ?? clock.now() + 1;
      const { from, to } = checked({ from: query.from ?? end - DAY_MS, to: end });
      const resolution = kind === 'status' ? resolved(query.resolution, to - from) : 'raw';
      const span = {
        org: principal.org,
        collection: name,
        id,
        from,
        to,
        limit: Math.min(query.limit, limits.historyRowsMax),
      };
      const [transitions, samples, buckets] = await Promise.all([
        store.transitions(span),
        resolution === 'raw' ? store.samples(span) : [],
        resolution === 'raw'
          ? []
          : resolution === '1d' && query.zone !== undefined
            ? history.days(span, { from, to, zone: query.zone })
            : history.buckets(span, { from, to, resolution }),
      ]);
      return json({
        from,
        to,
        transitions: transitions.map(shown),
        samples: samples.map(({ at, ms, v }) => ({ at, ms, v })),
        resolution,
        buckets: buckets.slice(-span.limit).map(({ ms, ...rest }) => ({ ...rest, ms: { ...ms } })),
      });
    },
  });
}

/** The width of a chart's points: at most about 750 of them, and raw observations for a few hours. */
function resolved(asked: (typeof RESOLUTIONS)[number], spanMs: number): Resolution | 'raw' {
  if (asked !== 'auto') return asked;
  if (spanMs <= 6 * HOUR_MS) return 'raw';
  if (spanMs <= 2 * DAY_MS) return '5m';
  return spanMs <= 31 * DAY_MS ? '1h' : '1d';
}

/** A transition as callers see it: they know their organization. */
export function shown({ collection, id, at, recordedAt, from, to, code, text, cause }: TransitionRow): JsonObject {
  return { collection, id, at, recordedAt, from, to, code, text, cause };
}

const inventorySchema = z
  .object({
    at: z.int(),
    era: z.string(),
    fingerprint: z.string(),
    tools: z.array(z.looseObject({ name: z.string(), hash: z.string() })),
  })
  .meta({ id: 'Inventory' });

function partOf(document: Json | null, name: 'current' | 'accepted'): Json {
  if (typeof document !== 'object' || document === null || !(name in document)) return null;
  const part: unknown = Reflect.get(document, name);
  return part === null ? null : asObject(part);
}

function inventoryRoute({ live, store }: HttpDeps): Route {
  return route({
    method: 'GET',
    path: '/v1/services/{id}/inventory',
    access: 'services:read',
    tag: 'services',
    summary: 'The tools an MCP server listed last, and those a person accepted',
    answers: {
      ...answersOf('not_found'),
      200: {
        description: 'Both null until tools were listed',
        schema: z.object({ inventory: inventorySchema.nullable(), accepted: inventorySchema.nullable() }),
      },
    },
    handle: async ({ principal, params }) => {
      const id = params['id'] ?? '';
      if (live.get(principal.org, 'services', id) === null)
        throw new RefusedError({ code: 'not_found', message: `no record services/${id}` });
      const kept = await store.document('inventory', principal.org, id);
      return json({ inventory: partOf(kept, 'current'), accepted: partOf(kept, 'accepted') });
    },
  });
}
