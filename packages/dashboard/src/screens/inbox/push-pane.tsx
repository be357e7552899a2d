import { type PushState, usePush } from '@statewire/react/components';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { sentence } from '../../lib/format.ts';
import { useMe } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Ago } from '../../parts/time.tsx';
import { done } from '../../parts/toast.tsx';
import { pushDoors } from '../../rest/push.ts';
import { type Problem, problem, RequestError } from '../../rest/request.ts';

/** Pushes to this browser, and the person's others. */
export function PushPane(): ReactNode {
  const { state, devices, isBusy: busy, error, look, subscribe, unsubscribe } = usePush({ server: pushDoors });
  const doing = async (work: Promise<boolean>, said: string): Promise<void> => {
    if (await work) done(said);
  };
  const own = state.at === 'on' ? state.device : null;
  return (
    <Pane title="Push" bodyClassName="px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 basis-64 text-sm">
          <Words state={state} />
        </p>
        {state.at === 'default' && (
          <Button tone="primary" busy={busy} onClick={() => void doing(subscribe(), 'This browser takes pushes')}>
            Enable in this browser
          </Button>
        )}
        {own !== null && (
          <Button busy={busy} onClick={() => void doing(unsubscribe(), 'This browser takes no pushes any more')}>
            Disable in this browser
          </Button>
        )}
        {state.at === 'failed' && <Button onClick={() => void look()}>Try again</Button>}
      </div>
      {error !== null && <ProblemNote problem={told(error)} className="mt-3" />}
      {state.at === 'failed' && <ProblemNote problem={told(state.error)} className="mt-3" />}
      {devices.length > 0 && (
        <ul aria-label="Browsers that take pushes" className="mt-3 border-t">
          {devices.map((device) => (
            <li key={device.id} className="flex min-h-11 items-center gap-3 border-b text-sm last:border-b-0">
              <span className="min-w-0 flex-1 truncate">
                {device.name === '' ? 'A browser' : device.name}
                {device.id === own && <span className="text-muted"> · this one</span>}
                <span className="text-muted"> · {device.host}</span>
              </span>
              <span className="shrink-0 text-xs text-muted max-xs:hidden">
                since <Ago at={device.at} />
              </span>
              {device.id !== own && (
                <Button
                  size="small"
                  disabled={busy}
                  aria-label={`Remove ${device.name === '' ? device.host : device.name}`}
                  onClick={() => void doing(unsubscribe(device.id), 'It takes no pushes any more')}
                >
                  Remove
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Pane>
  );
}

function Words({ state }: { state: PushState }): ReactNode {
  const { isAdmin } = useMe();
  switch (state.at) {
    case 'asking':
      return 'Looking at this browser…';
    case 'unsupported':
      return state.isSecure
        ? 'This browser takes no pushes. On an iPhone or iPad, add Statewire to the home screen first and open it there.'
        : 'Browsers take pushes only from servers behind HTTPS. Open Statewire by its HTTPS address.';
    case 'denied':
      return 'This browser was told not to show notifications of this site. Allow them in its settings for this site (the icon left of the address), then reload.';
    case 'unconfigured':
      return (
        <>
          No channel for pushes is enabled on this server.{' '}
          {isAdmin ? (
            <>
              Make one of kind Web Push under{' '}
              <Link to="/notifications" search={{}} className="text-accent underline">
                Channels
              </Link>
              ; its keys are made by themselves.
            </>
          ) : (
            'An administrator makes one of kind Web Push.'
          )}
        </>
      );
    case 'default':
      return 'Pushes reach you while no page of Statewire is open. This browser asks you once.';
    case 'on':
      return 'This browser shows pushes, also while no page of Statewire is open.';
    case 'failed':
      return 'How this browser stands to pushes could not be found out.';
    default:
      return state satisfies never;
  }
}

/** What the server says is wrong, or the browser. */
function told(error: Error): Problem {
  return error instanceof RequestError
    ? error.problem
    : problem('push_failed', 'This browser could not do it', sentence(error.message));
}
