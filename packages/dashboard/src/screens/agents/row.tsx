import { askedWords, ChangeHighlight, UptimeBar } from '@statewire/react';
import type { Agent, Connection, Execution } from '@statewire/model';
import { Link } from '@tanstack/react-router';
import { BellOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { sentence, words } from '../../lib/format.ts';
import { coverageText, isThin, percent } from '../../lib/uptime.ts';
import { ProgressLine } from '../../parts/progress.tsx';
import { lookOf, StatusIcon } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';

/** An agent with what belongs to it, as one row. Made anew only when one of them changed. */
export interface AgentLine {
  readonly id: string;
  readonly agent: Agent;
  readonly run: Execution | null;
  readonly links: Links;
}

/** How many of an agent's connections are well. */
export interface Links {
  readonly up: number;
  readonly all: number;
  /** Of those where our own look says otherwise. */
  readonly split: number;
}

/** Counts the connections of each agent. */
export function linksOf(connections: readonly Connection[]): ReadonlyMap<string, Links> {
  const links = new Map<string, Links>();
  for (const { agent, status, disagreement } of connections) {
    const { up, all, split } = links.get(agent) ?? { up: 0, all: 0, split: 0 };
    links.set(agent, {
      up: up + (status === 'up' ? 1 : 0),
      all: all + 1,
      split: split + (disagreement == null ? 0 : 1),
    });
  }
  return links;
}

export function NameCell({ agent }: AgentLine): ReactNode {
  return (
    <div className="flex min-w-0 items-center gap-2">
      <Link to="/agents/$id" params={{ id: agent.id }} className="truncate font-medium hover:underline">
        {agent.name}
      </Link>
      {agent.overlay.muted && <BellOff aria-label="Muted" className="size-3.5 shrink-0 text-muted" />}
    </div>
  );
}

export function StatusCell({ agent }: AgentLine): ReactNode {
  const look = lookOf(agent);
  return (
    <ChangeHighlight value={`${look.word} ${agent.phase}`} className="flex min-w-0 items-center gap-2 rounded">
      <StatusIcon look={look} label={false} />
      <span className={cx('shrink-0', agent.status === 'up' ? 'text-muted' : cx('font-medium', look.ink))}>
        {agent.status === 'up' ? sentence(words(agent.phase)) : look.word}
      </span>
    </ChangeHighlight>
  );
}

/** What it does: its run, else its own words; before both what it was asked and does not do. */
export function ActivityCell({ agent, run }: AgentLine): ReactNode {
  const order = askedWords(agent);
  const isTold = order !== null && order.state !== 'done';
  return (
    <div className="min-w-0 text-sm">
      {isTold ? (
        <p className={cx('truncate', order.state === 'open' ? 'text-muted' : 'text-degraded')} title={order.text}>
          {order.text}
        </p>
      ) : run !== null ? (
        <>
          <p className="truncate text-xs text-muted">{run.title}</p>
          <ProgressLine run={run} brief className="mt-0.5" />
        </>
      ) : (
        <p className="truncate text-muted">{agent.status === 'up' ? agent.activity : agent.reason.text}</p>
      )}
    </div>
  );
}

export function PlatformCell({ agent }: AgentLine): ReactNode {
  return (
    <span className="block truncate text-muted">
      {[agent.platform, agent.release].filter((word) => word !== '').join(' ') || '–'}
    </span>
  );
}

export function LinksCell({ links }: AgentLine): ReactNode {
  if (links.all === 0) return <span className="text-muted">–</span>;
  return (
    <span className={links.up === links.all ? 'text-muted' : 'font-medium text-degraded'}>
      {links.up}/{links.all}
      <span className="sr-only">
        {' '}
        connected{links.split > 0 ? `, ${links.split} where our probe says otherwise` : ''}
      </span>
      {links.split > 0 && (
        <span aria-hidden title="Our probe says otherwise">
          {' '}
          ≠
        </span>
      )}
    </span>
  );
}

export function UptimeCell({ agent }: AgentLine): ReactNode {
  const value = agent.uptime?.d30 ?? null;
  if (value === null) return <span className="text-muted">–</span>;
  return (
    <span title={coverageText(value)} className={cx((isThin(value) || value.pct === 100) && 'text-muted')}>
      {percent(value.pct, 2)}
    </span>
  );
}

export function SeenCell({ agent }: AgentLine): ReactNode {
  return <Ago at={agent.observedAt} className="text-muted" />;
}

/** Two lines on a phone: who and how, then what it does. */
export function NarrowAgent(line: AgentLine): ReactNode {
  const { agent } = line;
  const look = lookOf(agent);
  const order = askedWords(agent);
  return (
    <Link to="/agents/$id" params={{ id: agent.id }} className="block py-2">
      <span className="flex items-center gap-2">
        <StatusIcon look={look} label={false} />
        <span className="truncate text-base font-medium">{agent.name}</span>
        <UptimeBar bar={agent.recent.bar} cells={12} className="ml-auto w-[58px]" />
      </span>
      <span className="mt-1 flex items-baseline gap-2 text-sm">
        <span className={cx('min-w-0 truncate', agent.status === 'up' ? 'text-muted' : look.ink)}>
          {agent.status === 'up' ? sentence(words(agent.phase)) : look.word}
          <span className="text-muted">
            {order !== null && order.state !== 'done'
              ? ` · ${order.text}`
              : agent.activity === ''
                ? ''
                : ` · ${agent.activity}`}
          </span>
        </span>
        <span className="ml-auto shrink-0 text-xs">
          <LinksCell {...line} />
        </span>
      </span>
    </Link>
  );
}
