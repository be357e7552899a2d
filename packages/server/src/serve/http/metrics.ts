import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Json, JsonObject } from '@statewire/protocol';

/**
 * Prometheus metrics. Labels are route patterns, methods and statuses and never anything a caller chose: a label made
 * from a path or an id would let strangers fill the memory and would show one tenant's names to whoever scrapes.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #seconds: Histogram<'route'>;
  readonly #gauges = new Map<string, Gauge>();
  readonly #read: () => Promise<JsonObject>;
  #hasDefaults = false;

  constructor(read: () => Promise<JsonObject>) {
    this.#read = read;
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'statewire_http_requests_total',
      help: 'REST requests answered',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'statewire_http_request_seconds',
      help: 'Time to answer a REST request',
      labelNames: ['route'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    });
  }

  /** Counts one answered request. */
  count({
    method,
    route,
    status,
    ms,
  }: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly ms: number;
  }): void {
    this.#requests.inc({ method, route, status: String(status) });
    this.#seconds.observe({ route }, ms / 1_000);
  }

  async text(): Promise<{ readonly contentType: string; readonly text: string }> {
    // Only once somebody scrapes: the default metrics watch the event loop and the garbage collector.
    if (!this.#hasDefaults) collectDefaultMetrics({ register: this.#registry });
    this.#hasDefaults = true;
    for (const [path, value] of numbersIn(await this.#read(), [])) this.#gauge(path).set(value);
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #gauge(path: readonly string[]): Gauge {
    const name = `statewire_${path.map(snake).join('_')}`;
    const known = this.#gauges.get(name);
    if (known !== undefined) return known;
    const gauge = new Gauge({ name, help: `${path.join('.')} of GET /v1/system`, registers: [this.#registry] });
    this.#gauges.set(name, gauge);
    return gauge;
  }
}

function* numbersIn(value: Json, path: readonly string[]): Generator<readonly [readonly string[], number]> {
  if (typeof value === 'number') yield [path, value];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [key, inner] of Object.entries(value)) yield* numbersIn(inner, [...path, key]);
}

function snake(word: string): string {
  return word.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`).replaceAll(/[^a-z0-9]+/gu, '_');
}
