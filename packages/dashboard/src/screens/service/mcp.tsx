import type { Service } from '@statewire/model';
import { useQuery } from '@tanstack/react-query';
import { Check, ChevronRight, Minus, Pencil, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, plural } from '../../lib/format.ts';
import { useMe } from '../../lib/me.ts';
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
  return (
    <Pane title="MCP" note={mcp.era === 'modern' ? 'modern era' : 'legacy era'}>
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
      {mcp.drift !== null && <Drift row={row} drift={mcp.drift} />}
      <Tools row={row} fingerprint={mcp.fingerprint} expected={mcp.tools} />
    </Pane>
  );
}

type DriftInfo = NonNullable<NonNullable<Service['mcp']>['drift']>;

function Drift({ row, drift }: { row: Service; drift: DriftInfo }): ReactNode {
  const { canWrite } = useMe();
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

function Tools({
  row,
  fingerprint,
  expected,
}: {
  row: Service;
  fingerprint: string | null;
  expected: number | null;
}): ReactNode {
  const inventory = useQuery(inventoryQuery(row.id, fingerprint));
  const tools = inventory.data?.tools ?? [];
  const drift = row.mcp?.drift ?? null;
  return (
    <div className="border-t">
      <p className="flex items-baseline justify-between gap-3 px-4 pt-3 pb-1">
        <span className="text-sm font-medium">
          Tools <span className="font-normal text-muted">{expected === null ? '' : count(expected)}</span>
        </span>
        {inventory.data != null && (
          <span className="text-xs text-muted">
            listed <Ago at={inventory.data.at} />
          </span>
        )}
      </p>
      {inventory.isPending ? (
        <BoneRows rows={3} className="h-9" />
      ) : tools.length === 0 ? (
        <p className="px-4 pt-1 pb-4 text-sm text-muted">
          {expected === 0 ? 'The server offers no tools.' : 'No tools were listed yet.'}
        </p>
      ) : (
        <Scroll label="Tools" className="max-h-96 pb-2">
          <ul>
            {tools.map((tool) => (
              <ToolRow
                key={tool.name}
                tool={tool}
                mark={
                  drift === null
                    ? null
                    : drift.added.includes(tool.name)
                      ? 'added'
                      : drift.changed.includes(tool.name)
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

function ToolRow({ tool, mark }: { tool: Tool; mark: 'added' | 'changed' | null }): ReactNode {
  return (
    <li>
      <details className="group/tool">
        <summary className="flex cursor-pointer items-center gap-2 px-4 py-1.5 text-sm hover:bg-sunken [&::-webkit-details-marker]:hidden">
          <ChevronRight aria-hidden className="size-3.5 shrink-0 text-muted group-open/tool:rotate-90" />
          <code className="code shrink-0">{tool.name}</code>
          {mark !== null && (
            <span className={cx('shrink-0 text-xs', mark === 'added' ? 'text-up' : 'text-degraded')}>{mark}</span>
          )}
          <span className="truncate text-muted">{tool.title ?? tool.description ?? ''}</span>
        </summary>
        <div className="space-y-2 px-4 pt-1 pb-3 pl-[2.4rem] text-sm">
          {tool.description !== null && tool.description !== '' && (
            <p className="break-words whitespace-pre-line text-muted">{tool.description}</p>
          )}
          <CodeBlock
            label={`Input of ${tool.name}`}
            text={JSON.stringify(tool.inputSchema, null, 2)}
            className="max-h-64"
          />
        </div>
      </details>
    </li>
  );
}
