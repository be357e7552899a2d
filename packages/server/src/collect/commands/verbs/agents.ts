import { ok, type Result } from '@statewire/protocol';
import type { AgentOrder } from '@statewire/model';
import { z } from 'zod';
import type { Draft } from '../../../keep/commit-types.ts';
import { speakFor } from '../../instructions/instruct.ts';
import { maintainThrough } from '../../instructions/maintain.ts';
import { orderAgent } from '../../instructions/order.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import type { MutationFailure } from '../base.ts';
import type { Args, Done, Verb, VerbCall } from '../verb.ts';
import { none } from './none.ts';

const presentArgs: z.ZodType<Args> = z.strictObject({
  name: z.string().max(200).optional(),
  platform: z.string().max(128).optional(),
  release: z.string().max(128).optional(),
});

const text = z.string().max(2_000).meta({ description: 'A word to the agent' });
const expiresAt = z
  .int()
  .min(0)
  .optional()
  .meta({ description: 'Unanswered by then (epoch ms) the instruction expires; default in 24 h, at most 30 days' });
const orderArgs: z.ZodType<Args> = z.strictObject({ text: text.optional(), expiresAt });
const maintenanceArgs: z.ZodType<Args> = z.strictObject({
  until: z.int().min(0).meta({ description: 'When it ends, epoch milliseconds; at most 90 days ahead' }),
  text: text.optional(),
  expiresAt,
});
const messageArgs: z.ZodType<Args> = z.strictObject({
  text: text.refine((words) => words.trim() !== '', { error: 'expected a message, found only blanks' }),
  expiresAt,
});

/** What an agent's SDK says of its agent, and what people order an agent. */
export const agentVerbs: readonly Verb[] = [
  {
    name: 'present',
    on: ['agents'],
    action: 'report',
    summary: 'This connection speaks for the agent from now on: it is known, and its presence is that connection’s',
    args: presentArgs,
    isBirth: true,
    isRest: false,
    run: (deps, draft, { id, args, principal }) => {
      const known = draft.get('agents', id) ?? null;
      const { name, platform, release } = args;
      const row = known ?? deps.engine.bornAgent(draft.now, { name: id });
      draft.put('agents', id, {
        ...row,
        ...(typeof name === 'string' ? { name } : {}),
        ...(typeof platform === 'string' ? { platform } : {}),
        ...(typeof release === 'string' ? { release } : {}),
        presence: 'socket',
      });
      speakFor(deps, draft, id, { id: principal.id, isPresent: true });
      return ok({ id });
    },
  },
  order('pause', 'Asks the agent to pause; its status is paused from now on, whatever it does', orderArgs),
  order('resume', 'Asks the agent to go on, and ends its pause or its own maintenance', orderArgs),
  order('maintenance', 'A maintenance of this agent until a time, of which it is told', maintenanceArgs),
  order('message', 'Tells the agent something', messageArgs),
  order('retire', 'Watches it no more; the record stays, and what it was told and did not answer expires', none),
];

function order(name: AgentOrder, summary: string, args: z.ZodType<Args>): Verb {
  return { name, on: ['agents'], action: 'write', summary, args, run: carryOut.bind(null, name) };
}

function carryOut(
  name: AgentOrder,
  deps: WriteDeps,
  draft: Draft,
  { id, args, principal }: VerbCall,
): Result<Done, MutationFailure> {
  const given = {
    ...(typeof args['text'] === 'string' ? { text: args['text'] } : {}),
    ...(typeof args['until'] === 'number' ? { until: args['until'] } : {}),
    ...(typeof args['expiresAt'] === 'number' ? { expiresAt: args['expiresAt'] } : {}),
  };
  const ordered = orderAgent(deps, maintainThrough(deps), draft, { agent: id, order: name, principal, ...given });
  if (!ordered.ok) return ordered;
  return ok({ id, instruction: ordered.value });
}
