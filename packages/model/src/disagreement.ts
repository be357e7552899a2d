/** Where our own look at a service and its agents' experience of it do not say the same. */
import { z } from 'zod';
import { count, instant } from './schema.ts';

/** Our look says one thing, agents another. On a service it is about all its agents, on a connection about this one. */
export interface Disagreement {
  /** `agents_fail`: we find it up, agents cannot use it. `probe_fails`: agents use it, we find it down. */
  readonly kind: 'agents_fail' | 'probe_fails';
  /** How many agents say otherwise than we do, of those that are heard. */
  readonly agents: number;
  readonly of: number;
  /** The commonest reason of theirs, or ours with `probe_fails`. */
  readonly code: string;
  /** One sentence for people. */
  readonly text: string;
  readonly since: number;
  readonly [field: string]: string | number;
}

export const disagreementSchema: z.ZodType<Disagreement> = z.object({
  kind: z.enum(['agents_fail', 'probe_fails']),
  agents: count,
  of: count,
  code: z.string(),
  text: z.string(),
  since: instant,
});
