import { browserEnv, createClient, type Client } from '@statewire/client';
import { FaultyDial } from '@statewire/client/testing';
import { StatewireProvider, useConnection, useRecord } from '@statewire/react';
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { cx } from '../../lib/cx.ts';
import { env } from '../../lib/env.ts';
import { clockTime, count, plural, sentence } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { Button } from '../../parts/button.tsx';
import { Switch } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { failedToast } from '../../parts/toast.tsx';
import { request } from '../../rest/request.ts';
import { Tape } from './tape.ts';

/** The record of the demonstration: a run that nothing depends on, marked so that the demo's removal takes it too. */
const ID = 'realtime-demo';
const SLOW_MS = 1_200;
const FLOOD = 200;

interface Stage {
  readonly client: Client;
  readonly faults: FaultyDial;
  readonly tape: Tape;
}

/**
 * What a live connection does, to be seen and to be broken: two readers of one record, each with a connection of its own. The first one's
 * can be cut, kept away and slowed down; what it missed comes back, and both show the same.
 */
export function Realtime(): ReactNode {
  useCrumbs('Realtime');
  const first = useStage();
  const second = useStage();
  return (
    <div className="space-y-6">
      <div>
        <h1 className="flex min-h-8 items-center text-xl font-semibold tracking-tight">Realtime, to be broken</h1>
        <p className="mt-1 max-w-2xl text-muted">
          Two readers of one record, like two tabs. Cut the first one off, change the record meanwhile, and watch it
          come back: it says where it stopped, and gets what changed since, once, in its newest state.
        </p>
      </div>
      {first === null || second === null ? (
        <Bone className="h-80 w-full rounded-card" />
      ) : (
        <>
          <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 lg:grid-cols-2">
            <Reader title="This reader" stage={first}>
              <Faults faults={first.faults} />
            </Reader>
            <Reader title="Another reader" stage={second}>
              <p className="text-sm text-muted">Nothing happens to this one. It is what the first one has to become.</p>
            </Reader>
          </div>
          <Changes />
          <TapePane tape={first.tape} />
        </>
      )}
    </div>
  );
}

/** A client with a wire that can be broken, for as long as the page is open. */
function useStage(): Stage | null {
  const [stage, setStage] = useState<Stage | null>(null);
  useEffect(() => {
    const tape = new Tape();
    const faults = new FaultyDial({ env: browserEnv(), onText: (text, way) => tape.take(text, way, env.now()) });
    // Its own wire: shared between tabs, another tab would be broken with it.
    const client = createClient({ url: '/', name: 'statewire-realtime-demo', dial: faults.dial, tabs: 'off' });
    // oxlint-disable-next-line react/set-state-in-effect -- connections are opened by being there, not by being rendered.
    setStage({ client, faults, tape });
    return () => {
      setStage(null);
      client.close();
    };
  }, []);
  return stage;
}

function Reader({ title, stage, children }: { title: string; stage: Stage; children: ReactNode }): ReactNode {
  return (
    <StatewireProvider client={stage.client}>
      <Pane title={title} bodyClassName="space-y-4 p-4">
        <Facts stage={stage} />
        {children}
      </Pane>
    </StatewireProvider>
  );
}

