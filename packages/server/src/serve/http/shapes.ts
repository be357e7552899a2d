import { assert, codes, type Code, type JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { RefusedError } from './problem.ts';
import type { Answer } from './router.ts';

/** Pieces of schemas and answers that several routes share. */

export const problemSchema: z.ZodType = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    found: z.string().optional(),
    expected: z.string().optional(),
    do: z.string(),
    retry: z.enum(['never', 'later', 'changed']),
  })
  .meta({ description: 'An RFC 9457 problem document. `code` is for programs; `do` says the next step.' });

/** What became of one record of many. */
export const resultSchema: z.ZodType = z.object({
  id: z.string(),
  ok: z.boolean(),
  version: z.int().optional(),
  instructions: z.int().optional().meta({ description: 'Of an agent: instructions that wait for its answer' }),
  code: z.string().optional(),
  message: z.string().optional(),
});

/** Documents refusals, one line per HTTP status. What every route may answer is added by openapi.ts. */
export function answersOf(...named: readonly Code[]): Readonly<Record<number, Answer>> {
  const byStatus = Map.groupBy(named, (code) => codes[code].http);
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      {
        description: of.map((code) => `\`${code}\`: ${codes[code].meaning}`).join(' '),
        schema: problemSchema,
        type: 'application/problem+json',
      },
    ]),
  );
}

/** The value as what it is after a strict object schema let JSON through. */
export function asObject(value: unknown): JsonObject {
  assert(isObject(value), 'a value that passed an object schema is an object');
  return value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The id inside the answer to a write, or null. */
export function idOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return isObject(value) && typeof value['id'] === 'string' ? value['id'] : null;
}

/** A span of time in epoch milliseconds. */
export const instantQuery: z.ZodType<number, string> = z
  .string()
  .regex(/^\d{1,15}$/u, 'epoch milliseconds')
  .transform(Number);

/** Cursors are opaque on purpose: their inside may change, an old one is then refused. */
export function writeCursor(position: number): string {
  return Buffer.from(`c1:${position}`).toString('base64url');
}

export function readCursor(cursor: string): number {
  const match = /^c1:(\d{1,15})$/u.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (match?.[1] === undefined)
    throw new RefusedError({
      code: 'bad_request',
      message: 'the cursor is not one of ours',
      expected: '`next` of the page before',
      do: 'start again without a cursor',
    });
  return Number(match[1]);
}
