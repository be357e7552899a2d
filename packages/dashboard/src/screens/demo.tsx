import type { ListedService } from '../lib/listed.ts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FlaskConical, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { plural, sentence, words } from '../lib/format.ts';
import { kinds } from '../lib/kinds.ts';
import { useCan } from '../lib/me.ts';
import { Button, buttonClass } from '../parts/button.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { lookOf, StatusIcon } from '../parts/status.tsx';
import { done, failedToast } from '../parts/toast.tsx';
import { demoQuery } from '../rest/queries.ts';
import { request } from '../rest/request.ts';
import type { DemoServer } from '../rest/types.ts';

/** Says that what is shown is a demonstration, lets people break it, and removes it with one click. */
export function DemoBanner({ services }: { services: readonly ListedService[] }): ReactNode {
  const canWrite = useCan('demo:change');
  const demos = services.filter((service) => service.managedBy === 'demo');
  const [isPanel, setPanel] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  if (demos.length === 0) return null;
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-card border bg-accent-soft px-4 py-2.5 text-sm">
      <FlaskConical aria-hidden className="size-4 shrink-0 text-accent" />
      <p className="min-w-48 flex-1">
        <span className="font-medium">Demo fleet.</span> {plural(demos.length, 'real server')} on this machine, there to
        be broken.
      </p>
      {canWrite && (
        <span className="flex gap-2">
          <Button size="small" onClick={() => setPanel(true)}>
            Break something
          </Button>
          <Link to="/demo" className={buttonClass({ size: 'small' })}>
            Realtime
          </Link>
          <Button size="small" tone="ghost" onClick={() => setRemoving(true)}>
            <Trash2 aria-hidden /> Remove
          </Button>
        </span>
      )}
      {isPanel && <DemoPanel services={demos} onClose={() => setPanel(false)} />}
      <Confirm
        open={isRemoving}
        onClose={() => setRemoving(false)}
        title="Remove the demo fleet?"
        verb={`Remove ${plural(demos.length, 'service')}`}
        onConfirm={async () => {
          const answer = await request('/v1/demo', { method: 'DELETE' });
          if (answer.ok) done('Demo fleet removed');
          return answer.ok ? null : answer.problem;
        }}
      >
        <p>Its servers stop and its services, agents and jobs leave the dashboard. What you added yourself stays.</p>
      </Confirm>
    </div>
  );
}

const faultTexts: Readonly<Record<string, string>> = {
  kill: 'Kill',
  hang: 'Hang',
  slow: 'Slow down',
  '500': 'Answer 500',
  '401': 'Answer 401',
};

function DemoPanel({ services, onClose }: { services: readonly ListedService[]; onClose: () => void }): ReactNode {
  const demo = useQuery(demoQuery());
  const byId = new Map(services.map((service) => [service.id, service]));
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title="Break something"
      note="Each button does it to a real process. Watch the state turn, then mend it."
    >
      {demo.isPending ? (
        <p className="py-6 text-center text-muted">Looking for the demo’s servers</p>
      ) : demo.data == null || demo.data.length === 0 ? (
        <p className="py-6 text-center text-muted">
          The demo’s servers do not run. They start with the server when STATEWIRE_DEMO is 1.
        </p>
      ) : (
        <ul className="-mx-5 -my-2">
          {demo.data.map((server) => (
            <DemoRow key={server.name} server={server} service={byId.get(server.serviceId) ?? null} />
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function DemoRow({ server, service }: { server: DemoServer; service: ListedService | null }): ReactNode {
  const queries = useQueryClient();
  const [busy, setBusy] = useState<string | null>(null);
  const inject = async (fault: string): Promise<void> => {
    setBusy(fault);
    const answer = await request(`/v1/demo/${encodeURIComponent(server.name)}/${encodeURIComponent(fault)}`, {
      method: 'POST',
    });
    if (!answer.ok) failedToast(answer.problem);
    await queries.invalidateQueries({ queryKey: demoQuery().queryKey });
    setBusy(null);
  };
  const kind = Object.entries(kinds).find(([name]) => name === server.kind)?.[1].title ?? server.kind;
  const look = service === null ? null : lookOf(service);
  return (
    <li className="border-b px-5 py-3 last:border-b-0">
      <div className="flex items-center gap-2">
        {look !== null && <StatusIcon look={look} />}
        <span className="font-medium">{service?.name ?? server.name}</span>
        <span className="text-sm text-muted">{kind}</span>
        <span className="ml-auto truncate text-sm text-muted">{service?.reason.text ?? ''}</span>
      </div>
      <div className="mt-2 flex flex-wrap gap-1.5">
        {server.faults.map((fault) => {
          const isOn = server.state === fault;
          return (
            <Button
              key={fault}
              size="small"
              busy={busy === fault}
              aria-pressed={isOn}
              className={cx(isOn && 'border-accent bg-accent-soft')}
              onClick={() => void inject(fault)}
            >
              {faultTexts[fault] ?? sentence(words(fault))}
            </Button>
          );
        })}
        {server.state !== null && server.state !== 'ok' && !server.faults.includes('mend') && (
          <Button size="small" tone="primary" busy={busy === 'mend'} onClick={() => void inject('mend')}>
            Mend
          </Button>
        )}
      </div>
    </li>
  );
}