function Facts({ stage: { tape } }: { stage: Stage }): ReactNode {
  const connection = useConnection();
  const { data, status, version } = useRecord('jobs', ID);
  const { messages, bytes, changes, connections, resumed } = useSyncExternalStore(tape.subscribe, tape.get);
  const isLive = connection.state === 'live';
  const facts: readonly (readonly [string, ReactNode])[] = [
    [
      'Connection',
      <span key="state" className={cx(isLive ? 'text-up' : 'text-degraded')}>
        {sentence(connection.state)}
      </span>,
    ],
    [
      'Carried by',
      `${connection.transport ?? 'nothing'}${connection.rttMs === null ? '' : `, ${Math.round(connection.rttMs)} ms`}`,
    ],
    ['What is shown is', status],
    ['Position', version === null ? 'none' : `version ${count(version)}`],
    ['Heard', `${plural(messages, 'message')}, ${count(Math.ceil(bytes / 1024))} kB, ${plural(changes, 'change')}`],
    ['Connections', count(connections)],
    ['Last beginning', resumed === null ? 'none' : resumedText(resumed)],
  ];
  return (
    <>
      <p className="text-3xl font-semibold tabular-nums" aria-label="Value">
        {data === null ? 'No value' : count(data.progress.done)}
      </p>
      <dl className="grid grid-cols-[8.5rem_minmax(0,1fr)] gap-y-1.5 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 break-words tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function resumedText({ how, from, to, changes }: NonNullable<ReturnType<Tape['get']>['resumed']>): string {
  if (how === 'snapshot') return `by snapshot: ${plural(changes, 'record')}, whole, at version ${to}`;
  const passed = from === null ? 0 : to - from;
  return `by ${how}: ${plural(passed, 'version')} passed, ${plural(changes, 'change')} replayed`;
}

function Faults({ faults }: { faults: FaultyDial }): ReactNode {
  const [isAway, setAway] = useState(false);
  const [isSlow, setSlow] = useState(false);
  return (
    <fieldset className="space-y-2">
      <legend className="mb-1.5 text-sm font-medium">Break it</legend>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button size="small" onClick={() => faults.cut()}>
          Cut the connection
        </Button>
        <Switch
          label="Keep it away"
          checked={isAway}
          onChange={(next) => {
            setAway(next);
            keepAway(faults, next);
          }}
        />
        <Switch
          label={`Slow, ${SLOW_MS / 1_000} s each way`}
          checked={isSlow}
          onChange={(next) => {
            setSlow(next);
            slowDown(faults, next);
          }}
        />
      </div>
    </fieldset>
  );
}

function keepAway(faults: FaultyDial, isAway: boolean): void {
  faults.isAway = isAway;
}

function slowDown(faults: FaultyDial, isSlow: boolean): void {
  faults.delayMs = isSlow ? SLOW_MS : 0;
}

/** Changes of the record, by REST: they come to both readers like anybody's. */
function Changes(): ReactNode {
  const canReport = useCan('jobs:report');
  const canDemo = useCan('demo:change');
  const [busy, setBusy] = useState(false);
  const change = async (n: number): Promise<void> => {
    setBusy(true);
    const known = await request<{ readonly progress: { readonly done: number } }>(`/v1/jobs/${ID}`);
    let done = known.ok ? known.value.progress.done : 0;
    for (let left = n; left > 0; left -= 1) {
      done += 1;
      // One after the other: each is a transaction of its own, and the last one is the newest.
      const answer = await request('/v1/reports', {
        method: 'POST',
        body: {
          collection: 'jobs',
          id: ID,
          kind: 'stream',
          title: 'Realtime demonstration',
          done,
          leaseMs: 3_600_000,
          labels: { demo: 'yes' },
        },
      });
      if (answer.ok) continue;
      failedToast(answer.problem);
      break;
    }
    setBusy(false);
  };
  return (
    <Pane title="Change the record" bodyClassName="flex flex-wrap items-center gap-3 p-4">
      {canReport && canDemo ? (
        <>
          <Button busy={busy} onClick={() => void change(1)}>
            One change
          </Button>
          <Button busy={busy} onClick={() => void change(20)}>
            20 changes
          </Button>
          <Button busy={busy} onClick={() => void change(FLOOD)}>
            A flood of {FLOOD}
          </Button>
          <p className="min-w-60 flex-1 text-sm text-muted">
            Each is a transaction of its own. A reader is told at most ten times a second: it may skip values, never the
            last one.
          </p>
        </>
      ) : (
        <p className="text-sm text-muted">Who may change the demo changes it here. You see what they do.</p>
      )}
    </Pane>
  );
}

function TapePane({ tape }: { tape: Tape }): ReactNode {
  const { lines } = useSyncExternalStore(tape.subscribe, tape.get);
  return (
    <Pane title="The wire of this reader" note="newest first">
      <ol className="divide-y text-sm" aria-label="Messages">
        {lines.map(({ n, at, direction, kind, text, bytes }) => (
          <li key={n} className="flex items-baseline gap-3 px-4 py-1.5">
            <span className="w-16 shrink-0 text-xs text-muted tabular-nums">{clockTime(at)}</span>
            <span className="w-14 shrink-0 text-xs text-muted">{direction === 'up' ? 'sent' : 'heard'}</span>
            <code className="code w-16 shrink-0 text-xs">{kind}</code>
            <span className="min-w-0 flex-1 truncate">{text}</span>
            <span className="shrink-0 text-xs text-muted tabular-nums">{bytes} B</span>
          </li>
        ))}
        {lines.length === 0 && <li className="px-4 py-6 text-center text-muted">Nothing was said yet.</li>}
      </ol>
    </Pane>
  );
}
