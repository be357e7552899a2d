import { probeDefaults, type Check, type ProbeSettings } from '@statewire/model';
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
  /** What to log in with: `password`, `token`. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly command: Command | null;
  /** Why the secrets of this check cannot be read, or null: without them nothing can be said of the target. */
  readonly locked?: string | null;
};

/** The settings of a kind: the check's own, or the defaults when it has none. */
export function settingsOf<K extends ProbeSettings['kind']>(
  plan: Pick<CheckPlan, 'probe'>,
  kind: K,
): Extract<ProbeSettings, { kind: K }> {
  const settings = plan.probe?.kind === kind ? plan.probe : probeDefaults(kind);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: both have that kind, and kinds tell settings apart.
  return settings as Extract<ProbeSettings, { kind: K }>;
}
