import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Numbers read at the moment somebody asks for them. */
export interface Readings {
  readonly connections: () => number;
  /** Connections that do not keep up and are caught up later. */
  readonly lagging: () => number;
  readonly views: () => number;
  readonly subscriptions: () => number;
  /** Frames and bytes sent to live connections since the start. */
  readonly framesSent: () => number;
  readonly bytesSent: () => number;
  /** Checks that are due and held back by a concurrency bound. */
  readonly probesWaiting: () => number;
  readonly deadlines: () => number;
}

/**
 * What the server counts, under `/metrics`. Names start with `statewire_`. Labels come from short fixed lists; never an
 * organization, a record or an address: those would tell tenants of each other and have no bound.
 */
export interface Metrics {
  /** One batch of the writer: how long it took and how many transactions shared it. */
  commit(batch: {
    readonly ms: number;
    readonly transactions: number;
    readonly changes: number;
    readonly ok: boolean;
  }): void;
  /** One probe, by the kind of service and what was read. */
  probe(kind: string, verdict: string, ms: number): void;
  deadlineFired(collection: string): void;
  /** One answered request; `route` is the pattern, `/v1/services/{id}`, never the path. */
  request(answered: Answered): void;
  /** An exception nobody caught. Stays 0. */
  uncaught(): void;
  /** The text for a scraper, and its content type. */
  read(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface Answered {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

/** A registry of its own for each server, so that two in one process (tests) do not count into each other. */
export function createMetrics(readings: Partial<Readings> = {}): Metrics {
  const registers = [new Registry()];
  const [registry] = registers;
  if (registry === undefined) throw new Error('invariant broken: no registry');
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name: `statewire_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly L[] = [],
  ): Histogram<L> => new Histogram({ name: `statewire_${name}`, help, buckets, labelNames, registers });

  const commitMs = histogram('commit_ms', 'Time from a batch being started until its callers are answered', MS);
  const batchSize = histogram('commit_batch_transactions', 'Transactions that shared one commit', COUNTS);
  const commits = counter('commits_total', 'Batches given to the store', ['result']);
  const changes = counter('changes_total', 'Records made, changed or deleted');
  const probes = counter('probes_total', 'Probes, by kind of service and verdict', ['kind', 'verdict']);
  const probeMs = histogram('probe_ms', 'Duration of probes', MS, ['kind']);
  const deadlines = counter('deadlines_total', 'Deadlines that passed, by collection', ['collection']);
  const requests = counter('http_requests_total', 'REST requests answered', ['method', 'route', 'status']);
  const requestMs = histogram('http_request_ms', 'Time to answer a REST request', MS, ['route']);
  const uncaught = counter('uncaught_total', 'Exceptions nobody caught; anything but 0 is a bug');
  for (const [name, help, read] of [
    ['connections', 'Live connections open', readings.connections],
    ['connections_lagging', 'Live connections that do not keep up', readings.lagging],
    ['views', 'Views held', readings.views],
    ['subscriptions', 'Subscriptions held', readings.subscriptions],
    ['frames_sent', 'Frames sent to live connections', readings.framesSent],
    ['bytes_sent', 'Bytes sent to live connections', readings.bytesSent],
    ['probes_waiting', 'Checks that are due and held back', readings.probesWaiting],
    ['deadlines', 'Deadlines that wait', readings.deadlines],
  ] as const) {
    if (read === undefined) continue;
    // oxlint-disable-next-line no-new -- it registers itself, and is asked when somebody scrapes.
    new Gauge({
      name: `statewire_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }

  return {
    commit(batch) {
      commitMs.observe(batch.ms);
      batchSize.observe(batch.transactions);
      commits.inc({ result: batch.ok ? 'ok' : 'failed' });
      if (batch.ok) changes.inc(batch.changes);
    },
    probe(kind, verdict, ms) {
      probes.inc({ kind, verdict });
      probeMs.observe({ kind }, ms);
    },
    deadlineFired: (collection) => deadlines.inc({ collection }),
    request({ method, route, status, ms }) {
      requests.inc({ method, route, status: String(status) });
      requestMs.observe({ route }, ms);
    },
    uncaught: () => uncaught.inc(),
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

const MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
