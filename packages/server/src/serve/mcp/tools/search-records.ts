import { z } from 'zod';
import type { LiveEntry } from '../../http/deps.ts';
import { briefOf, briefShape, lineOf, statusOf, type Brief } from '../brief.ts';
import { nameOf, SUBJECTS } from '../desk.ts';
import { tool, type AnyTool } from '../tool.ts';

/** Finds records by what people call them. */
export const searchRecords: AnyTool = tool({
  name: 'search_records',
  title: 'Search records',
  description:
    'Finds records by a piece of their name, id, kind, target or labels (key or value), optionally only of some collections and statuses. Use it to learn the id of something.',
  input: z.object({
    query: z.string().max(200).default('').describe('Words that all must occur; empty finds everything'),
    collections: z
      .array(z.enum(SUBJECTS))
      .min(1)
      .max(SUBJECTS.length)
      .default(['services', 'agents', 'jobs', 'incidents']),
    status: z.string().max(40).optional().describe('Only with this status or state, such as down, running, firing'),
    limit: z.int().min(1).max(100).default(20),
  }),
  output: z.object({ items: z.array(z.object(briefShape)), found: z.int() }),
  isOffered: (desk) => SUBJECTS.some((collection) => desk.mayRead(collection)),
  run: (desk, { query, collections, status, limit }) => {
    const words = query.toLowerCase().split(/\s+/u).filter(Boolean).slice(0, 10);
    const items: Brief[] = [];
    let found = 0;
    for (const collection of new Set(collections)) {
      for (const entry of desk.entries(collection)) {
        if (status !== undefined && statusOf(entry.row) !== status) continue;
        if (words.length > 0) {
          const text = haystack(entry.id, entry.row);
          if (!words.every((word) => text.includes(word))) continue;
        }
        found += 1;
        if (items.length < limit) items.push(briefOf(collection, entry, desk.now));
      }
    }
    const head =
      found === 0 ? 'Found nothing.' : `Found ${found}${found > items.length ? `, the first ${items.length}` : ''}:`;
    return { text: [head, ...items.map(lineOf)].join('\n'), data: { items, found } };
  },
});

function haystack(id: string, row: LiveEntry['row']): string {
  const { kind, target, group, labels } = row;
  const said = [kind, target, group].filter((each) => typeof each === 'string');
  const labelled =
    typeof labels === 'object' && labels !== null
      ? Object.entries(labels).map(([key, value]: [string, unknown]) =>
          typeof value === 'string' ? `${key}:${value}` : key,
        )
      : [];
  return [id, nameOf(row), ...said, ...labelled].join('\n').toLowerCase();
}
