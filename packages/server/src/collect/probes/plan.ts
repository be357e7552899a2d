import type { Check } from '@statewire/model';
import type { Json } from '@statewire/protocol';

/** A program that speaks MCP on its standard streams. Comes from the operator's config file only, never from a request. */
export interface Command {
  /** Program and arguments; at least the program. There is no shell. */
  readonly argv: readonly string[];
  /** The whole environment of the child, beside PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | null;
  readonly [field: string]: Json;
}

/** Everything one probe needs to know: the check, its secrets, and for stdio its command. Never logged or served. */
export type CheckPlan = Check & {
  readonly secretHeaders: Readonly<Record<string, string>>;
  readonly command: Command | null;
};
