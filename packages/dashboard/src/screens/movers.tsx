import type { LatencyShift } from '@statewire/model';
import { Sparkline, useCollection } from '@statewire/react';
import { Link } from '@tanstack/react-router';
import { TrendingDown, TrendingUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { count, latency, plural } from '../lib/format.ts';
import { BoneRows } from '../parts/skeleton.tsx';

const MOVERS = {
  where: ['null', 'latencyShift', false],
  fields: ['name', 'recent', 'latencyShift'],
  sort: [['latencyShift.factor', 'desc']],
  // More are better looked at in the services table.
  limit: 5,
} as const;

/** The services whose answers take longest, or least, beside what is usual for each, with what that stands on. */
export default function Movers(): ReactNode {
  const { data, status } = useCollection('services', MOVERS);
  if (status === 'loading') return <BoneRows rows={2} className="h-12" />;
  if (data.length === 0) {
    return (
      <p className="px-4 py-8 text-center text-sm text-muted">
        No service answers much slower or faster than usual for it.
      </p>
    );
  }
  return (
    <ul>
      {data.map(
        ({ id, name, recent, latencyShift: shift }) =>
          shift !== null && (
            <li key={id} className="flex min-h-12 items-center gap-3 border-b px-4 py-2 last:border-b-0">
              {shift.isSlower ? (
                <TrendingUp aria-hidden className="size-4 shrink-0 text-degraded" />
              ) : (
                <TrendingDown aria-hidden className="size-4 shrink-0 text-muted" />
              )}
              <div className="min-w-0 flex-1">
                <Link to="/services/$id" params={{ id }} className="block truncate text-sm font-medium hover:underline">
                  {name}
                </Link>
                <p className="truncate text-xs text-muted" title={evidenceOf(shift)}>
                  {latency(shift.nowMs)}, usually {latency(shift.usualMs)}
                  <span className="sr-only">. {evidenceOf(shift)}</span>
                </p>
              </div>
              <Sparkline label="Latency" values={recent.ms} className="max-sm:hidden" />
              <span className={cx('w-24 shrink-0 text-right text-sm', shift.isSlower ? 'text-degraded' : 'text-muted')}>
                {shift.factor}× {shift.isSlower ? 'slower' : 'faster'}
              </span>
            </li>
          ),
      )}
    </ul>
  );
}

function evidenceOf({ checks, usualChecks }: LatencyShift): string {
  return `Median of ${plural(checks, 'check')} of the last half hour beside that of ${count(usualChecks)} of the two days before`;
}
