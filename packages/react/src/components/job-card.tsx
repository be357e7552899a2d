import { TERMINAL_RUN_STATES, type Job, type RunRow, type RunState } from '@statewire/model';
import { amountText, brief } from '@statewire/client/look';
import type { ReactNode } from 'react';
import { useCommand } from '../use-command.ts';
import { useNowAs } from '../use-now.ts';
import { useRecord } from '../use-record.ts';
import { Glyph } from './glyph.tsx';
import { ProgressBar, type ProgressTone } from './progress-bar.tsx';
import { RelativeTime } from './relative-time.tsx';
import { StatusBadge } from './status-badge.tsx';
import { styler, type Styled } from './styled.ts';

/** What a card shows: a job or an execution. */
export type ShownRun = Pick<
  RunRow,
  | 'id'
  | 'title'
  | 'state'
  | 'progress'
  | 'rate'
  | 'etaMs'
  | 'movedAt'
  | 'startedAt'
  | 'endedAt'
  | 'createdAt'
  | 'updatedAt'
> &
  Partial<Pick<RunRow, 'reason' | 'cancelRequested'>> &
  Partial<Pick<Job, 'kind' | 'goal' | 'owner'>>;

interface CardShown extends Styled<CardPart> {
  readonly job: ShownRun;
  /** The values are old: shown without colour, and said. */
  readonly isStale?: boolean | undefined;
  /** What Cancel does; without it there is no such button. */
  readonly onCancel?: (() => void) | undefined;
  /** Why the last command did not work. */
  readonly error?: string | undefined;
}

interface CardLive extends Styled<CardPart> {
  readonly id: string;
  /** Default `jobs`. */
  readonly collection?: 'executions' | 'jobs' | undefined;
  /** Offers Cancel, as a command. Default false. */
  readonly canCancel?: boolean | undefined;
}

type CardPart = 'title' | 'goal' | 'progress' | 'facts' | 'button';

/** A run given, or one by collection and id, watched. */
export type JobCardProps = CardShown | CardLive;

/** Long work at a glance: what, how far, how fast, how long still, and when it last moved. With `id` it watches the record. */
export function JobCard(props: JobCardProps): ReactNode {
  return 'id' in props ? <Live {...props} /> : <Shown {...props} />;
}

function Live({ id, collection = 'jobs', canCancel = false, ...rest }: CardLive): ReactNode {
  const { data, status, error } = useRecord(collection, id);
  const cancel = useCommand((sw) => sw.collection(collection).call(id, 'cancel'));
  const { root } = styler(rest);
  if (data === null) {
    // As high as what comes.
    return (
      <article className={root('sw-card sw-job')} data-live={status} aria-busy={status === 'loading'}>
        <p className="sw-note">
          {status === 'loading' ? 'Loading' : status === 'denied' ? (error?.message ?? 'Not allowed') : 'No such job'}
        </p>
      </article>
    );
  }
  return (
    <Shown
      {...rest}
      job={data}
      isStale={status !== 'live'}
      onCancel={canCancel ? () => void cancel.run() : undefined}
      error={cancel.error?.message}
    />
  );
}

function Shown(props: CardShown): ReactNode {
  const { job, isStale = false, onCancel, error } = props;
  const { root, part } = styler(props);
  const isOver = TERMINAL_RUN_STATES.includes(job.state);
  // Silence brings no change that would render again: the card has to look at the clock itself.
  const isStalled = useNowAs((now) => stalledAt(job, now), false);
  const status = isStalled ? 'stalled' : job.state;
  const amount = { ...job.progress, pct: job.state === 'succeeded' ? 100 : job.progress.pct };
  return (
    <article
      className={root('sw-card sw-job')}
      data-state={job.state}
      data-stalled={isStalled ? '' : undefined}
      data-stale={isStale ? '' : undefined}
      aria-label={job.title}
    >
      <header className="sw-job-head">
        <h3 className={part('title', 'sw-job-title')}>{job.title}</h3>
        <StatusBadge status={status} variant="soft" reason={job.reason?.text} unstyled={props.unstyled} />
      </header>
      {job.goal === undefined || job.goal === '' ? null : <p className={part('goal', 'sw-job-goal')}>{job.goal}</p>}
      <ProgressBar
        label={job.title}
        progress={amount}
        tone={isStalled ? 'degraded' : TONES[job.state]}
        unstyled={props.unstyled}
        className={part('progress', '')}
      />
      <div className="sw-job-doing">
        <p className="sw-job-message" title={job.progress.message}>
          {isOver ? (job.reason?.text ?? '') : job.progress.message}
        </p>
        {onCancel === undefined || isOver ? null : (
          <button
            type="button"
            className={part('button', 'sw-button')}
            data-size="small"
            disabled={job.cancelRequested === true}
            aria-label={`Cancel ${job.title}`}
            onClick={onCancel}
          >
            <Glyph name="stop" size={12} />
            {job.cancelRequested === true ? 'Canceling' : 'Cancel'}
          </button>
        )}
      </div>
      <footer className={part('facts', 'sw-job-facts')}>
        <Pace job={job} isOver={isOver} />
        {isStale ? <span className="sw-job-old">not verified now</span> : null}
        {error === undefined ? null : (
          <span className="sw-error" role="alert">
            {error}
          </span>
        )}
        <span className="sw-job-updated">
          {isOver ? 'ended ' : 'updated '}
          <RelativeTime at={isOver ? (job.endedAt ?? job.updatedAt) : job.updatedAt} />
        </span>
      </footer>
    </article>
  );
}

function Pace({ job, isOver }: { readonly job: ShownRun; readonly isOver: boolean }): ReactNode {
  const { progress, rate, etaMs, startedAt, endedAt } = job;
  const parts: string[] = [];
  if (progress.total !== null) parts.push(amountText(progress));
  if (isOver && startedAt !== null && endedAt !== null) parts.push(`took ${brief(endedAt - startedAt)}`);
  if (!isOver && rate !== null) parts.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')}/s`);
  if (!isOver && etaMs !== null) parts.push(`${brief(etaMs)} left`);
  return <span>{parts.join(' · ')}</span>;
}

/** A running thing that moved nothing for this long should be looked at. */
const STALLED_MS = 60_000;

/** Running, but nothing moved for a minute. */
function stalledAt({ state, movedAt, startedAt }: ShownRun, now: number): boolean {
  return state === 'running' && now > 0 && now - (movedAt ?? startedAt ?? now) > STALLED_MS;
}

const TONES: Readonly<Record<RunState, ProgressTone>> = {
  queued: 'quiet',
  delayed: 'quiet',
  running: 'active',
  waiting_input: 'degraded',
  waiting_dependency: 'quiet',
  paused: 'quiet',
  succeeded: 'up',
  failed: 'down',
  canceled: 'quiet',
  timed_out: 'down',
  lost: 'down',
};
