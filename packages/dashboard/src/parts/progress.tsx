import { TERMINAL_RUN_STATES, type RunRow } from '@statewire/model';
import { useNow } from '@statewire/react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { count, duration, rate } from '../lib/format.ts';
import { serverNow } from '../lib/ticker.ts';
import { type Look, runLooks, stalled } from './status.tsx';
import { Lasting } from './time.tsx';

// A running thing that moved nothing for this long should be looked at.
const STALLED_MS = 60_000;
/** How often silence is looked at. */
export const STALL_LOOK_MS = 5_000;

/** Running, but nothing moved for a minute. */
export function isStalled(run: RunRow, now: number = serverNow()): boolean {
  return run.state === 'running' && now - (run.movedAt ?? run.startedAt ?? now) > STALLED_MS;
}

export function lookOfRun(run: RunRow, now: number = serverNow()): Look {
  return isStalled(run, now) ? stalled : runLooks[run.state];
}

export function isOver(run: RunRow): boolean {
  return TERMINAL_RUN_STATES.includes(run.state);
}

interface ProgressLineProps {
  readonly run: RunRow;
  /** In a narrow column: the bar and how far it is; silence instead of that. */
  readonly brief?: boolean;
  readonly className?: string;
}

/** Bar, numbers, rate and time left on one line that keeps its height whatever is known. */
export function ProgressLine({ run, brief = false, className }: ProgressLineProps): ReactNode {
  const { done, total, unit } = run.progress;
  const pct = percent(run);
  // Silence brings no change that would render again: the page has to look at the clock itself.
  const now = useNow(STALL_LOOK_MS);
  const look = lookOfRun(run, now);
  return (
    <div className={cx('flex items-center gap-3 text-xs text-muted', className)}>
      <div
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- browsers draw <progress> each in their own way.
        role="progressbar"
        aria-label={run.title}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(pct === null ? {} : { 'aria-valuenow': Math.round(pct) })}
        className="h-1.5 min-w-16 flex-1 overflow-hidden rounded-full bg-quiet-soft"
      >
        <div
          className={cx(
            'h-full origin-left rounded-full motion-safe:transition-transform motion-safe:duration-300',
            // What went well is past: it needs no strong colour any more.
            run.state === 'succeeded' ? 'bg-up-quiet' : look.fill,
            pct === null && !isOver(run) && 'beat opacity-50',
          )}
          style={{ transform: `scaleX(${(pct ?? 100) / 100})` }}
        />
      </div>
      <span className={cx('shrink-0 text-right', brief ? isStalled(run, now) && 'hidden' : 'sm:w-40')}>
        {pct === null ? `${count(done)} ${unit}` : `${Math.floor(pct)} %`}
        {!brief && pct !== null && total !== null && (
          <span className="max-sm:hidden">
            {' '}
            · {count(done)} of {count(total)} {unit}
          </span>
        )}
      </span>
      <span className={cx('shrink-0 text-right', brief ? !isStalled(run, now) && 'hidden' : 'w-24')}>
        {isStalled(run, now) ? (
          <span className="text-degraded">
            silent <Lasting since={run.movedAt ?? run.startedAt ?? run.createdAt} short />
          </span>
        ) : run.state === 'running' && run.etaMs !== null ? (
          `${duration(run.etaMs)} left`
        ) : run.state === 'running' ? (
          run.rate === null ? (
            ''
          ) : (
            rate(run.rate)
          )
        ) : null}
      </span>
    </div>
  );
}

/** 0 to 100, or null when the end is not known. A finished run is full whatever it last said. */
export function percent(run: RunRow): number | null {
  if (run.state === 'succeeded') return 100;
  const { done, total, pct } = run.progress;
  if (pct !== null) return Math.min(100, Math.max(0, pct));
  return total === null || total <= 0 ? null : Math.min(100, (done / total) * 100);
}
