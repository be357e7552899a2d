import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { diffLines } from '../../lib/diff.ts';
import { exact, sentence, words } from '../../lib/format.ts';
import { nameOf, verbOf } from '../../parts/audit-line.tsx';
import { Copyable, CopyButton } from '../../parts/copy.tsx';
import { Drawer } from '../../parts/drawer.tsx';
import { Ago } from '../../parts/time.tsx';
import type { AuditRow } from '../../rest/audit.ts';
import type { AuditSearch } from './search.ts';

/** One row of the log beside the list: the difference by field, and everything else it knows. */
export function AuditDetail({ row, onClose }: { row: AuditRow; onClose: () => void }): ReactNode {
  const { actor, from, target, why, outcome, before, after } = row;
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort();
  return (
    <Drawer
      onClose={onClose}
      title={
        <>
          {nameOf(row)} {verbOf(row)} {target === null ? '' : target.id}
        </>
      }
      note={
        <>
          {exact(row.at)}, <Ago at={row.at} />
        </>
      }
      footer={<CopyButton label="Copy row" text={JSON.stringify(row, null, 2)} />}
    >
      <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-x-3 gap-y-2 text-sm">
        <Fact name="Who">
          <Narrow search={{ actor: actor.id }}>{nameOf(row)}</Narrow>{' '}
          <span className="code text-xs break-all text-muted">
            {actor.kind} {actor.id}
          </span>
        </Fact>
        <Fact name="What">
          <Narrow search={{ action: row.action }}>
            <span className="code text-xs">{row.action}</span>
          </Narrow>
        </Fact>
        {target !== null && (
          <Fact name="On">
            <Narrow search={{ target: `${target.collection}/${target.id}` }}>
              <span className="code text-xs break-all">{`${target.collection}/${target.id}`}</span>
            </Narrow>
          </Fact>
        )}
        <Fact name="Outcome">
          <span className={outcome === 'ok' ? '' : 'text-down'}>
            {outcome === 'ok' ? 'Done' : `Refused: ${words(outcome)}`}
          </span>
        </Fact>
        <Fact name="Why">{why ?? <span className="text-muted">No reason was given.</span>}</Fact>
        <Fact name="From">
          {from === null ? (
            <span className="text-muted">The server itself</span>
          ) : (
            <>
              {from.ip} <span className="text-muted">by {doors[from.door] ?? from.door}</span>
              {from.agent !== '' && <span className="block text-xs break-words text-muted">{from.agent}</span>}
            </>
          )}
        </Fact>
        <Fact name="Version">{row.version}</Fact>
      </dl>
      {fields.length > 0 && (
        <section aria-label="What changed" className="mt-6">
          <h3 className="mb-2 text-sm font-semibold">{before === null ? 'Values' : 'What changed'}</h3>
          <ul className="overflow-clip rounded-card border">
            {fields.map((field) => (
              <li key={field} className="border-b px-3 py-2 last:border-b-0">
                <p className="code text-xs text-muted">{field}</p>
                <Difference before={textOf(before?.[field])} after={textOf(after?.[field])} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label="Place in the chain" className="mt-6">
        <h3 className="mb-2 text-sm font-semibold">Row {row.seq}, its hash</h3>
        <Copyable text={row.hash} />
      </section>
    </Drawer>
  );
}

const doors: Readonly<Record<string, string>> = {
  rest: 'REST',
  websocket: 'live connection',
  stream: 'live connection (stream)',
  poll: 'live connection (poll)',
};

/** The log narrowed down to rows that have this in common. */
function Narrow({ search, children }: { search: AuditSearch; children: ReactNode }): ReactNode {
  return (
    <Link
      to="/audit"
      search={search}
      title="Show rows like this"
      className="underline decoration-dotted hover:text-accent"
    >
      {children}
    </Link>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <>
      <dt className="text-muted">{sentence(name)}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

function Difference({ before, after }: { before: string; after: string }): ReactNode {
  return (
    <ul className="code mt-1 text-xs">
      {diffLines(before, after).map(({ kind, text }, i) => (
        <li
          // oxlint-disable-next-line react/no-array-index-key -- lines of a text that never changes.
          key={i}
          className={cx(
            'flex gap-2 px-1 break-all whitespace-pre-wrap',
            kind === 'added' && 'bg-up-soft',
            kind === 'removed' && 'bg-down-soft',
          )}
        >
          <span aria-hidden className="w-2 shrink-0 select-none">
            {kind === 'added' ? '+' : kind === 'removed' ? '−' : ' '}
          </span>
          <span className="min-w-0">
            {kind !== 'same' && <span className="sr-only">{kind}: </span>}
            {text}
          </span>
        </li>
      ))}
    </ul>
  );
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
