import type { MessageAudience } from '@statewire/model';
import { useAggregate, useCount } from '@statewire/react';
import type { ReactNode } from 'react';
import { count, plural } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';

interface Props {
  readonly audience: MessageAudience;
  readonly customers: readonly string[] | null;
}

/** How many a message goes to, counted as they are now. Counts travel, no records. */
export function Reach(props: Props): ReactNode {
  const mayCount = useCan('customers:read');
  const { audience } = props;
  if (audience === 'operators') return 'everybody of this organization, and no customer';
  if (!mayCount) return audience === 'everyone' ? 'everybody' : 'users of customers';
  return <Counted {...props} />;
}

function Counted({ audience, customers }: Props): ReactNode {
  const named = audience === 'customers' && customers !== null ? [...customers] : null;
  const known = useAggregate('customers', {
    sum: ['users'],
    ...(named === null ? {} : { where: ['in', 'id', named.length === 0 ? [''] : named] }),
  });
  const people = useCount('members', { where: ['eq', 'state', 'active'] });
  const [all] = known.data;
  if (named?.length === 0) return 'nobody yet';
  if (all === undefined) return '…';
  const users = all.sum['users'] ?? 0;
  if (named === null) {
    const whom = `all ${plural(all.count, 'customer')} (${plural(users, 'user')})`;
    if (audience === 'customers') return whom;
    return people.data === null
      ? `everybody here and ${whom}`
      : `${plural(people.data, 'person', 'people')} here and ${whom}`;
  }
  const strange = named.length - all.count;
  return `${plural(named.length, 'customer')} (${plural(users, 'user')})${
    strange > 0 ? `; ${count(strange)} of them ${strange === 1 ? 'is' : 'are'} known to your app alone` : ''
  }`;
}
