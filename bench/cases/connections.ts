/** What connections cost: how long a storm of them takes until each has its first state, and what an idle one holds. */
import { Arena, PEERS, type Peer } from '../arena.ts';
import { wait } from '../clock.ts';
import { median, type CaseResult, type Row } from '../report.ts';
import { STATUS } from '../workload.ts';
import type { Case, CaseOptions } from './case.ts';

export const connections: Case = {
  name: 'connections',
  async run(options) {
    const peers: readonly Peer[] = [PEERS.socketio, PEERS.ws, PEERS.ours100];
    const found = new Map<Peer, Cost[]>(peers.map((peer) => [peer, []]));
    for (let i = 0; i < Math.min(options.repeats, 2); i += 1) {
      for (const peer of peers) found.get(peer)?.push(await measure(peer, options));
    }
    const of = (peer: Peer, field: keyof Cost): number => median((found.get(peer) ?? []).map((cost) => cost[field]));
    const rows: readonly Row[] = peers.map((peer) => ({
      name: peer.name,
      values: FIELDS.map((field) => of(peer, field)),
    }));
    const result: CaseResult = {
      title: `Connections: ${CLIENTS.toLocaleString('en-US')} at once, then idle`,
      headings: [
        'idle kB each',
        'heap kB each',
        'with view kB',
        'heap kB',
        'storm ms',
        'first state p50 ms',
        'CPU us each',
      ],
      rows,
      targets: [
        {
          what: 'idle memory per connection',
          bound: 8,
          measured: of(PEERS.ours100, 'idleKb'),
          better: 'at most',
          unit: 'kB',
        },
        {
          what: 'idle memory per connection with its own view of 50 records',
          bound: 15,
          measured: of(PEERS.ours100, 'viewKb'),
          better: 'at most',
          unit: 'kB',
        },
      ],
      notes: [
        'idle: connected, signed in, watching nothing; with view: 50 records of its own; growth of the resident memory after a full collection, over the same server after 200 connections came and went; kernel buffers not included',
        'storm: connect, sign in, subscribe and 50 records of first state for all, at most 256 at a time',
      ],
    };
    return [result];
  },
};

const CLIENTS = 2_000;
const WARMERS = 200;

interface Cost {
  readonly idleKb: number;
  readonly idleHeapKb: number;
  readonly viewKb: number;
  readonly viewHeapKb: number;
  readonly stormMs: number;
  readonly firstStateMs: number;
  readonly cpuMicros: number;
}

const FIELDS: readonly (keyof Cost)[] = [
  'idleKb',
  'idleHeapKb',
  'viewKb',
  'viewHeapKb',
  'stormMs',
  'firstStateMs',
  'cpuMicros',
];

async function measure(peer: Peer, options: CaseOptions): Promise<Cost> {
  const arena = new Arena(options);
  try {
    const idle = await held(arena, peer, true);
    const view = await held(arena, peer, false);
    return {
      idleKb: idle.kb,
      idleHeapKb: idle.heapKb,
      viewKb: view.kb,
      viewHeapKb: view.heapKb,
      stormMs: view.stormMs,
      firstStateMs: view.firstStateMs,
      cpuMicros: view.cpuMicros,
    };
  } finally {
    await arena.close();
  }
}

interface Held {
  readonly kb: number;
  readonly heapKb: number;
  readonly stormMs: number;
  readonly firstStateMs: number;
  readonly cpuMicros: number;
}

async function held(arena: Arena, peer: Peer, isIdle: boolean): Promise<Held> {
  const contender = await arena.start(peer, STATUS);
  // A few for nothing: compiled code is not what a connection costs.
  await arena.connect(contender, { clients: WARMERS, workload: STATUS, isIdle });
  await arena.load.ask('leave', { group: contender.group });
  await wait(1_500);
  const before = await arena.memory(contender, true);
  const { ms: cpuBefore } = await contender.server.ask('cpu', null);
  const storm = await arena.connect(contender, { clients: CLIENTS, workload: STATUS, isIdle });
  const { ms: cpuAfter } = await contender.server.ask('cpu', null);
  await wait(1_000);
  const after = await arena.memory(contender, true);
  await arena.stop(contender);
  return {
    kb: (after.rss - before.rss) / CLIENTS / 1024,
    heapKb: (after.heap - before.heap) / CLIENTS / 1024,
    stormMs: storm.ms,
    firstStateMs: storm.p50Ms,
    cpuMicros: ((cpuAfter - cpuBefore) / CLIENTS) * 1_000,
  };
}
