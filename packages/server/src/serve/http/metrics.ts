import type { Json, JsonObject } from '@statewire/protocol';
import { Exposition, EXPOSITION_TYPE } from './exposition.ts';

/**
 * What /metrics says. Labels are route patterns, methods and statuses and never anything a caller chose: a label made
 * from a path or an id would let strangers fill the memory and would show one tenant's names to whoever scrapes.
 */
export class Metrics {
  readonly #exposition = new Exposition();
  readonly #read: () => Promise<JsonObject>;

  constructor(read: () => Promise<JsonObject>) {
    this.#read = read;
  }

  /** Counts one answered request. */
  count({ method, route, status, ms }: Answered): void {
    this.#exposition.count('statewire_http_requests_total', 'REST requests answered', {
      method,
      route,
      status: String(status),
    });
    this.#exposition.observe(
      'statewire_http_request_seconds',
      'Time to answer a REST request',
      BOUNDS,
      { route },
      ms / 1_000,
    );
  }

  async text(): Promise<{ readonly contentType: string; readonly text: string }> {
    for (const [path, value] of numbersIn(await this.#read(), [])) {
      // Limits never move: they are for reading once, on the System page.
      if (path[0] === 'limits') continue;
      this.#exposition.set(`statewire_${path.map(snake).join('_')}`, `${path.join('.')} of GET /v1/system`, value);
    }
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    this.#exposition.set('process_resident_memory_bytes', 'Resident memory', rss);
    this.#exposition.set('process_heap_bytes', 'JavaScript heap in use', heapUsed);
    this.#exposition.set('process_cpu_seconds_total', 'Processor time used', (user + system) / 1_000_000);
    this.#exposition.set('process_uptime_seconds', 'Time since the process started', process.uptime());
    return { contentType: EXPOSITION_TYPE, text: this.#exposition.text() };
  }
}

export interface Answered {
  readonly method: string;
  /** The pattern, `/v1/services/{id}`. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

const BOUNDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

function* numbersIn(value: Json, path: readonly string[]): Generator<readonly [readonly string[], number]> {
  if (typeof value === 'number' && Number.isFinite(value)) yield [path, value];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [key, inner] of Object.entries(value)) yield* numbersIn(inner, [...path, key]);
}

function snake(word: string): string {
  return word.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`).replaceAll(/[^a-z0-9]+/gu, '_');
}
