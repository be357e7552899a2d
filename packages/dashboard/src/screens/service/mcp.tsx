import type { McpInfo, Service } from '@statewire/model';
import { useQuery } from '@tanstack/react-query';
import { Check, ChevronRight, Minus, Pencil, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { diffLines } from '../../lib/diff.ts';
import { count, plural } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { acceptTools } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Pane } from '../../parts/pane.tsx';
import { CodeBlock, Scroll } from '../../parts/scroll.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { inventoryQuery } from '../../rest/queries.ts';
import type { Tool } from '../../rest/types.ts';
import { Fact, Facts } from './pairs.tsx';

/** What an MCP server says of itself, its tools, and how they differ from what a person accepted. */
export function McpPane({ row }: { row: Service }): ReactNode {
  const { mcp } = row;
  if (mcp === null) {
    return (
      <Pane title="MCP">
        <p className="px-4 py-6 text-sm text-muted">The server has not said anything about itself yet.</p>
      </Pane>
    );
  }
  const drift = driftOf(mcp);
  return (
    <Pane title="MCP" note={mcp.era === 'unknown' ? 'era not told yet' : `${mcp.era} era`}>
      <Facts>
        <Fact title="Server">
          {mcp.serverName || 'unnamed'} <span className="text-muted">{mcp.serverVersion}</span>
        </Fact>
        <Fact title="Protocol">
          <code className="code">{mcp.protocolVersion}</code>
        </Fact>
        <Fact title="Transport">
          {{ http: 'Streamable HTTP', sse: 'HTTP with SSE', stdio: 'stdio' }[mcp.transport]}
        </Fact>
        <Fact title="Session">
          {mcp.mode === 'hold' ? 'held open' : 'fresh per check'}
          {mcp.sessionsLost > 0 && <span className="text-muted">, re-opened {plural(mcp.sessionsLost, 'time')}</span>}
        </Fact>
        <Fact title="Capabilities">
          {mcp.capabilities.length === 0 ? 'none declared' : mcp.capabilities.join(', ')}
        </Fact>
      </Facts>
      {drift !== null && <Drift row={row} drift={drift} />}
      <Tools row={row} mcp={mcp} />
    </Pane>
  );
}

type DriftInfo = NonNullable<McpInfo['drift']>;

/** The difference to what was accepted; null when there is none. */
function driftOf(mcp: McpInfo): DriftInfo | null {
  const { drift } = mcp;
  return drift === null || drift.added.length + drift.removed.length + drift.changed.length === 0 ? null : drift;
}

