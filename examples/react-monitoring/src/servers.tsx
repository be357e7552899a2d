import {
  ConnectionCounter,
  RelativeTime,
  StatusBadge,
  StatusIndicator,
  useAgentConnections,
  useFleetStats,
  useRealtimeConnectionStatus,
  useRealtimeServerMetrics,
  useServiceStatus,
} from '@statewire/react';
import type { ReactNode } from 'react';
import { chosen, Group, Widget } from './widget.tsx';

/** MCP servers and the agents that are connected to them. */
export function Servers(): ReactNode {
  const server = chosen('server', 'shop');
  const agent = chosen('agent', 'a7');
  return (
    <Group title="Servers">
      <Widget hook="StatusIndicator">
        <StatusIndicator id={server} fallback="unknown" showTime />
      </Widget>
      <Widget hook="ConnectionCounter">
        <ConnectionCounter service={server} label="connected" />
      </Widget>
      <ServiceStatus id={server} />
      <ConnectionState id={`${agent}:${server}`} />
      <ServerMetrics id={server} />
      <Toolbox agentId={agent} />
      <Stats />
    </Group>
  );
}

function ServiceStatus({ id }: { readonly id: string }): ReactNode {
  const { data, status } = useServiceStatus(id);
  return (
    <Widget hook="useServiceStatus">
      {data === null ? <p>{status}</p> : <StatusBadge status={data.status} reason={data.reason.text} />}
    </Widget>
  );
}

function ConnectionState({ id }: { readonly id: string }): ReactNode {
  const { status, lastSeen, health } = useRealtimeConnectionStatus(id);
  return (
    <Widget hook="useRealtimeConnectionStatus">
      <p>
        {status}, {health?.status ?? 'unknown'}
        {health?.latency == null ? '' : `, ${health.latency} ms`}
      </p>
      <p>
        seen <RelativeTime at={lastSeen?.getTime() ?? null} />
      </p>
    </Widget>
  );
}

function ServerMetrics({ id }: { readonly id: string }): ReactNode {
  const { status, connectionCount, avgResponseTime, errorRate } = useRealtimeServerMetrics(id);
  return (
    <Widget hook="useRealtimeServerMetrics">
      <p>{`${status}: ${connectionCount} connected, ${avgResponseTime} ms, ${Math.round(errorRate * 100)} % failed`}</p>
    </Widget>
  );
}

function Toolbox({ agentId }: { readonly agentId: string }): ReactNode {
  const { data: connections } = useAgentConnections(agentId);
  return (
    <Widget hook="useAgentConnections">
      <ul>
        {connections.map((each) => (
          <li key={each.id}>
            <StatusBadge status={each.status} /> {each.service}: {each.phase}
          </li>
        ))}
      </ul>
    </Widget>
  );
}

function Stats(): ReactNode {
  const { data } = useFleetStats();
  return (
    <Widget hook="useFleetStats">
      <p>{`${data?.values['services.total'] ?? 0} services, ${data?.values['services.down'] ?? 0} down`}</p>
    </Widget>
  );
}
