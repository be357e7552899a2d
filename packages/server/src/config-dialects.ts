/** The part of the configuration file that says which wires of others are spoken, and in what words. */
import { z } from 'zod';
import { TOPICS_PATH } from './serve/dialects/topics/door.ts';
import { PACK as TOPICS } from './serve/dialects/topics/pack.ts';
import { templateSchema, type Template } from './serve/dialects/topics/template.ts';

export interface DialectsConfig {
  readonly topics: {
    /** Null: plain topics are not served. */
    readonly path: string | null;
    /** Those of the file first, then those that are built in. */
    readonly templates: readonly Template[];
  };
}

const path = z
  .string()
  .max(256)
  .regex(/^\/[A-Za-z0-9._~/-]+$/u, 'a path such as /ws/mcp-status');

const onOff = z.union([z.boolean(), z.enum(['on', 'off']).transform((word) => word === 'on')], 'on or off');

interface DialectsFile {
  readonly topics?:
    | {
        readonly on?: boolean | undefined;
        readonly path?: string | undefined;
        readonly templates?: readonly Template[] | undefined;
      }
    | undefined;
}

export const dialectsSchema: z.ZodType<DialectsFile> = z.strictObject({
  topics: z
    .strictObject({
      on: onOff.optional(),
      path: path.optional(),
      templates: z.array(templateSchema).max(256).optional(),
    })
    .optional(),
});

export function toDialects(file: DialectsFile | undefined): DialectsConfig {
  const { topics = {} } = file ?? {};
  return {
    topics: {
      path: topics.on === false ? null : (topics.path ?? TOPICS_PATH),
      templates: [...(topics.templates ?? []), ...TOPICS],
    },
  };
}
