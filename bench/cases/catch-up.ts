/** First states and comebacks: what a large snapshot costs, and what somebody is told who was away for long. */
import { Arena, PEERS, type Peer } from '../arena.ts';
import { median, type CaseResult, type Row } from '../report.ts';
import type { Workload } from '../workload.ts';
import type { Case, CaseOptions } from './case.ts';

export const catchUp: Case = {
  name: 'catch-up',
  async run(options) {
    return [await snapshots(options), await resumes(options)];
  },
};

const LARGE: Workload = { kind: 'gauge', records: 5_000, perClient: 5_000, order: 'round' };
const HUGE: Workload = { kind: 'gauge', records: 20_000, perClient: 20_000, order: 'random' };
const WATCHERS = 100;
const COMERS = 10;
const BEHIND = 100_000;

async function snapshots(options: CaseOptions): Promise<CaseResult> {
  const rows: Row[] = [];
  for (const [peer, shape] of SNAPSHOTS) {
    const took: { ms: number; p50Ms: number; maxMs: number; bytes: number; cpuMs: number }[] = [];
    for (let i = 0; i < Math.min(options.repeats, 3); i += 1) {
      const arena = new Arena(options);
      try {
        const contender = await arena.start(peer, LARGE);
        const before = await contender.server.ask('cpu', null);
        const connected = await arena.connect(contender, {
          clients: WATCHERS,
          workload: LARGE,
          isAll: true,
          ...shape.acks,
        });
        const after = await contender.server.ask('cpu', null);
        took.push({ ...connected, cpuMs: after.ms - before.ms });
      } finally {
        await arena.close();
      }
    }
    rows.push({
      name: shape.name,
      values: [
        median(took.map(({ ms }) => ms)),
        median(took.map(({ p50Ms }) => p50Ms)),
        median(took.map(({ maxMs }) => maxMs)),
        median(took.map(({ cpuMs }) => cpuMs)) / WATCHERS,
        median(took.map(({ bytes }) => bytes)) / WATCHERS / 1e6,
      ],
    });
  }
  return {
    title: `Snapshot: ${WATCHERS} clients subscribe to 5,000 records at once`,
    headings: ['all ms', 'p50 ms', 'max ms', 'CPU ms each', 'MB each'],
    rows,
    targets: [],
    notes: [
      'ws and Socket.IO make the JSON of the whole list for each client, as is usual; ours joins stored texts in chunks and waits for acknowledgements',
    ],
  };
}

const SNAPSHOTS: readonly (readonly [Peer, Shape])[] = [
  [PEERS.socketio, { name: PEERS.socketio.name }],
  [PEERS.ws, { name: PEERS.ws.name }],
  [PEERS.ours100, { name: 'Statewire, acknowledged as the SDK does' }],
  [PEERS.ours100, { name: 'Statewire, every frame acknowledged', acks: { ackFrames: 1 } }],
];

interface Shape {
  readonly name: string;
  readonly acks?: { readonly ackFrames: number } | undefined;
}

async function resumes(options: CaseOptions): Promise<CaseResult> {
  const rows: Row[] = [];
  const arena = new Arena(options);
  try {
    const contender = await arena.start(PEERS.ours100, HUGE);
    const { group, server } = contender;
    const first = await arena.connect(contender, { clients: COMERS, workload: HUGE, isAll: true, ackFrames: 1 });
    rows.push({
      name: 'first state, 20,000 records',
      values: [first.ms, first.p50Ms, first.bytes / COMERS / 1e6, first.how],
    });
    for (const [name, behind] of [
      ['100 changes behind', 100],
      [`${BEHIND.toLocaleString('en-US')} changes behind`, BEHIND],
    ] as const) {
      await arena.load.ask('cut', { group });
      await server.ask('bulk', { k0: contender.nextK, count: behind });
      contender.nextK += behind;
      const back = await arena.load.ask('comeBack', { group });
      const seen = await arena.load.ask('settle', { group, nextK: contender.nextK, graceMs: 2_000 });
      if (seen.missed > 0) throw new Error(`${seen.missed} changes were not seen after coming back`);
      rows.push({ name, values: [back.ms, back.p50Ms, back.bytes / COMERS / 1e6, back.how] });
    }
  } finally {
    await arena.close();
  }
  return {
    title: `Resume: ${COMERS} clients of 20,000 records come back at once`,
    headings: ['all ms', 'p50 ms', 'MB each', 'how'],
    rows,
    targets: [],
    notes: [
      '100,000 random changes touch nearly all of 20,000 records; a hand-written peer sends the whole first state instead, Socket.IO with recovery each of the 100,000 events',
    ],
  };
}
