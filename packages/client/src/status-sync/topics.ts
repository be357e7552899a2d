/**
 * The topics of the class-based status code of many apps, each as what it is here: one or two views and a function that
 * makes of their rows what such code expects. Data only: whoever needs another topic adds a line.
 */
import type { Connection, ConnectionPhase, Service } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import type { CoreClient } from '../client.ts';
import { localFailure, type CommandResult } from '../errors.ts';
import type { CollectionView } from '../views/collection-view.ts';
import type { ViewStatus } from '../views/status.ts';

/** One MCP server in a list. */
export interface ServerStatus {
  readonly serverId: string;
  readonly name: string;
  readonly status: string;
  /** What it is doing: `ready`, `reconnecting`, ... */
  readonly state: string;
  readonly health: string;
  readonly latency: number | null;
  /** When it was observed, epoch ms on the server's clock. */
  readonly timestamp: number | null;
  readonly reason: string;
}

/** Numbers of all MCP servers. */
export interface ServerStats {
  /** Not known here: templates are the app's own. */
  readonly totalTemplates: null;
  readonly deployedServers: number;
  readonly activeServers: number;
  readonly totalConnections: number;
  /** Share of the last observations that failed, 0 to 1. */
  readonly errorRate: number;
  /** Mean of the newest times measured, ms. */
  readonly avgResponseTime: number;
}

/** One link of an agent to a server. */
export interface AgentConnection {
  readonly id: string;
  readonly agentId: string;
  readonly serverId: string;
  readonly status: string;
  readonly timestamp: number | null;
  readonly health: ConnectionHealth;
}

/** How well a connection does, as the status service says it. */
export interface ConnectionHealth {
  readonly status: 'critical' | 'healthy' | 'unknown' | 'warning';
  readonly latency: number | null;
}

/** A connection, as the status service says it. */
export interface ConnectionStatusData {
  readonly connectionId: string;
  readonly status: string;
  readonly timestamp: number | null;
}

/** Numbers of a server, as the status service says them. */
export interface ServerMetricsData {
  readonly serverId: string;
  readonly status: string;
  readonly connectionCount: number;
  readonly avgResponseTime: number;
  readonly errorRate: number;
  readonly lastActivity: number | null;
}

/** What each topic carries. */
export interface Topics {
  readonly 'admin:mcp:servers': readonly ServerStatus[];
  readonly 'admin:mcp:stats': ServerStats;
  readonly [connections: `agent:${string}:connections`]: readonly AgentConnection[];
  readonly [health: `health:${string}`]: ConnectionHealth;
  readonly [status: `connection:${string}:status`]: ConnectionStatusData;
  readonly [count: `server:${string}:connections`]: { readonly serverId: string; readonly count: number };
  readonly [metrics: `server:${string}:metrics`]: ServerMetricsData;
}

/** A topic: how to hear of it, and what it comes to now. */
export interface Topic {
  readonly subscribe: (listener: () => void) => () => void;
  /** Null until everything it is made of is known. The same `data` while nothing changed. */
  readonly read: () => Reading | null;
  /** Reports what somebody publishes on it, or null where nobody can. */
  readonly publish: ((data: PublishedStatus) => Promise<CommandResult>) | null;
}

/** What a topic says at one moment. */
export interface Reading {
  readonly data: unknown;
  readonly version: number | null;
  readonly verifiedAt: number | null;
  readonly status: ViewStatus;
}

/** What publishing on a topic may say. */
export interface PublishedStatus {
  readonly status?: string | undefined;
  readonly latency?: number | null | undefined;
  /** When it was observed, epoch ms. */
  readonly timestamp?: number | undefined;
}

