import type { ServiceKind } from '@statewire/model';

export interface KindGroup {
  readonly title: string;
  readonly kinds: readonly ServiceKind[];
}

/** The kinds as a person looks for them: by what the thing is. Every kind stands in one group. */
export const kindGroups: readonly KindGroup[] = [
  { title: 'Web', kinds: ['http', 'websocket', 'grpc'] },
  { title: 'Network', kinds: ['tcp', 'tls', 'dns', 'icmp'] },
  { title: 'Data', kinds: ['postgres', 'mysql', 'redis', 'nats', 'mqtt'] },
  { title: 'AI', kinds: ['mcp', 'a2a', 'langgraph', 'openai'] },
  { title: 'Push', kinds: ['heartbeat'] },
  { title: 'Group', kinds: ['group'] },
];

/** What a check of each kind does, in one line. */
export const kindDoes: Readonly<Record<ServiceKind, string>> = {
  http: 'Asks a URL and judges the status, the body, the headers, the time and the certificate.',
  websocket: 'Opens a WebSocket, sends a message if you like, and waits for the answer.',
  grpc: 'Calls the standard health service of a gRPC server.',
  tcp: 'Connects to a port and closes it again.',
  tls: 'Shakes hands and counts the days the certificate is still valid.',
  dns: 'Asks for a record and compares the answers.',
  icmp: 'Pings a host and counts what is lost.',
  postgres: 'Logs in to PostgreSQL and reads one value if you like.',
  mysql: 'Logs in to MySQL or MariaDB and reads one value if you like.',
  redis: 'Logs in to Redis, pings it, and reads one key if you like.',
  nats: 'Logs in to NATS and pings it.',
  mqtt: 'Logs in to an MQTT broker and reads a retained message if you like.',
  mcp: 'Holds a session with an MCP server, lists its tools, and tells when they change.',
  a2a: 'Reads the card of an A2A agent and looks for skills.',
  langgraph: 'Asks a LangGraph server whether it is well and has the graphs you name.',
  openai: 'Lists the models of an OpenAI-compatible API; may ask one for a token.',
  heartbeat: 'Waits for a job to call in, and tells when it does not.',
  group: 'Makes one state of many services.',
};
