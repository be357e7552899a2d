import type { Fact, RunState, Status, StatusRow } from '@statewire/model';
import {
  Activity,
  Ban,
  CheckCircle2,
  CircleDashed,
  CircleHelp,
  CircleSlash,
  Clock,
  Hourglass,
  type LucideIcon,
  MinusCircle,
  PauseCircle,
  PlayCircle,
  TriangleAlert,
  Unplug,
  Wrench,
  XCircle,
  Zap,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';

/** How one word looks: always an icon and a word, never a colour alone. */
export interface Look {
  readonly word: string;
  readonly icon: LucideIcon;
  readonly ink: string;
  readonly soft: string;
  /** The colour of a dot or cell. */
  readonly fill: string;
}

export const statusLooks: Readonly<Record<Status, Look>> = {
  up: { word: 'Up', icon: CheckCircle2, ink: 'text-up', soft: 'bg-up-soft', fill: 'bg-up' },
  degraded: {
    word: 'Degraded',
    icon: TriangleAlert,
    ink: 'text-degraded',
    soft: 'bg-degraded-soft',
    fill: 'bg-degraded-fill',
  },
  down: { word: 'Down', icon: XCircle, ink: 'text-down', soft: 'bg-down-soft', fill: 'bg-down-fill' },
  unknown: { word: 'Unknown', icon: CircleHelp, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
  pending: { word: 'Pending', icon: CircleDashed, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
  maintenance: {
    word: 'Maintenance',
    icon: Wrench,
    ink: 'text-maintenance',
    soft: 'bg-maintenance-soft',
    fill: 'bg-maintenance',
  },
  paused: { word: 'Paused', icon: PauseCircle, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
};

export const flapping: Look = {
  word: 'Flapping',
  icon: Zap,
  ink: 'text-flapping',
  soft: 'bg-flapping-soft',
  fill: 'bg-flapping',
};
export const suspected: Look = {
  word: 'Suspect',
  icon: Activity,
  ink: 'text-degraded',
  soft: 'bg-degraded-soft',
  fill: 'bg-degraded-fill',
};

export const runLooks: Readonly<Record<RunState, Look>> = {
  queued: { word: 'Queued', icon: Clock, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
  delayed: { word: 'Delayed', icon: Hourglass, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
  running: { word: 'Running', icon: PlayCircle, ink: 'text-accent', soft: 'bg-accent-soft', fill: 'bg-accent' },
  waiting_input: {
    word: 'Waiting for input',
    icon: Hourglass,
    ink: 'text-degraded',
    soft: 'bg-degraded-soft',
    fill: 'bg-degraded-fill',
  },
  waiting_dependency: { word: 'Waiting', icon: Hourglass, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
  paused: { word: 'Paused', icon: PauseCircle, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
  succeeded: { word: 'Succeeded', icon: CheckCircle2, ink: 'text-up', soft: 'bg-up-soft', fill: 'bg-up' },
  failed: { word: 'Failed', icon: XCircle, ink: 'text-down', soft: 'bg-down-soft', fill: 'bg-down-fill' },
  canceled: { word: 'Canceled', icon: Ban, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
  timed_out: { word: 'Timed out', icon: Clock, ink: 'text-down', soft: 'bg-down-soft', fill: 'bg-down-fill' },
  lost: { word: 'Lost', icon: Unplug, ink: 'text-down', soft: 'bg-down-soft', fill: 'bg-down-fill' },
};

/** Stalled is not a state of a run but what a running one without movement should look like. */
export const stalled: Look = {
  word: 'Stalled',
  icon: Hourglass,
  ink: 'text-degraded',
  soft: 'bg-degraded-soft',
  fill: 'bg-degraded-fill',
};

export const factLooks: Readonly<Record<Fact['v'], Look>> = {
  ok: { word: 'OK', icon: CheckCircle2, ink: 'text-up', soft: 'bg-up-soft', fill: 'bg-up' },
  warn: {
    word: 'Warning',
    icon: TriangleAlert,
    ink: 'text-degraded',
    soft: 'bg-degraded-soft',
    fill: 'bg-degraded-fill',
  },
  fail: { word: 'Failing', icon: XCircle, ink: 'text-down', soft: 'bg-down-soft', fill: 'bg-down-fill' },
  unknown: { word: 'Unknown', icon: CircleHelp, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
  skip: { word: 'Not checked', icon: CircleSlash, ink: 'text-quiet', soft: 'bg-quiet-soft', fill: 'bg-quiet' },
};

export const notMeasured: Look = {
  word: 'Not measured',
  icon: MinusCircle,
  ink: 'text-quiet',
  soft: 'bg-quiet-soft',
  fill: 'bg-quiet',
};

/** What the look of a record depends on. */
type Looked = Pick<StatusRow, 'status' | 'suspect'> & { readonly overlay: { readonly flapping: boolean } };

/** The look of a status row: its word, or `Flapping` / `Suspect` when that says more. */
export function lookOf(row: Looked): Look {
  if (row.overlay.flapping && (row.status === 'up' || row.status === 'degraded')) return flapping;
  if (isSuspected(row)) return suspected;
  return statusLooks[row.status];
}

/** Do newer checks speak against a row that still counts as working? */
export function isSuspected(row: Pick<StatusRow, 'status' | 'suspect'>): boolean {
  return row.suspect !== null && row.suspect.to !== 'healthy' && (row.status === 'up' || row.status === 'degraded');
}

/** Does a person have to look at it? Down, degraded, flapping, or about to be. */
export function needsAttention(row: Looked): boolean {
  if (row.status === 'down' || row.status === 'degraded') return true;
  if (row.status !== 'up') return false;
  return row.overlay.flapping || isSuspected(row);
}

/** Worst first: how bad a row is, for sorting. */
export function severity(row: Looked): number {
  const base = { down: 0, degraded: 2, unknown: 4, pending: 5, up: 6, maintenance: 7, paused: 8 }[row.status];
  if (row.status !== 'up') return base;
  return needsAttention(row) ? 3 : base;
}

/** Icon and word on a soft ground. `quiet` drops the ground when nothing is wrong, so that a healthy page stays calm. */
export function Badge({
  look,
  quiet = false,
  className,
}: {
  look: Look;
  quiet?: boolean;
  className?: string;
}): ReactNode {
  const Icon = look.icon;
  return (
    <span
      className={cx(
        'inline-flex h-6 items-center gap-1.5 rounded-full text-xs font-medium whitespace-nowrap',
        quiet ? 'text-muted' : cx(look.soft, 'px-2'),
        !quiet && look.ink,
        className,
      )}
    >
      <Icon aria-hidden className={cx('size-3.5 shrink-0', quiet && look.ink)} strokeWidth={2.25} />
      {look.word}
    </span>
  );
}

/** An icon alone, for tables where the word stands beside it or in the accessible name. */
export function StatusIcon({
  look,
  className,
  label = true,
}: {
  look: Look;
  className?: string;
  label?: boolean;
}): ReactNode {
  const Icon = look.icon;
  return (
    <span className={cx('inline-flex shrink-0', look.ink, className)} title={label ? look.word : undefined}>
      <Icon aria-hidden className="size-4" strokeWidth={2.25} />
      {label && <span className="sr-only">{look.word}</span>}
    </span>
  );
}
