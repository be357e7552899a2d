import { ChangeHighlight, ConnectionStatus, StatusBadge, useWebSocket } from '@statewire/react';
import { useLiveQuery, useRealtimeStatus, type ServiceStatusItem } from '@statewire/react/query';
import { skipToken, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { chosen, Group, Widget } from './widget.tsx';

/** The frame of the page; the list of services lives in the cache of TanStack Query. */
export function Status({ children }: { readonly children?: ReactNode }): ReactNode {
  useRealtimeStatus();
  return (
    <main className="page">
      <header>
        <h1>Monitoring</h1>
        <ConnectionStatus />
      </header>
      <Group title="Service status">
        <Services />
        <Down />
        <Socket id={chosen('server', 'shop')} />
      </Group>
      {children}
    </main>
  );
}

function Services(): ReactNode {
  const { data: services = [] } = useQuery<readonly ServiceStatusItem[]>({
    queryKey: ['services', 'status'],
    queryFn: skipToken,
  });
  return (
    <Widget hook="useRealtimeStatus">
      <ul>
        {services.map((service) => (
          <ChangeHighlight key={service.id} value={service.status}>
            <li>
              <StatusBadge status={service.status} reason={service.details.reason} /> {service.name}
            </li>
          </ChangeHighlight>
        ))}
      </ul>
    </Widget>
  );
}

function Down(): ReactNode {
  const { data = [], live } = useLiveQuery('services', { where: { status: ['down', 'degraded'] } });
  return (
    <Widget hook="useLiveQuery">
      <p>{`${data.length} need attention, ${live.status}`}</p>
    </Widget>
  );
}

function Socket({ id }: { readonly id: string }): ReactNode {
  const { isConnected, connectionError, refreshService } = useWebSocket();
  return (
    <Widget hook="useWebSocket">
      <p>{isConnected ? 'connected' : (connectionError ?? 'connecting')}</p>
      <button type="button" className="sw-button" onClick={() => void refreshService(id)}>
        Check {id} now
      </button>
    </Widget>
  );
}
