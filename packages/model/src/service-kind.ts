/** What is checked, and therefore how: every kind but `heartbeat` and `group` has a prober of its own. */
export type ServiceKind =
  | 'mcp'
  | 'http'
  | 'tcp'
  | 'tls'
  | 'heartbeat'
  | 'dns'
  | 'websocket'
  | 'grpc'
  | 'icmp'
  | 'postgres'
  | 'mysql'
  | 'redis'
  | 'nats'
  | 'mqtt'
  | 'a2a'
  | 'langgraph'
  | 'openai'
  | 'group';

/** Every kind, in the order people meet them. */
export const SERVICE_KINDS: readonly ServiceKind[] = [
  'mcp',
  'http',
  'tcp',
  'tls',
  'heartbeat',
  'dns',
  'websocket',
  'grpc',
  'icmp',
  'postgres',
  'mysql',
  'redis',
  'nats',
  'mqtt',
  'a2a',
  'langgraph',
  'openai',
  'group',
];
