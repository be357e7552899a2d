import type { Check, Service } from '@statewire/model';
import type { ReactNode } from 'react';
import { duration, exact, latency, sentence, words } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { useRecordOf } from '../../live/rows.ts';
import { Copyable } from '../../parts/copy.tsx';
import { Pane } from '../../parts/pane.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { Fact, Facts } from './pairs.tsx';

/** How it is checked. Settings need the admin scope; others see when it is looked at next. */
export function CheckPane({ row }: { row: Service }): ReactNode {
  const mayRead = useCan('checks:read');
  return (
    <Pane
      title="Check"
      {...(row.managedBy === 'file'
        ? { note: 'managed by a file, read-only here' }
        : row.managedBy === 'demo'
          ? { note: 'part of the demo fleet' }
          : {})}
    >
      {row.kind === 'heartbeat' && (
        <div className="px-4 pt-3">
          <p className="mb-1.5 text-sm text-muted">Call this when the work is done:</p>
          <Copyable
            text={`curl -fsS -H "Authorization: Bearer $STATEWIRE_KEY" ${location.origin}/v1/heartbeats/${row.id}`}
          />
        </div>
      )}
      {mayRead ? <Settings row={row} /> : <Facts>{schedule(row)}</Facts>}
    </Pane>
  );
}

function Settings({ row }: { row: Service }): ReactNode {
  const { row: check, isLoading } = useRecordOf('checks', row.id);
  if (check === null) {
    return isLoading ? (
      <div className="space-y-3 px-4 py-4">
        <Bone className="w-48" />
        <Bone className="w-40" />
        <Bone className="w-44" />
      </div>
    ) : (
      <Facts>{schedule(row)}</Facts>
    );
  }
  return (
    <Facts>
      <Fact title={row.kind === 'heartbeat' ? 'Expected' : 'Every'}>
        {check.cron === null ? (
          <>
            {row.kind === 'heartbeat' ? 'every ' : ''}
            {duration(check.intervalMs)}
          </>
        ) : (
          <>
            <code className="code">{check.cron}</code> <span className="text-muted">{check.zone}</span>
          </>
        )}
        {check.graceMs !== null && <span className="text-muted">, grace {duration(check.graceMs)}</span>}
      </Fact>
      {row.kind !== 'heartbeat' && (
        <>
          <Fact title="Times out">after {latency(check.timeoutMs)}</Fact>
          <Fact title="Believed">
            {check.window === null
              ? `down after ${check.failAfter}`
              : `down when ${check.window.bad} of ${check.window.size} fail`}
            , up after {check.recoverAfter}
            {check.degradedMs !== null && `, degraded above ${latency(check.degradedMs)}`}
          </Fact>
        </>
      )}
      {kindFacts(check)}
      {probeFacts(check)}
      <Conditions title="Good when" list={check.conditions} />
      <Conditions title="Degraded unless" list={check.degradedConditions} />
      {check.secrets.length > 0 && <Fact title="Secrets">{check.secrets.join(', ')}</Fact>}
      {schedule(row)}
    </Facts>
  );
}

function kindFacts(check: Check): ReactNode {
  switch (check.kind) {
    case 'http':
      return (
        <>
          <Fact title="Request">
            <code className="code">{check.method}</code>, good: {check.expectStatus.join(', ')}
          </Fact>
          {check.keyword !== null && <Fact title="Contains">{check.keyword}</Fact>}
        </>
      );
    case 'mcp':
      return (
        <>
          <Fact title="Tools listed">every {duration(check.inventoryMs)}</Fact>
          {check.canary !== null && (
            <Fact title="Canary">
              <code className="code">{check.canary.tool}</code>
            </Fact>
          )}
        </>
      );
    case 'tls':
      return <Fact title="Warns below">{check.certificateDays} days</Fact>;
    default:
      return null;
  }
}

/** What is set for one kind only: every setting that is not empty, under its own name. */
function probeFacts({ probe }: Check): ReactNode {
  return Object.entries(probe ?? {}).map(([name, value]) => {
    const text = name === 'kind' ? '' : settingText(name, value);
    const title = sentence(
      words(name.replace(/Ms$/u, '').replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`)),
    );
    return (
      text !== '' && (
        <Fact key={name} title={title}>
          {text}
        </Fact>
      )
    );
  });
}

function settingText(name: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return name.endsWith('Ms') ? latency(value) : String(value);
  if (Array.isArray(value)) return value.map((each) => settingText(name, each)).join(', ');
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

function Conditions({ title, list }: { title: string; list: readonly string[] }): ReactNode {
  if (list.length === 0) return null;
  return (
    <Fact title={title}>
      <ul className="space-y-1">
        {list.map((condition) => (
          <li key={condition}>
            <code className="code text-xs break-words">{condition}</code>
          </li>
        ))}
      </ul>
    </Fact>
  );
}

function schedule(row: Service): ReactNode {
  return (
    <>
      {row.nextProbeAt !== null && row.desired === 'active' && (
        <Fact title="Next check">
          <Ago at={row.nextProbeAt} />
        </Fact>
      )}
      {row.dueAt !== null && row.kind === 'heartbeat' && (
        <Fact title="Next due">
          <Ago at={row.dueAt} />
        </Fact>
      )}
      <Fact title="Last good">{row.lastOkAt === null ? 'never' : <Ago at={row.lastOkAt} />}</Fact>
      <Fact title="Last bad">{row.lastBadAt === null ? 'never' : <Ago at={row.lastBadAt} />}</Fact>
      <Fact title="Added">{exact(row.createdAt)}</Fact>
    </>
  );
}
