import type { ReactNode } from 'react';
import type { Tone } from './words.ts';

/** The shape of a tone. Decoration: the word or the label beside it speaks. */
export function StatusIcon({ tone }: { readonly tone: Tone }): ReactNode {
  return (
    <svg
      className="sw-icon"
      data-tone={tone}
      viewBox="0 0 12 12"
      width="12"
      height="12"
      aria-hidden="true"
      focusable="false"
    >
      {shapes[tone]}
    </svg>
  );
}

const line = {
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.6,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;

const shapes: Readonly<Record<Tone, ReactNode>> = {
  up: <path d="M2.5 6.5 5 9l4.5-5.5" {...line} />,
  degraded: <path d="M6 2 11 10.4H1ZM6 5.2v2.2M6 9v.01" {...line} strokeWidth={1.3} />,
  down: <path d="m3 3 6 6M9 3 3 9" {...line} strokeWidth={2} />,
  maintenance: <path d="M2.5 2.5h7v7h-7zM4.5 6h3" {...line} />,
  flapping: <path d="M1 6c1.2-4 2.4-4 3.4 0s2.2 4 3.3 0 2-4 3.3 0" {...line} />,
  active: <path d="M4 2.6 9.2 6 4 9.4Z" fill="currentColor" />,
  quiet: <path d="M3 6h6" {...line} />,
};
