import { askedWords, UptimeBar } from '@statewire/react';
import type { Agent, Connection, Execution, Instruction } from '@statewire/model';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ChevronRight, CircleHelp, Pencil, Trash2 } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, duration, latency, sentence, words } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { remove } from '../../live/command.ts';
import { useRecordOf, useRows } from '../../live/rows.ts';
import { AuditOf } from '../../parts/audit-of.tsx';
import { Button, buttonClass } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Empty } from '../../parts/empty.tsx';
import { FactsStrip } from '../../parts/facts.tsx';
import { type Crumb, useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { lookOfRun, ProgressLine } from '../../parts/progress.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { Badge, lookOf, StatusIcon } from '../../parts/status.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { LogPane } from '../service/log.tsx';
import { MuteMenu } from '../service/mute.tsx';
import { OpenAlertsPane } from '../service/open-alerts.tsx';
import { OutagesPane, UptimePane } from '../service/uptime.tsx';
import { ToolList } from './edge.tsx';
import { orderLooks, OrderButtons } from './orders.tsx';

const AgentEditor = lazy(() => import('./editor.tsx').then((module) => ({ default: module.AgentEditor })));

const PARENT: Crumb = { title: 'Agents & connections', to: '/agents' };

/** One agent: what it does and should do, what it was told, its toolbox, its runs, and its past. */
export function AgentDetail(): ReactNode {
  const { id } = useParams({ from: '/agents/$id' });
  const { row, isLoading, isStale } = useRecordOf('agents', id);
  useCrumbs(row?.name ?? id, PARENT);
  if (row !== null) return <Loaded row={row} isStale={isStale} />;
  if (isLoading) {
    return (
      <output aria-label="Loading" className="block space-y-6">
        <Bone className="h-6 w-64" />
        <Bone className="h-[86px] w-full rounded-card" />
        <Bone className="h-[290px] w-full rounded-card" />
      </output>
    );
  }
  return (
    <Empty
      icon={CircleHelp}
      title="There is no such agent"
      action={
        <Link to="/agents" className={buttonClass()}>
          All agents
        </Link>
      }
    >
      <p>
        Nothing is known under <code className="code">{id}</code>. It may have been removed.
      </p>
    </Empty>
  );
}

function Loaded({ row, isStale }: { row: Agent; isStale: boolean }): ReactNode {
  const ref = `agents/${row.id}`;
  const alerts = useRows('alerts', ['and', ['eq', 'subject', ref], ['neq', 'state', 'resolved']]);
  const said = useRows('annotations', ['eq', 'subject', ref]);
  return (
    <div className={cx('space-y-6', isStale && 'is-stale')}>
      <AgentHeader row={row} />
      <UptimePane row={row} of="agents" />
      {Object.keys(row.facts).length > 0 && <FactsStrip facts={row.facts} names={[]} />}
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 xl:grid-cols-[minmax(0,2fr)_minmax(20rem,1fr)]">
        <div className="min-w-0 space-y-6">
          <Toolbox agent={row.id} />
          <Runs agent={row.id} />
          <OutagesPane row={row} of="agents" />
          <LogPane row={row} of="agents" said={said.rows} />
        </div>
        <div className="min-w-0 space-y-6 empty:hidden max-xl:order-first">
          <OpenAlertsPane alerts={alerts.rows} />
          <Instructions agent={row.id} />
          <AuditOf collection="agents" id={row.id} />
        </div>
      </div>
    </div>
  );
}

function AgentHeader({ row }: { row: Agent }): ReactNode {
  const canWrite = useCan('agents:pause');
  const navigate = useNavigate();
  const [isEditing, setEditing] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const order = askedWords(row);
  const presence = { socket: 'an open connection', beat: 'heartbeats', report: 'reports' }[row.presence];
  return (
    <header>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 max-sm:basis-full">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
            <h1 className="min-w-0 truncate text-xl font-semibold tracking-tight">{row.name}</h1>
            <Badge look={lookOf(row)} />
          </div>
          <p className="mt-1.5 text-base break-words">
            {row.status === 'up' ? sentence(words(row.phase)) : lookOf(row).word} for <Lasting since={row.since} />
            {row.status === 'up'
              ? row.activity !== '' && `: ${row.activity}`
              : row.reason.text !== '' && `: ${row.reason.text}`}
          </p>
          {order !== null && (
            <output
              className={cx(
                'mt-1 block text-sm',
                order.state === 'done' || order.state === 'open' ? 'text-muted' : 'text-degraded',
              )}
            >
              {order.text}
            </output>
          )}
          <p className="mt-1 flex flex-wrap items-center gap-x-2 text-sm text-muted">
            {[row.platform, row.release].filter((word) => word !== '').join(' ') || 'Unknown platform'}
            <span aria-hidden>·</span> known by {presence}
            <span aria-hidden>·</span> seen <Ago at={row.observedAt} />
            {Object.entries(row.labels).map(([key, value]) => (
              <Link
                key={key}
                to="/agents"
                search={{ label: `${key}=${value}` }}
                className="code rounded border px-1.5 text-xs hover:border-line-strong hover:text-text"
              >
                {key}={value}
              </Link>
            ))}
          </p>
        </div>
        {canWrite && (
          <div className="flex flex-wrap items-center gap-2">
            <OrderButtons agents={[row]} isOne />
            <MuteMenu collection="agents" row={row} />
            <Button onClick={() => setEditing(true)}>
              <Pencil aria-hidden /> Edit
            </Button>
            <Button size="icon" aria-label={`Remove ${row.name}`} onClick={() => setRemoving(true)}>
              <Trash2 aria-hidden />
            </Button>
          </div>
        )}
      </div>
      {isEditing && (
        <Suspense>
          <AgentEditor agent={row} onClose={() => setEditing(false)} />
        </Suspense>
      )}
      <Confirm
        open={isRemoving}
        onClose={() => setRemoving(false)}
        title={`Remove ${row.name}?`}
        verb="Remove it"
        onConfirm={async () => {
          const failed = await remove('agents', [row.id]);
          if (failed === null) void navigate({ to: '/agents', search: {} });
          return failed;
        }}
      >
        <p>Its record and what it was told go. When it reports again it is a new one; to keep its past, retire it.</p>
      </Confirm>
    </header>
  );
}

const STATES: Readonly<Record<Instruction['state'], { readonly word: string; readonly ink: string }>> = {
  sent: { word: 'Not received yet', ink: 'text-muted' },
  received: { word: 'Received', ink: 'text-accent' },
  done: { word: 'Done', ink: 'text-up' },
  refused: { word: 'Refused', ink: 'text-down' },
  expired: { word: 'Not answered', ink: 'text-degraded' },
};

function Instructions({ agent }: { agent: string }): ReactNode {
  const { rows } = useRows('instructions', ['eq', 'agent', agent]);
  const sorted = rows.toSorted((a, b) => b.number - a.number).slice(0, 20);
  return (
    <Pane title="Instructions" note="what it was told">
      {sorted.length === 0 ? (
        <p className="px-4 py-6 text-center text-sm text-muted">It was told nothing yet.</p>
      ) : (
        <ol>
          {sorted.map((row) => {
            const { icon: Icon, title } = orderLooks[row.kind];
            const state = STATES[row.state];
            return (
              <li key={row.id} className="flex gap-2.5 border-b px-4 py-2.5 text-sm last:border-b-0">
                <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
                <div className="min-w-0 flex-1">
                  <p className="flex items-baseline justify-between gap-2">
                    <span className="font-medium">{title}</span>
                    <span className={cx('shrink-0 text-xs', state.ink)}>{state.word}</span>
                  </p>
                  {row.text !== '' && <p className="break-words whitespace-pre-line">{row.text}</p>}
                  {row.answer !== '' && <p className="break-words whitespace-pre-line text-muted">“{row.answer}”</p>}
                  <p className="text-xs text-muted">
                    by {row.by}, <Ago at={row.createdAt} />
                    {row.endedAt !== null && row.state !== 'expired' && (
                      <>, answered after {duration(row.endedAt - row.createdAt)}</>
                    )}
                  </p>
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </Pane>
  );
}

/** Its connections: how each service looks from where it stands. */
function Toolbox({ agent }: { agent: string }): ReactNode {
  const { rows } = useRows('connections', ['eq', 'agent', agent]);
  const ids = rows.map((row) => row.service).sort();
  const services = useRows('services', ['in', 'id', ids.length === 0 ? [''] : ids]);
  const names = new Map(services.rows.map((row) => [row.id, row.name]));
  const sorted = rows.toSorted(
    (a, b) => Number(a.status === 'up') - Number(b.status === 'up') || (a.id < b.id ? -1 : 1),
  );
  const up = rows.filter((row) => row.status === 'up').length;
  return (
    <Pane title="Toolbox" note={rows.length === 0 ? 'its connections' : `${up} of ${rows.length} connected`}>
      {rows.length === 0 ? (
        <p className="px-4 py-6 text-center text-sm text-muted">It has said nothing of a connection yet.</p>
      ) : (
        <ul>
          {sorted.map((row) => (
            <Tool key={row.id} row={row} name={names.get(row.service) ?? row.service} />
          ))}
        </ul>
      )}
    </Pane>
  );
}

function Tool({ row, name }: { row: Connection; name: string }): ReactNode {
  const look = lookOf(row);
  return (
    <li className="border-b px-4 py-2.5 text-sm last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
        <StatusIcon look={look} />
        <Link to="/services/$id" params={{ id: row.service }} className="min-w-0 truncate font-medium hover:underline">
          {name}
        </Link>
        <span className={row.status === 'up' ? 'text-muted' : look.ink}>{words(row.phase)}</span>
        <span className="ml-auto text-xs text-muted">
          {row.latencyMs !== null && `${latency(row.latencyMs)} · `}
          {count(row.calls)} calls, {count(row.errors)} failed
        </span>
        <UptimeBar bar={row.recent.bar} cells={12} className="w-[58px] max-sm:hidden" />
      </div>
      {row.status !== 'up' && row.reason.text !== '' && row.disagreement === null && (
        <p className="mt-1 text-muted">{row.reason.text}</p>
      )}
      {row.disagreement !== null && (
        <p className="mt-1.5 rounded-control bg-degraded-soft px-2.5 py-1.5">{row.disagreement.text}</p>
      )}
      {row.tools.length > 0 && (
        <div className="mt-1.5 text-xs">
          <ToolList tools={row.tools} />
        </div>
      )}
    </li>
  );
}

const RUNS_SHOWN = 10;

function Runs({ agent }: { agent: string }): ReactNode {
  const { rows } = useRows('executions', ['eq', 'agent', agent]);
  const sorted = rows.toSorted((a, b) => b.createdAt - a.createdAt).slice(0, RUNS_SHOWN);
  return (
    <Pane title="Executions" note={rows.length > RUNS_SHOWN ? `the newest ${RUNS_SHOWN} of ${rows.length}` : undefined}>
      {rows.length === 0 ? (
        <p className="px-4 py-6 text-center text-sm text-muted">It has run nothing yet.</p>
      ) : (
        <ul>
          {sorted.map((run) => (
            <li key={run.id} className="border-b last:border-b-0">
              <RunLine run={run} />
            </li>
          ))}
        </ul>
      )}
    </Pane>
  );
}

/** A run in one line; its steps open below it. */
function RunLine({ run }: { run: Execution }): ReactNode {
  const look = lookOfRun(run);
  const head = (
    <>
      <look.icon aria-hidden className={cx('size-4 shrink-0', look.ink)} strokeWidth={2.25} />
      <span className="min-w-0 flex-1 truncate font-medium">{run.title}</span>
      <span className="shrink-0 text-xs text-muted">
        {look.word.toLowerCase()}, <Ago at={run.startedAt ?? run.createdAt} />
      </span>
    </>
  );
  return (
    <details className="group text-sm">
      <summary className="flex min-h-10 cursor-pointer list-none items-center gap-2.5 px-4 py-1.5 hover:bg-hover/60">
        <ChevronRight aria-hidden className="size-4 shrink-0 text-muted group-open:rotate-90" />
        {head}
      </summary>
      <div className="space-y-2 px-4 pb-3 pl-10">
        <ProgressLine run={run} />
        {run.reason.text !== '' && <p className="text-muted">{run.reason.text}</p>}
        {run.steps.length > 0 && (
          <ol>
            {run.steps.map((step) => (
              <li key={step.id} className="flex min-h-7 items-center gap-2">
                <span className="min-w-0 flex-1 truncate">{step.title || step.id}</span>
                <span className="text-xs text-muted">
                  {words(step.state)}
                  {step.startedAt !== null && step.endedAt !== null && `, ${duration(step.endedAt - step.startedAt)}`}
                </span>
              </li>
            ))}
          </ol>
        )}
        <Link to="/jobs" search={{ open: `executions/${run.id}` }} className="text-xs text-accent underline">
          Open the run
        </Link>
      </div>
    </details>
  );
}
