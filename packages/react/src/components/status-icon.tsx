import { shapes, type Tone } from '@statewire/client/look';
import type { ReactNode } from 'react';

/** The shape of a tone. Decoration: the word or the label beside it speaks. */
export function StatusIcon({
  tone,
  size = 14,
  className = 'sw-icon',
}: {
  readonly tone: Tone;
  readonly size?: number | undefined;
  readonly className?: string | undefined;
}): ReactNode {
  return (
    <svg
      className={className}
      data-tone={tone}
      viewBox="0 0 16 16"
      width={size}
      height={size}
      aria-hidden="true"
      focusable="false"
    >
      {shapes[tone].map(({ d, width }) =>
        width === undefined ? (
          <path key={d} d={d} fill="currentColor" />
        ) : (
          <path
            key={d}
            d={d}
            fill="none"
            stroke="currentColor"
            strokeWidth={width}
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        ),
      )}
    </svg>
  );
}
