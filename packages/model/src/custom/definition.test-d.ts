import type { Row } from '@statewire/protocol';
import { z } from 'zod';
import { caller, claim, defineCollection, type RecordOf } from './definition.ts';

const orders = defineCollection({
  name: 'orders',
  schema: {
    title: z.string().max(100),
    state: z.enum(['open', 'paid', 'sent']).default('open'),
    note: z.string().optional(),
    amount: z.number(),
    owner: z.string(),
    isLarge: z.boolean(),
  },
  stamp: { owner: caller('id') },
  computed: { isLarge: (record) => record.amount > 1_000 },
  access: { write: 'report', rows: ['eq', 'owner', caller('id')] },
  commands: {
    pay: {
      args: { by: z.string(), cents: z.number().optional() },
      apply(record, { by, cents }, { refuse, now }) {
        const who: string = by;
        const some: number | undefined = cents;
        const at: number = now;
        // @ts-expect-error -- the state is one of three words.
        if (record.state === 'lost') return refuse('lost');
        return record.state === 'open'
          ? { state: 'paid', note: `${who} ${String(some)} ${at}` }
          : refuse('not open', 'gone');
      },
    },
    cancel: { scope: 'admin', apply: () => ({ note: null }) },
  },
});

export type Order = RecordOf<typeof orders>;

export function reads(order: Order): void {
  const row: Row = order;
  const state: 'open' | 'paid' | 'sent' = order.state;
  const note: string | null = order.note;
  const labels: Readonly<Record<string, string>> = order.labels;
  const end: number | null = order.expiresAt;
  // @ts-expect-error -- it is null when nobody gave it, never undefined.
  const never: string | undefined = order.note;
  void [row, state, note, labels, end, never];
}

defineCollection({
  name: 'wrong',
  schema: { title: z.string() },
  // @ts-expect-error -- there is no such field.
  stamp: { owner: claim('sub') },
});

defineCollection({
  name: 'wrong',
  schema: { title: z.string() },
  // @ts-expect-error -- there is no such field.
  set: { patch: ['state'] },
});

defineCollection({
  name: 'wrong',
  schema: z.object({ title: z.string() }),
  // @ts-expect-error -- a command changes fields to what they may be.
  commands: { rename: { args: { to: z.number() }, apply: (_record, { to }) => ({ title: to }) } },
});
