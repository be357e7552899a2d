/** Topics as data: which views a topic is, and what is said of them. */
import { parseFilter, type Filter, type FilterJson } from '@statewire/protocol';
import { z } from 'zod';
import { fill, matchName, type Params } from '../pattern.ts';
import { filterSchema, shapeSchema, type Shape } from '../shape.ts';

/** All topics of one form, such as `agent:{id}:connections`. */
export interface Template {
  readonly topic: string;
  /** The word `type` of its messages. */
  readonly type: string;
  /** The first is the one the topic is about. */
  readonly views: Readonly<Record<string, ViewOf>>;
  /** `one`: one message for all of it; `list`: all records in each message; `each`: a message for each record that changes. */
  readonly say: 'each' | 'list' | 'one';
  readonly data: Shape;
  /** With `each`: what is said of a record that is there no more. */
  readonly gone?: Shape | undefined;
  /** What publishing on it reports; absent: nobody can. */
  readonly publish?: Publish | undefined;
}

export interface ViewOf {
  readonly collection: string;
  readonly filter?: FilterJson | undefined;
}

export interface Publish {
  readonly collection: string;
  /** `{id}`, or the places of the topic in another order. */
  readonly id: string;
  /** From the fields of what was published to those of a report. */
  readonly fields: Shape;
}

const pattern = z
  .string()
  .max(128)
  .regex(/^(?:[A-Za-z0-9_.:/-]|\{[a-z][A-Za-z0-9]{0,31}\})+$/u, 'a topic such as agent:{id}:connections');

export const viewSchema: z.ZodType<ViewOf> = z.strictObject({
  collection: z.string().min(1).max(64),
  filter: filterSchema.optional(),
});

const VIEWS_MAX = 4;

export const templateSchema: z.ZodType<Template> = z.strictObject({
  topic: pattern,
  type: z.string().min(1).max(64),
  views: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,31}$/u, 'a name'), viewSchema)
    .refine(
      (views) => Object.keys(views).length >= 1 && Object.keys(views).length <= VIEWS_MAX,
      `1 to ${VIEWS_MAX} views`,
    ),
  say: z.enum(['one', 'list', 'each']),
  data: shapeSchema,
  gone: shapeSchema.optional(),
  publish: z
    .strictObject({ collection: z.string().min(1).max(64), id: z.string().min(1).max(128), fields: shapeSchema })
    .optional(),
});

/** A topic by its name: its template and what stands in its places. The first that fits; null when none does. */
export function topicOf(
  templates: readonly Template[],
  name: string,
): { readonly template: Template; readonly params: Params } | null {
  for (const template of templates) {
    const params = matchName(template.topic, name);
    if (params !== null) return { template, params };
  }
  return null;
}

/** The filter of a view with its places filled. */
export function filterOf({ filter }: ViewOf, params: Params): Filter | null {
  const parsed = parseFilter(filter === undefined ? undefined : fill(filter, params));
  return parsed.ok ? parsed.value : null;
}