/** The topic of this name, or null for one that is not known. */
export function topicOf(client: CoreClient, name: string): Topic | null {
  const [kind = '', id = '', what = '', ...more] = parts(name);
  if (name === 'admin:mcp:servers') return servers(client);
  if (name === 'admin:mcp:stats') return stats(client);
  if (id === '' || more.length > 0) return null;
  if (kind === 'agent' && what === 'connections') return agentConnections(client, id);
  if (kind === 'health' && what === '') return health(client, id);
  if (kind === 'connection' && what === 'status') return connectionStatus(client, id);
  if (kind === 'server' && what === 'connections') return connectionCount(client, id);
  if (kind === 'server' && what === 'metrics') return serverMetrics(client, id);
  return null;
}

/** `connection:a7:shop:status` is `connection`, `a7:shop`, `status`: ids of connections have a colon inside. */
function parts(name: string): readonly string[] {
  const all = name.split(':');
  const last = all.at(-1) ?? '';
  if (all[0] === 'health') return ['health', all.slice(1).join(':')];
  return all.length < 3 ? all : [all[0] ?? '', all.slice(1, -1).join(':'), last];
}

function servers(client: CoreClient): Topic {
  return one(client.collection<Service>('services').where({ kind: 'mcp' }).view(), (rows) => rows.map(serverOf));
}

function stats(client: CoreClient): Topic {
  return two(
    client.collection<Service>('services').where({ kind: 'mcp' }).view(),
    client.collection<Connection>('connections').view(),
    statsOf,
  );
}

function agentConnections(client: CoreClient, agent: string): Topic {
  return one(client.collection<Connection>('connections').where({ agent }).view(), (rows) => rows.map(connectionOf));
}

function health(client: CoreClient, id: string): Topic {
  const topic = one(client.collection<Connection>('connections').where({ id }).view(), ([row]) => healthOf(row));
  return { ...topic, publish: (data) => reportConnection(client, id, data) };
}

function connectionStatus(client: CoreClient, id: string): Topic {
  const topic = one(client.collection<Connection>('connections').where({ id }).view(), ([row]) => ({
    connectionId: id,
    status: row === undefined ? 'unknown' : linkWord(row),
    timestamp: row?.observedAt ?? null,
  }));
  return { ...topic, publish: (data) => reportConnection(client, id, data) };
}

function connectionCount(client: CoreClient, service: string): Topic {
  return one(client.collection<Connection>('connections').where({ service }).view(), (rows) => ({
    serverId: service,
    count: rows.filter(isConnected).length,
  }));
}

function serverMetrics(client: CoreClient, id: string): Topic {
  const service = client.collection<Service>('services').where({ id }).view();
  const links = client.collection<Connection>('connections').where({ service: id }).view();
  return two(service, links, ([row], connections) => metricsOf(id, row, connections));
}

function one<T extends Row>(view: CollectionView<T>, of: (rows: readonly T[]) => unknown): Topic {
  let from: readonly T[] | null = null;
  let data: unknown = null;
  return {
    subscribe: (listener) => view.subscribe(listener),
    read() {
      const { rows, hasData, version, status } = view.get();
      if (!hasData) return null;
      if (rows !== from) data = of(rows);
      from = rows;
      return { data, version, verifiedAt: view.verifiedAt, status };
    },
    publish: null,
  };
}

/** Of two views; what it says is as good as the worse of them. */
function two<A extends Row, B extends Row>(
  first: CollectionView<A>,
  second: CollectionView<B>,
  of: (a: readonly A[], b: readonly B[]) => unknown,
): Topic {
  let from: readonly [readonly A[], readonly B[]] | null = null;
  let data: unknown = null;
  return {
    subscribe(listener) {
      const leave = [first.subscribe(listener), second.subscribe(listener)];
      return () => {
        for (const each of leave) each();
      };
    },
    read() {
      const a = first.get();
      const b = second.get();
      if (!a.hasData || !b.hasData) return null;
      if (from === null || from[0] !== a.rows || from[1] !== b.rows) data = of(a.rows, b.rows);
      from = [a.rows, b.rows];
      const worse = a.status === 'live' ? b : a;
      return {
        data,
        version: least(a.version, b.version),
        verifiedAt: least(first.verifiedAt, second.verifiedAt),
        status: worse.status,
      };
    },
    publish: null,
  };
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.min(a, b);
}

