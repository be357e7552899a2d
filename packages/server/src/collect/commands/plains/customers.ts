import { ok, refuse } from '@statewire/protocol';
import type { Plain } from '../plain.ts';

/**
 * Customers. How many users one has is moved by whatever moves a user (plains/users.ts), in the same transaction, so that a
 * customer with users is known as such without a search. The other numbers follow (joints/customers.ts).
 */
export const customers: Plain = {
  prefix: 'cus',
  born: (_deps, _draft, { fields }) =>
    ok({
      status: 'active',
      plan: '',
      email: '',
      notes: '',
      tags: [],
      owner: null,
      externalId: null,
      attributes: {},
      ...fields,
      users: 0,
      services: 0,
      worst: null,
      openAlerts: 0,
      messages: 0,
    }),
  removed: (_deps, _draft, { id, row }) => {
    const users = Number(row['users'] ?? 0);
    return users === 0
      ? ok(null)
      : refuse(
          'precondition',
          `customers/${id} has ${users} ${users === 1 ? 'user' : 'users'}; move or delete them first, or call remove and say what becomes of them`,
        );
  },
};
