import type { Env } from '../env.ts';

/** What reporters need besides commands. */
export interface Reporting {
  readonly env: Env;
  /** Makes the client connect if it is not. */
  want(): void;
  isLive(): boolean;
  /** Called each time a connection has become live. */
  readonly onLive: Set<() => void>;
}
