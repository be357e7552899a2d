// oxlint-disable jsx-a11y/prefer-tag-over-role -- a drawing in the page is an svg; the role is how it is named.
import { wordOf, type BadgeStatus } from '@statewire/client/look';
import type { ReactNode } from 'react';
import { StatusIcon } from './status-icon.tsx';
import { styler, type Styled } from './styled.ts';

/** What `StatusBadge` takes. */
export interface StatusBadgeProps extends Styled<'icon' | 'word'> {
  /** A status of ours, or any word: one that is not known is shown as it is, quietly. */
  readonly status: BadgeStatus | (string & {});
  /** Another word than the usual one, in another language for example. */
  readonly label?: string | undefined;
  /** Why, shown on hover. */
  readonly reason?: string | undefined;
  /** `plain`: shape and word. `soft`: on a ground of its tone. `quiet`: as `plain`, the word in grey. Default `plain`. */
  readonly variant?: 'plain' | 'soft' | 'quiet' | undefined;
  /** Default `medium`. */
  readonly size?: 'small' | 'medium' | 'large' | undefined;
}

/** A status as shape, colour and word. */
export function StatusBadge(props: StatusBadgeProps): ReactNode {
  const { status, label, reason, variant = 'plain', size = 'medium' } = props;
  const { word, tone } = wordOf(status);
  const { root, part } = styler(props);
  return (
    <span
      className={root('sw-badge')}
      data-status={status}
      data-tone={tone}
      data-variant={variant}
      data-size={size}
      title={reason === '' ? undefined : reason}
    >
      <StatusIcon tone={tone} size={ICON_SIZES[size]} className={part('icon', 'sw-icon')} />
      <span className={part('word', 'sw-badge-word')}>{label ?? word}</span>
    </span>
  );
}

const ICON_SIZES = { small: 12, medium: 14, large: 16 } as const;

/** What `StatusDot` takes. */
export interface StatusDotProps extends Styled<'icon'> {
  readonly status: BadgeStatus | (string & {});
  readonly label?: string | undefined;
  /** Edge in pixels. Default 14. */
  readonly size?: number | undefined;
}

/** A status as a small mark, for dense places. Its word is there for those who do not see it. */
export function StatusDot(props: StatusDotProps): ReactNode {
  const { status, label, size = 14 } = props;
  const { word, tone } = wordOf(status);
  const { root, part } = styler(props);
  return (
    <span
      className={root('sw-dot')}
      data-status={status}
      data-tone={tone}
      role="img"
      aria-label={label ?? word}
      title={label ?? word}
    >
      <StatusIcon tone={tone} size={size} className={part('icon', 'sw-icon')} />
    </span>
  );
}
