// oxlint-disable jsx-a11y/prefer-tag-over-role -- a drawing in the page is an svg; the role is how it is named.
import { sparkPath, sparkText } from '@statewire/client/look';
import { memo, type ReactNode } from 'react';
import { styler, type Styled } from './styled.ts';

/** What `Sparkline` takes. */
export interface SparklineProps extends Styled {
  /** Newest last; null is a gap and drawn as one. */
  readonly values: readonly (number | null)[];
  /** What it shows: `latency`. */
  readonly label: string;
  /** Default `ms`. */
  readonly unit?: string | undefined;
  /** Default 72. */
  readonly width?: number | undefined;
  /** Default 20. */
  readonly height?: number | undefined;
}

/** A thin line of recent values. */
export const Sparkline: (props: SparklineProps) => ReactNode = memo(function Sparkline(
  props: SparklineProps,
): ReactNode {
  const { values, label, unit = 'ms', width = 72, height = 20 } = props;
  return (
    <svg
      className={styler(props).root('sw-sparkline')}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${sparkText(values, unit)}`}
    >
      <path
        d={sparkPath(values, { width, height })}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.25}
        strokeLinecap="round"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
});
