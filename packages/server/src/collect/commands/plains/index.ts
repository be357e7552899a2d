import type { Plain } from '../plain.ts';
import { annotations } from './annotations.ts';
import { channels } from './channels.ts';
import { members } from './members.ts';
import { notifications } from './notifications.ts';
import { preferences } from './preferences.ts';
import { messages } from './messages.ts';
import { maintenances } from './maintenances.ts';
import { customers } from './customers.ts';
import { embeds } from './embeds.ts';
import { incidents } from './incidents.ts';
import { pages } from './pages.ts';
import { policies } from './policies.ts';
import { roles } from './roles.ts';
import { rules } from './rules.ts';
import { savedViews } from './saved-views.ts';
import { settings } from './settings.ts';
import { subscribers } from './subscribers.ts';
import { users } from './users.ts';

/** What is particular about each plain collection that callers write. A new one is a file beside this and a line here. */
export const plains: Readonly<Record<string, Plain>> = {
  annotations,
  channels,
  customers,
  embeds,
  incidents,
  maintenances,
  messages,
  members,
  notifications,
  preferences,
  pages,
  policies,
  roles,
  rules,
  'saved-views': savedViews,
  settings,
  subscribers,
  users,
};
