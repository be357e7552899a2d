import { z } from 'zod';
import { briefOf, briefShape, isoOf, lineOf, type Brief } from '../brief.ts';
import { STATUS_SUBJECTS, type Desk } from '../desk.ts';
import { tool, type AnyTool } from '../tool.ts';

const STATES = ['down', 'degraded', 'suspicious', 'unknown'] as const;

/** What is not well, worst first: the first question anybody asks. */
export const listDown: AnyTool = tool({
  name: 'list_down',
  title: 'What is down',
  description:
    'Lists what needs attention now, worst first: down, degraded, suspicious (something speaks against it and is not confirmed yet) and unknown. Start here. Counts cover everything; maintenance and paused are not problems.',
  input: z.object({
    collections: z
      .array(z.enum(STATUS_SUBJECTS))
      .min(1)
      .max(3)
      .default(['services', 'agents'])
      .describe('Default services and agents'),
    states: z
      .array(z.enum(STATES))
      .min(1)
      .max(4)
      .default([...STATES]),
    limit: z.int().min(1).max(100).default(30),
  }),
  output: z.object({
    asOf: z.string().nullable(),
    counts: z.record(z.string(), z.int()),
    items: z.array(z.object(briefShape)),
    more: z.int().describe('How many more there are than listed'),
  }),
  isOffered: (desk) => desk.mayRead('services'),
  run: (desk, { collections, states, limit }) => {
    const counts: Record<string, number> = { total: 0, up: 0, down: 0, degraded: 0, unknown: 0, suspicious: 0 };
    const found: { readonly brief: Brief; readonly rank: number }[] = [];
    for (const { brief } of looked(desk, collections)) {
      counts['total'] = (counts['total'] ?? 0) + 1;
      counts[brief.status] = (counts[brief.status] ?? 0) + 1;
      const isSuspicious = brief.suspicion !== null;
      if (isSuspicious) counts['suspicious'] = (counts['suspicious'] ?? 0) + 1;
      const state = STATES.find((each) => each === brief.status) ?? (isSuspicious ? 'suspicious' : null);
      if (state !== null && states.includes(state)) found.push({ brief, rank: STATES.indexOf(state) });
      else if (isSuspicious && states.includes('suspicious')) found.push({ brief, rank: STATES.indexOf('suspicious') });
    }
    // Worst first; of equals what began last, because that is what somebody is asking about.
    found.sort((a, b) => a.rank - b.rank || (b.brief.since ?? '').localeCompare(a.brief.since ?? ''));
    const items = found.slice(0, limit).map(({ brief }) => brief);
    const more = found.length - items.length;
    const total = counts['total'] ?? 0;
    const head =
      found.length === 0
        ? `Nothing needs attention: none of ${total} is ${states.join(', ')}.`
        : `${found.length} of ${total} need attention: ${STATES.map((state) => `${counts[state] ?? 0} ${state}`).join(', ')}.`;
    const tail = more > 0 ? [`and ${more} more; ask with a higher limit or fewer states`] : [];
    return {
      text: [head, ...items.map(lineOf), ...tail].join('\n'),
      data: { asOf: isoOf(desk.now), counts, items, more },
    };
  },
});

function* looked(desk: Desk, collections: readonly string[]): Generator<{ readonly brief: Brief }> {
  for (const collection of new Set(collections)) {
    for (const entry of desk.entries(collection)) yield { brief: briefOf(collection, entry, desk.now) };
  }
}
