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
import type { Live } from './live.ts';
import { useCollection } from './use-collection.ts';
import { useCommand, type LiveCommand } from './use-command.ts';
import { useRecord } from './use-record.ts';

/** One service: its status, facts and reason. */
export function useServiceStatus(id: string): Live<Service | null> {
  return useRecord('services', id);
}

export function useServices(where?: Where<Service>): Live<readonly Service[]> {
  return useCollection('services', { where });
}

/** One agent: whether it is there and what it does. */
export function useAgentStatus(id: string): Live<Agent | null> {
  return useRecord('agents', id);
}

export function useAgents(where?: Where<Agent>): Live<readonly Agent[]> {
  return useCollection('agents', { where });
}

/** The links of one agent to services, or of all. */
export function useAgentConnections(agent?: string): Live<readonly Connection[]> {
  return useCollection('connections', agent === undefined ? {} : { where: { agent } });
}

export function useJob(id: string): Live<Job | null> {
  return useRecord('jobs', id);
}

export function useJobs(where?: Where<Job>): Live<readonly Job[]> {
  return useCollection('jobs', { where });
}

export function useExecution(id: string): Live<Execution | null> {
  return useRecord('executions', id);
}

export function useExecutions(where?: Where<Execution>): Live<readonly Execution[]> {
  return useCollection('executions', { where });
}

/** Counts of the whole organization by status: `values['services.down']`. */
export function useFleetStats(): Live<Metric | null> {
  return useRecord('metrics', 'fleet');
}

/** The server's own numbers. */
export function useServerMetrics(): Live<Metric | null> {
  return useRecord('metrics', 'gateway');
}

/** Alerts that are open; with `where` those that it says. */
export function useAlerts(where: Where<Alert> = OPEN_ALERTS): Live<readonly Alert[]> {
  return useCollection('alerts', { where });
}

/** The same by the name that signal dashboards look for. */
export function useSignalAlerts(where?: Where<Alert>): Live<readonly Alert[]> {
  return useAlerts(where);
}

export function useIncidents(where?: Where<Incident>): Live<readonly Incident[]> {
  return useCollection('incidents', { where });
}

/** The signed-in person's own notifications: the server shows nobody else's. */
export function useNotifications(where?: Where<Notification>): Live<readonly Notification[]> {
  return useCollection('notifications', { where });
}

/** The counters of the signed-in person's inbox; none before something came. A badge is `data[0]?.unread ?? 0`. */
export function useUnread(): Live<readonly Inbox[]> {
  return useCollection('inboxes');
}

const OPEN_ALERTS: Where<Alert> = { state: ['pending', 'firing', 'acknowledged', 'suppressed'] };

/** Checks a service now: `const refresh = useRefresh(); refresh.run(id)`. */
export function useRefresh(): LiveCommand<readonly [id: string]> {
  return useCommand(refresh);
}

function refresh(client: Parameters<Parameters<typeof useCommand>[0]>[0], id: string): Promise<CommandResult> {
  return client.services.call(id, 'refresh');
}
