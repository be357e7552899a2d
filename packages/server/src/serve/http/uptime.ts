import type { Collection } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { averageOf, quantile, type Measure } from '../../derive/history/measure.ts';
import type { MonthRow } from '../../keep/history-store.ts';
import { successPct, type WindowUptime } from '../../keep/past.ts';
import { authorize } from '../../publish/access.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';
import { spanOf, windowQuery } from './window.ts';

export const tallySchema: z.ZodType = z
  .object({
    up: z.int(),
    degraded: z.int(),
    down: z.int(),
    unknown: z.int(),
    pending: z.int(),
    maintenance: z.int(),
    paused: z.int(),
  })
  .meta({ id: 'Tally', description: 'Milliseconds in each status' });

const percentSchema = z.number().min(0).max(100).nullable();
const shareSchema = z.number().min(0).max(1);

const uptimeSchema = z
  .object({
    from: z.int(),
    to: z.int(),
    pct: percentSchema,
    strictPct: percentSchema,
    coverage: shareSchema,
    ms: tallySchema,
    outages: z.object({
      count: z.int(),
      longestMs: z.int(),
      list: z.array(z.object({ from: z.int(), to: z.int().nullable(), ms: z.int() })),
    }),
    checks: z.int(),
    bad: z.int(),
    successPct: percentSchema,
    latency: z.object({
      min: z.number().nullable(),
      avg: z.number().nullable(),
      max: z.number().nullable(),
      p50: z.number().nullable(),
      p95: z.number().nullable(),
      p99: z.number().nullable(),
    }),
  })
  .meta({ id: 'Uptime', description: 'Uptime within a window; null where nothing was counted, never 0 or 100' });

const monthSchema = z
  .object({
    month: z.string(),
    isFrozen: z.boolean(),
    frozenAt: z.int().nullable(),
    pct: percentSchema,
    strictPct: percentSchema,
    coverage: shareSchema,
    ms: tallySchema,
    outages: z.int(),
    longestMs: z.int(),
    corrections: z.array(
      z.object({
        at: z.int(),
        cause: z.string(),
        pct: percentSchema,
        strictPct: percentSchema,
        coverage: shareSchema,
        ms: tallySchema,
      }),
    ),
  })
  .meta({ id: 'Month', description: 'The value of a month as it was frozen, and what corrected it afterwards' });

/** Uptime of one record, of all records of a collection, and by months. */
export function uptimeRoutes(deps: HttpDeps): readonly Route[] {
  const collections = Object.values(deps.collections).filter(({ kind }) => kind === 'status');
  return [
    allRoute(deps, collections),
    ...collections.flatMap((collection) => [oneRoute(deps, collection), monthsRoute(deps, collection)]),
  ];
}

function oneRoute({ live, history, clock }: HttpDeps, { name }: Collection): Route {
  return route({
    method: 'GET',
    path: `/v1/${name}/{id}/uptime`,
    access: `${name}:read`,
    tag: name,
    summary: `Uptime, outages and latency of a record of ${name} within a window`,
    query: z.strictObject(windowQuery),
    answers: {
      ...answersOf('not_found', 'bad_request'),
      200: { description: 'Outages newest first, at most 100 of them', schema: uptimeSchema },
    },
    handle: async ({ principal, params, query }) => {
      const id = params['id'] ?? '';
      must(authorize(principal, 'read', name));
      const subject = { org: principal.org, collection: name, id };
      const span = spanOf(query, clock.now());
      const uptime = live.get(principal.org, name, id) === null ? null : await history.uptimeOver(subject, span);
      if (uptime === null) throw new RefusedError({ code: 'not_found', message: `no record ${name}/${id}` });
      return json({ ...shownUptime(uptime), ...shownMeasure(await history.measure(subject, span)) });
    },
  });
}

