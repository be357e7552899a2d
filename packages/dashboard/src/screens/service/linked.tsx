import type { Agent, Connection, Service, StatusRow } from '@statewire/model';
import type { Json } from '@statewire/protocol';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo, useState } from 'react';
import { plural } from '../../lib/format.ts';
import { useListed, useRecordOf, useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Pane } from '../../parts/pane.tsx';
import { lookOf, severity, StatusIcon, statusLooks } from '../../parts/status.tsx';
import { Lasting } from '../../parts/time.tsx';

const DEPENDENCE = ['dependsOn'] as const;

/** What it needs, and what needs it: two lists with their status now. */
export function DependencePane({ row }: { row: Service }): ReactNode {
  const ref = `services/${row.id}`;
  // Only who depends on what: of a fleet of thousands a few words each.
  const all = useListed('services', DEPENDENCE);
  const dependants = useMemo(
    () => all.rows.filter(({ dependsOn }) => dependsOn.includes(ref)).map(({ id }) => `services/${id}`),
    [all.rows, ref],
  );
  if (row.dependsOn.length === 0 && dependants.length === 0) return null;
  return (
    <Pane title="Dependencies">
      {row.dependsOn.length > 0 && <RefList title="Depends on" refs={row.dependsOn} />}
      {dependants.length > 0 && <RefList title="Depended on by" refs={dependants} />}
    </Pane>
  );
}

/** What a group consists of, worst first, and how its members make its word. */
export function MembersPane({ row }: { row: Service }): ReactNode {
  const { members } = row;
  if (members === null) return null;
  const rules = {
    worst: 'as bad as the worst',
    quorum: `down when ${members.bad ?? 1} are`,
    weighted: 'by the weight that is down',
    any: 'up while any is',
  } as const;
  return (
    <Pane title="Members" note={rules[members.rule]}>
      <RefList refs={members.refs} where={members.where} />
    </Pane>
  );
}

type Linked = Service | Agent | Connection;

interface Known {
  readonly ref: string;
  readonly row: Linked | null;
}

const SHOWN = 8;
const NONE = ['in', 'id', ['']] as const;

function RefList({
  title,
  refs,
  where = null,
}: {
  title?: string;
  refs: readonly string[];
  /** And every service that passes this filter; groups never do. */
  where?: Json;
}): ReactNode {
  const [isWhole, setWhole] = useState(false);
  const services = useRows('services', filterOf(refs, 'services', where));
  const agents = useRows('agents', filterOf(refs, 'agents'));
  const connections = useRows('connections', filterOf(refs, 'connections'));
  const known = new Map<string, Known>(refs.map((ref) => [ref, { ref, row: null }]));
  for (const [collection, { rows }] of [
    ['services', services],
    ['agents', agents],
    ['connections', connections],
  ] as const)
    for (const row of rows) known.set(`${collection}/${row.id}`, { ref: `${collection}/${row.id}`, row });
  const isLoading = services.isLoading || agents.isLoading || connections.isLoading;
  const sorted = [...known.values()].sort(worstFirst);
  return (
    <section className="border-b last:border-b-0">
      <h3 className="flex items-baseline justify-between gap-3 px-4 pt-3 pb-1 text-sm font-medium">
        {title ?? plural(sorted.length, 'member')}
        <span className="text-xs font-normal text-muted">{isLoading ? '' : countsOf(sorted)}</span>
      </h3>
      <ul className="pb-1.5">
        {sorted.slice(0, isWhole ? undefined : SHOWN).map(({ ref, row }) => (
          <li key={ref} className="flex min-h-9 items-center gap-2.5 px-4 text-sm">
            {row === null ? (
              <>
                <StatusIcon look={statusLooks.unknown} label={false} />
                <span className="truncate text-muted">
                  {ref}
                  {!isLoading && ', not there'}
                </span>
              </>
            ) : (
              <>
                <StatusIcon look={lookOf(row)} />
                <RefLink of={ref} name={nameOf(row)} />
                <span className="ml-auto shrink-0 text-xs text-muted">
                  {lookOf(row).word.toLowerCase()} for <Lasting since={row.since} short />
                </span>
              </>
            )}
          </li>
        ))}
      </ul>
      {sorted.length > SHOWN && (
        <p className="border-t px-3 py-1.5">
          <Button size="small" tone="ghost" onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'Fewer' : `All ${sorted.length}`}
          </Button>
        </p>
      )}
    </section>
  );
}

/** The name of what a ref means, as a link to where it can be looked at. */
export function RefLink({ of, name }: { of: string; name?: string }): ReactNode {
  const [collection = '', id = ''] = of.split('/');
  const className = 'min-w-0 truncate font-medium hover:underline';
  if (collection === 'services')
    return (
      <Link to="/services/$id" params={{ id }} className={className}>
        {name ?? <ServiceName id={id} />}
      </Link>
    );
  if (collection === 'agents')
    return (
      <Link to="/agents/$id" params={{ id }} className={className}>
        {name ?? id}
      </Link>
    );
  return (
    <Link to="/agents" search={collection === 'connections' ? { edge: id } : {}} className={className}>
      {name ?? id}
    </Link>
  );
}

function ServiceName({ id }: { id: string }): ReactNode {
  return useRecordOf('services', id).row?.name ?? id;
}

function nameOf(row: Linked): string {
  return typeof row['name'] === 'string' && row['name'] !== '' ? row['name'] : row.id;
}

function filterOf(refs: readonly string[], collection: string, where: Json = null): readonly Json[] {
  const ids = refs.filter((ref) => ref.startsWith(`${collection}/`)).map((ref) => ref.slice(collection.length + 1));
  const listed: readonly Json[] = ids.length === 0 ? NONE : ['in', 'id', [...ids].sort()];
  return where === null ? listed : ['or', listed, ['and', where, ['neq', 'kind', 'group']]];
}

function worstFirst(a: Known, b: Known): number {
  return weight(a.row) - weight(b.row) || (a.ref < b.ref ? -1 : 1);
}

// What is not there is worse than anything that is.
function weight(row: StatusRow | null): number {
  return row === null ? -1 : severity(row);
}

/** `2 down, 11 up`. */
function countsOf(known: readonly Known[]): string {
  const counts = new Map<string, number>();
  for (const { row } of known) {
    const word = row === null ? 'not there' : lookOf(row).word.toLowerCase();
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, n]) => `${n} ${word}`).join(', ');
}
