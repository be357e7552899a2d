import type { RunReporter } from '../../packages/adapters/src/reporter.ts';

/** A source of runs that is really there, and the adapter that follows it: what `adapters.test.ts` holds against its rules. */
export interface Peer {
  readonly wire: string;
  readonly collection: 'executions' | 'jobs';
  /** Whether a run that is under way can be canceled. */
  readonly isCancelable: boolean;
  /** The adapter follows what there is and what comes. */
  follow(reporter: RunReporter): { close(): void };
  /** A run that is under way, has said something of itself, and waits to be told how it ends. */
  begin(title: string): Promise<Work>;
  /** Everything that it said so far, said once more to another follower. */
  replay(reporter: RunReporter): Promise<void>;
  readonly close: () => Promise<void>;
}

/** A run of a peer. */
export interface Work {
  /** The id of its record. */
  readonly id: string;
  /** What its record must hold while it is under way. */
  readonly shows: object;
  readonly end: (how: 'cancel' | 'fail' | 'succeed') => Promise<void> | void;
}

/** What a run fails with. */
export const FAULT = 'no route to the pantry';
