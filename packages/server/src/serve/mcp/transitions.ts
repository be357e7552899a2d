import { z } from 'zod';
import { isoOf } from './brief.ts';
import type { Desk } from './desk.ts';
import { quoted } from './tool.ts';

/** One confirmed change, as a model is told of it. */
export interface Told {
  readonly at: string | null;
  readonly from: string;
  readonly to: string;
  readonly code: string;
  readonly text: string;
  readonly cause: string;
}

export const transitionSchema: z.ZodType<Told> = z.object({
  at: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  code: z.string(),
  text: z.string(),
  cause: z.string(),
});

/** The last confirmed changes of a record, newest first. */
export async function transitionsOf(
  { deps, org, now }: Desk,
  { collection, id }: { readonly collection: string; readonly id: string },
  { fromMs, limit }: { readonly fromMs: number; readonly limit: number },
): Promise<readonly Told[]> {
  const rows = await deps.store.transitions({ org, collection, id, from: now - fromMs, to: now + 1, limit });
  return rows.map(({ at, from, to, code, text, cause }) => ({
    at: isoOf(at),
    from,
    to,
    code: quoted(code, 64),
    text: quoted(text),
    // Who gave a command is for those who may read the audit.
    cause: cause.split(':', 1)[0] ?? '',
  }));
}
