/**
 * The hooks by the names and with the answers that status code written for other services has, so that a screen changes
 * its import and little else. `live` is the hook of ours behind each: whether the answer is true now, and as of when.
 */
import type { CommandResult, ConnectionState, Where } from '@statewire/client';
import type { Agent, Connection, Customer, Execution, Health, Notification, Status, User } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { useCallback, useMemo } from 'react';
import type { Live } from './live.ts';
import { useAgents, useExecutions, useNotifications } from './named.ts';
import { useClient } from './provider.tsx';
import { useConnection } from './use-connection.ts';
import { useConnectionStatus } from './use-connection-status.ts';
import { useDashboardMetrics, type DashboardMetricsOptions, type LiveMetrics } from './use-dashboard-metrics.ts';
import { useCustomers, useUsers, type LivePeople, type PeopleOptions } from './use-people.ts';
import { useServerMetrics, type ServerMetrics } from './use-server-metrics.ts';
import { useSystemMessages, type LiveSystemMessages, type SystemMessage } from './use-system-messages.ts';

/** The connection in three words. Not known yet is not connected and not an error. */
export type LinkWord = 'connected' | 'connecting' | 'disconnected' | 'error' | 'unknown';

export interface RealtimeConnectionStatus {
  readonly status: LinkWord;
  readonly lastSeen: Date | null;
  readonly health: {
    readonly status: 'healthy' | 'warning' | 'critical' | 'unknown';
    readonly latency: number | null;
  } | null;
  readonly live: Live<Connection | null>;
}

/** An agent's link to a service: `{ status, lastSeen, health }`. */
export function useRealtimeConnectionStatus(connectionId: string): RealtimeConnectionStatus {
  const live = useConnectionStatus(connectionId);
  return useMemo(
    () => ({
      status: live.phase === null ? 'unknown' : LINK_WORDS[live.phase],
      lastSeen: live.lastSeen === null ? null : new Date(live.lastSeen),
      health: live.data === null ? null : { status: HEALTH_WORDS[live.health], latency: live.latencyMs },
      live,
    }),
    [live],
  );
}

const LINK_WORDS = {
  connected: 'connected',
  connecting: 'connecting',
  reconnecting: 'connecting',
  disconnected: 'disconnected',
  needs_auth: 'error',
  failed: 'error',
} as const;

const HEALTH_WORDS: Readonly<Record<Health, 'healthy' | 'warning' | 'critical' | 'unknown'>> = {
  healthy: 'healthy',
  degraded: 'warning',
  unhealthy: 'critical',
  unknown: 'unknown',
};

export interface RealtimeServerMetrics {
  readonly status: string;
  readonly connectionCount: number;
  readonly avgResponseTime: number;
  readonly errorRate: number;
  readonly lastActivity: Date | null;
  readonly live: Live<ServerMetrics | null>;
}

/** The numbers of one service; 0 where nothing was measured, `live.data` tells the two apart. */
export function useRealtimeServerMetrics(serverId: string): RealtimeServerMetrics {
  const live = useServerMetrics(serverId);
  return useMemo(() => {
    const is = live.data;
    return {
      status: is?.status ?? 'unknown',
      connectionCount: is?.connectionCount ?? 0,
      avgResponseTime: is?.avgResponseTimeMs ?? 0,
      errorRate: is?.errorRate ?? 0,
      lastActivity: is === null || is.lastActivity === null ? null : new Date(is.lastActivity),
      live,
    };
  }, [live]);
}

export interface AgentExecutions extends Live<readonly Execution[]> {
  readonly executions: readonly Execution[];
  readonly isConnected: boolean;
}

/** The runs of one agent, or of all. */
export function useAgentExecutions(agent?: string): AgentExecutions {
  const live = useExecutions(agent === undefined ? undefined : { agent });
  return useMemo(() => ({ ...live, executions: live.data, isConnected: live.status === 'live' }), [live]);
}

export interface RealtimeNotifications extends Live<readonly Notification[]> {
  readonly notifications: readonly Notification[];
  readonly unreadCount: number;
  readonly markAsRead: (id: string) => Promise<CommandResult>;
  readonly isConnected: boolean;
}

/** The signed-in person's notifications, what is archived left out. */
export function useRealtimeNotifications(): RealtimeNotifications {
  const client = useClient();
  const live = useNotifications(NOT_ARCHIVED);
  const markAsRead = useCallback(
    (id: string) => client.collection('notifications').patch(id, { state: 'read' }, { optimistic: true }),
    [client],
  );
  return useMemo(
    () => ({
      ...live,
      notifications: live.data,
      unreadCount: live.data.filter(({ state }) => state === 'unread').length,
      markAsRead,
      isConnected: live.status === 'live',
    }),
    [live, markAsRead],
  );
}

const NOT_ARCHIVED: Where<Notification> = { state: ['unread', 'read'] };

export interface ConnectionHeartbeat {
  readonly isConnected: boolean;
  readonly latency: number | null;
  readonly lastHeartbeat: Date | null;
  readonly quality: ConnectionState['quality'];
  readonly reconnect: () => void;
}

