import type { ServiceKind } from '@statewire/model';
import { Blocks, Globe, HeartPulse, type LucideIcon, Network, ShieldCheck } from 'lucide-react';

interface KindLook {
  readonly title: string;
  readonly icon: LucideIcon;
  /** Facts its probe measures, in the order they are reached. */
  readonly facts: readonly string[];
  readonly targetLabel: string;
  readonly targetExample: string;
}

/** How each kind of service is named and drawn. */
export const kinds: Readonly<Record<ServiceKind, KindLook>> = {
  mcp: {
    title: 'MCP server',
    icon: Blocks,
    facts: ['reach', 'protocol', 'inventory', 'canary', 'auth'],
    targetLabel: 'Endpoint or command',
    targetExample: 'https://host/mcp or stdio:memory',
  },
  http: {
    title: 'HTTP',
    icon: Globe,
    facts: ['reach', 'protocol', 'latency', 'certificate'],
    targetLabel: 'URL',
    targetExample: 'https://example.com/health',
  },
  tcp: {
    title: 'TCP port',
    icon: Network,
    facts: ['reach', 'latency'],
    targetLabel: 'Host and port',
    targetExample: 'db.internal:5432',
  },
  tls: {
    title: 'Certificate',
    icon: ShieldCheck,
    facts: ['reach', 'certificate', 'latency'],
    targetLabel: 'Host and port',
    targetExample: 'example.com:443',
  },
  heartbeat: { title: 'Heartbeat', icon: HeartPulse, facts: ['reach'], targetLabel: '', targetExample: '' },
};

/** Every kind, in the order people meet them. */
export const kindNames: readonly ServiceKind[] = ['mcp', 'http', 'tcp', 'tls', 'heartbeat'];
