import {
  StatusBadge,
  useRealtimeAgentStatus,
  useRealtimeClients,
  useRealtimeDashboardMetrics,
  useRealtimeSystemMessages,
  useRealtimeUsers,
} from '@statewire/react';
import type { ReactNode } from 'react';
import { chosen, Group, Widget } from './widget.tsx';

/** Agents, messages, customers and users of an admin panel. */
export function Admin(): ReactNode {
  const client = chosen('client', 'client-123');
  return (
    <Group title="Admin panel">
      <Agents client={client} />
      <Messages client={client} />
      <Clients />
      <Users />
      <Numbers />
    </Group>
  );
}

function Agents({ client }: { readonly client: string }): ReactNode {
  const { agentStatus, updateStatus, connectionStatus } = useRealtimeAgentStatus({ clientId: client });
  return (
    <Widget hook="useRealtimeAgentStatus">
      <p>{connectionStatus}</p>
      <ul>
        {agentStatus.map((agent) => (
          <li key={agent.id}>
            <StatusBadge status={agent.status} /> {agent.name}
            <button
              type="button"
              className="sw-button"
              onClick={() => void updateStatus(agent.id, 'maintenance', { reason: 'set by hand' })}
            >
              Maintenance
            </button>
          </li>
        ))}
      </ul>
    </Widget>
  );
}

function Messages({ client }: { readonly client: string }): ReactNode {
  const { messages, createMessage, activeMessages } = useRealtimeSystemMessages({
    clientId: client,
    autoCleanupExpired: true,
  });
  return (
    <Widget hook="useRealtimeSystemMessages">
      <p>{activeMessages.length} active</p>
      <ul>
        {messages.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ul>
      <button
        type="button"
        className="sw-button"
        onClick={() => void createMessage({ title: 'We are looking into it', publish: true })}
      >
        Tell everybody
      </button>
    </Widget>
  );
}

function Clients(): ReactNode {
  const { clients, updateClientOptimistically } = useRealtimeClients({ filters: { status: 'active' } });
  return (
    <Widget hook="useRealtimeClients">
      <ul>
        {clients.map(({ id, name }) => (
          <li key={id}>
            {name}
            <button
              type="button"
              className="sw-button"
              onClick={() => void updateClientOptimistically(id, { name: `${name} Ltd` })}
            >
              Rename
            </button>
          </li>
        ))}
      </ul>
    </Widget>
  );
}

function Users(): ReactNode {
  const { users } = useRealtimeUsers();
  return (
    <Widget hook="useRealtimeUsers">
      <ul>
        {users.map(({ id, name, email }) => (
          <li key={id}>{`${name} <${email}>`}</li>
        ))}
      </ul>
    </Widget>
  );
}

function Numbers(): ReactNode {
  const { metrics } = useRealtimeDashboardMetrics({ intervalMs: 1_000 });
  return (
    <Widget hook="useRealtimeDashboardMetrics">
      <p>{`${metrics['agents.total'] ?? 0} agents, ${metrics['jobs.running'] ?? 0} jobs under way`}</p>
    </Widget>
  );
}
