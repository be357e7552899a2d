/** What this app has beside the collections of the server: messages. */
import { defineCollection } from '@statewire/model';
import { z } from 'zod';

export const messages = defineCollection({
  name: 'messages',
  schema: {
    title: z.string().max(200),
    text: z.string().max(2_000).default(''),
    severity: z.enum(['info', 'success', 'warning', 'critical']).default('info'),
    client: z.string().max(128).optional(),
  },
  access: { read: 'read', write: 'admin' },
  expiry: { perRecord: true },
});
