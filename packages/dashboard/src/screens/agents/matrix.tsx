import { ChangeHighlight } from '@statewire/react';
import type { Agent, Connection, Service } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import { CircleSlash2 } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { words } from '../../lib/format.ts';
import { Scroll } from '../../parts/scroll.tsx';
import { lookOf } from '../../parts/status.tsx';

interface Props {
  readonly agents: readonly Agent[];
  readonly services: readonly Service[];
  readonly connections: readonly Connection[];
  readonly onOpen: (id: string) => void;
}

// Wider or taller grids are not read but searched; the table of services and a link's own page do that.
const SIDE_MAX = 60;

/** Agents by services: a mark per link with its state as the agent sees it, ringed where our probe says otherwise. */
export function Matrix({ agents, services, connections, onOpen }: Props): ReactNode {
  const columns = columnsOf(connections, services);
  const rows = rowsOf(connections, agents);
  const edges = new Map(connections.map((row) => [`${row.agent}\n${row.service}`, row]));
  const byId = new Map(services.map((row) => [row.id, row]));
  return (
    <Scroll label="Agents by services">
      <table className="w-max min-w-full border-collapse text-sm">
        <thead>
          <tr>
            <th scope="col" className="sticky left-0 z-1 bg-surface px-4 py-2 text-left text-xs font-medium text-muted">
              Agent
            </th>
            {columns.map((column) => {
              const service = byId.get(column.id);
              const look = service === undefined ? null : lookOf(service);
              return (
                <th key={column.id} scope="col" className="min-w-16 max-w-28 px-2 py-2 text-center text-xs font-medium">
                  <Link
                    to="/services/$id"
                    params={{ id: column.id }}
                    className="inline-flex max-w-24 items-center gap-1 text-muted hover:text-text"
                    title={column.name}
                  >
                    {look !== null && (
                      <look.icon
                        aria-label={`probe: ${look.word}`}
                        className={cx('size-3 shrink-0', look.ink)}
                        strokeWidth={2.5}
                      />
                    )}
                    <span className="truncate">{column.name}</span>
                  </Link>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((agent) => (
            <tr key={agent.id} className="border-t hover:bg-hover/60">
              <th scope="row" className="sticky left-0 z-1 max-w-44 truncate bg-surface px-4 text-left font-medium">
                {agent.name}
              </th>
              {columns.map((column) => {
                const edge = edges.get(`${agent.id}\n${column.id}`);
                return (
                  <td key={column.id} className="h-10 px-2 text-center">
                    {edge === undefined ? (
                      <span aria-hidden className="text-line-strong">
                        ·
                      </span>
                    ) : (
                      <EdgeMark
                        edge={edge}
                        service={byId.get(column.id) ?? null}
                        name={`${agent.name} to ${column.name}`}
                        onOpen={onOpen}
                      />
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** The sentence when an agent's view and our probe do not agree, else null. */
export function disagreement(edge: Connection, service: Service): string | null {
  const isEdgeBad = edge.status === 'down' || edge.status === 'degraded';
  if (isEdgeBad && service.status === 'up')
    return `The agent sees ${words(edge.phase)}, but our probe finds the service up. Look at this link first.`;
  if (edge.status === 'up' && service.status === 'down')
    return `The agent is connected, but our probe finds the service down. Look at the check first.`;
  return null;
}

const EdgeMark: (props: {
  edge: Connection;
  service: Service | null;
  name: string;
  onOpen: (id: string) => void;
}) => ReactNode = memo(function EdgeMark({
  edge,
  service,
  name,
  onOpen,
}: {
  edge: Connection;
  service: Service | null;
  name: string;
  onOpen: (id: string) => void;
}): ReactNode {
  const look = lookOf(edge);
  const isOff = edge.phase === 'disconnected' && edge.status === 'up';
  const Icon = isOff ? CircleSlash2 : look.icon;
  const differs = service !== null && disagreement(edge, service) !== null;
  const text = `${name}: ${words(edge.phase)}, ${look.word}${edge.status === 'up' || edge.reason.text === '' ? '' : `, ${edge.reason.text}`}${differs ? '; our probe disagrees' : ''}`;
  return (
    <button
      type="button"
      title={text}
      aria-label={text}
      onClick={() => onOpen(edge.id)}
      className={cx(
        'inline-flex size-8 items-center justify-center rounded-full hover:bg-hover',
        differs && 'ring-1 ring-degraded-fill ring-inset',
      )}
    >
      <ChangeHighlight value={`${edge.status} ${edge.phase}`} className="inline-flex rounded-full p-1">
        <Icon aria-hidden className={cx('size-4', isOff ? 'text-quiet' : look.ink)} strokeWidth={2.25} />
      </ChangeHighlight>
    </button>
  );
});

interface Named {
  readonly id: string;
  readonly name: string;
}

function columnsOf(connections: readonly Connection[], services: readonly Service[]): readonly Named[] {
  const names = new Map(services.map((row) => [row.id, row.name]));
  return named(
    connections.map((row) => row.service),
    names,
  );
}

function rowsOf(connections: readonly Connection[], agents: readonly Agent[]): readonly Named[] {
  const names = new Map(agents.map((row) => [row.id, row.name]));
  return named(
    connections.map((row) => row.agent),
    names,
  );
}

function named(ids: readonly string[], names: ReadonlyMap<string, string>): readonly Named[] {
  return [...new Set(ids)]
    .map((id) => ({ id, name: names.get(id) ?? id }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, SIDE_MAX);
}
