import { ok, refuse } from '@statewire/protocol';
import { z } from 'zod';
import type { Args, Verb } from '../verb.ts';

const removeArgs: z.ZodType<Args> = z.strictObject({
  users: z
    .enum(['delete', 'keep'])
    .meta({ description: 'delete: they go with it; keep: they stay, without a customer' }),
});

/** What people do with customers beside changing them. */
export const customerVerbs: readonly Verb[] = [
  {
    name: 'remove',
    on: ['customers'],
    action: 'write',
    summary: 'Deletes a customer and says what becomes of its users',
    args: removeArgs,
    run: (deps, draft, { id, args }) => {
      const customer = draft.get('customers', id);
      if (customer === null) return refuse('not_found', `there is no customers/${id}`);
      const count = Number(customer['users'] ?? 0);
      const max = deps.limits.customerUsersRemovedMax;
      if (count > max) {
        return refuse(
          'too_large',
          `customers/${id} has ${count} users, one transaction takes ${max}; delete or move them with a bulk job first`,
        );
      }
      const users = count === 0 ? [] : Array.from(draft.all('users')).filter((row) => row['customer'] === id);
      for (const user of users) {
        if (args['users'] === 'delete') draft.delete('users', user.id);
        else draft.put('users', user.id, { ...user, customer: null });
      }
      draft.delete('customers', id);
      return ok({ id, users: users.length });
    },
  },
];
