import { useConnection } from '@statewire/react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Database } from 'lucide-react';
import type { ReactNode } from 'react';
import { bytes, count, duration, exact, sentence, words } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { useRecordOf } from '../../live/rows.ts';
import { buttonClass } from '../../parts/button.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { systemQuery } from '../../rest/queries.ts';
import { problemIn } from '../../rest/request.ts';
import { Fact, Facts } from '../service/pairs.tsx';
import { Captures } from './captures.tsx';
import { StoreSizes } from './store.tsx';

/** How Statewire itself is doing. */
export function System(): ReactNode {
  useCrumbs('System');
  const mayRead = useCan('system:read');
  const seesCaptures = useCan('captures:read');
  return (
    <div className="space-y-6">
      <PageHead title="System">
        {seesCaptures && (
          <Link to="/system/captures" className={buttonClass()}>
            <Database aria-hidden />
            Captures
          </Link>
        )}
      </PageHead>
      <Numbers />
      {seesCaptures && <Captures />}
      {mayRead && <Process />}
    </div>
  );
}

/** The gateway's own record, live, and this page's connection. */
function Numbers(): ReactNode {
  const { row, isLoading } = useRecordOf('metrics', 'gateway');
  const link = useConnection();
  const values = Object.entries(row?.values ?? {});
  return (
    <Pane
      title="Live"
      note="the server’s own numbers"
      actions={
        <span className="text-sm text-muted">
          This page is {words(link.state)}
          {link.rttMs !== null && `, ${Math.round(link.rttMs)} ms away`}
        </span>
      }
    >
      {isLoading ? (
        <BoneRows rows={4} className="h-9" />
      ) : (
        values.length > 0 && (
          <dl className="grid grid-cols-2 overflow-clip sm:grid-cols-3 lg:grid-cols-4 xl:grid-cols-6">
            {values.map(([name, value]) => (
              <div key={name} className="-mt-px -ml-px border-t border-l px-4 py-2.5">
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

/** What `/v1/system` says: groups of names and values, whatever this release knows of itself; a card for each. */
function Process(): ReactNode {
  const system = useQuery(systemQuery());
  if (system.isPending)
    return (
      <Pane title="Process">
        <BoneRows rows={8} className="h-9" />
      </Pane>
    );
  if (system.isError)
    return (
      <Pane title="Process">
        <ProblemNote problem={problemIn(system.error)} className="m-3" />
      </Pane>
    );
  const { storeParts, store, ...rest } = system.data;
  const { plain, groups } = parted(rest);
  return (
    <>
      <StoreSizes parts={storeParts} bytes={store.bytes} measuredAt={store.measuredAt} />
      <div className="gap-6 md:columns-2 xl:columns-3 [&>*]:mb-6 [&>*]:break-inside-avoid">
        <Pane title="Process">
          <Plain entries={plain} />
        </Pane>
        {groups
          .filter(([, inner]) => !isLong(inner))
          .map(([name, inner]) => (
            <Pane key={name} title={label(name)}>
              <Tree value={inner} />
            </Pane>
          ))}
      </div>
      {groups
        .filter(([, inner]) => isLong(inner))
        .map(([name, inner]) => (
          <Pane key={name} title={label(name)}>
            <dl className="gap-6 px-4 py-3 text-sm sm:columns-2 xl:columns-3">
              {Object.entries(inner).map(([key, value]) => (
                <div key={key} className="flex break-inside-avoid gap-3 py-1">
                  <dt className="min-w-0 flex-1 text-muted">{label(key)}</dt>
                  <dd className="code shrink-0">{text(key, value)}</dd>
                </div>
              ))}
            </dl>
          </Pane>
        ))}
    </>
  );
}

type Values = Readonly<Record<string, unknown>>;

function parted(value: Values): {
  readonly plain: readonly (readonly [string, unknown])[];
  readonly groups: readonly (readonly [string, Values])[];
} {
  const entries = Object.entries(value);
  return {
    plain: entries.filter(([, inner]) => !isGroup(inner)),
    groups: entries.filter((entry): entry is [string, Values] => isGroup(entry[1])),
  };
}

function Plain({ entries }: { entries: readonly (readonly [string, unknown])[] }): ReactNode {
  return (
    <Facts>
      {entries.map(([name, inner]) => (
        <Fact key={name} title={label(name)}>
          {text(name, inner)}
        </Fact>
      ))}
    </Facts>
  );
}

function Tree({ value }: { value: Values }): ReactNode {
  const { plain, groups } = parted(value);
  if (plain.length + groups.length === 0) return <p className="px-4 py-3 text-sm text-muted">none</p>;
  return (
    <>
      {plain.length > 0 && <Plain entries={plain} />}
      {groups.map(([name, inner]) => (
        <details key={name} open={Object.keys(inner).length <= 8} className="border-t first:border-t-0">
          <summary className="cursor-pointer px-4 py-2 text-sm font-medium hover:bg-hover">{label(name)}</summary>
          <Tree value={inner} />
        </details>
      ))}
    </>
  );
}

/** Values without groups of their own, and too many for a card among others. */
function isLong(value: Values): boolean {
  return Object.keys(value).length > 12 && !Object.values(value).some(isGroup);
}

function isGroup(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names that are only letters to whoever did not write them. */
const NAMES: Readonly<Record<string, string>> = { rssBytes: 'In memory', pid: 'Process id' };

/** `heapBytes` to "Heap", `commitP99Ms` to "Commit p99": the unit is in the value. */
function label(name: string): string {
  const known = NAMES[name];
  if (known !== undefined) return known;
  const spaced = name
    .replace(/([a-z\d])([A-Z])/gu, '$1 $2')
    .toLowerCase()
    .replaceAll(/[._]/gu, ' ');
  return sentence(spaced.replace(/ (?:ms|bytes)$/u, ''));
}

function number(name: string, value: number): string {
  if (name.endsWith('At')) return exact(value);
  if (/bytes(?:\.?perSecond)?(?:Max)?$/iu.test(name)) return `${bytes(value)}${/perSecond$/iu.test(name) ? '/s' : ''}`;
  if (/ms$/iu.test(name))
    return value >= 10_000
      ? duration(value)
      : `${Number.isInteger(value) ? count(value) : value.toFixed(value < 10 ? 2 : 1)} ms`;
  return Number.isInteger(value) ? count(value) : value.toFixed(2);
}

function text(name: string, value: unknown): ReactNode {
  if (typeof value === 'number') return number(name, value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === null || value === '') return <span className="text-muted">none</span>;
  if (Array.isArray(value) && value.length === 0) return <span className="text-muted">none</span>;
  if (typeof value === 'string') return <span className="code break-all">{value}</span>;
  return <span className="code break-all">{JSON.stringify(value)}</span>;
}