function allRoute({ live, history, clock }: HttpDeps, collections: readonly Collection[]): Route {
  return route({
    method: 'GET',
    path: '/v1/uptime',
    access: 'services:read',
    tag: 'services',
    summary: 'Uptime of every record of a collection within a window, for pages and reports',
    query: z.strictObject({
      ...windowQuery,
      collection: z
        .string()
        .refine((given) => collections.some(({ name }) => name === given), {
          error: collections.map(({ name }) => name).join(', '),
        })
        .default('services'),
    }),
    answers: {
      ...answersOf('bad_request'),
      200: {
        description: 'One row per record, in the order of their ids',
        schema: z.object({
          from: z.int(),
          to: z.int(),
          collection: z.string(),
          rows: z.array(
            z.object({
              id: z.string(),
              name: z.string(),
              pct: percentSchema,
              strictPct: percentSchema,
              coverage: shareSchema,
              downMs: z.int(),
              outages: z.int(),
              longestMs: z.int(),
            }),
          ),
        }),
      },
    },
    handle: async ({ principal, query }) => {
      const { collection } = query;
      must(authorize(principal, 'read', collection));
      const span = spanOf(query, clock.now());
      const uptimes = await history.uptimes(principal.org, collection, span);
      const rows = [...uptimes]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([id, { pct, strictPct, coverage, ms, outages }]) => {
          const name = live.get(principal.org, collection, id)?.row['name'];
          return {
            id,
            name: typeof name === 'string' ? name : id,
            pct,
            strictPct,
            coverage,
            downMs: ms.down,
            outages: outages.count,
            longestMs: outages.longestMs,
          };
        });
      return json({ ...span, collection, rows });
    },
  });
}

function monthsRoute({ live, history }: HttpDeps, { name }: Collection): Route {
  return route({
    method: 'GET',
    path: `/v1/${name}/{id}/months`,
    access: `${name}:read`,
    tag: name,
    summary: `Frozen monthly uptime of a record of ${name}, newest first`,
    answers: {
      ...answersOf('not_found'),
      200: {
        description: 'Months that are frozen; others are asked for with /uptime?month=',
        schema: z.object({ months: z.array(monthSchema) }),
      },
    },
    handle: async ({ principal, params }) => {
      const id = params['id'] ?? '';
      must(authorize(principal, 'read', name));
      if (live.get(principal.org, name, id) === null)
        throw new RefusedError({ code: 'not_found', message: `no record ${name}/${id}` });
      const rows = await history.months({ org: principal.org, collection: name, id });
      return json({ months: [...Map.groupBy(rows, ({ month }) => month).values()].map(shownMonth) });
    },
  });
}

function shownUptime({ from, to, pct, strictPct, coverage, ms, outages }: WindowUptime): JsonObject {
  const { count, longestMs, list } = outages;
  return {
    from,
    to,
    pct,
    strictPct,
    coverage,
    ms: { ...ms },
    outages: { count, longestMs, list: list.map((outage) => ({ ...outage })) },
  };
}

function shownMeasure(measure: Measure): JsonObject {
  const { checks, bad, min, max } = measure;
  return {
    checks,
    bad,
    successPct: successPct(measure),
    latency: {
      min,
      avg: averageOf(measure),
      max,
      p50: quantile(measure, 0.5),
      p95: quantile(measure, 0.95),
      p99: quantile(measure, 0.99),
    },
  };
}

/** A month as it was frozen, with its corrections. */
function shownMonth(rows: readonly MonthRow[]): JsonObject {
  const [frozen, ...corrections] = rows;
  if (frozen === undefined) return {};
  const { time, ...value } = frozen.value;
  return {
    month: frozen.month,
    isFrozen: true,
    frozenAt: frozen.at,
    ...value,
    ms: { ...time },
    corrections: corrections.map(({ at, cause, value: { time: ms, pct, strictPct, coverage } }) => ({
      at,
      cause,
      pct,
      strictPct,
      coverage,
      ms: { ...ms },
    })),
  };
}
