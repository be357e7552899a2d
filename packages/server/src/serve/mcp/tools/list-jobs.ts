import { RUN_STATES, TERMINAL_RUN_STATES } from '@statewire/model';
import { z } from 'zod';
import { briefOf, briefShape, lineOf, part, statusOf } from '../brief.ts';
import { quoted, tool, type AnyTool } from '../tool.ts';

/** Long work: what runs, how far it is, what failed. */
export const listJobs: AnyTool = tool({
  name: 'list_jobs',
  title: 'List jobs and runs',
  description:
    'Lists jobs (streams, scans, bulk operations) and runs of agents with their progress, newest first. Without `state`: those that have not ended.',
  input: z.object({
    state: z.literal([...RUN_STATES]).optional(),
    limit: z.int().min(1).max(100).default(20),
  }),
  output: z.object({
    items: z.array(
      z.object({
        ...briefShape,
        pct: z.number().nullable(),
        done: z.number().nullable(),
        total: z.number().nullable(),
        message: z.string(),
        etaMs: z.number().nullable(),
      }),
    ),
    found: z.int(),
  }),
  isOffered: (desk) => desk.mayRead('jobs'),
  run: (desk, { state, limit }) => {
    const ended: ReadonlySet<string> = new Set(TERMINAL_RUN_STATES);
    const found = (['jobs', 'executions'] as const)
      .flatMap((collection) => Array.from(desk.entries(collection), (entry) => ({ collection, entry })))
      .filter(({ entry: { row } }) => (state === undefined ? !ended.has(statusOf(row)) : row['state'] === state))
      .toSorted((a, b) => startOf(b.entry.row) - startOf(a.entry.row));
    const items = found.slice(0, limit).map(({ collection, entry }) => {
      const { progress, etaMs } = entry.row;
      return {
        ...briefOf(collection, entry, desk.now),
        pct: numberOf(part(progress, 'pct')),
        done: numberOf(part(progress, 'done')),
        total: numberOf(part(progress, 'total')),
        message: quoted(part(progress, 'message')),
        etaMs: numberOf(etaMs),
      };
    });
    const head = found.length === 0 ? 'No such job.' : `${found.length} jobs and runs:`;
    const lines = items.map(
      (each) =>
        `${lineOf(each)} (${each.pct === null ? `${each.done ?? 0} done` : `${each.pct} %`}${each.message === '' ? '' : `, ${each.message}`})`,
    );
    return { text: [head, ...lines].join('\n'), data: { items, found: found.length } };
  },
});

function startOf({ startedAt, createdAt }: Readonly<Record<string, unknown>>): number {
  return numberOf(startedAt) ?? numberOf(createdAt) ?? 0;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
