import { placeSchema, presenceStateSchema } from '@statewire/model';
import { z } from 'zod';
import type { Args, Verb } from '../verb.ts';

const enterArgs: z.ZodType<Args> = z.strictObject({ at: placeSchema, state: presenceStateSchema.optional() });

/** Who is here. The id of both is the stay's own, made by the page or program that stays; records get theirs from the server. */
export const presenceVerbs: readonly Verb[] = [
  {
    name: 'enter',
    on: ['presences'],
    action: { call: 'read' },
    summary: 'The caller is at a place from now on, for as long as this connection lives or until the stay leaves',
    args: enterArgs,
    isBirth: true,
    isRest: false,
    run: 'outside',
  },
  {
    name: 'leave',
    on: ['presences'],
    action: { call: 'read' },
    summary: 'A stay of this connection ends',
    args: z.strictObject({}),
    isBirth: true,
    isRest: false,
    run: 'outside',
  },
];
