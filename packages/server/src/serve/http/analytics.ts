import type { Json } from '@statewire/protocol';
import { z } from 'zod';
import { analyse, type Analytics } from '../../derive/analytics/analyse.ts';
import { windowOf, WINDOWS } from '../../derive/analytics/window.ts';
import { authorize } from '../../publish/access.ts';
import { gather, type Asked } from './analytics-input.ts';
import { csv } from './csv.ts';
import type { HttpDeps } from './deps.ts';
import { json, must, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

const lineSchema = z.object({ values: z.array(z.number().nullable()) });
const comparedSchema = z.object({ now: z.number().nullable(), before: z.number().nullable() });
const trendSchema = lineSchema.extend(comparedSchema.shape);
const troubleSchema = trendSchema.extend({ ackMs: comparedSchema, recoverMs: comparedSchema });

const metricSchema = z.object({
  id: z.string(),
  title: z.string(),
  unit: z.string(),
  kind: z.string(),
  value: z.number().nullable(),
  target: z.number().nullable(),
  trend: z.object({ h1: z.number().nullable(), d1: z.number().nullable(), d7: z.number().nullable() }),
  values: z.array(z.number().nullable()),
});

const analyticsSchema = z
  .object({
    from: z.int(),
    to: z.int(),
    before: z.object({ from: z.int(), to: z.int() }),
    widthMs: z.int(),
    at: z.array(z.int()),
    uptime: trendSchema.extend({ coverage: z.array(z.number()) }),
    latency: z.object({ p50: trendSchema, p95: trendSchema }),
    alerts: troubleSchema.extend({ byRule: z.array(z.object({ rule: z.string(), name: z.string(), count: z.int() })) }),
    incidents: troubleSchema,
    runs: z.object({ ended: trendSchema, failed: trendSchema, failureRate: comparedSchema }),
    connections: z.object({ uptime: trendSchema, p95: trendSchema, count: z.int() }),
    services: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        kind: z.string(),
        group: z.string(),
        pct: z.number().nullable(),
        pctBefore: z.number().nullable(),
        coverage: z.number(),
        downMs: z.int(),
        outages: z.int(),
        alerts: z.int(),
        p50: z.number().nullable(),
        p95: z.number().nullable(),
      }),
    ),
    groups: z.array(
      z.object({
        name: z.string(),
        services: z.int(),
        pct: z.number().nullable(),
        downMs: z.int(),
        alerts: z.int(),
      }),
    ),
    metrics: z.array(metricSchema),
    derived: z.array(metricSchema),
    counted: z.object({ services: z.int(), of: z.int(), connections: z.int() }),
  })
  .meta({ id: 'Analytics', description: 'Null where nothing was counted, never 0 or 100' });

const query = z.strictObject({
  window: z.enum(WINDOWS).default('7d').meta({ description: '24h by hours; 7d, 30d, 90d by UTC days' }),
  kind: z.string().max(64).optional().meta({ description: 'Only services of this kind' }),
  group: z.string().max(128).optional().meta({ description: 'Only services of this group' }),
  label: z
    .string()
    .max(257)
    .regex(/^[^=]+(?:=.*)?$/u, 'a label such as env=prod, or its key')
    .optional()
    .meta({ description: 'Only services with this label: `env=prod`, or `env` whatever its value' }),
  format: z.enum(['json', 'csv']).default('json'),
  table: z
    .enum(['slots', 'services', 'rules'])
    .default('slots')
    .meta({ description: 'With format csv: a row per slot, per service or per rule' }),
});

/** Trends over days and weeks, from what is kept of every record. */
export function analyticsRoutes(deps: HttpDeps): readonly Route[] {
  const cache = new Brief<Told>(deps.clock, deps.limits);
  return [
    route({
      method: 'GET',
      path: '/v1/analytics',
      access: 'services:read',
      tag: 'overview',
      summary: 'Uptime, latency, alerts, incidents, runs and metrics over a window, beside the window before',
      query,
      answers: {
        ...answersOf('bad_request'),
        200: { description: 'Services noisiest first; at most so many as are counted', schema: analyticsSchema },
      },
      handle: async ({ principal, query: { format, table, ...asked } }) => {
        must(authorize(principal, 'read', 'services'));
        // What a caller may not read is not in the answer; callers of the same sight share one.
        const sight = SECTIONS.filter((name) => authorize(principal, 'read', name).ok);
        const key = JSON.stringify([principal.org, sight, asked]);
        const told = await cache.get(key, () => tell(deps, principal.org, sight, asked));
        if (format === 'json') return json(told);
        const { columns, rows } = TABLES[table](told);
        return new Response(csv(columns, rows), {
          headers: {
            'content-type': 'text/csv; charset=utf-8',
            'cache-control': 'no-store',
            'content-disposition': `attachment; filename="analytics-${table}-${asked.window}.csv"`,
          },
        });
      },
    }),
  ];
}

