import type { ArenaOptions } from '../arena.ts';
import type { CaseResult } from '../report.ts';

/** A benchmark: what it is called on the command line, and what it does. */
export interface Case {
  readonly name: string;
  run(options: CaseOptions): Promise<readonly CaseResult[]>;
}

export interface CaseOptions extends ArenaOptions {
  /** How often each measurement is repeated, in alternation. */
  readonly repeats: number;
  /** How long cases run that show a steady state. */
  readonly minutes: number;
}
