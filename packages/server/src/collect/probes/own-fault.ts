/**
 * Is it us? When the network of this machine fails, every target seems to be gone at once. Decides over the newest look
 * at each host whether failures that can be ours are ours:
 *
 *   canary     | no route, no resolver          | silence (timeouts)
 *   answers    | ours when many fail at once    | theirs
 *   is silent  | ours                           | ours
 *   none       | ours when many fail at once    | theirs
 *
 * Many: at least half of the hosts that were looked at lately, and at least five.
 */

/** What a failure may mean for ourselves: the network said so, or nobody said anything. Null: somebody answered. */
export type Doubt = 'network' | 'silence' | null;

/** The newest look at one host. */
export interface HostLook {
  /** When it is too old to speak, monotonic. */
  readonly until: number;
  readonly doubt: Doubt;
}

/** What the canary said: any answer, also a refusal, came over a network that works. */
export type CanaryWord = 'answers' | 'silent' | 'none';

export type OwnFault =
  | { readonly why: 'canary' }
  | { readonly why: 'many'; readonly failing: number; readonly of: number };

/** The fault of ours that the looks show, or null. */
export function ownFault(looks: Iterable<HostLook>, now: number, canary: CanaryWord): OwnFault | null {
  if (canary === 'silent') return { why: 'canary' };
  let failing = 0;
  let of = 0;
  for (const { until, doubt } of looks) {
    if (until < now) continue;
    of += 1;
    if (doubt === 'network') failing += 1;
  }
  return failing >= OWN_HOSTS_MIN && failing * 2 >= of ? { why: 'many', failing, of } : null;
}

/** Whether that fault explains a failure. */
export function isExplained(doubt: Doubt, fault: OwnFault | null): boolean {
  if (doubt === null || fault === null) return false;
  return fault.why === 'canary' || doubt === 'network';
}

/** What the code of a failed look says about ourselves. */
export function doubtOf(code: string): Doubt {
  if (NETWORK.has(code)) return 'network';
  return SILENCE.has(code) ? 'silence' : null;
}

const OWN_HOSTS_MIN = 5;
const NETWORK: ReadonlySet<string> = new Set(['unreachable', 'resolver']);
const SILENCE: ReadonlySet<string> = new Set(['timeout_connect', 'timeout', 'timeout_body', 'no_answer']);
