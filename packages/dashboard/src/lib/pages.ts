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
import type { Permission } from '@statewire/model';

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
  /** Without this it has nothing to show, and is not offered; absent where whoever is signed in may look. */
  readonly needs?: Permission;
}

/** The pages of the rail, in its order. */
export const pages: readonly Page[] = [
  { path: '/', title: 'Overview', short: 'Overview', icon: Gauge, key: 'o', group: 'watch', isMain: true },
  {
    path: '/services',
    title: 'Services',
    short: 'Services',
    icon: Server,
    key: 's',
    group: 'watch',
    isMain: true,
    needs: 'services:read',
  },
  {
    path: '/agents',
    title: 'Agents & connections',
    short: 'Agents',
    icon: Bot,
    key: 'n',
    group: 'watch',
    needs: 'agents:read',
  },
  { path: '/jobs', title: 'Jobs', short: 'Jobs', icon: Workflow, key: 'j', group: 'watch', needs: 'jobs:read' },
  {
    path: '/monitoring',
    title: 'Live monitoring',
    short: 'Live monitoring',
    icon: Activity,
    key: 'w',
    group: 'watch',
    needs: 'metrics:read',
  },
  {
    path: '/alerts',
    title: 'Alerts',
    short: 'Alerts',
    icon: BellRing,
    key: 'a',
    group: 'respond',
    isMain: true,
    needs: 'alerts:read',
  },
  {
    path: '/incidents',
    title: 'Incidents',
    short: 'Incidents',
    icon: Megaphone,
    key: 'i',
    group: 'respond',
    needs: 'incidents:read',
  },
  {
    path: '/maintenance',
    title: 'Maintenance',
    short: 'Maintenance',
    icon: Wrench,
    key: 'm',
    group: 'respond',
    needs: 'maintenances:read',
  },
  { path: '/messages', title: 'Messages', short: 'Messages', icon: MessageSquareText, key: 'e', group: 'tell' },
  {
    path: '/pages',
    title: 'Status pages',
    short: 'Status pages',
    icon: LayoutTemplate,
    key: 'p',
    group: 'tell',
    needs: 'pages:read',
  },
  { path: '/inbox', title: 'Inbox', short: 'Inbox', icon: Inbox, key: 'b', group: 'tell' },
  {
    path: '/notifications',
    title: 'Notifications',
    short: 'Notifications',
    icon: Send,
    key: 't',
    group: 'tell',
    needs: 'channels:read',
  },
  {
    path: '/customers',
    title: 'Customers',
    short: 'Customers',
    icon: Building2,
    key: 'c',
    group: 'people',
    needs: 'customers:read',
  },
  { path: '/users', title: 'Users', short: 'Users', icon: Users, key: 'u', group: 'people', needs: 'users:read' },
  { path: '/audit', title: 'Audit', short: 'Audit', icon: ScrollText, key: 'l', group: 'system', needs: 'audit:read' },
  {
    path: '/analytics',
    title: 'Analytics',
    short: 'Analytics',
    icon: ChartLine,
    key: 'v',
    group: 'system',
    needs: 'services:read',
  },
  { path: '/system', title: 'System', short: 'System', icon: Cpu, key: 'y', group: 'system', needs: 'system:read' },
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

/** Places that are no page of the rail, with what they need. */
const others: Readonly<Record<string, Permission>> = {
  '/demo': 'demo:read',
  '/system/captures': 'captures:read',
  '/settings/organization': 'organization:change',
  '/settings/members': 'members:read',
  '/settings/roles': 'roles:read',
  '/settings/keys': 'keys:read',
  '/settings/embeds': 'embeds:create',
};

/** What whoever comes to this address has to be allowed; null where nothing is asked. What stands below a page needs what the page needs. */
export function neededAt(path: string): Permission | null {
  const asked = Object.entries(others).find(([place]) => isBelow(place, path))?.[1];
  return asked ?? pages.find((page) => page.path !== '/' && isBelow(page.path, path))?.needs ?? null;
}

function isBelow(place: string, path: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
