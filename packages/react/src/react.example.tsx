/** The snippets of docs/guides/react.md, so that they compile. */
import { createClient } from '@statewire/client';
import type { ReactNode } from 'react';
import {
  ConnectionStatus,
  ProgressBar,
  RelativeTime,
  StatewireProvider,
  StatusBadge,
  UptimeBar,
  useCommand,
  useJob,
  useServices,
} from './index.ts';

const sw = createClient({ url: '/' });

export function App(): ReactNode {
  return (
    <StatewireProvider client={sw}>
      <ConnectionStatus />
      <Attention />
    </StatewireProvider>
  );
}

export function Attention(): ReactNode {
  const { data, status, error } = useServices({ status: ['down', 'degraded'] });
  if (status === 'loading') return <p>Loading</p>;
  if (status === 'denied') return <p>{error?.message}</p>;
  return (
    <ul>
      {data.map((service) => (
        <li key={service.id}>
          <StatusBadge status={service.status} reason={service.reason.text} /> {service.name}{' '}
          <RelativeTime at={service.since} /> <UptimeBar bar={service.recent.bar} label={service.name} />
        </li>
      ))}
    </ul>
  );
}

export function Job({ id }: { readonly id: string }): ReactNode {
  const { data } = useJob(id);
  return data === null ? null : <ProgressBar label={data.title} progress={data.progress} />;
}

export function Pause({ id }: { readonly id: string }): ReactNode {
  const pause = useCommand((client, service: string) => client.services.call(service, 'pause'));
  return (
    <button type="button" disabled={pause.isPending} onClick={() => void pause.run(id)}>
      Pause {pause.error?.message}
    </button>
  );
}
