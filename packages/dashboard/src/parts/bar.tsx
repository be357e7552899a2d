import { memo, type ReactNode } from 'react';
import { cx } from '../lib/cx.ts';

const letters = ['u', 'g', 'd', 'x'] as const;

interface Props {
  /** One letter per observation, newest last: `u` healthy, `g` degraded, `d` unhealthy, `x` unknown. */
  readonly bar: string;
  readonly cells?: number;
  readonly className?: string;
}

const HEIGHT = 20;
const STEP = 5;
// Height says it too: bad is full, slow is tall, healthy is even, no data is a dot.
const shapes = {
  u: { y: 4, h: 12, fill: 'fill-up-quiet' },
  g: { y: 2, h: 16, fill: 'fill-degraded-fill' },
  d: { y: 0, h: 20, fill: 'fill-down-fill' },
  x: { y: 8, h: 4, fill: 'fill-empty' },
} as const;

/** The last observations as cells: one path per colour, so a table of bars stays cheap. */
export const RecentBar: (props: Props) => ReactNode = memo(function RecentBar({
  bar,
  cells = 30,
  className,
}: Props): ReactNode {
  const shown = bar.slice(-cells).padStart(cells, ' ');
  const paths: Record<keyof typeof shapes, string> = { u: '', g: '', d: '', x: '' };
  const counts = { u: 0, g: 0, d: 0, x: 0 };
  for (let i = 0; i < cells; i += 1) {
    const letter = shown.charAt(i);
    const key = letter === 'u' || letter === 'g' || letter === 'd' ? letter : 'x';
    if (letter !== ' ') counts[key] += 1;
    const { y, h } = shapes[key];
    paths[key] += `M${i * STEP} ${y}h3v${h}h-3z`;
  }
  return (
    <svg
      viewBox={`0 0 ${cells * STEP - 2} ${HEIGHT}`}
      className={cx('h-5 w-[148px] shrink-0', className)}
      preserveAspectRatio="none"
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an inline drawing in the tokens of the theme cannot be an <img>.
      role="img"
      aria-label={spoken(counts)}
    >
      {letters.map((key) => paths[key] !== '' && <path key={key} d={paths[key]} className={shapes[key].fill} />)}
    </svg>
  );
});

function spoken(counts: { u: number; g: number; d: number; x: number }): string {
  const total = counts.u + counts.g + counts.d + counts.x;
  if (total === 0) return 'No checks yet';
  const bad = [
    counts.d > 0 && `${counts.d} failed`,
    counts.g > 0 && `${counts.g} degraded`,
    counts.x > 0 && `${counts.x} without result`,
  ].filter(Boolean);
  return `Last ${total} checks: ${bad.length === 0 ? 'all healthy' : bad.join(', ')}`;
}