function Drift({ row, drift }: { row: Service; drift: DriftInfo }): ReactNode {
  const canWrite = useCan('services:accept-tools');
  const [busy, setBusy] = useState(false);
  const accept = async (): Promise<void> => {
    setBusy(true);
    await acceptTools(row);
    setBusy(false);
  };
  const lines = [
    ...drift.added.map((name) => ({ name, icon: Plus, word: 'added', ink: 'text-up' })),
    ...drift.changed.map((name) => ({ name, icon: Pencil, word: 'changed', ink: 'text-degraded' })),
    ...drift.removed.map((name) => ({ name, icon: Minus, word: 'removed', ink: 'text-down' })),
  ];
  return (
    <div className="border-t bg-degraded-soft px-4 py-3">
      <div className="flex items-center justify-between gap-3">
        <p className="font-medium">The tools differ from the accepted ones</p>
        {canWrite && (
          <Button size="small" busy={busy} onClick={() => void accept()}>
            <Check aria-hidden /> Accept
          </Button>
        )}
      </div>
      <ul className="mt-2 space-y-1 text-sm">
        {lines.map(({ name, icon: Icon, word, ink }) => (
          <li key={`${word} ${name}`} className="flex items-center gap-2">
            <Icon aria-hidden className={cx('size-3.5 shrink-0', ink)} strokeWidth={2.5} />
            <code className="code truncate">{name}</code>
            <span className="text-muted">{word}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Tools({ row, mcp }: { row: Service; mcp: McpInfo }): ReactNode {
  const inventory = useQuery(inventoryQuery(row.id, [mcp.fingerprint, mcp.acceptedFingerprint]));
  const current = inventory.data?.current ?? null;
  const accepted = new Map((inventory.data?.accepted?.tools ?? []).map((tool) => [tool.name, tool]));
  const drift = driftOf(mcp);
  return (
    <div className="border-t">
      <p className="flex items-baseline justify-between gap-3 px-4 pt-3 pb-1">
        <span className="text-sm font-medium">
          Tools <span className="font-normal text-muted">{mcp.tools === null ? '' : count(mcp.tools)}</span>
        </span>
        {current !== null && (
          <span className="text-xs text-muted">
            listed <Ago at={current.at} />
          </span>
        )}
      </p>
      {inventory.isPending ? (
        <BoneRows rows={3} className="h-9" />
      ) : current === null || current.tools.length === 0 ? (
        <p className="px-4 pt-1 pb-4 text-sm text-muted">
          {mcp.tools === 0 ? 'The server offers no tools.' : 'No tools were listed yet.'}
        </p>
      ) : (
        <Scroll label="Tools" className="max-h-96 pb-2">
          <ul>
            {current.tools.map((tool) => (
              <ToolRow
                key={tool.name}
                tool={tool}
                before={drift?.changed.includes(tool.name) === true ? (accepted.get(tool.name) ?? null) : null}
                mark={
                  drift?.added.includes(tool.name) === true
                    ? 'added'
                    : drift?.changed.includes(tool.name) === true
                      ? 'changed'
                      : null
                }
              />
            ))}
          </ul>
        </Scroll>
      )}
    </div>
  );
}

function ToolRow({
  tool,
  before,
  mark,
}: {
  tool: Tool;
  before: Tool | null;
  mark: 'added' | 'changed' | null;
}): ReactNode {
  return (
    <li>
      <details className="group/tool">
        <summary className="flex cursor-pointer items-center gap-2 px-4 py-1.5 text-sm hover:bg-hover [&::-webkit-details-marker]:hidden">
          <ChevronRight aria-hidden className="size-3.5 shrink-0 text-muted group-open/tool:rotate-90" />
          <code className="code shrink-0">{tool.name}</code>
          {mark !== null && (
            <span className={cx('shrink-0 text-xs', mark === 'added' ? 'text-up' : 'text-degraded')}>{mark}</span>
          )}
          <span className="truncate text-muted">{tool.title || tool.description}</span>
        </summary>
        <div className="space-y-2 px-4 pt-1 pb-3 pl-[2.4rem] text-sm">
          {before !== null ? (
            <Diff label={`Changes of ${tool.name}`} before={textOfTool(before)} after={textOfTool(tool)} />
          ) : (
            <>
              {tool.description !== null && tool.description !== '' && (
                <p className="break-words whitespace-pre-line text-muted">{tool.description}</p>
              )}
              <CodeBlock
                label={`Input of ${tool.name}`}
                text={JSON.stringify(tool.inputSchema, null, 2)}
                className="max-h-64"
              />
            </>
          )}
        </div>
      </details>
    </li>
  );
}

/** Everything that counts as the tool: what an agent is told and what it has to send. */
function textOfTool(tool: Tool): string {
  return [tool.title, tool.description, JSON.stringify(tool.inputSchema, null, 2)]
    .filter((part) => part !== '')
    .join('\n');
}

/** Accepted and present text in one, as people read it in a review. */
function Diff({ label, before, after }: { label: string; before: string; after: string }): ReactNode {
  return (
    <Scroll label={label} className="max-h-80 rounded-control bg-sunken py-2">
      <div className="code w-max min-w-full text-xs leading-5">
        {diffLines(before, after).map((line, i) => (
          <div
            key={i}
            className={cx(
              'flex gap-2 px-3 whitespace-pre',
              line.kind === 'added' && 'bg-up-soft text-up',
              line.kind === 'removed' && 'bg-down-soft text-down',
            )}
          >
            <span aria-hidden className="w-2 shrink-0 select-none">
              {signs[line.kind]}
            </span>
            {line.kind !== 'same' && <span className="sr-only">{line.kind}: </span>}
            {line.text}
          </div>
        ))}
      </div>
    </Scroll>
  );
}

const signs = { same: ' ', added: '+', removed: '−' } as const;
