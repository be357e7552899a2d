/** What those see of messages who do not write them: the active ones that are for them, and nothing about other readers. */
import { isRecordId } from '@statewire/protocol';
import type { Glimpse } from '../define.ts';

/** Nobody belongs to more customers than this; a token that names more sees what is for everyone. */
const CUSTOMERS_MAX = 40;

export const messageGlimpse: Glimpse = {
  fields: [
    'id',
    'org',
    'version',
    'createdAt',
    'updatedAt',
    'title',
    'body',
    'priority',
    'link',
    'dismissible',
    'state',
    'startsAt',
    'endsAt',
    'activeAt',
  ],
  rows({ kind, customers }) {
    const active = ['eq', 'state', 'active'];
    // People and keys are the organization's own; whoever comes with a token of the app's is a user of the app.
    if (kind !== 'token') return ['and', active, ['in', 'audience', ['everyone', 'operators']]];
    const named = customers.filter(isRecordId);
    if (named.length === 0 || named.length > CUSTOMERS_MAX) return ['and', active, ['eq', 'audience', 'everyone']];
    return [
      'and',
      active,
      [
        'or',
        ['eq', 'audience', 'everyone'],
        [
          'and',
          ['eq', 'audience', 'customers'],
          ['or', ['null', 'customers', true], ...named.map((id) => ['eq', `to.${id}`, true])],
        ],
      ],
    ];
  },
};
