import { ok, refuse, type Json, type Result } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import type { Plain } from '../plain.ts';

/** Users of the platform. The customer of one is there, and knows how many it has. */
export const users: Plain = {
  prefix: 'usr',
  born(_deps, draft, { fields }) {
    const row = {
      email: '',
      status: 'active',
      customer: null,
      role: '',
      lastSeenAt: null,
      notes: '',
      tags: [],
      externalId: null,
      attributes: {},
      ...fields,
    };
    const moved = moveUser(draft, null, row.customer);
    return moved.ok ? ok(row) : moved;
  },
  patched(_deps, draft, { fields, row }) {
    const next = { ...row, ...fields };
    const moved = moveUser(draft, row['customer'], next['customer']);
    return moved.ok ? ok(next) : moved;
  },
  removed: (_deps, draft, { row }) => moveUser(draft, row['customer'], null),
};

/** A user leaves one customer for another; null is none. */
export function moveUser(draft: Draft, from: Json | undefined, to: Json | undefined): Result<null> {
  if (from === to) return ok(null);
  if (typeof to === 'string' && draft.get('customers', to) === null) {
    return refuse('not_found', `customer: there is no customers/${to}; make it first, or leave the field out`);
  }
  count(draft, from, -1);
  count(draft, to, 1);
  return ok(null);
}

function count(draft: Draft, customer: Json | undefined, by: 1 | -1): void {
  const row = typeof customer === 'string' ? draft.get('customers', customer) : null;
  if (row !== null) draft.put('customers', row.id, { ...row, users: Math.max(0, Number(row['users'] ?? 0) + by) });
}
