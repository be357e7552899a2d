import { type PointerEvent, type ReactNode, useMemo, useState } from 'react';
import { dated } from '../lib/dated.ts';
import { plural } from '../lib/format.ts';
import { type Day, type DayLetter, dayWords } from '../lib/uptime.ts';

interface Props {
  readonly days: readonly Day[];
  /** What more is known of a day, shown under its word while it is pointed at. */
  readonly children: (day: Day) => ReactNode;
}

const HEIGHT = 32;
const STEP = 5;
// Height says it too: down is full, degraded is tall, up is even, the rest is low.
const shapes: Readonly<Record<DayLetter, { readonly y: number; readonly h: number; readonly fill: string }>> = {
  u: { y: 6, h: 20, fill: 'fill-up-quiet' },
  g: { y: 3, h: 26, fill: 'fill-degraded-fill' },
  d: { y: 0, h: 32, fill: 'fill-down-fill' },
  m: { y: 6, h: 20, fill: 'fill-maintenance' },
  p: { y: 13, h: 6, fill: 'fill-empty' },
  x: { y: 13, h: 6, fill: 'fill-empty' },
  ' ': { y: 15, h: 2, fill: 'fill-empty' },
};

/** Days as cells, oldest first. The pointer, a finger and the arrow keys ask for one day: its date, its word, and more. */
export function DayBar({ days, children }: Props): ReactNode {
  const [at, setAt] = useState(days.length - 1);
  const [isOpen, setOpen] = useState(false);
  const paths = useMemo(() => pathsOf(days), [days]);
  const day = days[at];
  const point = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(1, box.width);
    setAt(Math.min(days.length - 1, Math.max(0, Math.floor(share * days.length))));
    setOpen(true);
  };
  if (day === undefined) return null;
  return (
    <div>
      <div
        className="relative rounded has-focus-visible:outline-2 has-focus-visible:outline-offset-3 has-focus-visible:outline-accent"
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={(event) => event.pointerType === 'mouse' && setOpen(false)}
      >
        <svg
          viewBox={`0 0 ${days.length * STEP - 2} ${HEIGHT}`}
          className="block h-8 w-full"
          preserveAspectRatio="none"
          aria-hidden
        >
          {[...paths].map(([letter, path]) => (
            <path key={letter} d={path} className={shapes[letter].fill} />
          ))}
          {isOpen && <path d={`M${at * STEP - 1} 0h5v${HEIGHT}h-5z`} className="fill-text opacity-20" />}
        </svg>
        {/* The platform's own slider, unseen: arrow keys, Home and End move from day to day, and it says where it is. */}
        <input
          type="range"
          min={0}
          max={days.length - 1}
          value={at}
          aria-label="Day"
          aria-valuetext={`${dateOf(day.at)}: ${dayWords[day.letter]}`}
          onChange={(event) => setAt(Number(event.currentTarget.value))}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
          className="absolute inset-0 m-0 h-full w-full cursor-default opacity-0"
        />
        {isOpen && (
          <div
            className="overlay-in pane pointer-events-none absolute top-full z-20 mt-2 w-44 bg-raised px-3 py-2 text-sm shadow-overlay"
            style={{
              left: `clamp(0px, calc(${((at + 0.5) / days.length) * 100}% - 5.5rem), calc(100% - 11rem))`,
            }}
          >
            <p className="text-xs text-muted">{dateOf(day.at)}</p>
            <p className="font-medium">{dayWords[day.letter]}</p>
            {day.letter !== ' ' && children(day)}
          </div>
        )}
      </div>
      <p className="mt-1.5 flex justify-between gap-3 text-xs text-muted">
        <span>{plural(days.length, 'day')} ago</span>
        <span className="sr-only">{spoken(days)}</span>
        <span>today</span>
      </p>
    </div>
  );
}

/** One path per colour, so that ninety cells are a handful of elements. */
function pathsOf(days: readonly Day[]): ReadonlyMap<DayLetter, string> {
  const paths = new Map<DayLetter, string>();
  days.forEach(({ letter }, i) => {
    const { y, h } = shapes[letter];
    paths.set(letter, `${paths.get(letter) ?? ''}M${i * STEP} ${y}h3v${h}h-3z`);
  });
  return paths;
}

/** The bar as a sentence for those who do not see it. */
function spoken(days: readonly Day[]): string {
  const counts = new Map<DayLetter, number>();
  for (const { letter } of days) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return `${plural(days.length, 'day')}: ${[...counts]
    .map(([letter, n]) => `${n} ${dayWords[letter].toLowerCase()}`)
    .join(', ')}.`;
}

// Days of the bar are days of UTC, wherever it is read.
const dateOf = dated({
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
