/** The collections by the names that people look for. Thin: each is one call of a generic hook. */
import type { CommandResult, Where } from '@statewire/client';
import type {
  Agent,
  Alert,
  Connection,
  Execution,
  Inbox,
  Incident,
  Job,
  Metric,
  Notification,
  Service,
} from '@statewire/model';
import type { Live, LiveOptions } from './live.ts';
import { useCollection } from './use-collection.ts';
import { useCommand, type LiveCommand } from './use-command.ts';
import { useRecord } from './use-record.ts';

/** One service: its status, facts and reason. */
export function useServiceStatus(id: string | null, options?: LiveOptions): Live<Service | null> {
  return useRecord('services', id, options);
}

/** Services, live. */
export function useServices(where?: Where<Service>, options?: LiveOptions): Live<readonly Service[]> {
  return useCollection('services', { ...options, where });
}

/** One agent: whether it is there and what it does. */
export function useAgentStatus(id: string | null, options?: LiveOptions): Live<Agent | null> {
  return useRecord('agents', id, options);
}

/** Agents, live. */
export function useAgents(where?: Where<Agent>, options?: LiveOptions): Live<readonly Agent[]> {
  return useCollection('agents', { ...options, where });
}

/** The links of one agent to services, or of all. */
export function useAgentConnections(agent?: string, options?: LiveOptions): Live<readonly Connection[]> {
  return useCollection('connections', { ...options, where: agent === undefined ? undefined : { agent } });
}

/** One job, live; null while there is none of this id. */
export function useJob(id: string | null, options?: LiveOptions): Live<Job | null> {
  return useRecord('jobs', id, options);
}

/** Jobs, live. */
export function useJobs(where?: Where<Job>, options?: LiveOptions): Live<readonly Job[]> {
  return useCollection('jobs', { ...options, where });
}

/** One execution, live; null while there is none of this id. */
export function useExecution(id: string | null, options?: LiveOptions): Live<Execution | null> {
  return useRecord('executions', id, options);
}

/** Executions, live. */
export function useExecutions(where?: Where<Execution>, options?: LiveOptions): Live<readonly Execution[]> {
  return useCollection('executions', { ...options, where });
}

/** Counts of the whole organization by status: `values['services.down']`. */
export function useFleetStats(options?: LiveOptions): Live<Metric | null> {
  return useRecord('metrics', 'fleet', options);
}

/** The Statewire server's own numbers: `values['connections']`. Only the organization that runs it sees them. */
export function useGatewayMetrics(options?: LiveOptions): Live<Metric | null> {
  return useRecord('metrics', 'gateway', options);
}

/** Alerts that are open; with `where` those that it says. */
export function useAlerts(where: Where<Alert> = OPEN_ALERTS, options?: LiveOptions): Live<readonly Alert[]> {
  return useCollection('alerts', { ...options, where });
}

/** Incidents, live. */
export function useIncidents(where?: Where<Incident>, options?: LiveOptions): Live<readonly Incident[]> {
  return useCollection('incidents', { ...options, where });
}

/** The signed-in person's own notifications: the server shows nobody else's. */
export function useNotifications(where?: Where<Notification>, options?: LiveOptions): Live<readonly Notification[]> {
  return useCollection('notifications', { ...options, where });
}

/** The counters of the signed-in person's inbox; none before something came. A badge is `data[0]?.unread ?? 0`. */
export function useUnread(options?: LiveOptions): Live<readonly Inbox[]> {
  return useCollection('inboxes', options);
}

/** What an open alert can be. */
export const OPEN_ALERTS: Where<Alert> = { state: ['pending', 'firing', 'acknowledged', 'suppressed'] };

/** Checks a service now: `const refresh = useRefresh(); refresh.run(id)`. */
export function useRefresh(): LiveCommand<readonly [id: string]> {
  return useCommand(refresh);
}

function refresh(client: Parameters<Parameters<typeof useCommand>[0]>[0], id: string): Promise<CommandResult> {
  return client.collection('services').call(id, 'refresh');
}
