/** How work on many records is asked for, over a live connection and by REST. */
import { z } from 'zod';
import type { Args } from './verb.ts';

const idText = z.string().min(1).max(128);

/** Arguments of the command that starts a bulk job over a live connection. */
export const bulkArgs: z.ZodType<Args> = z
  .strictObject({
    collection: z.string().max(64),
    ids: z.array(idText).min(1).max(20_000).optional(),
    where: z.json().optional(),
    op: z.string().min(1).max(64),
    fields: z.record(z.string(), z.json()).optional(),
  })
  .refine(({ ids, where }) => (ids === undefined) !== (where === undefined), {
    error: 'expected either ids or where',
  });

/** Body of `POST /v1/<collection>/bulk` for a job. */
export const bulkBody: z.ZodType = z
  .strictObject({
    ids: z.array(idText).min(1).max(20_000).optional(),
    where: z.json().optional().meta({ description: 'A filter: those that pass it now' }),
    op: z.string().min(1).max(64).meta({ description: '`change`, `label`, `delete`, or a command of the collection' }),
    fields: z
      .record(z.string(), z.json())
      .optional()
      .meta({ description: 'With `change` the fields; with `label` {set, unset}; with a command its arguments' }),
  })
  .refine(({ ids, where }) => (ids === undefined) !== (where === undefined), {
    error: 'expected either ids or where',
  });
