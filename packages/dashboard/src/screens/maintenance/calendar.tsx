import type { Maintenance } from '@statewire/model';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { serverNow } from '../../lib/ticker.ts';
import { Button } from '../../parts/button.tsx';

/** One month, with a mark on each day that has a window. Only windows that are known are marked: the next one of each plan, and those that were. */
export function Calendar({ rows }: { rows: readonly Maintenance[] }): ReactNode {
  const [today] = useState(() => new Date(serverNow()));
  const [month, setMonth] = useState(() => new Date(today.getFullYear(), today.getMonth(), 1));
  const days = daysOf(month);
  const spans = rows.flatMap((row): readonly Marked[] => [
    ...(row.window === null || row.state === 'canceled' ? [] : [{ ...row.window, title: row.title }]),
    ...row.past.map((span) => ({ ...span, title: row.title })),
  ]);
  const go = (by: number): void => setMonth(new Date(month.getFullYear(), month.getMonth() + by, 1));
  return (
    <section aria-label="Calendar" className="pane p-3">
      <header className="mb-2 flex items-center">
        <h2 className="px-1 text-sm font-semibold">{monthName.format(month)}</h2>
        <Button tone="ghost" size="icon" aria-label="Month before" className="ml-auto" onClick={() => go(-1)}>
          <ChevronLeft aria-hidden />
        </Button>
        <Button tone="ghost" size="icon" aria-label="Month after" onClick={() => go(1)}>
          <ChevronRight aria-hidden />
        </Button>
      </header>
      <ol className="grid grid-cols-7 gap-px text-center text-xs">
        {days.slice(0, 7).map((day) => (
          <li key={`head-${day.getDay()}`} aria-hidden className="pb-1 text-muted">
            {weekday.format(day)}
          </li>
        ))}
        {days.map((day) => {
          const from = day.getTime();
          const to = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime();
          const titles = [
            ...new Set(spans.filter((span) => span.from < to && span.to > from).map(({ title }) => title)),
          ];
          const isToday = day.toDateString() === today.toDateString();
          return (
            <li
              key={from}
              title={titles.join(', ')}
              className={cx(
                'relative flex h-9 items-center justify-center rounded-control',
                day.getMonth() === month.getMonth() ? 'text-text' : 'text-muted',
                isToday && 'font-semibold text-accent',
                titles.length > 0 && 'bg-maintenance-soft',
              )}
            >
              {day.getDate()}
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

/** Whole weeks, from Monday. */
function daysOf(month: Date): readonly Date[] {
  const lead = (month.getDay() + 6) % 7;
  const length = new Date(month.getFullYear(), month.getMonth() + 1, 0).getDate();
  const weeks = Math.ceil((lead + length) / 7);
  return Array.from({ length: weeks * 7 }, (_, i) => new Date(month.getFullYear(), month.getMonth(), 1 - lead + i));
}

const monthName = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'narrow' });
