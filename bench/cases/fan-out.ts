/**
 * The status workload: 2,000 records of about 300 bytes, each client watches 50 of its own, 4,000 updates per second.
 * All servers are up at the same time with all their clients; each is driven for a short window in turn, again and
 * again, so that a noisy moment of the machine hits everybody alike.
 */
import { Arena, PEERS, type Contender, type Peer, type Run } from '../arena.ts';
import { quietest } from '../machine.ts';
import { median, spread, type CaseResult, type Target } from '../report.ts';
import { STATUS, type Workload } from '../workload.ts';
import type { Case, CaseOptions } from './case.ts';

const SHAPES: readonly Shape[] = [
  {
    title: 'Fan-out: 1,000 clients, 4,000 updates/s, 100,000 deliveries/s',
    clients: 1_000,
    perSecond: 4_000,
    peers: [PEERS.socketio, PEERS.ws, PEERS.wsFrame, PEERS.ours50, PEERS.ours100, PEERS.sqlite50],
    workload: STATUS,
    hasTargets: true,
  },
  {
    title: 'Fan-out: 200 clients, 4,000 updates/s, 20,000 deliveries/s',
    clients: 200,
    perSecond: 4_000,
    peers: [PEERS.socketio, PEERS.wsFrame, PEERS.ours50, PEERS.sqlite50],
    workload: STATUS,
    hasTargets: false,
  },
  {
    title: 'Fan-out with whole service records (1,100 bytes): 1,000 clients, 4,000 updates/s',
    clients: 1_000,
    perSecond: 4_000,
    peers: [PEERS.socketio, PEERS.wsFrame, PEERS.ours50],
    workload: { ...STATUS, kind: 'service' },
    hasTargets: false,
  },
];

export const fanOut: Case = {
  name: 'fan-out',
  async run(options) {
    const results: CaseResult[] = [];
    for (const shape of SHAPES) results.push(await compare(shape, options));
    return results;
  },
};

interface Shape {
  readonly title: string;
  readonly clients: number;
  readonly perSecond: number;
  readonly peers: readonly Peer[];
  readonly workload: Workload;
  readonly hasTargets: boolean;
}

const WARM_MS = 500;
const WINDOW_MS = 1_800;

async function compare(shape: Shape, options: CaseOptions): Promise<CaseResult> {
  const { clients, perSecond, peers, workload } = shape;
  const arena = new Arena(options);
  try {
    const contenders: Contender[] = [];
    for (const peer of peers) {
      const contender = await arena.start(peer, workload);
      await arena.connect(contender, { clients, workload });
      contenders.push(contender);
    }
    const runs = new Map<Contender, Run[]>(contenders.map((contender) => [contender, []]));
    // The first round is not counted: everybody's code is compiled and its memory grown by it.
    for (const contender of contenders) await arena.drive(contender, { perSecond, warmMs: WARM_MS, windowMs: 500 });
    for (let i = 0; i < options.repeats; i += 1) {
      const order = i % 2 === 0 ? contenders : contenders.toReversed();
      for (const contender of order) {
        runs.get(contender)?.push(await arena.drive(contender, { perSecond, warmMs: WARM_MS, windowMs: WINDOW_MS }));
      }
    }
    return result(shape, new Map([...runs].map(([contender, all]) => [contender, quietest(all)])));
  } finally {
    await arena.close();
  }
}

function result(shape: Shape, all: ReadonlyMap<Contender, readonly Run[]>): CaseResult {
  const { clients, workload } = shape;
  const cost = new Map<Peer, number>();
  for (const [{ peer }, runs] of all) cost.set(peer, median(runs.map((run) => perMillion(run, clients, workload))));
  const of = (peer: Peer): number => cost.get(peer) ?? Number.NaN;
  const rows = [...all].map(([{ peer }, runs]) => ({
    name: peer.name,
    values: [
      spread(runs.map((run) => perMillion(run, clients, workload))),
      of(peer) / of(PEERS.socketio),
      of(peer) / of(PEERS.wsFrame),
      median(runs.map((run) => (run.cpuMs / run.windowMs) * 100)),
      median(runs.map(({ seen }) => seen.p50Ms)),
      median(runs.map(({ seen }) => seen.p99Ms)),
      Math.max(...runs.map(({ seen }) => seen.missed)),
      (1 - sum(runs, ({ seen }) => seen.told) / sum(runs, ({ seen }) => seen.covered)) * 100,
      sum(runs, ({ seen }) => seen.bytes) / sum(runs, ({ seen }) => seen.covered),
      median(runs.map(({ loadShare }) => loadShare * 100)),
      median(runs.map(({ othersShare }) => othersShare * 100)),
    ],
  }));
  const refused = sum([...all.values()].flat(), (run) => run.refused);
  return {
    title: shape.title,
    headings: [
      'CPU-s/M',
      'x Socket.IO',
      'x ws frame',
      'core %',
      'p50 ms',
      'p99 ms',
      'missed',
      'merged %',
      'bytes',
      'load %',
      'others %',
    ],
    rows,
    targets: shape.hasTargets ? targets(of) : [],
    notes: [
      'CPU-s/M: processor seconds of the server, all threads, per million deliveries offered; median (smallest-largest) of the quieter half of the windows, chosen by what others took',
      `bytes: payload per delivery; merged: updates replaced by a newer value of the same record; refused writes: ${refused}`,
    ],
  };
}

function targets(of: (peer: Peer) => number): readonly Target[] {
  return [
    target('50 ms class against Socket.IO', 0.22, of(PEERS.ours50) / of(PEERS.socketio)),
    target('50 ms class against ws, one frame per update', 0.45, of(PEERS.ours50) / of(PEERS.wsFrame)),
    target('50 ms class against ws, send per client', 0.45, of(PEERS.ours50) / of(PEERS.ws)),
    target(
      '50 ms class on SQLite against Socket.IO that stores nothing',
      0.22,
      of(PEERS.sqlite50) / of(PEERS.socketio),
    ),
  ];
}

function target(what: string, bound: number, measured: number): Target {
  return { what, bound, measured, better: 'at most', unit: 'x' };
}

/** Processor seconds per million deliveries offered. */
export function perMillion(run: Run, clients: number, { records, perClient }: Workload): number {
  const deliveries = (run.updates * clients * Math.min(perClient, records)) / records;
  return (run.cpuMs / 1000 / deliveries) * 1e6;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
