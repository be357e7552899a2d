import type { Agent, Connection } from '@statewire/model';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Bot, Plus, SearchX, Tag } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useMemo, useState } from 'react';
import {
  AGENT_SORTS,
  type AgentsSearch,
  type AgentSort,
  passesAgent,
  readAgentsSearch,
  viewOfAgents,
} from '../../lib/agents-search.ts';
import { useChosen } from '../../lib/chosen.ts';
import { cx } from '../../lib/cx.ts';
import { count, plural } from '../../lib/format.ts';
import { key, useKeys } from '../../lib/keys.ts';
import { useCan } from '../../lib/me.ts';
import { useRows } from '../../live/rows.ts';
import { BulkBar, BulkDock, useBulk } from '../../parts/bulk-bar.tsx';
import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Switch } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { LabelDialog } from '../../parts/label-dialog.tsx';
import { Pane } from '../../parts/pane.tsx';
import { SavedViews } from '../../parts/saved-views.tsx';
import { CodeBlock } from '../../parts/scroll.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { severity } from '../../parts/status.tsx';
import { Table } from '../../parts/table.tsx';
import type { Column } from '../../parts/table-head.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Edge } from './edge.tsx';
import { AgentFilters } from './filters.tsx';
import { Matrix } from './matrix.tsx';
import { OrderButtons } from './orders.tsx';
import {
  ActivityCell,
  type AgentLine,
  LinksCell,
  linksOf,
  NameCell,
  NarrowAgent,
  PlatformCell,
  SeenCell,
  StatusCell,
  UptimeCell,
} from './row.tsx';

const AgentEditor = lazy(() => import('./editor.tsx').then((module) => ({ default: module.AgentEditor })));

