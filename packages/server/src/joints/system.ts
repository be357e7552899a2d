import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@statewire/protocol';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { GatewayStats } from '../serve/gateway.ts';

export interface SystemDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  /** The data directory. */
  readonly data: string;
  readonly gateway: () => GatewayStats;
  readonly probes: () => { readonly checks: number; readonly running: number; readonly waiting: number };
  readonly deadlines: () => number;
  readonly present: () => number;
  /** What is wrong with this server itself. */
  readonly faults: () => JsonObject;
  readonly records: () => { readonly organizations: number; readonly records: number };
}

/** Files of the store whose sizes are told. */
const FILES = ['statewire.db', 'statewire.db-wal', 'accounts.db'] as const;

/** What the process knows of itself, for /health, /metrics and the System page. */
export class System {
  readonly #deps: SystemDeps;
  readonly #startedAt: number;
  #trouble: string | null = null;

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
    return Promise.resolve({
      startedAt: this.#startedAt,
      uptimeMs: clock.now() - this.#startedAt,
      node: process.versions.node,
      memory: { rssBytes: memory.rss, heapBytes: memory.heapUsed, externalBytes: memory.external },
      store: { kind: 'sqlite', bytes: FILES.reduce((sum, file) => sum + sizeOf(join(data, file)), 0) },
      live: { ...gateway() },
      probes: { ...probes() },
      deadlines: { waiting: deadlines() },
      agents: { present: present() },
      ...faults(),
      records: { ...records() },
      limits: { ...limits },
    });
  }
}

/** A file that is not there has no size: the write-ahead log comes and goes. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
