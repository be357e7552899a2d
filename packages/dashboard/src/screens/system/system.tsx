import { useConnection } from '@statewire/react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { bytes, count, duration, exact, sentence, words } from '../../lib/format.ts';
import { useMe } from '../../lib/me.ts';
import { useRecordOf } from '../../live/rows.ts';
import { useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { systemQuery } from '../../rest/queries.ts';
import { problemIn } from '../../rest/request.ts';
import { Fact, Facts } from '../service/pairs.tsx';

/** How Statewire itself is doing. */
export function System(): ReactNode {
  useCrumbs('System');
  const { isAdmin } = useMe();
  return (
    <div className="space-y-6">
      <h1 className="text-xl font-semibold tracking-tight">System</h1>
      <div className="grid items-start gap-6 xl:grid-cols-2">
        <Numbers />
        {isAdmin && <Process />}
      </div>
    </div>
  );
}

/** The gateway's own record, live, and this page's connection. */
function Numbers(): ReactNode {
  const { row, isLoading } = useRecordOf('metrics', 'gateway');
  const link = useConnection();
  const values = Object.entries(row?.values ?? {});
  return (
    <Pane title="Live" note="the server’s own numbers">
      <Facts>
        <Fact title="This page">
          {words(link.state)}
          {link.rttMs !== null && <span className="text-muted">, {Math.round(link.rttMs)} ms away</span>}
        </Fact>
      </Facts>
      {isLoading ? (
        <BoneRows rows={4} className="h-9" />
      ) : (
        values.length > 0 && (
          <dl className="grid grid-cols-2 overflow-clip sm:grid-cols-3">
            {values.map(([name, value]) => (
              <div key={name} className="-ml-px border-t border-l px-4 py-2.5">
                <dt className="truncate text-xs text-muted">{label(name)}</dt>
                <dd className="mt-0.5 font-medium">{number(name, value)}</dd>
              </div>
            ))}
          </dl>
        )
      )}
    </Pane>
  );
}

/** What `/v1/system` says: groups of names and values, whatever this release knows of itself. */
function Process(): ReactNode {
  const system = useQuery(systemQuery());
  return (
    <Pane title="Process">
      {system.isPending ? (
        <BoneRows rows={8} className="h-9" />
      ) : system.isError ? (
        <ProblemNote problem={problemIn(system.error)} className="m-3" />
      ) : (
        <Tree value={system.data} />
      )}
    </Pane>
  );
}

function Tree({ value }: { value: Readonly<Record<string, unknown>> }): ReactNode {
  const entries = Object.entries(value);
  const groups = entries.filter((entry): entry is [string, Readonly<Record<string, unknown>>] => isGroup(entry[1]));
  const plain = entries.filter(([, inner]) => !isGroup(inner));
  return (
    <>
      {plain.length > 0 && (
        <Facts>
          {plain.map(([name, inner]) => (
            <Fact key={name} title={label(name)}>
              {text(name, inner)}
            </Fact>
          ))}
        </Facts>
      )}
      {groups.map(([name, inner]) => (
        <details key={name} open={Object.keys(inner).length <= 8} className="border-t">
          <summary className="cursor-pointer px-4 py-2 text-sm font-medium hover:bg-hover">{label(name)}</summary>
          <Tree value={inner} />
        </details>
      ))}
    </>
  );
}

function isGroup(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `heapBytes` to "Heap", `commitP99Ms` to "Commit p99": the unit is in the value. */
function label(name: string): string {
  const spaced = name
    .replace(/([a-z\d])([A-Z])/gu, '$1 $2')
    .toLowerCase()
    .replaceAll(/[._]/gu, ' ');
  return sentence(spaced.replace(/ (?:ms|bytes)$/u, ''));
}

function number(name: string, value: number): string {
  if (name.endsWith('At')) return exact(value);
  if (/bytes(?:PerSecond)?$/iu.test(name)) return `${bytes(value)}${name.endsWith('PerSecond') ? '/s' : ''}`;
  if (/ms$/iu.test(name))
    return value >= 60_000
      ? duration(value)
      : `${Number.isInteger(value) ? count(value) : value.toFixed(value < 10 ? 2 : 1)} ms`;
  return Number.isInteger(value) ? count(value) : value.toFixed(2);
}

function text(name: string, value: unknown): ReactNode {
  if (typeof value === 'number') return number(name, value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === null || value === '') return <span className="text-muted">none</span>;
  if (typeof value === 'string') return <span className="code break-all">{value}</span>;
  return <span className="code break-all">{JSON.stringify(value)}</span>;
}
