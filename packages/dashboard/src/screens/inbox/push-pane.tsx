import type { PushDevice } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { useMe } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Ago } from '../../parts/time.tsx';
import { done } from '../../parts/toast.tsx';
import { type Problem, problemIn } from '../../rest/request.ts';
import { disablePush, enablePush, pushState, type PushState } from './browser-push.ts';

/** Pushes to this browser, and the person's others. */
export function PushPane({ devices }: { devices: readonly PushDevice[] }): ReactNode {
  const [state, setState] = useState<PushState>({ at: 'asking' });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const newest = useRef(devices);
  const look = useCallback(async (): Promise<void> => {
    const asked = newest.current;
    const next = await pushState(asked).catch((error: unknown): PushState => ({
      at: 'failed',
      problem: problemIn(error),
    }));
    // What was asked with an older list is not the answer any more.
    if (asked === newest.current) setState(next);
  }, []);
  useEffect(() => {
    newest.current = devices;
    void look();
  }, [devices, look]);
  const doing = async (work: Promise<Problem | null>, said: string): Promise<void> => {
    setBusy(true);
    setProblem(null);
    const failed = await work;
    setBusy(false);
    setProblem(failed);
    if (failed === null) done(said);
    await look();
  };
  const own = state.at === 'on' ? state.device : null;
  return (
    <Pane title="Push" bodyClassName="px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 basis-64 text-sm">
          <Words state={state} />
        </p>
        {state.at === 'off' && (
          <Button
            tone="primary"
            busy={busy}
            onClick={() => void doing(enablePush(state.key), 'This browser takes pushes')}
          >
            Enable in this browser
          </Button>
        )}
        {own !== null && (
          <Button busy={busy} onClick={() => void doing(disablePush(own), 'This browser takes no pushes any more')}>
            Disable in this browser
          </Button>
        )}
        {state.at === 'failed' && <Button onClick={() => void look()}>Try again</Button>}
      </div>
      {problem !== null && <ProblemNote problem={problem} className="mt-3" />}
      {state.at === 'failed' && <ProblemNote problem={state.problem} className="mt-3" />}
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
                  onClick={() => void doing(disablePush(device.id), 'It takes no pushes any more')}
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
    case 'off':
      return 'Pushes reach you while no page of Statewire is open. This browser asks you once.';
    case 'on':
      return 'This browser shows pushes, also while no page of Statewire is open.';
    case 'failed':
      return 'How this browser stands to pushes could not be found out.';
    default:
      return state satisfies never;
  }
}
