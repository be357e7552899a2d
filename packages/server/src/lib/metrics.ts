import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Numbers read at the moment somebody asks for them. */
export interface Readings {
  readonly connections: () => number;
  readonly views: () => number;
  readonly subscriptions: () => number;
  /** Writes that wait for the writer. */
  readonly commitQueue: () => number;
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
  /** Frames and their bytes, in either direction. */
  frames(direction: 'in' | 'out', count: number, bytes: number): void;
  connectionClosed(code: number): void;
  /** One probe, by the kind of service and what was read. */
  probe(kind: string, verdict: string, ms: number): void;
  deadlineFired(collection: string): void;
  report(collection: string, ok: boolean): void;
  request(status: number, ms: number): void;
  /** An exception nobody caught. Stays 0. */
  uncaught(): void;
  /** The text for a scraper, and its content type. */
  read(): Promise<{ readonly contentType: string; readonly text: string }>;
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
  const frames = counter('frames_total', 'Frames of live connections', ['direction']);
  const bytes = counter('frame_bytes_total', 'Bytes of frames of live connections', ['direction']);
  const closed = counter('connections_closed_total', 'Live connections closed, by code', ['code']);
  const probes = counter('probes_total', 'Probes, by kind of service and verdict', ['kind', 'verdict']);
  const probeMs = histogram('probe_ms', 'Duration of probes', MS, ['kind']);
  const deadlines = counter('deadlines_total', 'Deadlines that passed, by collection', ['collection']);
  const reports = counter('reports_total', 'Reports received, by collection', ['collection', 'result']);
  const requests = counter('requests_total', 'HTTP requests answered, by class of status', ['status']);
  const requestMs = histogram('request_ms', 'Time to answer HTTP requests', MS);
  const uncaught = counter('uncaught_total', 'Exceptions nobody caught; anything but 0 is a bug');
  for (const [name, help, read] of [
    ['connections', 'Live connections open', readings.connections],
    ['views', 'Views held', readings.views],
    ['subscriptions', 'Subscriptions held', readings.subscriptions],
    ['commit_queue', 'Writes that wait for the writer', readings.commitQueue],
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
    frames(direction, count, size) {
      frames.inc({ direction }, count);
      bytes.inc({ direction }, size);
    },
    connectionClosed: (code) => closed.inc({ code: String(code) }),
    probe(kind, verdict, ms) {
      probes.inc({ kind, verdict });
      probeMs.observe({ kind }, ms);
    },
    deadlineFired: (collection) => deadlines.inc({ collection }),
    report: (collection, ok) => reports.inc({ collection, result: ok ? 'ok' : 'refused' }),
    request(status, ms) {
      requests.inc({ status: `${Math.floor(status / 100)}xx` });
      requestMs.observe(ms);
    },
    uncaught: () => uncaught.inc(),
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

const MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
