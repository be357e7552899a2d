/** The app's own tables: `acquisition-scans` here is the table `acquisition_scans` to its clients. */
import { defineCollection } from '@statewire/model';
import { z } from 'zod';

const access = { read: 'read', write: 'report', report: 'report' } as const;
const text = z.string().max(200);
const percent = z.number().min(0).max(100);

export const streams = defineCollection({
  name: 'streams',
  schema: { organization_id: text, name: text, status: text, progress: percent },
  access,
});

export const scans = defineCollection({
  name: 'acquisition-scans',
  schema: { organization_id: text, status: text, progress: percent, companies_found: z.number().min(0) },
  access,
});

export const alerts = defineCollection({
  name: 'signal-alerts',
  schema: { user_id: text, title: text, severity: text, is_read: z.boolean().default(false) },
  access,
});

/** The table `notifications`: the server has another thing of that name. */
export const notifications = defineCollection({
  name: 'app-notifications',
  schema: { user_id: text, title: text, message: text },
  access,
});