function serverOf(row: Service): ServerStatus {
  return {
    serverId: row.id,
    name: row.name,
    status: row.status,
    state: row.phase,
    health: row.health,
    latency: row.latencyMs,
    timestamp: row.observedAt,
    reason: row.reason.text,
  };
}

function statsOf(services: readonly Service[], connections: readonly Connection[]): ServerStats {
  const known = new Set(services.map(({ id }) => id));
  const bars = services.map(({ recent }) => recent.bar).join('');
  const times = services.map(({ latencyMs }) => latencyMs).filter((ms) => ms !== null);
  return {
    totalTemplates: null,
    deployedServers: services.length,
    activeServers: services.filter(({ status }) => status === 'up' || status === 'degraded').length,
    totalConnections: connections.filter((row) => known.has(row.service) && isConnected(row)).length,
    errorRate: failedShare(bars),
    avgResponseTime: mean(times),
  };
}

function metricsOf(
  serverId: string,
  service: Service | undefined,
  connections: readonly Connection[],
): ServerMetricsData {
  return {
    serverId,
    status: service?.status ?? 'unknown',
    connectionCount: connections.filter(isConnected).length,
    avgResponseTime: mean((service?.recent.ms ?? []).filter((ms) => ms !== null)),
    errorRate: failedShare(service?.recent.bar ?? ''),
    lastActivity: service?.observedAt ?? null,
  };
}

function connectionOf(row: Connection): AgentConnection {
  return {
    id: row.id,
    agentId: row.agent,
    serverId: row.service,
    status: linkWord(row),
    timestamp: row.observedAt,
    health: healthOf(row),
  };
}

function healthOf(row: Connection | undefined): ConnectionHealth {
  return row === undefined ? NO_HEALTH : { status: HEALTH_WORDS[row.health], latency: row.latencyMs };
}

const NO_HEALTH: ConnectionHealth = { status: 'unknown', latency: null };

const HEALTH_WORDS: Readonly<Record<Connection['health'], ConnectionHealth['status']>> = {
  healthy: 'healthy',
  degraded: 'warning',
  unhealthy: 'critical',
  unknown: 'unknown',
};

/** Silence for too long is no connection, whatever was said last. */
function isConnected({ phase, fresh }: Connection): boolean {
  return phase === 'connected' && fresh !== 'expired';
}

function linkWord(row: Connection): string {
  if (row.phase === 'connected') return isConnected(row) ? 'connected' : 'disconnected';
  return row.phase === 'failed' || row.phase === 'needs_auth' ? 'error' : row.phase;
}

function failedShare(bar: string): number {
  return bar === '' ? 0 : (bar.split('d').length - 1) / bar.length;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

/** What is published is a report: the server says what becomes of it, and it comes back as every change does. */
function reportConnection(client: CoreClient, id: string, data: PublishedStatus): Promise<CommandResult> {
  const { status, latency, timestamp } = data;
  const phase = status === undefined ? undefined : PHASES[status];
  if (status !== undefined && phase === undefined) {
    const known = Object.keys(PHASES).join(', ');
    return Promise.resolve(
      localFailure('bad_field', `status: found ${JSON.stringify(status)}, expected one of ${known}`),
    );
  }
  return client.collection<Connection>('connections').report(id, {
    ...(phase === undefined ? {} : { phase }),
    ...(typeof latency === 'number' ? { latencyMs: latency } : {}),
    ...(timestamp === undefined ? {} : { observedAt: timestamp }),
  });
}

const PHASES: Readonly<Record<string, ConnectionPhase | undefined>> = {
  connected: 'connected',
  connecting: 'connecting',
  reconnecting: 'reconnecting',
  disconnected: 'disconnected',
  error: 'failed',
};
