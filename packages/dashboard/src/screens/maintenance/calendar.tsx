import type { Maintenance } from '@statewire/model';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { dated, ownZone } from '../../lib/dated.ts';
import { serverNow } from '../../lib/ticker.ts';
import { dayAfter, momentOf, wallOf } from '../../lib/wall.ts';
import { Button } from '../../parts/button.tsx';

/** One month, with a mark on each day that has a window. Only windows that are known are marked: the next one of each plan, and those that were. */
export function Calendar({ rows }: { rows: readonly Maintenance[] }): ReactNode {
  const zone = ownZone();
  const [today] = useState(() => wallOf(serverNow(), zone).slice(0, 10));
  const [month, setMonth] = useState(() => monthOf(today, 0));
  const days = daysOf(month);
  const spans = rows.flatMap((row): readonly Marked[] => [
    ...(row.window === null || row.state === 'canceled' ? [] : [{ ...row.window, title: row.title }]),
    ...row.past.map((span) => ({ ...span, title: row.title })),
  ]);
  const go = (by: number): void => setMonth(monthOf(month, by));
  return (
    <section aria-label="Calendar" className="pane p-3">
      <header className="mb-2 flex items-center">
        <h2 className="px-1 text-sm font-semibold">{monthName(utc(month))}</h2>
        <Button tone="ghost" size="icon" aria-label="Month before" className="ml-auto" onClick={() => go(-1)}>
          <ChevronLeft aria-hidden />
        </Button>
        <Button tone="ghost" size="icon" aria-label="Month after" onClick={() => go(1)}>
          <ChevronRight aria-hidden />
        </Button>
      </header>
      <ol className="grid grid-cols-7 gap-px text-center text-xs">
        {days.slice(0, 7).map((day) => (
          <li key={`head-${day}`} aria-hidden className="pb-1 text-muted">
            {weekday(utc(day))}
          </li>
        ))}
        {days.map((day) => {
          const from = momentOf(`${day}T00:00`, zone) ?? utc(day);
          const to = momentOf(`${dayAfter(day)}T00:00`, zone) ?? utc(dayAfter(day));
          const titles = [
            ...new Set(spans.filter((span) => span.from < to && span.to > from).map(({ title }) => title)),
          ];
          const isToday = day === today;
          return (
            <li
              key={day}
              title={titles.join(', ')}
              className={cx(
                'relative flex h-9 items-center justify-center rounded-control',
                day.slice(0, 7) === month.slice(0, 7) ? 'text-text' : 'text-muted',
                isToday && 'font-semibold text-accent',
                titles.length > 0 && 'bg-maintenance-soft',
              )}
            >
              {Number(day.slice(8))}
              {titles.length > 0 && (
                <>
                  <span aria-hidden className="absolute bottom-1 size-1 rounded-full bg-maintenance" />
                  <span className="sr-only">: {titles.join(', ')}</span>
                </>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

interface Marked {
  readonly from: number;
  readonly to: number;
  readonly title: string;
}

/** Whole weeks, from Monday, as `2026-11-30`. */
function daysOf(month: string): readonly string[] {
  const lead = (new Date(utc(month)).getUTCDay() + 6) % 7;
  const length = new Date(utc(dayAfter(monthOf(month, 1), -1))).getUTCDate();
  const weeks = Math.ceil((lead + length) / 7);
  return Array.from({ length: weeks * 7 }, (_, i) => dayAfter(month, i - lead));
}

/** The first day of the month, or of one before or after it. */
function monthOf(day: string, by: number): string {
  return new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1 + by, 1)).toISOString().slice(0, 10);
}

function utc(day: string): number {
  return Date.parse(`${day}T00:00Z`);
}

const monthName = dated({ month: 'long', year: 'numeric', timeZone: 'UTC' });
const weekday = dated({ weekday: 'narrow', timeZone: 'UTC' });
