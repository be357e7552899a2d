/** The part of the configuration file that says which wires of others are spoken, and in what words. */
import { z } from 'zod';
import { SOCKET_IO_PATH } from './serve/dialects/socketio/door.ts';
import {
  vocabularyOf,
  vocabularySchema,
  type Vocabulary,
  type VocabularyInput,
} from './serve/dialects/socketio/vocabulary.ts';
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
  readonly socketIo: {
    /** With a slash at the end; null: Socket.IO is not served. */
    readonly path: string | null;
    readonly pingIntervalMs: number;
    readonly pingTimeoutMs: number;
    /** The words of each namespace; `/` is the main one. */
    readonly namespaces: Readonly<Record<string, Vocabulary>>;
  };
}

const path = z
  .string()
  .max(256)
  .regex(/^\/[A-Za-z0-9._~/-]+$/u, 'a path such as /ws/mcp-status');

const onOff = z.union([z.boolean(), z.enum(['on', 'off']).transform((word) => word === 'on')], 'on or off');

/** Beside the main one. Each client may be in all of them over one connection. */
const NAMESPACES_MAX = 8;

interface Door {
  readonly on?: boolean | undefined;
  readonly path?: string | undefined;
}

interface DialectsFile {
  readonly topics?: (Door & { readonly templates?: readonly Template[] | undefined }) | undefined;
  readonly socketIo?:
    | (Door & {
        readonly pingIntervalMs?: number | undefined;
        readonly pingTimeoutMs?: number | undefined;
        readonly vocabulary?: VocabularyInput | undefined;
        readonly namespaces?: Readonly<Record<string, VocabularyInput>> | undefined;
      })
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
  socketIo: z
    .strictObject({
      on: onOff.optional(),
      path: path.optional(),
      pingIntervalMs: z.int().min(100).max(300_000).optional(),
      pingTimeoutMs: z.int().min(100).max(300_000).optional(),
      vocabulary: vocabularySchema.optional(),
      namespaces: z
        .record(
          z
            .string()
            .max(64)
            .regex(/^\/[A-Za-z0-9._~/-]+$/u, 'a namespace such as /admin'),
          vocabularySchema,
        )
        .refine((all) => Object.keys(all).length <= NAMESPACES_MAX, `at most ${NAMESPACES_MAX} namespaces`)
        .optional(),
    })
    .optional(),
});

export function toDialects(file: DialectsFile | undefined): DialectsConfig {
  const { topics = {}, socketIo = {} } = file ?? {};
  const at = socketIo.path ?? SOCKET_IO_PATH;
  return {
    topics: {
      path: topics.on === false ? null : (topics.path ?? TOPICS_PATH),
      templates: [...(topics.templates ?? []), ...TOPICS],
    },
    socketIo: {
      path: socketIo.on === false ? null : at.endsWith('/') ? at : `${at}/`,
      pingIntervalMs: socketIo.pingIntervalMs ?? 25_000,
      pingTimeoutMs: socketIo.pingTimeoutMs ?? 20_000,
      namespaces: {
        ...Object.fromEntries(
          Object.entries(socketIo.namespaces ?? {}).map(([name, words]) => [name, vocabularyOf(words)] as const),
        ),
        '/': vocabularyOf(socketIo.vocabulary),
      },
    },
  };
}
