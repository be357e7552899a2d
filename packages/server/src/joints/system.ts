import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@statewire/protocol';
import { forecastOf } from '../keep/forecast.ts';
import type { Store, StorePart } from '../keep/store.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { GatewayStats } from '../serve/gateway.ts';

export interface SystemDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  /** The data directory. */
  readonly data: string;
  readonly store: Pick<Store, 'parts'>;
  readonly gateway: () => GatewayStats;
  readonly probes: () => { readonly checks: number; readonly running: number; readonly waiting: number };
  readonly deadlines: () => number;
  readonly present: () => number;
  /** What is wrong with this server itself. */
  readonly faults: () => JsonObject;
  readonly records: () => { readonly organizations: number; readonly records: number };
}

interface Measured {
  readonly at: number;
  readonly parts: readonly StorePart[];
}

/** Files of the store whose sizes are told. */
const FILES = ['statewire.db', 'statewire.db-wal', 'accounts.db'] as const;

/** What the process knows of itself, for /health, /metrics and the System page. */
export class System {
  readonly #deps: SystemDeps;
  readonly #startedAt: number;
  #trouble: string | null = null;
  #measured: Measured | null = null;
  #isMeasuring = false;

  constructor(deps: SystemDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.now();
  }

  /** From now on the process is not healthy: one word for why. */
  fail(why: string): void {
    this.#trouble = why;
  }

  trouble(): string | null {
    return this.#trouble;
  }

  read(): Promise<JsonObject> {
    const { clock, limits, data, gateway, probes, deadlines, present, faults, records } = this.#deps;
    const memory = process.memoryUsage();
    const { at, parts } = this.#measure() ?? { at: null, parts: [] };
    return Promise.resolve({
      startedAt: this.#startedAt,
      uptimeMs: clock.now() - this.#startedAt,
      node: process.versions.node,
      memory: { rssBytes: memory.rss, heapBytes: memory.heapUsed, externalBytes: memory.external },
      store: { kind: 'sqlite', bytes: FILES.reduce((sum, file) => sum + sizeOf(join(data, file)), 0), measuredAt: at },
      storeParts: forecastOf(parts, limits, clock.now()).map((part) => ({ ...part })),
      live: { ...gateway() },
      probes: { ...probes() },
      deadlines: { waiting: deadlines() },
      agents: { present: present() },
      ...faults(),
      records: { ...records() },
      limits: { ...limits },
    });
  }

  /** The sizes as last measured: it reads the whole file, so nobody waits for it, and it is done when somebody looks. */
  #measure(): Measured | null {
    const { clock, limits, store } = this.#deps;
    const isDue = this.#measured === null || clock.now() - this.#measured.at >= limits.storeMeasureMs;
    if (isDue && !this.#isMeasuring) {
      this.#isMeasuring = true;
      void store
        .parts()
        .then((parts) => {
          this.#measured = { at: clock.now(), parts };
        })
        // A store that is closing or broken is told of elsewhere; the old sizes stay.
        .catch(() => {})
        .finally(() => {
          this.#isMeasuring = false;
        });
    }
    return this.#measured;
  }
}

/** A file that is not there has no size: the write-ahead log comes and goes. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