/** Collections that an answer is made of beside the services. */
const SECTIONS = ['connections', 'alerts', 'incidents', 'jobs', 'executions', 'metrics'] as const;

export type Section = (typeof SECTIONS)[number];

interface Told extends Omit<Analytics, 'alerts'> {
  readonly alerts: Omit<Analytics['alerts'], 'byRule'> & {
    readonly byRule: readonly { readonly rule: string; readonly name: string; readonly count: number }[];
  };
  readonly metrics: Awaited<ReturnType<typeof gather>>['metrics'];
  readonly derived: Awaited<ReturnType<typeof gather>>['derived'];
  readonly counted: { readonly services: number; readonly of: number; readonly connections: number };
}

async function tell(deps: HttpDeps, org: string, sight: readonly Section[], asked: Asked): Promise<Told> {
  const now = deps.clock.now();
  const slots = windowOf(asked.window, now);
  const { input, metrics, derived, of, ruleNames } = await gather(deps, { org, sight, asked, slots, now });
  const found = analyse(input);
  return {
    ...found,
    services: found.services.slice(0, deps.limits.analyticsLinesMax),
    alerts: {
      ...found.alerts,
      byRule: found.alerts.byRule.map((each) => ({ ...each, name: ruleNames.get(each.rule) ?? each.rule })),
    },
    metrics,
    derived,
    counted: { services: input.services.length, of, connections: input.connections.length },
  };
}

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, Json>>[];
}

const TABLES: Readonly<Record<z.output<typeof query>['table'], (told: Told) => Table>> = {
  slots: (told) => ({
    columns: [
      'at',
      'uptimePct',
      'coverage',
      'p50',
      'p95',
      'alerts',
      'incidents',
      'runsEnded',
      'runsFailed',
      'connectionsPct',
      ...[...told.metrics, ...told.derived].map(({ id }) => `metric:${id}`),
    ],
    rows: told.at.map((at, i) => ({
      at: new Date(at).toISOString(),
      uptimePct: told.uptime.values[i] ?? null,
      coverage: told.uptime.coverage[i] ?? null,
      p50: told.latency.p50.values[i] ?? null,
      p95: told.latency.p95.values[i] ?? null,
      alerts: told.alerts.values[i] ?? null,
      incidents: told.incidents.values[i] ?? null,
      runsEnded: told.runs.ended.values[i] ?? null,
      runsFailed: told.runs.failed.values[i] ?? null,
      connectionsPct: told.connections.uptime.values[i] ?? null,
      ...Object.fromEntries(
        [...told.metrics, ...told.derived].map(({ id, values }) => [`metric:${id}`, values[i] ?? null]),
      ),
    })),
  }),
  services: (told) => ({
    columns: [
      'id',
      'name',
      'kind',
      'group',
      'pct',
      'pctBefore',
      'coverage',
      'downMs',
      'outages',
      'alerts',
      'p50',
      'p95',
    ],
    rows: told.services.map((line) => ({ ...line })),
  }),
  rules: (told) => ({ columns: ['rule', 'name', 'count'], rows: told.alerts.byRule.map((line) => ({ ...line })) }),
};

/** Answers that are good for a while. Whoever asks for what is being worked out waits for that. */
class Brief<T> {
  readonly #clock: HttpDeps['clock'];
  readonly #limits: Pick<HttpDeps['limits'], 'analyticsAnswersMax' | 'analyticsFreshMs'>;
  readonly #held = new Map<string, { readonly at: number; readonly answer: Promise<T> }>();

  constructor(clock: HttpDeps['clock'], limits: HttpDeps['limits']) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    const held = this.#held.get(key);
    if (held !== undefined && this.#clock.mono() - held.at < this.#limits.analyticsFreshMs) return held.answer;
    this.#held.delete(key);
    const answer = make();
    this.#held.set(key, { at: this.#clock.mono(), answer });
    // What failed is not an answer: the next caller tries again.
    answer.catch(() => this.#held.delete(key));
    const [oldest] = this.#held.keys();
    if (this.#held.size > this.#limits.analyticsAnswersMax && oldest !== undefined) this.#held.delete(oldest);
    return answer;
  }
}
