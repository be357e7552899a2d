import { ChangeHighlight } from '@statewire/react';
import type { Agent, Connection, Service } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { CircleSlash2 } from 'lucide-react';
import { type KeyboardEvent, memo, type ReactNode, useRef, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { env } from '../../lib/env.ts';
import { words } from '../../lib/format.ts';
import { useNarrow } from '../../lib/media.ts';
import { VirtualList } from '../../parts/list.tsx';
import { lookOf } from '../../parts/status.tsx';

interface Props {
  readonly agents: readonly Agent[];
  readonly services: readonly Service[];
  readonly connections: readonly Connection[];
  readonly onOpen: (id: string) => void;
}

const ROW_PX = 40;

/** Agents by services: a mark per link with its state as the agent sees it, ringed where our probe says otherwise. */
export function Matrix(props: Props): ReactNode {
  const isNarrow = useNarrow();
  return isNarrow ? <ByAgent {...props} /> : <Grid {...props} />;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * The grid in a box of its own, with headings that stay; rows are there while they are in sight. One stop of the Tab key:
 * arrows lead from link to link, Enter opens one.
 */
function Grid({ agents, services, connections, onOpen }: Props): ReactNode {
  const columns = namesOf(connections, 'service', services);
  const rows = namesOf(connections, 'agent', agents);
  const edges = new Map(connections.map((row) => [`${row.agent}\n${row.service}`, row]));
  const byId = new Map(services.map((row) => [row.id, row]));
  const box = useRef<HTMLElement>(null);
  const first = firstOf(rows, columns, edges);
  const [chosen, setChosen] = useState<string | null>(null);
  const stop = chosen !== null && edges.has(chosen) ? chosen : first;
  // oxlint-disable-next-line react/incompatible-library -- it is not memoised by a compiler here.
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
    scrollPaddingStart: ROW_PX,
  });
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);

  const onKeyDown = (event: KeyboardEvent): void => {
    const way = WAYS[event.key];
    if (way === undefined || stop === null) return;
    const [agent = '', service = ''] = stop.split('\n');
    let r = rows.findIndex(({ id }) => id === agent);
    let c = columns.findIndex(({ id }) => id === service);
    // To the next link in this direction: cells without one are passed over.
    for (;;) {
      r += way[0];
      c += way[1];
      const [row, column] = [rows[r], columns[c]];
      if (row === undefined || column === undefined) return;
      const key = `${row.id}\n${column.id}`;
      if (!edges.has(key)) continue;
      event.preventDefault();
      setChosen(key);
      virtual.scrollToIndex(r);
      env.after(0, () => {
        const marks = box.current?.querySelectorAll<HTMLElement>('[data-edge]') ?? [];
        for (const mark of marks) if (mark.dataset['edge'] === edges.get(key)?.id) mark.focus();
      });
      return;
    }
  };

  return (
    <section ref={box} aria-label="Agents by services" className="max-h-[70vh] overflow-auto overscroll-contain">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the arrows of its links, heard in one place. */}
      <table
        className="w-max min-w-full border-separate border-spacing-0 text-sm"
        aria-rowcount={rows.length + 1}
        onKeyDown={onKeyDown}
      >
        <thead>
          <tr>
            <th
              scope="col"
              className="sticky top-0 left-0 z-3 border-b bg-surface px-4 py-2 text-left text-xs font-medium text-muted"
            >
              Agent
            </th>
            {columns.map((column) => (
              <ServiceHead key={column.id} column={column} service={byId.get(column.id) ?? null} />
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <tr aria-hidden style={{ height: above }} />}
          {items.map((item) => {
            const agent = rows[item.index];
            if (agent === undefined) return null;
            return (
              <tr
                key={agent.id}
                aria-rowindex={item.index + 2}
                className="hover:bg-hover/60"
                style={{ height: ROW_PX }}
              >
                <th
                  scope="row"
                  className="sticky left-0 z-1 max-w-44 truncate border-b bg-surface px-4 text-left font-medium"
                >
                  <Link to="/agents/$id" params={{ id: agent.id }} className="hover:underline">
                    {agent.name}
                  </Link>
                </th>
                {columns.map((column) => {
                  const edge = edges.get(`${agent.id}\n${column.id}`);
                  return (
                    <td key={column.id} className="h-10 border-b px-2 text-center">
                      {edge === undefined ? (
                        <span aria-hidden className="text-line-strong">
                          ·
                        </span>
                      ) : (
                        <EdgeMark
                          edge={edge}
                          name={`${agent.name} to ${column.name}`}
                          isStop={stop === `${agent.id}\n${column.id}`}
                          onOpen={onOpen}
                          onChoose={setChosen}
                        />
                      )}
                    </td>
                  );
                })}
              </tr>
            );
          })}
          {below > 0 && <tr aria-hidden style={{ height: below }} />}
        </tbody>
      </table>
    </section>
  );
}

