/**
 * 100 clients watch 100 records of 4,000 bytes, 500 updates per second. Ten of them stop reading for 8 s, in which
 * 16 MB are meant for each. Then writing ends and they read on: what do they get, and what did it cost meanwhile?
 */
import { readFileSync } from 'node:fs';
import { Arena, PEERS, type Contender, type Peer } from '../arena.ts';
import { wait } from '../clock.ts';
import type { CaseResult, Row } from '../report.ts';
import type { Workload } from '../workload.ts';
import type { Case, CaseOptions } from './case.ts';

export const stalled: Case = {
  name: 'stalled',
  async run(options) {
    const found = new Map<Peer, Found>();
    for (const peer of [PEERS.socketio, PEERS.ws, PEERS.ours50]) found.set(peer, await measure(peer, options));
    const rows: readonly Row[] = [...found].map(([peer, cost]) => ({
      name: peer.name,
      values: [
        cost.ownMb,
        cost.kernelMb,
        cost.p99Before,
        cost.p99During,
        cost.sentMb,
        cost.sentShare * 100,
        cost.missed,
      ],
    }));
    const ours = found.get(PEERS.ours50);
    const result: CaseResult = {
      title: 'Stalled readers: 10 of 100 stop for 8 s at 500 updates/s of 4,000 bytes',
      headings: [
        'own +MB',
        'kernel +MB',
        'p99 before',
        'p99 during',
        'sent after, MB each',
        '% of missed',
        'missed at end',
      ],
      rows,
      targets:
        ours === undefined
          ? []
          : [
              {
                what: 'sent to a stalled reader after it is back, of what it missed',
                bound: 5,
                measured: ours.sentShare * 100,
                better: 'at most',
                unit: '%',
              },
              {
                what: "others' p99 while ten stall, against before",
                bound: 1.5,
                measured: ours.p99During / ours.p99Before,
                better: 'at most',
                unit: 'x',
              },
            ],
      notes: [
        'own: growth of the resident memory of the server while ten stall; kernel: TCP memory of the whole machine, where it can be read',
        'sent after: everything that reaches a stalled reader once it reads again, what the kernel held included',
      ],
    };
    return [result];
  },
};

const CLIENTS = 100;
const STALLED = 10;
const PER_SECOND = 500;
const STALL_MS = 8_000;
const PAGES: Workload = { kind: 'page', records: 100, perClient: 100, order: 'round' };
const MISSED_BYTES = (PER_SECOND * STALL_MS * 4_000) / 1_000;

interface Found {
  readonly ownMb: number;
  readonly kernelMb: number | null;
  readonly p99Before: number;
  readonly p99During: number;
  readonly sentMb: number;
  readonly sentShare: number;
  readonly missed: number;
}

async function measure(peer: Peer, options: CaseOptions): Promise<Found> {
  const arena = new Arena(options);
  try {
    const contender = await arena.start(peer, PAGES);
    await arena.connect(contender, { clients: CLIENTS, workload: PAGES });
    await arena.drive(contender, { perSecond: PER_SECOND, warmMs: 500, windowMs: 500 });
    const before = await arena.drive(contender, { perSecond: PER_SECOND, warmMs: 0, windowMs: 2_000 });
    return await stall(arena, contender, before.seen.p99Ms);
  } finally {
    await arena.close();
  }
}

async function stall(arena: Arena, contender: Contender, p99Before: number): Promise<Found> {
  const { group } = contender;
  const before = await arena.memory(contender, true);
  const kernelBefore = kernelMb();
  const held = await arena.load.ask('stall', { group, count: STALLED });
  const driving = arena.driveOnly(contender, { perSecond: PER_SECOND, windowMs: STALL_MS });
  const peak = { rss: 0, kernel: kernelBefore };
  const watching = setInterval(() => {
    void arena.memory(contender, false).then(({ rss }) => (peak.rss = Math.max(peak.rss, rss)));
    peak.kernel = Math.max(peak.kernel ?? 0, kernelMb() ?? 0);
  }, 250);
  const driven = await driving;
  clearInterval(watching);
  // Those who read have seen everything by now; what the ten missed is theirs alone.
  const during = await arena.load.ask('settle', { group, nextK: driven.nextK, graceMs: 300 });
  await arena.load.ask('stall', { group, count: 0 });
  await wait(3_000);
  const after = await arena.load.ask('settle', { group, nextK: driven.nextK, graceMs: 1_000 });
  const got = await arena.load.ask('received', { group, count: STALLED });
  const sent = (got.bytes - held.bytes) / STALLED;
  return {
    ownMb: (peak.rss - before.rss) / 1e6,
    kernelMb: kernelBefore === null || peak.kernel === null ? null : peak.kernel - kernelBefore,
    p99Before,
    p99During: during.p99Ms,
    sentMb: sent / 1e6,
    sentShare: sent / MISSED_BYTES,
    missed: after.missed,
  };
}

/** Memory that TCP holds on this machine; null where it does not say. */
function kernelMb(): number | null {
  try {
    const pages = /^TCP: .* mem (\d+)$/m.exec(readFileSync('/proc/net/sockstat', 'utf8'))?.[1];
    return pages === undefined ? null : (Number(pages) * 4_096) / 1e6;
  } catch {
    return null;
  }
}