/** Is the connection alive, and how quick is it? */
export function useConnectionHeartbeat(): ConnectionHeartbeat {
  const { state, rttMs, lastMessageAt, quality, reconnect } = useConnection();
  return useMemo(
    () => ({
      isConnected: state === 'live',
      latency: rttMs,
      lastHeartbeat: lastMessageAt === null ? null : new Date(lastMessageAt),
      quality,
      reconnect,
    }),
    [state, rttMs, lastMessageAt, quality, reconnect],
  );
}

export interface WebSocketStatus {
  readonly isConnected: boolean;
  readonly connectionError: string | null;
  /** Checks a service now. */
  readonly refreshService: (serviceId: string) => Promise<CommandResult>;
}

/** The connection in two words, and a check of a service on demand. Subscribes to nothing by itself. */
export function useWebSocket(): WebSocketStatus {
  const client = useClient();
  const { state, error } = useConnection();
  const refreshService = useCallback(
    (serviceId: string) => client.collection('services').call(serviceId, 'refresh'),
    [client],
  );
  const connectionError = state === 'live' ? null : (error?.message ?? null);
  return useMemo(
    () => ({ isConnected: state === 'live', connectionError, refreshService }),
    [state, connectionError, refreshService],
  );
}

export interface RealtimeAgentStatusOptions {
  /** Agents with the label `client` of this value. */
  readonly clientId?: string | undefined;
}

export interface RealtimeAgentStatus {
  readonly agentStatus: readonly Agent[];
  /** Shows another status than the measured one for a time, an hour unless `until` says else. Needs admin. */
  readonly updateStatus: (
    id: string,
    status: Status,
    options?: { readonly reason?: string; readonly until?: number },
  ) => Promise<CommandResult>;
  readonly connectionStatus: ConnectionState['state'];
  readonly live: Live<readonly Agent[]>;
}

/** Agents, of one customer or all. Who is notified of what is said by rules and policies on the server, not here. */
export function useRealtimeAgentStatus({ clientId }: RealtimeAgentStatusOptions = {}): RealtimeAgentStatus {
  const client = useClient();
  const live = useAgents(clientId === undefined ? undefined : { 'labels.client': clientId });
  const { state: connectionStatus } = useConnection();
  const updateStatus = useCallback<RealtimeAgentStatus['updateStatus']>(
    (id, status, options = {}) => client.collection('agents').call(id, 'override', { status, ...options }),
    [client],
  );
  return useMemo(
    () => ({ agentStatus: live.data, updateStatus, connectionStatus, live }),
    [live, updateStatus, connectionStatus],
  );
}

export interface RealtimeSystemMessages {
  readonly messages: readonly SystemMessage[];
  readonly activeMessages: readonly SystemMessage[];
  readonly createMessage: LiveSystemMessages['create'];
  readonly updateMessage: LiveSystemMessages['update'];
  readonly deleteMessage: LiveSystemMessages['remove'];
  readonly live: LiveSystemMessages;
}

export interface RealtimeSystemMessagesOptions {
  readonly clientId?: string | undefined;
  /** Leaves those out of `messages` that have ended. Default true. */
  readonly autoCleanupExpired?: boolean | undefined;
}

/** System messages, of one customer and for everybody. */
export function useRealtimeSystemMessages(options: RealtimeSystemMessagesOptions = {}): RealtimeSystemMessages {
  const { clientId, autoCleanupExpired = true } = options;
  const live = useSystemMessages({ client: clientId });
  return useMemo(
    () => ({
      messages: autoCleanupExpired ? live.activeMessages : live.data,
      activeMessages: live.activeMessages,
      createMessage: live.create,
      updateMessage: live.update,
      deleteMessage: live.remove,
      live,
    }),
    [live, autoCleanupExpired],
  );
}

export interface RealtimePeopleOptions<T extends Customer | User> extends Pick<
  PeopleOptions<T>,
  'collection' | 'limit' | 'search' | 'skip' | 'sort'
> {
  readonly filters?: Where<T> | undefined;
}

export interface RealtimeClients {
  readonly clients: readonly Customer[];
  readonly updateClientOptimistically: (id: string, fields: JsonObject) => Promise<CommandResult>;
  readonly live: LivePeople<Customer>;
}

/** Customers. Each change is optimistic: shown at once, taken back when refused. */
export function useRealtimeClients(options: RealtimePeopleOptions<Customer> = {}): RealtimeClients {
  const { filters, ...rest } = options;
  const live = useCustomers({ ...rest, where: filters });
  return useMemo(() => ({ clients: live.data, updateClientOptimistically: live.update, live }), [live]);
}

export interface RealtimeUsers {
  readonly users: readonly User[];
  readonly updateUserOptimistically: (id: string, fields: JsonObject) => Promise<CommandResult>;
  readonly live: LivePeople<User>;
}

/** Users of the platform. */
export function useRealtimeUsers(options: RealtimePeopleOptions<User> = {}): RealtimeUsers {
  const { filters, ...rest } = options;
  const live = useUsers({ ...rest, where: filters });
  return useMemo(() => ({ users: live.data, updateUserOptimistically: live.update, live }), [live]);
}

/** The numbers of a dashboard: `useDashboardMetrics` by its other name. */
export function useRealtimeDashboardMetrics(options?: DashboardMetricsOptions): LiveMetrics {
  return useDashboardMetrics(options);
}
