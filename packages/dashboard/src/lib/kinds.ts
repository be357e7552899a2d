import { SERVICE_KINDS, type ServiceKind } from '@statewire/model';
import {
  AtSign,
  Blocks,
  Bot,
  BrainCircuit,
  Cable,
  Database,
  Globe,
  Group,
  HeartPulse,
  type LucideIcon,
  MemoryStick,
  MessagesSquare,
  Network,
  Radar,
  RadioTower,
  ServerCog,
  ShieldCheck,
  Waypoints,
} from 'lucide-react';

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
  dns: {
    title: 'DNS record',
    icon: AtSign,
    facts: ['reach', 'protocol', 'answer', 'latency'],
    targetLabel: 'Domain name',
    targetExample: 'example.com',
  },
  websocket: {
    title: 'WebSocket',
    icon: Cable,
    facts: ['reach', 'protocol', 'answer', 'certificate'],
    targetLabel: 'URL',
    targetExample: 'wss://example.com/live',
  },
  grpc: {
    title: 'gRPC health',
    icon: ServerCog,
    facts: ['reach', 'protocol', 'serving', 'auth'],
    targetLabel: 'Host and port',
    targetExample: 'api.internal:50051',
  },
  icmp: {
    title: 'Ping',
    icon: Radar,
    facts: ['reach', 'loss', 'latency'],
    targetLabel: 'Host',
    targetExample: 'gateway.internal',
  },
  postgres: {
    title: 'PostgreSQL',
    icon: Database,
    facts: ['reach', 'protocol', 'auth', 'query'],
    targetLabel: 'Host and port',
    targetExample: 'db.internal:5432',
  },
  mysql: {
    title: 'MySQL',
    icon: Database,
    facts: ['reach', 'protocol', 'auth', 'query'],
    targetLabel: 'Host and port',
    targetExample: 'db.internal:3306',
  },
  redis: {
    title: 'Redis',
    icon: MemoryStick,
    facts: ['reach', 'protocol', 'auth', 'query'],
    targetLabel: 'Host and port',
    targetExample: 'cache.internal:6379',
  },
  nats: {
    title: 'NATS',
    icon: RadioTower,
    facts: ['reach', 'protocol', 'auth'],
    targetLabel: 'Host and port',
    targetExample: 'bus.internal:4222',
  },
  mqtt: {
    title: 'MQTT',
    icon: MessagesSquare,
    facts: ['reach', 'protocol', 'auth', 'query'],
    targetLabel: 'Host and port',
    targetExample: 'broker.internal:1883',
  },
  a2a: {
    title: 'A2A agent',
    icon: Bot,
    facts: ['reach', 'protocol', 'card', 'auth'],
    targetLabel: 'URL',
    targetExample: 'https://agent.example.com',
  },
  langgraph: {
    title: 'LangGraph',
    icon: Waypoints,
    facts: ['reach', 'protocol', 'graphs', 'auth'],
    targetLabel: 'URL',
    targetExample: 'http://graphs.internal:2024',
  },
  openai: {
    title: 'OpenAI API',
    icon: BrainCircuit,
    facts: ['reach', 'protocol', 'models', 'canary', 'auth'],
    targetLabel: 'Base URL',
    targetExample: 'http://llm.internal:8000/v1',
  },
  group: { title: 'Group', icon: Group, facts: ['members'], targetLabel: '', targetExample: '' },
};

/** Every kind, in the order people meet them. */
export const kindNames: readonly ServiceKind[] = SERVICE_KINDS;
