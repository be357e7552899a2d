import { UptimeBar } from '@statewire/react';
import type { Agent, Connection, Service } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { count, latency, words } from '../../lib/format.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { FactsStrip } from '../../parts/facts.tsx';
import { Badge, lookOf } from '../../parts/status.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { Fact, Facts } from '../service/pairs.tsx';

/** Which tools an agent used over a connection, and how often. */
export function ToolList({ tools }: Pick<Connection, 'tools'>): ReactNode {
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-1">
      {tools.map(({ name, calls, errors }) => (
        <li key={name}>
          <code className="code">{name}</code> <span className="text-muted">{count(calls)}</span>
          {errors > 0 && <span className="text-down">, {count(errors)} failed</span>}
        </li>
      ))}
    </ul>
  );
}

/** One connection in full: the agent’s own view, and what our probe says to it. */
export function Edge({
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
  const other = edge.disagreement?.text ?? null;
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
          <Fact title="Latency">{latency(edge.latencyMs)}</Fact>
          {edge.tools.length > 0 && (
            <Fact title="Tools">
              <ToolList tools={edge.tools} />
            </Fact>
          )}
          <Fact title="Reported">
            <Ago at={edge.observedAt} />
          </Fact>
        </Facts>
      </div>
    </Dialog>
  );
}
