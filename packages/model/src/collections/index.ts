import type { Collection } from '../define.ts';
import { agents, type Agent } from './agent.ts';
import { alerts, type Alert } from './alert.ts';
import { annotations, type Annotation } from './annotation.ts';
import { captures, type Capture } from './capture.ts';
import { channels, type Channel } from './channel.ts';
import { checks, type Check } from './check.ts';
import { connections, type Connection } from './connection.ts';
import { customers, type Customer } from './customer.ts';
import { deliveries, type Delivery } from './delivery.ts';
import { dismissals, type Dismissal } from './dismissal.ts';
import { embeds, type Embed } from './embed.ts';
import { executions, type Execution } from './execution.ts';
import { inboxes, type Inbox } from './inbox.ts';
import { incidents, type Incident } from './incident.ts';
import { instructions, type Instruction } from './instruction.ts';
import { jobs, type Job } from './job.ts';
import { maintenances, type Maintenance } from './maintenance.ts';
import { members, type Member } from './member.ts';
import { messages, type Message } from './message.ts';
import { metrics, type Metric } from './metric.ts';
import { policies, type Policy } from './policy.ts';
import { roles, type Role } from './role.ts';
import { rules, type Rule } from './rule.ts';
import { notifications, type Notification } from './notification.ts';
import { preferences, type Preferences } from './preferences.ts';
import { presences, type Presence } from './presence.ts';
import { savedViews, type SavedView } from './saved-view.ts';
import { services, type Service } from './service.ts';
import { settings, type Settings } from './settings.ts';
import { pages, type Page } from './page.ts';
import { subscribers, type Subscriber } from './subscriber.ts';
import { users, type User } from './user.ts';

/** The row of each collection, by the collection's name. */
export interface Rows {
  readonly services: Service;
  readonly connections: Connection;
  readonly agents: Agent;
  readonly instructions: Instruction;
  readonly executions: Execution;
  readonly jobs: Job;
  readonly members: Member;
  readonly metrics: Metric;
  readonly checks: Check;
  readonly annotations: Annotation;
  readonly maintenances: Maintenance;
  readonly roles: Role;
  readonly rules: Rule;
  readonly alerts: Alert;
  readonly policies: Policy;
  readonly incidents: Incident;
  readonly notifications: Notification;
  readonly preferences: Preferences;
  readonly presences: Presence;
  readonly inboxes: Inbox;
  readonly settings: Settings;
  readonly channels: Channel;
  readonly captures: Capture;
  readonly deliveries: Delivery;
  readonly pages: Page;
  readonly subscribers: Subscriber;
  readonly customers: Customer;
  readonly users: User;
  readonly 'saved-views': SavedView;
  readonly messages: Message;
  readonly dismissals: Dismissal;
  readonly embeds: Embed;
}

/** The name of a collection that every server has. */
export type CollectionName = keyof Rows;

/** Every collection this release knows. A new kind of record is one file beside these and one line here. */
export const collections: Readonly<Record<CollectionName, Collection>> = {
  services,
  connections,
  agents,
  instructions,
  executions,
  jobs,
  members,
  metrics,
  checks,
  annotations,
  maintenances,
  roles,
  rules,
  alerts,
  policies,
  incidents,
  notifications,
  preferences,
  presences,
  inboxes,
  settings,
  channels,
  captures,
  deliveries,
  pages,
  subscribers,
  customers,
  users,
  'saved-views': savedViews,
  messages,
  dismissals,
  embeds,
};

/** The collection of this name, or null. Safe for names from outside. */
export function collectionOf(name: string): Collection | null {
  return isCollectionName(name) ? collections[name] : null;
}

/** Does every server have a collection of this name? */
export function isCollectionName(name: string): name is CollectionName {
  return Object.hasOwn(collections, name);
}
