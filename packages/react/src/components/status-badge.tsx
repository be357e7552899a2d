// oxlint-disable jsx-a11y/prefer-tag-over-role -- a drawing in the page is an svg; the role is how it is named.
import type { ReactNode } from 'react';
import { StatusIcon } from './status-icon.tsx';
import { classes, words, type BadgeStatus } from './words.ts';

export interface StatusBadgeProps {
  readonly status: BadgeStatus;
  /** Another word than the usual one, in another language for example. */
  readonly label?: string | undefined;
  /** Why, shown on hover. */
  readonly reason?: string | undefined;
  readonly className?: string | undefined;
}

/** A status as shape, colour and word. */
export function StatusBadge({ status, label, reason, className }: StatusBadgeProps): ReactNode {
  const { word, tone } = words[status];
  return (
    <span className={classes('sw-badge', className)} data-status={status} data-tone={tone} title={reason}>
      <StatusIcon tone={tone} />
      <span className="sw-badge-word">{label ?? word}</span>
    </span>
  );
}

/** A status as a small mark, for dense places. Its word is there for those who do not see it. */
export function StatusDot({ status, label, className }: StatusBadgeProps): ReactNode {
  const { word, tone } = words[status];
  return (
    <span
      className={classes('sw-dot', className)}
      data-status={status}
      data-tone={tone}
      role="img"
      aria-label={label ?? word}
      title={label ?? word}
    >
      <StatusIcon tone={tone} />
    </span>
  );
}
