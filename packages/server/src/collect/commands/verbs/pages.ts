import { secret } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { z } from 'zod';
import type { Args, Verb } from '../verb.ts';
import { none } from './none.ts';

const secureArgs: z.ZodType<Args> = z
  .strictObject({
    password: secret(z.string().min(8).max(200).nullable()).optional(),
    token: secret(
      z
        .string()
        .regex(/^[A-Za-z0-9_-]{20,200}$/, { error: 'expected 20 to 200 of A-Z a-z 0-9 _ -, made by chance' })
        .nullable(),
    ).optional(),
  })
  .meta({ description: 'A value sets it, null removes it; only hashes are kept and nothing is returned' });

/** What people do to public pages. */
export const pageVerbs: readonly Verb[] = [
  publishing('publish', 'Shows the page to everybody who may see it', true),
  publishing('unpublish', 'Takes the page away; it looks as if it had never been there', false),
  {
    name: 'secure',
    on: ['pages'],
    action: 'write',
    summary: 'Sets or removes the password and the token of a page; who is inside has to come in again',
    args: secureArgs,
    // The hash of a password takes its time, which no transaction has.
    run: 'outside',
  },
];

function publishing(name: string, summary: string, isPublished: boolean): Verb {
  return {
    name,
    on: ['pages'],
    action: 'write',
    summary,
    args: none,
    run: (_, draft, { id }) => {
      const row = draft.get('pages', id);
      if (row !== null) draft.put('pages', id, { ...row, isPublished });
      return ok({ id });
    },
  };
}
