import { ChangeHighlight, UptimeBar } from '@statewire/react';
import type { Agent, Connection, Execution, Service } from '@statewire/model';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Bell, BellOff, Bot } from 'lucide-react';
import { memo, type ReactNode, useMemo } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, sentence, words } from '../../lib/format.ts';
import { useMe } from '../../lib/me.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { FactsStrip } from '../../parts/facts.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { VirtualList } from '../../parts/list.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProgressLine } from '../../parts/progress.tsx';
import { CodeBlock } from '../../parts/scroll.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Badge, lookOf, severity, StatusIcon } from '../../parts/status.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { MuteMenu } from '../service/mute.tsx';
import { Fact, Facts } from '../service/pairs.tsx';
import { disagreement, Matrix } from './matrix.tsx';

/** Who works, on what, and over which links; where a link and our own probe disagree, both are shown. */
export function Agents(): ReactNode {
  useCrumbs('Agents & connections');
  const agents = useRows('agents');
  const connections = useRows('connections');
  const services = useRows('services', linked(connections.rows));
  const executions = useRows('executions', ACTIVE);
  const search = useSearch({ from: '/agents' });
  const navigate = useNavigate({ from: '/agents' });
  const isLoading = agents.isLoading || connections.isLoading;
  const sorted = useMemo(
    () => [...agents.rows].sort((a, b) => severity(a) - severity(b) || (a.name < b.name ? -1 : 1)),
    [agents.rows],
  );
  const byId = new Map(executions.rows.map((row) => [row.id, row]));
  const edge = connections.rows.find((row) => row.id === search.edge) ?? null;
  const working = agents.rows.filter((agent) => agent.phase === 'running').length;
  return (
    <div className={cx('space-y-6', agents.isStale && 'is-stale')}>
      <header className="flex flex-wrap items-baseline gap-x-4">
        <h1 className="text-xl font-semibold tracking-tight">Agents & connections</h1>
        {!isLoading && agents.rows.length > 0 && (
          <span className="text-muted">
            {count(agents.rows.length)} known, {count(working)} running, {count(connections.rows.length)} connections
          </span>
        )}
      </header>
      {isLoading ? (
        <div className="pane overflow-clip">
          <BoneRows rows={6} className="h-14" />
        </div>
      ) : agents.rows.length === 0 && connections.rows.length === 0 ? (
        <div className="pane">
          <Empty
            icon={Bot}
            title="No agent has reported yet"
            action={<CopyButton text={SNIPPET} label="Copy a first report" className="border" />}
          >
            <p>
              An agent appears with its first report or SDK connection, with its presence, its activity and its links to
              services.
            </p>
            <CodeBlock label="Example" text={SNIPPET} className="mt-4" />
          </Empty>
        </div>
      ) : (
        <>
          {agents.rows.length > 0 && (
            <Pane title="Agents">
              <VirtualList items={sorted} keyOf={idOf} rowHeight={57}>
                {(agent) => (
                  <AgentRow
                    agent={agent}
                    run={agent.currentExecution === null ? null : (byId.get(agent.currentExecution) ?? null)}
                  />
                )}
              </VirtualList>
            </Pane>
          )}
          {connections.rows.length > 0 && (
            <Pane title="Connections" note="an agent’s own view of each service">
              <Matrix
                agents={agents.rows}
                services={services.rows}
                connections={connections.rows}
                onOpen={(id) => void navigate({ search: { edge: id } })}
              />
            </Pane>
          )}
        </>
      )}
      {edge !== null && (
        <Edge
          edge={edge}
          agent={agents.rows.find((row) => row.id === edge.agent) ?? null}
          service={services.rows.find((row) => row.id === edge.service) ?? null}
          onClose={() => void navigate({ search: {} })}
        />
      )}
    </div>
  );
}

const idOf = (agent: Agent): string => agent.id;
const ACTIVE = ['nin', 'state', ['succeeded', 'failed', 'canceled', 'timed_out', 'lost']];

const SNIPPET = `curl -X POST ${location.origin}/v1/reports \\
  -H 'Authorization: Bearer <report key>' -H 'Content-Type: application/json' \\
  -d '{"collection":"agents","id":"agent-7","name":"Agent 7","phase":"idle"}'`;

/** Services that have a link; the limit of one filter bounds how many columns the matrix can have. */
function linked(connections: readonly Connection[]): readonly [string, string, readonly string[]] {
  const ids = [...new Set(connections.map((row) => row.service))].sort().slice(0, 1000);
  return ['in', 'id', ids.length === 0 ? [''] : ids];
}

