import type { Service } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { words } from '../../lib/format.ts';
import { useRows } from '../../live/rows.ts';
import { Pane } from '../../parts/pane.tsx';
import { lookOf, StatusIcon } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';

/** Agents that use the service, each with its own view of it. */
export function RelatedPane({ id, disagreement }: Pick<Service, 'disagreement' | 'id'>): ReactNode {
  const { rows, isLoading } = useRows('connections', ['eq', 'service', id]);
  const agents = useRows('agents');
  if (isLoading || rows.length === 0) return null;
  const names = new Map(agents.rows.map((agent) => [agent.id, agent.name]));
  return (
    <Pane title="Used by" note={`${rows.length}`}>
      {disagreement !== null && (
        <p className="m-3 rounded-control bg-degraded-soft px-3 py-2 text-sm">{disagreement.text}</p>
      )}
      <ul>
        {rows.map((row) => (
          <li key={row.id} className="flex h-10 items-center gap-2.5 border-b px-4 text-sm last:border-b-0">
            <StatusIcon look={lookOf(row)} />
            <Link to="/agents/$id" params={{ id: row.agent }} className="truncate font-medium hover:underline">
              {names.get(row.agent) ?? row.agent}
            </Link>
            <span className="truncate text-muted">{words(row.phase)}</span>
            <Ago at={row.observedAt} className="ml-auto shrink-0 text-xs text-muted" />
          </li>
        ))}
      </ul>
    </Pane>
  );
}
