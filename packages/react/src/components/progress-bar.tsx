// oxlint-disable jsx-a11y/prefer-tag-over-role -- <progress> can neither be styled alike everywhere nor carry a text of its own.
import type { Progress } from '@statewire/model';
import type { ReactNode } from 'react';
import { classes } from './words.ts';

export interface ProgressBarProps {
  readonly progress: Pick<Progress, 'done' | 'total' | 'unit' | 'pct' | 'message'>;
  /** What is in progress. */
  readonly label: string;
  /** `failed` and the like: the bar stays where it ended. */
  readonly tone?: 'active' | 'up' | 'down' | 'quiet' | undefined;
  readonly className?: string | undefined;
}

/** How far something is. Without a known end it says that it goes on, and how much is done. */
export function ProgressBar({ progress, label, tone = 'active', className }: ProgressBarProps): ReactNode {
  const { done, total, unit, message } = progress;
  const pct = percent(progress);
  const amount = total === null ? `${done} ${unit}`.trim() : `${done} of ${total} ${unit}`.trim();
  const text = pct === null ? amount : `${pct} %, ${amount}`;
  return (
    <div className={classes('sw-progress', className)} data-tone={tone}>
      <div
        className="sw-progress-track"
        role="progressbar"
        aria-label={label}
        aria-valuetext={message === '' ? text : `${text}: ${message}`}
        {...(pct === null ? {} : { 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': pct })}
        data-indeterminate={pct === null && tone === 'active' ? '' : undefined}
      >
        <div className="sw-progress-fill" style={{ transform: `scaleX(${(pct ?? 0) / 100})` }} />
      </div>
      <span className="sw-progress-text" aria-hidden="true">
        {pct === null ? amount : `${pct} %`}
      </span>
    </div>
  );
}

function percent({ done, total, pct }: ProgressBarProps['progress']): number | null {
  const raw = pct ?? (total === null || total <= 0 ? null : (done / total) * 100);
  // Never 100 before it is: people take 100 % for done.
  return raw === null ? null : Math.min(raw >= 100 ? 100 : 99, Math.max(0, Math.round(raw)));
}
