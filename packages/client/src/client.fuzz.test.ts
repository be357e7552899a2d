import type { Row } from '@statewire/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import { FakeEnv, FakeServer } from './testing/index.ts';
import type { CollectionState } from './views/shown.ts';

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const status = fc.constantFrom('up', 'down', 'degraded');

/** What may happen to a client and its server. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), id, status, n: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 5_000, 40_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('cut' as const, 'forget' as const, 'epoch' as const, 'beat' as const, 'gap' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('mute' as const, 'speak' as const, 'down' as const, 'upAgain' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('hidden' as const, 'visible' as const, 'pagehide' as const, 'pageshow' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'join' as const) }) },
);

test('[CL18] after any sequence of changes, cuts, silences, gaps and sleeps each view equals the server, and versions never went back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 60 }),
      fc.double({ min: 0.05, max: 0.99, noNaN: true }),
      async (happenings, chance) => {
        const env = new FakeEnv();
        env.chance = chance;
        const server = new FakeServer({ now: () => env.now(), chunkRows: 2 });
        const sw = createClient({ url: 'http://fake.test', env, dial: server.dial });
        const wishes = [
          sw.collection('services'),
          sw.collection('services').where(['in', 'status', ['down', 'degraded']]),
        ];
        const seen: { epoch: string; version: number }[] = [];
        const open = wishes.map((wish) => {
          let last: CollectionState<Row> | null = null;
          return wish.subscribe((state) => {
            // A new state is one because something in it is new.
            expect(state).not.toBe(last);
            last = state;
            if (state.status === 'live' && wish === wishes[0])
              seen.push({ epoch: server.epoch, version: state.version ?? -1 });
          });
        });
        let third = sw
          .collection('services')
          .where(['eq', 'status', 'up'])
          .subscribe(() => undefined);
        for (const each of happenings) {
          switch (each.do) {
            case 'put':
              server.put('services', { id: each.id, status: each.status, n: each.n });
              break;
            case 'remove':
              server.remove('services', each.id);
              break;
            case 'pass':
              await env.advance(each.ms);
              break;
            case 'cut':
              server.cut();
              break;
            case 'forget':
              server.forgetHistory();
              break;
            case 'epoch':
              server.cut();
              server.startEpoch(`e${server.dials}-${env.now()}`);
              break;
            case 'beat':
              server.beat();
              break;
            case 'gap':
              server.say({ t: 'd', w: 1001, v: [9_000, 9_001], at: 0, o: [[1, 9_001, { status: 'nonsense' }]] });
              break;
            case 'mute':
            case 'speak':
              server.isMute = each.do === 'mute';
              if (!server.isMute) server.flush();
              break;
            case 'down':
            case 'upAgain':
              server.isUp = each.do === 'upAgain';
              if (!server.isUp) server.cut();
              break;
            case 'leave':
              third.close();
              break;
            case 'join':
              third.close();
              third = sw
                .collection('services')
                .where(['eq', 'status', 'up'])
                .subscribe(() => undefined);
              break;
            default:
              env.signal(each.do);
          }
        }
        server.isUp = true;
        server.isMute = false;
        server.flush();
        env.signal('visible');
        env.signal('pageshow');
        for (let i = 0; i < 6; i += 1) {
          await env.advance(10_000);
          server.beat();
        }
        for (const [i, wish] of wishes.entries()) {
          const state = wish.view().get();
          expect(state.status).toBe('live');
          const truth = ['a', 'b', 'c', 'd', 'e']
            .flatMap((each) => server.get('services', each) ?? [])
            .filter((row) => i === 0 || row['status'] !== 'up');
          expect([...state.rows].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(truth);
          open[i]?.close();
        }
        for (const [i, { epoch, version }] of seen.entries()) {
          const before = seen[i - 1];
          if (before?.epoch === epoch) expect(version).toBeGreaterThanOrEqual(before.version);
        }
        third.close();
        sw.close();
        expect(env.pending).toEqual({ timers: 0, listeners: 0 });
        expect(env.errors).toEqual([]);
      },
    ),
    { numRuns: 1_000 },
  );
});
