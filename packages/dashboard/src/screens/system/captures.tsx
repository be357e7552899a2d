import type { Capture, CaptureState } from '@statewire/model';
import { CircleCheck, Clock, Download, Rewind, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { bytes, count, exact, plural } from '../../lib/format.ts';
import { useRows } from '../../live/rows.ts';
import { Pane } from '../../parts/pane.tsx';
import { Ago } from '../../parts/time.tsx';

const LOOKS: Readonly<
  Record<CaptureState, { readonly icon: LucideIcon; readonly ink: string; readonly said: string }>
> = {
  starting: { icon: Clock, ink: 'text-quiet', said: 'Starting' },
  snapshot: { icon: Download, ink: 'text-accent-ink', said: 'Reading all rows' },
  live: { icon: CircleCheck, ink: 'text-up', said: 'Live' },
  behind: { icon: Rewind, ink: 'text-degraded', said: 'Behind' },
  waiting: { icon: TriangleAlert, ink: 'text-down', said: 'Waiting' },
};

const KINDS: Readonly<Record<Capture['kind'], string>> = {
  json: 'JSON document',
  mysql: 'MySQL or MariaDB',
  postgres: 'PostgreSQL',
  webhook: 'Webhook',
};
const MODES: Readonly<Record<Capture['mode'], string>> = {
  poll: 'asked again and again',
  push: 'sent to us',
  stream: 'by its log',
};

/** Databases whose rows are records here: how far each is, and what keeps it from going on. Nothing where there are none. */
export function Captures(): ReactNode {
  const { rows } = useRows('captures');
  if (rows.length === 0) return null;
  return (
    <Pane title="Databases" note="rows that are live records">
      <ul className="divide-y">
        {rows
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
          .map((row) => (
            <One key={row.id} row={row} />
          ))}
      </ul>
    </Pane>
  );
}

function One({ row }: { row: Capture }): ReactNode {
  const look = LOOKS[row.state];
  return (
    <li className="px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <look.icon aria-hidden className={cx('size-4 shrink-0', look.ink)} />
        <span className="font-medium">{row.id}</span>
        <span className="text-sm text-muted">{look.said}</span>
        <span className="ml-auto text-sm text-muted">
          {row.asOf === null ? (
            'no rows yet'
          ) : (
            <span title={exact(row.asOf)}>
              true <Ago at={row.asOf} />
            </span>
          )}
        </span>
      </div>
      {row.reason !== null && <p className="mt-1 text-sm break-words text-down">{row.reason.text}</p>}
      <p className="mt-1 text-sm text-muted">
        {KINDS[row.kind]}, {MODES[row.mode]} · {plural(row.changes, 'change')} since the start
        {row.lagBytes !== null && row.lagBytes > 0 && ` · ${bytes(row.lagBytes)} of log to go`}
        {row.epoch > 1 && ` · read whole ${count(row.epoch)} times`}
      </p>
      {row.refused > 0 && (
        <p className="mt-1 text-sm break-words text-degraded">
          {plural(row.refused, 'row')} left out. {row.refusal}
        </p>
      )}
      <ul className="mt-2 grid gap-x-6 gap-y-1 text-sm sm:grid-cols-2 xl:grid-cols-3">
        {row.tables.map((table) => (
          <li key={table.table} className="min-w-0">
            <span className="block truncate">
              {table.table} <span className="text-muted">to {table.collection}</span>
            </span>
            <span className="block truncate text-xs text-muted">
              {table.rows > 0 && `${plural(table.rows, 'row')} read`}
              {table.missing.length > 0 && <span className="text-degraded"> without {table.missing.join(', ')}</span>}
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}
