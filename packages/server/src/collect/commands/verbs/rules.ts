import { ok } from '@statewire/protocol';
import { z } from 'zod';
import type { Args, Verb } from '../verb.ts';
import { none } from './none.ts';

const testArgs: z.ZodType<Args> = z.strictObject({
  ref: z
    .string()
    .max(200)
    .regex(/^[a-z]+\/.+$/, { error: 'expected a record such as services/shop' })
    .optional()
    .meta({ description: 'The record to ask about; not needed for a rule about a metric', example: 'services/shop' }),
});

/** What people do with rules beside changing them. */
export const ruleVerbs: readonly Verb[] = [
  {
    name: 'test',
    on: ['rules'],
    action: 'write',
    summary: 'What the rule says of a record now, with the evidence; writes and tells nothing',
    args: testArgs,
    isQuestion: true,
    run: 'outside',
  },
  { name: 'enable', on: ['rules'], action: 'write', summary: 'Asks the rule again', args: none, run: enabled(true) },
  {
    name: 'disable',
    on: ['rules'],
    action: 'write',
    summary: 'Asks the rule no more; its open alerts end',
    args: none,
    run: enabled(false),
  },
];

function enabled(isEnabled: boolean): Verb['run'] {
  return (_deps, draft, { id }) => {
    draft.put('rules', id, { ...draft.get('rules', id), isEnabled });
    return ok({ id });
  };
}
