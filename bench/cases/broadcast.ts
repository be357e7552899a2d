/**
 * Everybody watches the same, and the server writes as fast as its clients take it: at most 16 updates per client on
 * their way, at most 64 per turn of the event loop, for all servers alike. Once with one record, whose values between
 * two frames Statewire merges; once with 64 records written in turn, where there is nothing to merge.
 */
import { Arena, PEERS, type Contender, type Run } from '../arena.ts';
import { quietest } from '../machine.ts';
import { median, spread, type CaseResult } from '../report.ts';
import type { Workload } from '../workload.ts';
import type { Case, CaseOptions } from './case.ts';

export const broadcast: Case = {
  name: 'broadcast',
  async run(options) {
    return [
      await compare(
        'Broadcast, saturated: one record, 1,000 clients',
        { ...SHARED, records: 1, perClient: 1 },
        options,
      ),
      await compare('Broadcast, saturated: one view of 64 records, 1,000 clients', SHARED, options),
    ];
  },
};

const SHARED: Workload = { kind: 'gauge', records: 64, perClient: 64, order: 'round' };
const CLIENTS = 1_000;
const LIMITS = { clients: CLIENTS, outstanding: 16, burst: 64, warmMs: 300, windowMs: 1_000 };

async function compare(title: string, workload: Workload, options: CaseOptions): Promise<CaseResult> {
  const arena = new Arena(options);
  try {
    const all = new Map<Contender, Run[]>();
    for (const peer of [PEERS.socketio, PEERS.ws, PEERS.wsFrame, PEERS.ours0]) {
      const contender = await arena.start(peer, workload);
      await arena.connect(contender, { clients: CLIENTS, workload });
      await arena.saturate(contender, LIMITS);
      all.set(contender, []);
    }
    for (let i = 0; i < options.repeats; i += 1) {
      for (const [contender, runs] of all) runs.push(await arena.saturate(contender, LIMITS));
    }
    for (const [contender, runs] of all) all.set(contender, [...quietest(runs)]);
    const cost = new Map([...all].map(([{ peer }, runs]) => [peer.name, median(runs.map(perMillion))]));
    const of = (name: string): number => cost.get(name) ?? Number.NaN;
    return {
      title,
      headings: ['CPU-s/M', 'Socket.IO / it', 'updates/s', 'deliveries/s', 'merged %', 'missed', 'load %'],
      rows: [...all].map(([{ peer }, runs]) => ({
        name: peer.name,
        values: [
          spread(runs.map(perMillion)),
          of(PEERS.socketio.name) / of(peer.name),
          median(runs.map((run) => (run.updates / run.windowMs) * 1_000)),
          median(runs.map((run) => ((run.updates * CLIENTS) / run.windowMs) * 1_000)),
          median(runs.map(({ seen }) => (1 - seen.told / seen.covered) * 100)),
          Math.max(...runs.map(({ seen }) => seen.missed)),
          median(runs.map(({ loadShare }) => loadShare * 100)),
        ],
      })),
      targets: [
        {
          what: 'processor time per delivery, Socket.IO against ours',
          bound: 12,
          measured: of(PEERS.socketio.name) / of(PEERS.ours0.name),
          better: 'at least',
          unit: 'x',
        },
      ],
      notes: [
        'at most 16 updates per client unseen and 64 written per turn, for all; a merged update counts as delivered when its successor is seen',
      ],
    };
  } finally {
    await arena.close();
  }
}

function perMillion(run: Run): number {
  return (run.cpuMs / 1_000 / (run.updates * CLIENTS)) * 1e6;
}
