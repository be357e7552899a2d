// oxlint-disable jsx-a11y/prefer-tag-over-role -- <progress> can neither be styled alike everywhere nor carry a text of its own.
import { amountText, percentOf, progressText, type Amount } from '@statewire/client/look';
import type { ReactNode } from 'react';
import { styler, type Styled } from './styled.ts';

/** What became of it: the bar stays where it ended. */
export type ProgressTone = 'active' | 'up' | 'degraded' | 'down' | 'quiet';

/** What `ProgressBar` takes. */
export interface ProgressBarProps extends Styled<'track' | 'fill' | 'label' | 'text'> {
  readonly progress: Amount;
  /** What is in progress. */
  readonly label: string;
  /** Default `active`. */
  readonly tone?: ProgressTone | undefined;
  /** `compact`: bar and number on one line. `full`: label and amount above the bar, message below. Default `compact`. */
  readonly variant?: 'compact' | 'full' | undefined;
}

/** How far something is. Without a known end it says that it goes on, and how much is done. */
export function ProgressBar(props: ProgressBarProps): ReactNode {
  const { progress, label, tone = 'active', variant = 'compact' } = props;
  const { root, part } = styler(props);
  const pct = percentOf(progress);
  const isFull = variant === 'full';
  const amount = amountText(progress);
  return (
    <div className={root('sw-progress')} data-tone={tone} data-variant={variant}>
      {isFull ? (
        <span className={part('label', 'sw-progress-label')} aria-hidden="true">
          {label}
        </span>
      ) : null}
      <div
        className={part('track', 'sw-progress-track')}
        role="progressbar"
        aria-label={label}
        aria-valuetext={progressText(progress)}
        {...(pct === null ? {} : { 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': pct })}
        data-indeterminate={pct === null && tone === 'active' ? '' : undefined}
      >
        <div className={part('fill', 'sw-progress-fill')} style={{ transform: `scaleX(${(pct ?? 100) / 100})` }} />
      </div>
      <span className={part('text', 'sw-progress-text')} aria-hidden="true">
        {pct === null ? amount : `${pct} %`}
        {isFull && pct !== null && progress.total !== null ? <span> · {amount}</span> : null}
      </span>
      {isFull && progress.message !== undefined ? (
        <span className="sw-progress-message" aria-hidden="true">
          {progress.message}
        </span>
      ) : null}
    </div>
  );
}

/** What `MultiProgress` takes. */
export interface MultiProgressProps extends Styled<'total' | 'item'> {
  readonly items: readonly {
    readonly id: string;
    readonly label: string;
    readonly progress: Amount;
    readonly tone?: ProgressTone | undefined;
  }[];
  /** What all of them are together. */
  readonly label: string;
  /** Bars to show at most; the rest is a number. Default 8. */
  readonly max?: number | undefined;
}

/** Several things at once: all of them as one bar, and each. Something without a known end counts as not yet begun. */
export function MultiProgress(props: MultiProgressProps): ReactNode {
  const { items, label, max = 8 } = props;
  const { root, part } = styler(props);
  const parts = items.map(({ progress }) => percentOf(progress) ?? 0);
  const done = parts.filter((pct) => pct === 100).length;
  const pct = parts.length === 0 ? 0 : parts.reduce((sum, each) => sum + each, 0) / parts.length;
  const total = { done, total: items.length, unit: 'done', pct };
  const rest = items.length - max;
  return (
    <section className={root('sw-multi')} aria-label={label}>
      <ProgressBar
        variant="full"
        label={label}
        progress={total}
        className={part('total', 'sw-multi-total')}
        {...(pct === 100 ? { tone: 'up' as const } : {})}
      />
      <ul className="sw-multi-list">
        {items.slice(0, max).map((item) => (
          <li key={item.id} className={part('item', 'sw-multi-item')}>
            <span className="sw-multi-label">{item.label}</span>
            <ProgressBar label={item.label} progress={item.progress} tone={item.tone} />
          </li>
        ))}
      </ul>
      {rest > 0 ? <p className="sw-note">and {rest} more</p> : null}
    </section>
  );
}
