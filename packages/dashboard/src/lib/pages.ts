import { Bot, Gauge, type LucideIcon, Server, Settings2, Workflow } from 'lucide-react';

export interface Page {
  readonly path: '/' | '/services' | '/agents' | '/jobs' | '/system';
  readonly title: string;
  readonly short: string;
  readonly icon: LucideIcon;
  /** The second key after `g`. */
  readonly key: string;
}

/** The pages of the rail, in its order. */
export const pages: readonly Page[] = [
  { path: '/', title: 'Overview', short: 'Overview', icon: Gauge, key: 'o' },
  { path: '/services', title: 'Services', short: 'Services', icon: Server, key: 's' },
  { path: '/agents', title: 'Agents & connections', short: 'Agents', icon: Bot, key: 'a' },
  { path: '/jobs', title: 'Jobs', short: 'Jobs', icon: Workflow, key: 'j' },
  { path: '/system', title: 'System', short: 'System', icon: Settings2, key: 'y' },
];
