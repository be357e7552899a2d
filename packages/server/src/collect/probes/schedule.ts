import { ok, type Failure, type Result } from '@statewire/protocol';
import type { Health, Suspect } from '@statewire/model';
import type { Clock, Timer } from '../../lib/clock.ts';
import { Heap, type HeapItem } from '../../lib/heap.ts';
import type { Limits } from '../../lib/limits.ts';
import { burstDelayMs, nextDelayMs } from './delay.ts';
import type { CheckPlan } from './plan.ts';
import type { ProbeResult } from './probe.ts';

/** What the engine believed after an observation was applied; decides how soon to look again. */
export interface Belief {
  readonly health: Health;
  readonly suspect: Suspect | null;
}

/** What the schedule needs from the outside. */
export interface ScheduleDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'probesConcurrentMax' | 'probesPerHostMax' | 'refreshIntervalMs' | 'backoffMsMax'>;
  /** Runs one probe to its end; never rejects for anything the target did. */
  readonly probe: (plan: CheckPlan) => Promise<ProbeResult>;
  /** Applies an observation and says what is believed now, or null when the service is gone. */
  readonly emit: (plan: CheckPlan, result: ProbeResult) => Promise<Belief | null>;
  readonly onError: (error: unknown, plan: CheckPlan) => void;
}

interface Item extends HeapItem {
  plan: CheckPlan;
  belief: Belief;
  /** Present while a probe of this check is under way: probes of one check never overlap. */
  running: Promise<ProbeResult> | null;
  /** Something happened during the probe that asks for another look right after it. */
  again: boolean;
  /** Probes left in the burst after a tripwire, or 0. */
  burst: number;
  /** Delay until the next look, decided when the last one ended. */
  nextMs: number;
  /** Confirmed bad probes in a row, for backoff. */
  bad: number;
  refreshedAt: number;
  waiting: boolean;
  removed: boolean;
}

/**
 * Decides when each check is probed: jitter, first probes spread, overall and per-host concurrency, faster
 * looks while a change is suspected, slower ones while a thing stays down, at once on a tripwire or `refresh`.
 * One heap and one timer serve all checks. Holds no results; see keep/observe.ts.
 */
export class Schedule {
  readonly #deps: ScheduleDeps;
  readonly #items = new Map<string, Item>();
  readonly #heap = new Heap<Item>();
  /** Due but held back by a concurrency bound, oldest first. Bounded by the number of checks. */
  #waiting: Item[] = [];
  readonly #perHost = new Map<string, number>();
  #running = 0;
  #timer: Timer | null = null;
  #closed = false;

  constructor(deps: ScheduleDeps) {
    this.#deps = deps;
  }