/** Who works, on what, and over which links; where a link and our own probe disagree, both are shown. */
export function Agents(): ReactNode {
  useCrumbs('Agents & connections');
  const canWrite = useCan('agents:change');
  const agents = useRows('agents');
  const connections = useRows('connections');
  const services = useRows('services', linked(connections.rows));
  const executions = useRows('executions', ACTIVE);
  const search = useSearch({ from: '/agents' });
  const navigate = useNavigate({ from: '/agents' });
  const set = (next: AgentsSearch): void => void navigate({ search: next, replace: true });
  const isLoading = agents.isLoading || connections.isLoading;
  const lines = useLines(agents.rows, connections.rows, executions.rows);
  const edge = connections.rows.find((row) => row.id === search.edge) ?? null;
  const split = connections.rows.filter((row) => row.disagreement !== null);
  const working = agents.rows.filter((agent) => agent.phase === 'running').length;
  useKeys(canWrite ? { n: key('New agent', () => set({ ...search, add: true })) } : {});
  return (
    <div className={cx(agents.isStale && 'is-stale')}>
      <PageHead
        title="Agents & connections"
        note={
          isLoading || agents.rows.length === 0 ? '' : `${count(agents.rows.length)} known, ${count(working)} running`
        }
      >
        <SavedViews
          page="agents"
          search={viewOfAgents(search)}
          onApply={(saved) => set(viewOfAgents(readAgentsSearch(saved)))}
        />
        {canWrite && (
          <Button tone="primary" onClick={() => set({ ...search, add: true })}>
            <Plus aria-hidden /> <span className="max-sm:sr-only">New agent</span>
          </Button>
        )}
      </PageHead>
      {isLoading ? (
        <div className="pane overflow-clip">
          <BoneRows rows={6} className="h-14" />
        </div>
      ) : agents.rows.length === 0 && connections.rows.length === 0 ? (
        <Nobody />
      ) : (
        <Tabs
          label="Agents and connections"
          tabs={[
            { key: 'agents', title: 'Agents', n: agents.rows.length },
            { key: 'connections', title: 'Connections', n: connections.rows.length },
          ]}
          value={search.tab ?? 'agents'}
          onChange={(tab) => {
            const { tab: _, ...rest } = search;
            set(tab === 'agents' ? rest : { ...rest, tab });
          }}
        >
          {search.tab === 'connections' ? (
            <Pane
              title="Connections"
              note={
                split.length === 0
                  ? 'an agent’s own view of each service'
                  : `${plural(split.length, 'connection')} where our probe says otherwise`
              }
              actions={
                split.length > 0 || search.split === true ? (
                  <Switch
                    label="Only these"
                    name="Only connections where our probe says otherwise"
                    checked={search.split === true}
                    onChange={(on) => {
                      const { split: _, ...rest } = search;
                      set(on ? { ...rest, split: true } : rest);
                    }}
                  />
                ) : undefined
              }
            >
              {connections.rows.length === 0 ? (
                <p className="px-4 py-8 text-center text-sm text-muted">
                  No agent has said anything of a connection yet.
                </p>
              ) : (
                <Matrix
                  agents={agents.rows}
                  services={services.rows}
                  connections={search.split === true ? split : connections.rows}
                  onOpen={(id) => set({ ...search, edge: id })}
                />
              )}
            </Pane>
          ) : (
            <List lines={lines} search={search} onChange={set} />
          )}
        </Tabs>
      )}
      {edge !== null && (
        <Edge
          edge={edge}
          agent={agents.rows.find((row) => row.id === edge.agent) ?? null}
          service={services.rows.find((row) => row.id === edge.service) ?? null}
          onClose={() => {
            const { edge: _, ...rest } = search;
            set(rest);
          }}
        />
      )}
      {search.add === true && canWrite && (
        <Suspense>
          <AgentEditor
            agent={null}
            onClose={() => {
              const { add: _, ...rest } = search;
              set(rest);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

const ACTIVE = ['nin', 'state', ['succeeded', 'failed', 'canceled', 'timed_out', 'lost']];

const SNIPPET = `curl -X POST ${location.origin}/v1/reports \\
  -H 'Authorization: Bearer <report key>' -H 'Content-Type: application/json' \\
  -d '{"collection":"agents","id":"agent-7","name":"Agent 7","phase":"idle"}'`;

function Nobody(): ReactNode {
  return (
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
  );
}

/** The rows of the table; one whose parts did not change stays the same object, so that it is not drawn again. */
function useLines(
  agents: readonly Agent[],
  connections: readonly Connection[],
  executions: Parameters<typeof runsOf>[0],
): readonly AgentLine[] {
  const links = useMemo(() => linksOf(connections), [connections]);
  const runs = useMemo(() => runsOf(executions), [executions]);
  return useMemo(
    () =>
      agents.map((agent) =>
        lineOf({
          id: agent.id,
          agent,
          run: agent.currentExecution === null ? null : (runs.get(agent.currentExecution) ?? null),
          links: links.get(agent.id) ?? NO_LINKS,
        }),
      ),
    [agents, links, runs],
  );
}

/** The line that was made of the same agent before, if its run and its counts are the same too. */
function lineOf(line: AgentLine): AgentLine {
  const known = knownLines.get(line.agent);
  const isSame =
    known !== undefined && known.run === line.run && JSON.stringify(known.links) === JSON.stringify(line.links);
  if (isSame) return known;
  knownLines.set(line.agent, line);
  return line;
}

const knownLines = new WeakMap<Agent, AgentLine>();

const NO_LINKS = { up: 0, all: 0, split: 0 };

function runsOf(
  executions: readonly NonNullable<AgentLine['run']>[],
): ReadonlyMap<string, NonNullable<AgentLine['run']>> {
  return new Map(executions.map((row) => [row.id, row]));
}

const COLUMNS: readonly Column<AgentLine>[] = [
  { key: 'name', title: 'Agent', track: 'minmax(10rem,1.3fr)', cell: NameCell, isSortable: true },
  { key: 'status', title: 'Status', track: '9rem', cell: StatusCell, isSortable: true },
  { key: 'activity', title: 'Doing', track: 'minmax(10rem,2fr)', cell: ActivityCell },
  { key: 'links', title: 'Connected', track: '6rem', cell: LinksCell },
  { key: 'platform', title: 'Platform', track: '9rem', cell: PlatformCell, isSortable: true, from: 'xl' },
  { key: 'uptime', title: '30 days', track: '5.5rem', cell: UptimeCell, isSortable: true, align: 'right', from: 'lg' },
  { key: 'seen', title: 'Seen', track: '6rem', cell: SeenCell, isSortable: true, align: 'right', from: 'lg' },
];

interface ListProps {
  readonly lines: readonly AgentLine[];
  readonly search: AgentsSearch;
  readonly onChange: (next: AgentsSearch) => void;
}

function List({ lines, search, onChange }: ListProps): ReactNode {
  const canWrite = useCan('agents:change');
  const canOrder = useCan('agents:pause');
  const canBulk = useCan('jobs:bulk');
  const canSelect = (canWrite || canOrder) && canBulk;
  const navigate = useNavigate();
  const sort = search.sort ?? 'status';
  const isDown = search.down ?? false;
  const rows = useMemo(
    () =>
      lines
        .filter(({ agent }) => passesAgent(search, agent))
        .sort((a, b) => (ORDERS[sort](a.agent, b.agent) || (a.agent.name < b.agent.name ? -1 : 1)) * (isDown ? -1 : 1)),
    [lines, search, sort, isDown],
  );
  const chosen = useChosen(lines, rows);
  const [isLabelling, setLabelling] = useState(false);
  const watch = (job: string | undefined): void => {
    const { job: _, ...rest } = search;
    onChange(job === undefined ? rest : { ...rest, job });
  };
  const bulk = useBulk('agents', watch);
  const ids = chosen.rows.map(({ id }) => id);
  return (
    <>
      <AgentFilters lines={lines} search={search} onChange={onChange} />
      <Table
        label="Agents"
        rows={rows}
        columns={COLUMNS}
        narrow={NarrowAgent}
        sort={{ key: sort, isDown }}
        onSort={(key) => {
          const { sort: _, down: __, ...rest } = search;
          const next = AGENT_SORTS.find((each) => each === key) ?? 'status';
          const down = next === sort && !isDown;
          onChange({ ...rest, ...(next === 'status' ? {} : { sort: next }), ...(down ? { down } : {}) });
        }}
        scope={JSON.stringify([search.status, search.stand, search.q, search.label, sort, isDown])}
        {...(canSelect ? { selected: chosen.ids, onSelect: chosen.select } : {})}
        onOpen={(id) => void navigate({ to: '/agents/$id', params: { id } })}
        nameOf={({ agent }) => agent.name}
        empty={
          <Empty icon={SearchX} title="No agent passes the filter">
            <Button onClick={() => onChange({})}>Show all</Button>
          </Empty>
        }
      />
      <BulkDock job={search.job} onJob={watch}>
        {chosen.rows.length > 0 && (
          <BulkBar
            label="Selected agents"
            chosen={chosen.rows.length}
            total={rows.length}
            isAll={chosen.isAll}
            onAll={chosen.all}
            onClear={chosen.clear}
          >
            <OrderButtons
              agents={chosen.rows.map(({ agent }) => agent)}
              {...(chosen.rows.length > 1
                ? {
                    onOrder: (means, order, args) =>
                      bulk.press(
                        means.map(({ id }) => id),
                        order,
                        args,
                      ),
                  }
                : {})}
              more={canWrite ? [{ label: 'Label', icon: Tag, run: () => setLabelling(true) }] : []}
            />
          </BulkBar>
        )}
      </BulkDock>
      {isLabelling && (
        <LabelDialog
          noun={plural(ids.length, 'agent')}
          onBegin={(op, fields) => bulk.begin(ids, op, fields)}
          onClose={() => setLabelling(false)}
        />
      )}
    </>
  );
}

const ORDERS: Readonly<Record<AgentSort, (a: Agent, b: Agent) => number>> = {
  status: (a, b) => severity(a) - severity(b),
  name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  platform: (a, b) => (a.platform < b.platform ? -1 : a.platform > b.platform ? 1 : 0),
  uptime: (a, b) => (a.uptime?.d30.pct ?? 101) - (b.uptime?.d30.pct ?? 101),
  seen: (a, b) => (a.observedAt ?? 0) - (b.observedAt ?? 0),
};

/** Services that have a link; the limit of one filter bounds how many columns the matrix can have. */
function linked(connections: readonly Connection[]): readonly [string, string, readonly string[]] {
  const ids = [...new Set(connections.map((row) => row.service))].sort().slice(0, 1000);
  return ['in', 'id', ids.length === 0 ? [''] : ids];
}
