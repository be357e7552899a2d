// oxlint-disable jsx-a11y/prefer-tag-over-role -- a drawing in the page is an svg; the role is how it is named.
import { memo, type ReactNode } from 'react';
import { classes } from './words.ts';

export interface UptimeBarProps {
  /** `recent.bar` of a record: one letter per observation, newest last. */
  readonly bar: string;
  /** Cells to draw; missing ones are empty. Default 30. */
  readonly cells?: number | undefined;
  /** What it is about, for the summary. */
  readonly label?: string | undefined;
  readonly className?: string | undefined;
}

/** The last observations as cells: full height up, two thirds degraded, one third down, a line unknown. */
export const UptimeBar: (props: UptimeBarProps) => ReactNode = memo(function UptimeBar({
  bar,
  cells = 30,
  label,
  className,
}: UptimeBarProps): ReactNode {
  const shown = bar.slice(-cells);
  const empty = cells - shown.length;
  return (
    <svg
      className={classes('sw-uptime', className)}
      viewBox={`0 0 ${cells * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label === undefined ? '' : `${label}: `}${summary(shown)}`}
    >
      {Array.from({ length: cells }, (_, i) => {
        const letter = i < empty ? undefined : shown[i - empty];
        const { height, tone } = letter === undefined ? NONE : (looks[letter] ?? NONE);
        // The place is the identity: a cell shows whatever observation stands there now.
        return (
          <rect
            key={i}
            className="sw-cell"
            data-tone={tone}
            x={i * STEP}
            y={HEIGHT - height}
            width={STEP - 1}
            height={height}
            rx={0.5}
          />
        );
      })}
    </svg>
  );
});

/** What the cells say, in words. */
function summary(bar: string): string {
  if (bar === '') return 'no checks yet';
  const names: readonly (readonly [string, string])[] = [
    ['u', 'up'],
    ['g', 'degraded'],
    ['d', 'down'],
    ['x', 'unknown'],
  ];
  const counts = names
    .map(([letter, name]) => [bar.split(letter).length - 1, name] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`);
  return `last ${bar.length} checks: ${counts.join(', ')}`;
}

const STEP = 4;
const HEIGHT = 12;
const NONE = { height: 1, tone: 'none' };
const looks: Readonly<Record<string, { readonly height: number; readonly tone: string }>> = {
  u: { height: 12, tone: 'up' },
  g: { height: 8, tone: 'degraded' },
  d: { height: 4, tone: 'down' },
  x: { height: 2, tone: 'quiet' },
};