  /** How many checks are watched, under way and held back. */
  get counts(): { readonly checks: number; readonly running: number; readonly waiting: number } {
    return { checks: this.#items.size, running: this.#running, waiting: this.#waiting.length };
  }

  /**
   * Starts or changes a check. New and changed checks are probed at once; with `spread` (at start, when there
   * are many) the first look falls anywhere inside the interval.
   */
  upsert(plan: CheckPlan, belief: Belief, options: { readonly spread?: boolean | undefined } = {}): void {
    if (this.#closed) return;
    const key = keyOf(plan.org, plan.id);
    const known = this.#items.get(key);
    if (known !== undefined) {
      known.plan = plan;
      known.bad = 0;
      if (known.running !== null) known.again = true;
      else this.#due(known, 0);
      return;
    }
    const item: Item = {
      plan,
      belief,
      running: null,
      again: false,
      burst: 0,
      nextMs: 0,
      bad: 0,
      refreshedAt: -Infinity,
      waiting: false,
      removed: false,
      due: 0,
      slot: -1,
    };
    this.#items.set(key, item);
    this.#due(item, options.spread === true ? this.#deps.clock.random() * plan.intervalMs : 0);
  }

  /** Stops watching a check. A probe under way ends by itself and its result is dropped. */
  remove(org: string, id: string): void {
    const item = this.#items.get(keyOf(org, id));
    if (item === undefined) return;
    item.removed = true;
    this.#items.delete(keyOf(org, id));
    this.#heap.delete(item);
    this.#waiting = this.#waiting.filter((other) => other !== item);
    this.#arm();
  }

  /** A held stream closed or a child exited: look at once, and again soon, because seconds matter now. */
  trip(org: string, id: string): void {
    const item = this.#items.get(keyOf(org, id));
    if (item === undefined) return;
    item.burst = item.plan.failAfter;
    item.bad = 0;
    if (item.running !== null) item.again = true;
    else this.#due(item, 0);
  }

  /**
   * Runs the same probe now and answers with what it saw. Once per `refreshIntervalMs` and check; a caller
   * that comes while a probe is under way gets that probe's result.
   */
  async refresh(org: string, id: string): Promise<Result<ProbeResult, Failure & { readonly retryMs?: number }>> {
    const item = this.#items.get(keyOf(org, id));
    if (item === undefined) {
      return {
        ok: false,
        code: 'not_found',
        message: `found no active check "${id}"; resume the service or give it a check`,
      };
    }
    if (item.running !== null) return ok(await item.running);
    const now = this.#deps.clock.mono();
    const waitMs = item.refreshedAt + this.#deps.limits.refreshIntervalMs - now;
    if (waitMs > 0) {
      const message = `refreshed ${Math.round(now - item.refreshedAt)} ms ago, expected at least ${this.#deps.limits.refreshIntervalMs} ms between; try again in ${Math.ceil(waitMs)} ms`;
      return { ok: false, code: 'rate_limited', message, retryMs: Math.ceil(waitMs) };
    }
    item.refreshedAt = now;
    item.bad = 0;
    this.#heap.delete(item);
    this.#waiting = this.#waiting.filter((other) => other !== item);
    return ok(await this.#run(item));
  }

  /**
   * Looks as soon as there is room, and does not wait for it: for many at once. False when there is no such check; one that is
   * being looked at is looked at anyway.
   */
  wake(org: string, id: string): boolean {
    const item = this.#items.get(keyOf(org, id));
    if (item === undefined) return false;
    item.bad = 0;
    if (item.running === null) this.#due(item, 0);
    return true;
  }

  /** Stops all timers. Probes under way are awaited, so that nothing reports after the store is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#waiting = [];
    await Promise.allSettled([...this.#items.values()].flatMap((item) => item.running ?? []));
    this.#items.clear();
  }

  #due(item: Item, delayMs: number): void {
    if (item.removed || item.waiting) return;
    this.#heap.set(item, this.#deps.clock.mono() + delayMs);
    this.#arm();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const first = this.#heap.peek();
    if (first === undefined || this.#closed) return;
    this.#timer = this.#deps.clock.after(Math.max(0, first.due - this.#deps.clock.mono()), () => this.#tick());
  }

  #tick(): void {
    this.#timer = null;
    const now = this.#deps.clock.mono();
    for (let item = this.#heap.popDue(now); item !== undefined; item = this.#heap.popDue(now)) {
      item.waiting = true;
      this.#waiting.push(item);
    }
    this.#startWaiting();
    this.#arm();
  }

  #startWaiting(): void {
    if (this.#closed) return;
    const held: Item[] = [];
    for (const item of this.#waiting) {
      const host = hostOf(item.plan);
      const isFree =
        this.#running < this.#deps.limits.probesConcurrentMax &&
        (this.#perHost.get(host) ?? 0) < this.#deps.limits.probesPerHostMax;
      if (!isFree) {
        held.push(item);
        continue;
      }
      item.waiting = false;
      void this.#run(item);
    }
    this.#waiting = held;
  }

  /** Starts one probe. The promise resolves with what it saw, after that was applied. */
  #run(item: Item): Promise<ProbeResult> {
    const plan = item.plan;
    const host = hostOf(plan);
    this.#running += 1;
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1);
    item.waiting = false;
    item.again = false;
    const running = this.#probe(item, plan).finally(() => {
      this.#running -= 1;
      const left = (this.#perHost.get(host) ?? 1) - 1;
      if (left === 0) this.#perHost.delete(host);
      else this.#perHost.set(host, left);
      item.running = null;
      if (!item.removed && !this.#closed) this.#due(item, item.again ? 0 : item.nextMs);
      this.#startWaiting();
    });
    item.running = running;
    return running;
  }

  /** A probe that throws is our own fault: it says nothing about the target. */
  async #look(plan: CheckPlan): Promise<ProbeResult> {
    const at = this.#deps.clock.now();
    try {
      return await this.#deps.probe(plan);
    } catch (error) {
      this.#deps.onError(error, plan);
      return {
        observation: {
          kind: 'probe',
          at,
          ms: 0,
          facts: {},
          verdict: 'unknown',
          phase: 'stopped',
          final: false,
          latencyMs: null,
          reason: { code: 'internal', text: 'The probe itself failed; the target was not judged.' },
          mcp: null,
          certificate: null,
          nextAt: null,
        },
        inventory: null,
        evidence: null,
      };
    }
  }

  async #probe(item: Item, plan: CheckPlan): Promise<ProbeResult> {
    const startedAt = this.#deps.clock.mono();
    const result = await this.#look(plan);
    const { observation } = result;
    if (item.removed || this.#closed) return result;
    const isBad = observation.verdict === 'unhealthy';
    item.bad = isBad && item.belief.health === 'unhealthy' ? item.bad + 1 : 0;
    if (!isBad) item.burst = 0;
    // What comes next is decided before the result is applied, so that `nextProbeAt` travels in the same commit.
    item.nextMs = nextDelayMs({
      plan,
      belief: item.belief,
      verdict: observation.verdict,
      final: observation.final,
      bad: item.bad,
      backoffMsMax: this.#deps.limits.backoffMsMax,
      jitter: this.#deps.clock.random(),
    });
    if (item.burst > 0) {
      item.burst -= 1;
      if (item.burst > 0) item.nextMs = burstDelayMs(plan.failAfter - item.burst - 1);
    }
    const now = this.#deps.clock.now();
    // A target that said when to come back (429, Retry-After) is left alone until then, within our own bound.
    const asked = observation.nextAt === null ? 0 : Math.min(observation.nextAt - now, this.#deps.limits.backoffMsMax);
    item.nextMs = Math.max(item.nextMs, asked);
    const nextAt = now + Math.round(item.nextMs);
    try {
      // When it began, told by the clock as it is now: it may have been set while the probe was under way.
      const at = Math.min(now, Math.floor(now - (this.#deps.clock.mono() - startedAt)));
      const belief = await this.#deps.emit(plan, { ...result, observation: { ...observation, at, nextAt } });
      if (belief !== null) item.belief = belief;
    } catch (error) {
      this.#deps.onError(error, plan);
    }
    return result;
  }
}

function keyOf(org: string, id: string): string {
  return `${org}/${id}`;
}

/** The host a probe bothers, for the per-host bound. Commands of our own machine have one host each. */
function hostOf(plan: CheckPlan): string {
  if (plan.target.startsWith('stdio:')) return `${plan.org}/${plan.target}`;
  const rest = plan.target.includes('://') ? plan.target.slice(plan.target.indexOf('://') + 3) : plan.target;
  return rest.split('/', 1)[0] ?? rest;
}
