/** What this app has beside the collections of the server: messages, customers, and its users as `members`. */
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

const person = {
  name: z.string().max(200),
  status: z.enum(['active', 'paused', 'closed']).default('active'),
};

export const customers = defineCollection({
  name: 'customers',
  schema: person,
  access: { read: 'read', write: 'admin' },
});

// `/v1/users` are the people who sign in to Statewire itself.
export const members = defineCollection({
  name: 'members',
  schema: { ...person, email: z.string().max(200) },
  access: { read: 'read', write: 'admin' },
});
