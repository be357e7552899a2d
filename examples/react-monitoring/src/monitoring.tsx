import {
  JobCard,
  ProgressBar,
  StatusBadge,
  useAgentExecutions,
  useAllStreamsProgress,
  useConnectionHeartbeat,
  useRealtimeNotifications,
  useScanProgress,
  useSignalAlerts,
  useStreamProgress,
} from '@statewire/react';
import type { ReactNode } from 'react';
import { chosen, Group, Widget } from './widget.tsx';

/** Streams, scans, agents, alerts and the system. */
export function Monitoring(): ReactNode {
  return (
    <Group title="Live monitoring">
      <Stream id={chosen('stream', 'import-1')} />
      <Scan id={chosen('scan', 'scan-1')} />
      <Streams />
      <Runs agent={chosen('agent', 'a7')} />
      <Alerts user={chosen('user', 'ana')} />
      <Notifications />
      <Heartbeat />
    </Group>
  );
}

function Stream({ id }: { readonly id: string }): ReactNode {
  const { progress, isConnected } = useStreamProgress(id);
  return (
    <Widget hook="useStreamProgress">
      {progress === null ? <p>no such stream</p> : <ProgressBar label={id} progress={progress} />}
      <p>{isConnected ? 'live' : 'not live'}</p>
    </Widget>
  );
}

function Scan({ id }: { readonly id: string }): ReactNode {
  const { data, pct } = useScanProgress(id);
  return (
    <Widget hook="useScanProgress">
      {data === null ? <p>no such scan</p> : <p>{`${data.title}: ${pct ?? 0} %, ${data.state}`}</p>}
    </Widget>
  );
}

function Streams(): ReactNode {
  const { streams } = useAllStreamsProgress();
  return (
    <Widget hook="useAllStreamsProgress">
      <p>{streams.length} under way</p>
      {streams.map(({ id }) => (
        <JobCard key={id} id={id} />
      ))}
    </Widget>
  );
}

function Runs({ agent }: { readonly agent: string }): ReactNode {
  const { executions } = useAgentExecutions(agent);
  return (
    <Widget hook="useAgentExecutions">
      <ul>
        {executions.map((run) => (
          <li key={run.id}>
            <StatusBadge status={run.state} /> {run.title}
          </li>
        ))}
      </ul>
    </Widget>
  );
}

function Alerts({ user }: { readonly user: string }): ReactNode {
  const { alerts, unreadCount, markAsRead } = useSignalAlerts(user);
  return (
    <Widget hook="useSignalAlerts">
      <p>{unreadCount} unread</p>
      <ul>
        {alerts.map((alert) => (
          <li key={alert.id}>
            {alert.title} ({alert.state})
            {alert.state === 'firing' ? (
              <button type="button" className="sw-button" onClick={() => void markAsRead(alert.id)}>
                Take up
              </button>
            ) : null}
          </li>
        ))}
      </ul>
    </Widget>
  );
}

function Notifications(): ReactNode {
  const { notifications, unreadCount, isConnected } = useRealtimeNotifications();
  return (
    <Widget hook="useRealtimeNotifications">
      <p>{`${unreadCount} unread, ${isConnected ? 'live' : 'not live'}`}</p>
      <ul>
        {notifications.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ul>
    </Widget>
  );
}

function Heartbeat(): ReactNode {
  const { isConnected, latency, quality } = useConnectionHeartbeat();
  return (
    <Widget hook="useConnectionHeartbeat">
      <p>{isConnected ? `connected, ${latency ?? '–'} ms, ${quality ?? 'not measured'}` : 'not connected'}</p>
    </Widget>
  );
}
