/** What this app adds to Statewire. The server serves it, the two programs beside it are typed by it. */
import { caller, defineCollection } from '@statewire/model';
import { z } from 'zod';

export const deployments = defineCollection({
  name: 'deployments',
  schema: {
    service: z.string().min(1).max(100),
    release: z.string().min(1).max(100),
    state: z.enum(['queued', 'running', 'done', 'failed']).default('queued'),
    percent: z.number().min(0).max(100).default(0),
    note: z.string().max(500).optional(),
    startedBy: z.string(),
    isOver: z.boolean(),
  },
  stamp: { startedBy: caller('name') },
  computed: { isOver: ({ state }) => state === 'done' || state === 'failed' },
  access: { read: 'read', write: 'admin', report: 'report' },
  // One that is not heard of for a minute reads stale; all are forgotten after a week.
  expiry: { ttlMs: 7 * 86_400_000, staleAfterMs: 60_000 },
  commands: {
    fail: {
      summary: 'Marks it failed, with the reason',
      scope: 'report',
      args: { note: z.string().min(1).max(500) },
      apply: (deployment, { note }, context) =>
        deployment.isOver ? context.refuse(`it is ${deployment.state} already`, 'gone') : { state: 'failed', note },
    },
  },
});