interface AgentRowProps {
  readonly agent: Agent;
  readonly run: Execution | null;
}

const AgentRow: (props: AgentRowProps) => ReactNode = memo(function AgentRow({ agent, run }: AgentRowProps): ReactNode {
  const { canWrite } = useMe();
  const look = lookOf(agent);
  const presence = { socket: 'connected', beat: 'heartbeats', report: 'reports' }[agent.presence];
  return (
    <div className="grid min-h-14 grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 px-4 py-2.5 lg:grid-cols-[auto_minmax(10rem,16rem)_minmax(0,1fr)_auto]">
      <StatusIcon look={look} />
      <div className="min-w-0">
        <p className="truncate font-medium">{agent.name}</p>
        <p className="truncate text-xs text-muted">
          {[agent.platform, agent.release].filter((word) => word !== '').join(' ') || presence}
        </p>
      </div>
      <div className="min-w-0 max-lg:order-last max-lg:col-span-3 max-lg:pl-8">
        <ChangeHighlight
          value={`${agent.phase} ${agent.activity}`}
          className="flex min-w-0 items-baseline gap-2 rounded text-sm"
        >
          <span className={cx('shrink-0', agent.status === 'up' ? '' : look.ink)}>
            {agent.status === 'up' ? sentence(words(agent.phase)) : look.word}
          </span>
          <span className="truncate text-muted">{agent.status === 'up' ? agent.activity : agent.reason.text}</span>
        </ChangeHighlight>
        {run !== null && (
          <div className="mt-1">
            <Link
              to="/jobs"
              search={{ open: `executions/${run.id}` }}
              className="block truncate text-xs text-muted hover:text-text hover:underline"
            >
              {run.title}
            </Link>
            <ProgressLine run={run} className="mt-0.5 max-w-xl" />
          </div>
        )}
      </div>
      <div className="flex items-center gap-2">
        <p className="text-right text-xs text-muted">
          <Ago at={agent.observedAt} />
          <span className="block max-sm:hidden">by {presence === 'connected' ? 'open connection' : presence}</span>
        </p>
        {canWrite && (
          <MuteMenu
            collection="agents"
            row={agent}
            trigger={
              <Button
                tone="ghost"
                size="icon"
                aria-label={agent.overlay.muted ? `Unmute ${agent.name}` : `Mute ${agent.name}`}
              >
                {agent.overlay.muted ? <BellOff aria-hidden className="text-degraded" /> : <Bell aria-hidden />}
              </Button>
            }
          />
        )}
      </div>
    </div>
  );
});

function Edge({
  edge,
  agent,
  service,
  onClose,
}: {
  edge: Connection;
  agent: Agent | null;
  service: Service | null;
  onClose: () => void;
}): ReactNode {
  const look = lookOf(edge);
  const other = service === null ? null : disagreement(edge, service);
  return (
    <Dialog open onClose={onClose} title={`${agent?.name ?? edge.agent} to ${service?.name ?? edge.service}`} wide>
      <div className="flex flex-wrap items-center gap-3">
        <Badge look={look} />
        <span>
          {words(edge.phase)} for <Lasting since={edge.since} />
          {edge.status !== 'up' && edge.reason.text !== '' && `: ${edge.reason.text}`}
        </span>
        <UptimeBar bar={edge.recent.bar} className="ml-auto" />
      </div>
      {other !== null && <p className="mt-3 rounded-control bg-degraded-soft px-3 py-2 text-sm">{other}</p>}
      {Object.keys(edge.facts).length > 0 && (
        <div className="mt-4">
          <FactsStrip facts={edge.facts} names={[]} />
        </div>
      )}
      <div className="-mx-4 mt-2">
        <Facts>
          {service !== null && (
            <Fact title="Service">
              <Link to="/services/$id" params={{ id: service.id }} className="text-accent underline">
                {service.name}
              </Link>
              , our probe says {service.status}
            </Fact>
          )}
          <Fact title="Session">
            {edge.sessionId === null ? 'none known' : <code className="code break-all">{edge.sessionId}</code>}
          </Fact>
          <Fact title="Protocol">{edge.protocolVersion ?? 'unknown'}</Fact>
          <Fact title="Calls">
            {count(edge.calls)}, {count(edge.errors)} failed
            {edge.lastErrorCode !== null && <span className="text-muted">, last {words(edge.lastErrorCode)}</span>}
          </Fact>
          <Fact title="Reported">
            <Ago at={edge.observedAt} />
          </Fact>
        </Facts>
      </div>
    </Dialog>
  );
}
