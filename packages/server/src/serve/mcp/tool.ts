import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Failure, Result } from '@statewire/protocol';
import { RefusedError } from '../http/problem.ts';
import type { Desk } from './desk.ts';

/** A tool as it is registered for one caller. */
export interface AnyTool {
  readonly name: string;
  /** Is it there for this caller? */
  readonly isOffered: (desk: Desk) => boolean;
  readonly register: (server: McpServer, desk: Desk) => void;
}

/** What a tool says: words for the model, and the same as data. */
export interface Said<T> {
  readonly text: string;
  readonly data: T;
}

interface Spec<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  /** True when it changes something. */
  readonly writes?: boolean | undefined;
  readonly isOffered?: ((desk: Desk) => boolean) | undefined;
  readonly run: (desk: Desk, args: z.output<I>) => Promise<Said<z.output<O>>> | Said<z.output<O>>;
}

/** Describes a tool. What it throws as a refusal is told to the model; anything else is our mistake and says nothing of itself. */
export function tool<I extends z.ZodObject, O extends z.ZodObject>(spec: Spec<I, O>): AnyTool {
  const { name, title, description, input, output, writes = false, isOffered = () => true, run } = spec;
  return {
    name,
    isOffered,
    register(server, desk) {
      server.registerTool<z.ZodObject, z.ZodObject>(
        name,
        {
          title,
          description,
          inputSchema: input,
          outputSchema: output,
          annotations: { readOnlyHint: !writes, destructiveHint: false, idempotentHint: true, openWorldHint: false },
        },
        async (args: unknown) => {
          try {
            // The same schema again: what the library hands on is typed by none of ours.
            const { text, data } = await run(desk, input.parse(args));
            return {
              content: [{ type: 'text', text: clipped(text, TEXT_MAX) }],
              structuredContent: { ...data },
            };
          } catch (error) {
            return { content: [{ type: 'text', text: wordsOf(error, desk, name) }], isError: true };
          }
        },
      );
    },
  };
}

/** The value, or the refusal as a thrown one. */
export function need<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new RefusedError(result);
}

/** Throws a refusal. */
export function refused(failure: Failure): never {
  throw new RefusedError(failure);
}

/** How a tool fails: the code for programs, the sentence for the model. */
function wordsOf(error: unknown, desk: Desk, name: string): string {
  if (error instanceof RefusedError) {
    const { code, message, do: advice } = error.refusal;
    return clipped(`${code}: ${message}${advice === undefined ? '' : `. ${advice}`}`, 1_000);
  }
  desk.deps.log.error({ err: error, tool: name }, 'a tool of /mcp failed');
  return 'internal: the server made a mistake; its log has it';
}

/** Text of others as one line of at most so many characters, without anything that could pass for more lines. */
export function quoted(text: unknown, max = 300): string {
  if (typeof text !== 'string') return '';
  return clipped(text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim(), max);
}

export function clipped(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/u, '')}…`;
}

/** Words of one answer; a model's attention is small. */
const TEXT_MAX = 12_000;
