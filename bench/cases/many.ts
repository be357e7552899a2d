/**
 * 5,000 clients with 50 records each at the 100 ms class. The load process is one Node process on the other core; what it
 * cannot read the server cannot send, so its share of a core stands beside every figure.
 */
import { Arena, PEERS, type Contender } from '../arena.ts';
import type { Row, Target } from '../report.ts';
import { STATUS } from '../workload.ts';
import type { Case } from './case.ts';
import { perMillion } from './fan-out.ts';

export const many: Case = {
  name: 'many',
  async run(options) {
    const rows: Row[] = [];
    const targets: Target[] = [];
    const arena = new Arena(options);
    try {
      const contender = await arena.start(PEERS.ours100, STATUS);
      const connected = await arena.connect(contender, { clients: CLIENTS, workload: STATUS });
      // Not counted: a fresh server after a storm of 5,000 connections compiles and collects.
      await arena.drive(contender, { perSecond: 1_000, warmMs: 0, windowMs: 2_000 });
      for (const perSecond of [1_000, 2_000, 4_000]) {
        const found = await measure(arena, contender, perSecond);
        rows.push(found.row);
        if (perSecond === 4_000) targets.push(...found.targets);
      }
      rows.push({ name: 'connect, subscribe, first state of all', values: [`${Math.round(connected.ms)} ms`] });
    } finally {
      await arena.close();
    }
    return [
      {
        title: '5,000 clients with 50 records each, 100 ms class',
        headings: [
          'written/s',
          'offered/s',
          'seen/s',
          'CPU-s/M',
          'core %',
          'p50 ms',
          'p99 ms',
          'merged %',
          'missed',
          'load %',
        ],
        rows,
        targets,
        notes: [
          'one window of 3 s each; missed: updates not shown within 4 s after the last write',
          'written/s below the rate asked for: the feed in the server fell behind, the core was full',
        ],
      },
    ];
  },
};

const CLIENTS = 5_000;

async function measure(
  arena: Arena,
  contender: Contender,
  perSecond: number,
): Promise<{ readonly row: Row; readonly targets: readonly Target[] }> {
  const run = await arena.drive(contender, { perSecond, warmMs: 1_500, windowMs: 3_000 });
  const { seen } = run;
  const written = (run.updates / run.windowMs) * 1_000;
  const offered = (written * CLIENTS * STATUS.perClient) / STATUS.records;
  const share = seen.covered / (seen.covered + seen.missed);
  const core = (run.cpuMs / run.windowMs) * 100;
  return {
    row: {
      name: `${perSecond.toLocaleString('en-US')} updates/s asked for`,
      values: [
        written,
        offered,
        offered * share,
        perMillion(run, CLIENTS, STATUS),
        core,
        seen.p50Ms,
        seen.p99Ms,
        (1 - seen.told / seen.covered) * 100,
        seen.missed,
        run.loadShare * 100,
      ],
    },
    targets: [
      { what: 'deliveries kept up with', bound: 500_000, measured: offered * share, better: 'at least', unit: '/s' },
      { what: 'core used at 500,000 deliveries/s', bound: 65, measured: core, better: 'at most', unit: '%' },
    ],
  };
}
