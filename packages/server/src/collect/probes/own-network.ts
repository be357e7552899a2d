import type { Clock, Timer } from '../../lib/clock.ts';
import { doubtOf, isExplained, ownFault, type CanaryWord, type HostLook, type OwnFault } from './own-fault.ts';
import type { CheckPlan } from './plan.ts';
import type { ProbeResult } from './probe.ts';
import { unjudged } from './unjudged.ts';

export interface OwnNetworkDeps {
  readonly clock: Clock;
  /** Asks the canary; null when none is configured. Resolves with the code of what it said. */
  readonly canary: (() => Promise<string>) | null;
  /** The whole condition, told when it begins (a sentence) and when it ends (null). */
  readonly onChange: (text: string | null) => void;
}

/**
 * Stands between a probe and what is made of it: while the fault is ours, what failed for it says `unknown`, with a
 * reason that says so, and there is one condition of this server in place of a thousand outages. It ends by itself.
 */
export class OwnNetwork {
  readonly #deps: OwnNetworkDeps;
  /** The newest look at each host; bounded by the number of checks. */
  readonly #looks = new Map<string, HostLook>();
  #canary: { readonly word: CanaryWord; readonly at: number } = { word: 'none', at: -Infinity };
  #asking: Promise<CanaryWord> | null = null;
  #fault: OwnFault | null = null;
  #timer: Timer | null = null;
  #isOpen = true;

  constructor(deps: OwnNetworkDeps) {
    this.#deps = deps;
  }

  /** Takes note of a look that has ended, and gives back what may be believed of it. */
  async judge(plan: Pick<CheckPlan, 'intervalMs' | 'target' | 'timeoutMs'>, result: ProbeResult): Promise<ProbeResult> {
    const host = hostnameOf(plan.target);
    if (host === null) return result;
    const { reason, verdict } = result.observation;
    const doubt = verdict === 'unhealthy' ? doubtOf(reason.code) : null;
    const { clock } = this.#deps;
    // As long as its turn takes, with the jitter and the time that the next look needs.
    const until = clock.mono() + plan.intervalMs * 1.2 + plan.timeoutMs;
    this.#looks.delete(host);
    this.#looks.set(host, { until, doubt });
    if (doubt === null && this.#fault === null) return result;
    const fault = await this.#look();
    return fault !== null && isExplained(doubt, fault) ? unjudged(result, reasonOf(fault)) : result;
  }

  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #look(): Promise<OwnFault | null> {
    const canary = await this.#ask();
    if (!this.#isOpen) return this.#fault;
    const now = this.#deps.clock.mono();
    for (const [host, { until }] of this.#looks) if (until < now) this.#looks.delete(host);
    const before = this.#fault;
    this.#fault = ownFault(this.#looks.values(), now, canary);
    if ((before === null) !== (this.#fault === null)) {
      this.#deps.onChange(this.#fault === null ? null : reasonOf(this.#fault).text);
    }
    // Nobody may be looked at for a while: the end is found without them.
    if (this.#fault !== null && this.#timer === null) {
      this.#timer = this.#deps.clock.after(LOOK_EVERY_MS, () => {
        this.#timer = null;
        void this.#look();
      });
    }
    return this.#fault;
  }

  /** What the canary says, asked at most every few seconds and by one at a time. */
  async #ask(): Promise<CanaryWord> {
    const { canary, clock } = this.#deps;
    if (canary === null) return 'none';
    if (clock.mono() - this.#canary.at < CANARY_FRESH_MS) return this.#canary.word;
    this.#asking ??= canary().then(
      (code) => this.#heard(doubtOf(code) !== null ? 'silent' : code === 'egress_denied' ? 'none' : 'answers'),
      () => this.#heard('none'),
    );
    return this.#asking;
  }

  #heard(word: CanaryWord): CanaryWord {
    this.#canary = { word, at: this.#deps.clock.mono() };
    this.#asking = null;
    return word;
  }
}

const LOOK_EVERY_MS = 5_000;
const CANARY_FRESH_MS = 2_000;

function reasonOf(fault: OwnFault): { readonly code: string; readonly text: string } {
  const what =
    fault.why === 'canary'
      ? 'the canary does not answer either'
      : `${fault.failing} of ${fault.of} hosts cannot be reached at once`;
  return { code: 'own_network', text: `The network of this server fails: ${what}. The target was not judged.` };
}

/** The host a look goes to over the network; null for programs of this machine. */
function hostnameOf(target: string): string | null {
  if (target.startsWith('stdio:')) return null;
  const url = target.includes('://') ? target : `tcp://${target}`;
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase() : target;
}
