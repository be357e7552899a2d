import { ok } from '@statewire/protocol';
import type { BatchStats } from '../keep/commit.ts';
import type { Commit } from '../keep/commit-types.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { GatewayStats } from '../serve/gateway.ts';
import { putMetric } from './metric.ts';

/** How often the numbers are written, ms. They are for people's eyes; Prometheus reads /metrics. */
const WRITE_EVERY_MS = 5_000;

/** The organization that runs this process; the numbers count all tenants together, so only it may see them. */
const HOME = 'main';

export interface GatewayNumbersDeps {
  readonly clock: Clock;
  readonly commit: Pick<Commit, 'write'>;
  readonly stats: () => GatewayStats;
  readonly probes: () => { readonly checks: number; readonly running: number; readonly waiting: number };
}

/** Keeps the `metrics` record `gateway`: this process's own numbers over the last five seconds. */
export class GatewayNumbers {
  readonly #deps: GatewayNumbersDeps;
  #timer: Timer;
  #changes = 0;
  #commits = 0;
  #commitMs = 0;
  #probes = 0;
  #frames = 0;
  #bytes = 0;
  #at: number;

  constructor(deps: GatewayNumbersDeps) {
    this.#deps = deps;
    this.#at = deps.clock.mono();
    this.#timer = deps.clock.after(WRITE_EVERY_MS, () => void this.#write());
  }

  /** One durable batch. */
  batch(stats: BatchStats): void {
    this.#commits += 1;
    this.#commitMs += stats.ms;
    this.#changes += stats.changes;
  }

  /** One probe ended. */
  probed(): void {
    this.#probes += 1;
  }

  close(): void {
    this.#timer.cancel();
  }

  async #write(): Promise<void> {
    const { clock, commit, stats, probes } = this.#deps;
    this.#timer = clock.after(WRITE_EVERY_MS, () => void this.#write());
    const now = stats();
    const seconds = Math.max(clock.mono() - this.#at, 1) / 1_000;
    const rate = (count: number): number => Math.round((count / seconds) * 10) / 10;
    const values = {
      connections: now.connections,
      subscriptions: now.subscriptions,
      lagging: now.lagging,
      views: now.views,
      'frames.perSecond': rate(now.frames - this.#frames),
      'bytes.perSecond': Math.round(rate(now.bytes - this.#bytes)),
      'changes.perSecond': rate(this.#changes),
      'commit.ms': this.#commits === 0 ? 0 : Math.round((this.#commitMs / this.#commits) * 100) / 100,
      'probes.perSecond': rate(this.#probes),
      'checks.total': probes().checks,
      'checks.waiting': probes().waiting,
    };
    this.#at = clock.mono();
    this.#frames = now.frames;
    this.#bytes = now.bytes;
    this.#changes = this.#commits = this.#commitMs = this.#probes = 0;
    // A write that fails is not repeated: newer numbers come in five seconds.
    await commit.write(HOME, 'system', (draft) => {
      putMetric(draft, 'gateway', values);
      return ok(null);
    });
  }
}
