import type { Check, Service } from '@statewire/model';
import type { ReactNode } from 'react';
import { duration, exact, latency } from '../../lib/format.ts';
import { useMe } from '../../lib/me.ts';
import { useRecordOf } from '../../live/rows.ts';
import { Copyable } from '../../parts/copy.tsx';
import { Pane } from '../../parts/pane.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { Fact, Facts } from './pairs.tsx';

/** How it is checked. Settings need the admin scope; others see when it is looked at next. */
export function CheckPane({ row }: { row: Service }): ReactNode {
  const { isAdmin } = useMe();
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
      {isAdmin ? <Settings row={row} /> : <Facts>{schedule(row)}</Facts>}
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
        {row.kind === 'heartbeat' ? 'every ' : ''}
        {duration(check.intervalMs)}
        {check.graceMs !== null && <span className="text-muted">, grace {duration(check.graceMs)}</span>}
      </Fact>
      {row.kind !== 'heartbeat' && (
        <>
          <Fact title="Times out">after {latency(check.timeoutMs)}</Fact>
          <Fact title="Believed">
            down after {check.failAfter}, up after {check.recoverAfter}
            {check.degradedMs !== null && `, degraded above ${latency(check.degradedMs)}`}
          </Fact>
        </>
      )}
      {kindFacts(check)}
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