const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function ServiceHead({ column, service }: { column: Named; service: Service | null }): ReactNode {
  const look = service === null ? null : lookOf(service);
  return (
    <th
      scope="col"
      className="sticky top-0 z-2 min-w-16 max-w-28 border-b bg-surface px-2 py-2 text-center text-xs font-medium"
    >
      <Link
        to="/services/$id"
        params={{ id: column.id }}
        className="inline-flex max-w-24 items-center gap-1 text-muted hover:text-text"
        title={service?.disagreement?.text ?? column.name}
      >
        {look !== null && (
          <look.icon aria-label={`probe: ${look.word}`} className={cx('size-3 shrink-0', look.ink)} strokeWidth={2.5} />
        )}
        <span className="truncate">{column.name}</span>
      </Link>
    </th>
  );
}

interface MarkProps {
  readonly edge: Connection;
  readonly name: string;
  readonly isStop: boolean;
  readonly onOpen: (id: string) => void;
  readonly onChoose: (key: string) => void;
}

const EdgeMark: (props: MarkProps) => ReactNode = memo(function EdgeMark({
  edge,
  name,
  isStop,
  onOpen,
  onChoose,
}: MarkProps): ReactNode {
  const { icon: Icon, ink, text, differs } = markOf(edge, name);
  return (
    <button
      type="button"
      title={text}
      aria-label={text}
      data-edge={edge.id}
      tabIndex={isStop ? 0 : -1}
      onFocus={() => onChoose(`${edge.agent}\n${edge.service}`)}
      onClick={() => onOpen(edge.id)}
      className={cx(
        'inline-flex size-8 items-center justify-center rounded-full hover:bg-hover',
        differs && 'ring-1 ring-degraded-fill ring-inset',
      )}
    >
      <ChangeHighlight value={`${edge.status} ${edge.phase}`} className="inline-flex rounded-full p-1">
        <Icon aria-hidden className={cx('size-4', ink)} strokeWidth={2.25} />
      </ChangeHighlight>
    </button>
  );
});

/** On a phone: each agent with its links below it, those that are not well first. */
function ByAgent({ agents, services, connections, onOpen }: Props): ReactNode {
  const names = new Map(services.map((row) => [row.id, row.name]));
  const byAgent = Map.groupBy(connections, ({ agent }) => agent);
  return (
    <VirtualList items={namesOf(connections, 'agent', agents)} keyOf={({ id }) => id} rowHeight={96}>
      {(agent) => (
        <div className="px-4 py-3">
          <Link to="/agents/$id" params={{ id: agent.id }} className="block truncate font-medium">
            {agent.name}
          </Link>
          <ul className="mt-2 flex flex-wrap gap-2">
            {(byAgent.get(agent.id) ?? [])
              .toSorted((a, b) => Number(a.status === 'up') - Number(b.status === 'up') || (a.id < b.id ? -1 : 1))
              .map((edge) => {
                const service = names.get(edge.service) ?? edge.service;
                const { icon: Icon, ink, text, differs } = markOf(edge, `${agent.name} to ${service}`);
                return (
                  <li key={edge.id} className="max-w-full">
                    <button
                      type="button"
                      aria-label={text}
                      onClick={() => onOpen(edge.id)}
                      className={cx(
                        'flex min-h-10 max-w-full items-center gap-1.5 rounded-control border px-2.5 text-sm',
                        differs && 'border-degraded-fill',
                      )}
                    >
                      <Icon aria-hidden className={cx('size-4 shrink-0', ink)} strokeWidth={2.25} />
                      <span className="truncate">{service}</span>
                    </button>
                  </li>
                );
              })}
          </ul>
        </div>
      )}
    </VirtualList>
  );
}

function markOf(edge: Connection, name: string) {
  const look = lookOf(edge);
  const isOff = edge.phase === 'disconnected' && edge.status === 'up';
  const differs = edge.disagreement !== null;
  const why = edge.status === 'up' || edge.reason.text === '' ? '' : `, ${edge.reason.text}`;
  return {
    icon: isOff ? CircleSlash2 : look.icon,
    ink: isOff ? 'text-quiet' : look.ink,
    text: `${name}: ${words(edge.phase)}, ${look.word}${why}${differs ? '; our probe disagrees' : ''}`,
    differs,
  };
}

function firstOf(
  rows: readonly Named[],
  columns: readonly Named[],
  edges: ReadonlyMap<string, Connection>,
): string | null {
  for (const row of rows) {
    for (const column of columns) if (edges.has(`${row.id}\n${column.id}`)) return `${row.id}\n${column.id}`;
  }
  return null;
}

/** One end of all connections, by name; of a record that is not there the id. */
function namesOf(
  connections: readonly Connection[],
  end: 'agent' | 'service',
  records: readonly Named[],
): readonly Named[] {
  const names = new Map(records.map((row) => [row.id, row.name]));
  return [...new Set(connections.map((row) => row[end]))]
    .map((id) => ({ id, name: names.get(id) ?? id }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
