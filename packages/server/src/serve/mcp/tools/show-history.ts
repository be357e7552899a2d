import { z } from 'zod';
import { span } from '../../../derive/alerts/say.ts';
import { averageOf, quantile } from '../../../derive/history/measure.ts';
import { briefOf, briefShape, isoOf, lineOf } from '../brief.ts';
import { STATUS_SUBJECTS } from '../desk.ts';
import { need, refused, tool, type AnyTool } from '../tool.ts';
import { transitionSchema, transitionsOf } from '../transitions.ts';

const HOUR_MS = 3_600_000;

const WINDOWS = { '1h': 1, '6h': 6, '24h': 24, '7d': 168, '30d': 720, '90d': 2_160 } as const;

/** What became of one record. */
export const showHistory: AnyTool = tool({
  name: 'show_history',
  title: 'Show the history of a record',
  description:
    'Uptime (percent of the counted time, null where nothing was counted), outages, latency percentiles and the confirmed changes of one service, agent or connection over a window.',
  input: z.object({
    record: z.string().min(1).max(200).describe('collection/id such as services/shop, an id, or an exact name'),
    window: z.literal(['1h', '6h', '24h', '7d', '30d', '90d']).default('24h'),
    limit: z.int().min(1).max(100).default(20).describe('Changes and outages listed'),
  }),
  output: z.object({
    record: z.object(briefShape),
    from: z.string().nullable(),
    to: z.string().nullable(),
    uptimePct: z.number().nullable(),
    coverage: z.number().describe('Share of the window that was counted, 0 to 1'),
    downFor: z.string(),
    outages: z.object({
      count: z.int(),
      longest: z.string(),
      list: z.array(z.object({ from: z.string().nullable(), to: z.string().nullable(), lasted: z.string() })),
    }),
    checks: z.int(),
    failedChecks: z.int(),
    latencyMs: z.object({
      average: z.number().nullable(),
      p50: z.number().nullable(),
      p95: z.number().nullable(),
      p99: z.number().nullable(),
      max: z.number().nullable(),
    }),
    transitions: z.array(transitionSchema),
  }),
  isOffered: (desk) => desk.mayRead('services'),
  run: async (desk, { record, window, limit }) => {
    const { collection, entry } = need(desk.resolve(record, STATUS_SUBJECTS));
    const subject = { org: desk.org, collection, id: entry.id };
    const fromMs = WINDOWS[window] * HOUR_MS;
    const asked = { from: desk.now + 1 - fromMs, to: desk.now + 1 };
    const { history } = desk.deps;
    const [uptime, measure, transitions] = await Promise.all([
      history.uptimeOver(subject, asked),
      history.measure(subject, asked),
      transitionsOf(desk, subject, { fromMs, limit }),
    ]);
    if (uptime === null) refused({ code: 'not_found', message: `there is no record ${collection}/${entry.id}` });
    const { outages, pct, coverage, ms } = uptime;
    const brief = briefOf(collection, entry, desk.now);
    const latencyMs = {
      average: averageOf(measure),
      p50: quantile(measure, 0.5),
      p95: quantile(measure, 0.95),
      p99: quantile(measure, 0.99),
      max: measure.max,
    };
    const lines = [
      lineOf(brief).slice(2),
      `Last ${window}: uptime ${pct === null ? 'not counted' : `${pct} %`} (${Math.round(coverage * 100)} % of the window counted), ${outages.count} outages, down for ${span(ms.down)}.`,
      `${measure.checks} checks, ${measure.bad} failed; latency p50 ${said(latencyMs.p50)}, p95 ${said(latencyMs.p95)}, max ${said(latencyMs.max)}.`,
      ...transitions.map(
        ({ at, from, to, text }) => `  ${at ?? ''}: ${from} -> ${to}${text === '' ? '' : ` (${text})`}`,
      ),
    ];
    return {
      text: lines.join('\n'),
      data: {
        record: brief,
        from: isoOf(asked.from),
        to: isoOf(asked.to),
        uptimePct: pct,
        coverage,
        downFor: span(ms.down),
        outages: {
          count: outages.count,
          longest: span(outages.longestMs),
          list: outages.list.slice(0, limit).map((each) => ({
            from: isoOf(each.from),
            to: isoOf(each.to),
            lasted: span(each.ms),
          })),
        },
        checks: measure.checks,
        failedChecks: measure.bad,
        latencyMs,
        transitions: [...transitions],
      },
    };
  },
});

function said(ms: number | null): string {
  return ms === null ? 'not measured' : `${Math.round(ms)} ms`;
}
