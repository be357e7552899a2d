import {
  Activity,
  BellRing,
  Bot,
  Building2,
  ChartLine,
  Cpu,
  Gauge,
  Inbox,
  LayoutTemplate,
  Megaphone,
  MessageSquareText,
  type LucideIcon,
  ScrollText,
  Send,
  Server,
  Settings2,
  Users,
  Workflow,
  Wrench,
} from 'lucide-react';

export interface Page {
  readonly path:
    | '/'
    | '/services'
    | '/agents'
    | '/jobs'
    | '/monitoring'
    | '/analytics'
    | '/alerts'
    | '/incidents'
    | '/inbox'
    | '/maintenance'
    | '/messages'
    | '/notifications'
    | '/pages'
    | '/customers'
    | '/users'
    | '/audit'
    | '/settings'
    | '/system';
  readonly title: string;
  readonly short: string;
  readonly icon: LucideIcon;
  /** The second key after `g`. */
  readonly key: string;
  /** Pages of one group stand together in the rail. */
  readonly group: 'watch' | 'respond' | 'tell' | 'people' | 'system';
  /** One of the four that a phone's bar has beside More. */
  readonly isMain?: boolean;
}

/** The pages of the rail, in its order. */
export const pages: readonly Page[] = [
  { path: '/', title: 'Overview', short: 'Overview', icon: Gauge, key: 'o', group: 'watch', isMain: true },
  { path: '/services', title: 'Services', short: 'Services', icon: Server, key: 's', group: 'watch', isMain: true },
  { path: '/agents', title: 'Agents & connections', short: 'Agents', icon: Bot, key: 'n', group: 'watch' },
  { path: '/jobs', title: 'Jobs', short: 'Jobs', icon: Workflow, key: 'j', group: 'watch' },
  { path: '/monitoring', title: 'Live monitoring', short: 'Live monitoring', icon: Activity, key: 'w', group: 'watch' },
  { path: '/alerts', title: 'Alerts', short: 'Alerts', icon: BellRing, key: 'a', group: 'respond', isMain: true },
  { path: '/incidents', title: 'Incidents', short: 'Incidents', icon: Megaphone, key: 'i', group: 'respond' },
  { path: '/maintenance', title: 'Maintenance', short: 'Maintenance', icon: Wrench, key: 'm', group: 'respond' },
  { path: '/messages', title: 'Messages', short: 'Messages', icon: MessageSquareText, key: 'e', group: 'tell' },
  { path: '/pages', title: 'Status pages', short: 'Status pages', icon: LayoutTemplate, key: 'p', group: 'tell' },
  { path: '/inbox', title: 'Inbox', short: 'Inbox', icon: Inbox, key: 'b', group: 'tell' },
  { path: '/notifications', title: 'Notifications', short: 'Notifications', icon: Send, key: 't', group: 'tell' },
  { path: '/customers', title: 'Customers', short: 'Customers', icon: Building2, key: 'c', group: 'people' },
  { path: '/users', title: 'Users', short: 'Users', icon: Users, key: 'u', group: 'people' },
  { path: '/audit', title: 'Audit', short: 'Audit', icon: ScrollText, key: 'l', group: 'system' },
  { path: '/analytics', title: 'Analytics', short: 'Analytics', icon: ChartLine, key: 'v', group: 'system' },
  { path: '/system', title: 'System', short: 'System', icon: Cpu, key: 'y', group: 'system' },
  { path: '/settings', title: 'Settings', short: 'Settings', icon: Settings2, key: ',', group: 'system' },
];

/** The groups with their headings; the first and the last need none. */
export const groups: readonly { readonly key: Page['group']; readonly title: string | null }[] = [
  { key: 'watch', title: null },
  { key: 'respond', title: 'Respond' },
  { key: 'tell', title: 'Tell' },
  { key: 'people', title: 'People' },
  { key: 'system', title: null },
];
