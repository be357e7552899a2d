import { ok } from '@statewire/protocol';
import { z } from 'zod';
import type { Args, Verb } from '../verb.ts';

const presentArgs: z.ZodType<Args> = z.strictObject({
  name: z.string().max(200).optional(),
  platform: z.string().max(128).optional(),
  release: z.string().max(128).optional(),
});

/** What an agent's SDK says of its agent. */
export const agentVerbs: readonly Verb[] = [
  {
    name: 'present',
    on: ['agents'],
    action: 'report',
    summary: 'This connection speaks for the agent from now on: it is known, and its presence is that connection’s',
    args: presentArgs,
    isBirth: true,
    isRest: false,
    run: (deps, draft, { id, args }) => {
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
      return ok({ id });
    },
  },
];
