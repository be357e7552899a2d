/** Streams and scans: jobs of that kind, with their progress at hand. */
import { TERMINAL_RUN_STATES, RUN_STATES, type Job, type Progress, type RunState } from '@statewire/model';
import { useMemo } from 'react';
import type { Live, LiveOptions } from './live.ts';
import { useCollection } from './use-collection.ts';
import { useRecord } from './use-record.ts';

/** A job and how far it is. */
export interface LiveProgress extends Live<Job | null> {
  readonly progress: Progress | null;
  /** Whole percent, never 100 before it is done; null when the end is not known. */
  readonly pct: number | null;
  /** Is what is shown true now? */
  readonly isConnected: boolean;
}

/** Several of them. */
export interface LiveProgressList extends Live<readonly Job[]> {
  readonly streams: readonly Job[];
  readonly isConnected: boolean;
}

/** One stream: `const { progress, isConnected } = useStreamProgress(id)`. */
export function useStreamProgress(id: string | null, options?: LiveOptions): LiveProgress {
  const live = useRecord('jobs', id, options);
  return useMemo(() => {
    const progress = live.data?.progress ?? null;
    return { ...live, progress, pct: pctOf(progress), isConnected: live.status === 'live' };
  }, [live]);
}

/** One scan. A scan is a job as a stream is; the names are those that people look for. */
export function useScanProgress(id: string | null, options?: LiveOptions): LiveProgress {
  return useStreamProgress(id, options);
}

/** Which jobs `useAllStreamsProgress` shows. */
export interface AllStreamsOptions extends LiveOptions {
  /** Jobs of this kind. Default `stream`. */
  readonly kind?: string | undefined;
  /** In these states. Default: all that have not ended. */
  readonly states?: readonly RunState[] | undefined;
}

/** All streams of the organization that are under way. */
export function useAllStreamsProgress({
  kind = 'stream',
  states = OPEN_STATES,
  ...options
}: AllStreamsOptions = {}): LiveProgressList {
  const live = useCollection('jobs', { ...options, where: { kind, state: states } });
  return useMemo(() => ({ ...live, streams: live.data, isConnected: live.status === 'live' }), [live]);
}

/** States of a run that has not ended. */
const OPEN_STATES: readonly RunState[] = RUN_STATES.filter((state) => !TERMINAL_RUN_STATES.includes(state));

function pctOf(progress: Progress | null): number | null {
  return progress === null || progress.pct === null ? null : Math.floor(progress.pct);
}
