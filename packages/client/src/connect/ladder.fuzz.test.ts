import type { Row } from '@statewire/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClient } from '../client.ts';
import type { CommandResult } from '../errors.ts';
import { FakeEnv, FakeRequests, FakeServer } from '../testing/index.ts';
import type { CollectionState } from '../views/shown.ts';
import { ladder } from './ladder.ts';
import { TRANSPORTS } from './rungs.ts';
import type { Dial, Transport } from './transport.ts';

/** As a name like any other: its records have fields of the test's own. */
const SERVICES: string = 'services';

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');

/** What may happen to a client, its server and the network between them. */
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('put' as const), id, status: fc.constantFrom('up', 'down'), n: fc.nat(5) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 1_000, 5_000, 40_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('command' as const), id, n: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('sockets' as const),
      are: fc.constantFrom('open', 'refused', 'mute', 'brief'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('block' as const, 'stall' as const),
      doors: fc.subarray(['sse', 'cmd', 'poll'] as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gather' as const), is: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('limit' as const), ms: fc.constantFrom(null, 2_000, 10_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('cut' as const, 'cutRequests' as const, 'forget' as const, 'epoch' as const, 'beat' as const),
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
      do: fc.constantFrom(
        'hidden' as const,
        'visible' as const,
        'online' as const,
        'pagehide' as const,
        'pageshow' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'join' as const) }) },
);

/** Runs more at night. */
const RUNS = 400;

test.each([
  [TRANSPORTS],
  [['websocket', 'sse']],
  [['websocket', 'poll']],
  [['websocket', 'get']],
  [['poll']],
  [['sse', 'get']],
] as const)(
  '[LA10] over %j, after any sequence of blocks, cuts, silences and restarts each view equals the server, and each command was done once',
  async (transports: readonly Transport[]) => {
    const carried = new Set<Transport | null>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 50 }),
        fc.double({ min: 0.05, max: 0.99, noNaN: true }),
        async (happenings, chance) => {
          const env = new FakeEnv();
          env.chance = chance;
          const server = new FakeServer({ now: () => env.now(), chunkRows: 2 });
          const requests = new FakeRequests(server, env);
          env.fetch = requests.fetch;
          let sockets = 'open';
          const socket: Dial = (url, events) => {
            if (sockets === 'open') return server.dial(url, events);
            let isOver = false;
            const end = (): void => {
              if (!isOver) events.closed(1006, '');
              isOver = true;
            };
            if (sockets === 'refused') {
              const timer = env.after(5, end);
              return { send: () => undefined, close: () => timer.cancel() };
            }
            if (sockets === 'mute') return { send: () => undefined, close: () => undefined };
            const wire = server.dial(url, {
              ...events,
              closed: (code, reason) => {
                timer.cancel();
                if (!isOver) events.closed(code, reason);
                isOver = true;
              },
            });
            const timer = env.after(1_500, () => {
              wire.close(1006, '');
              end();
            });
            return {
              send: (text) => wire.send(text),
              close: (code, reason) => {
                isOver = true;
                timer.cancel();
                wire.close(code, reason);
              },
            };
          };
          const done = new Map<string, number>();
          server.onCommand = ({ m, k }) => {
            // One that is refused did nothing and may come again.
            if (server.get('services', k) !== undefined) done.set(m, (done.get(m) ?? 0) + 1);
            return null;
          };
          const dial = ladder(env, { transports, dials: { websocket: socket } });
          const sw = createClient({ url: 'http://fake.test', env, dial });
          sw.connection.subscribe(() => void carried.add(sw.connection.get().transport));
          const services = sw.collection(SERVICES);
          const wishes = [
            services,
            services.where(['eq', 'status', 'down']),
            services.where(['in', 'status', ['down', 'down']]),
          ];
          const seen: { epoch: string; version: number }[] = [];
          const open = wishes.map((wish) =>
            wish.subscribe((state: CollectionState<Row>) => {
              if (state.status === 'live' && wish === wishes[0])
                seen.push({ epoch: server.epoch, version: state.version ?? -1 });
            }),
          );
          let third = services.where(['eq', 'status', 'up']).subscribe(() => undefined);
          const given: Promise<CommandResult>[] = [];
          let epochs = 0;
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
              case 'command':
                given.push(services.patch(each.id, { n: each.n }));
                break;
              case 'sockets':
                sockets = each.are;
                break;
              case 'block':
                requests.network.blocked = new Set(each.doors);
                break;
              case 'stall':
                requests.network.stalled = new Set(each.doors);
                break;
              case 'gather':
                requests.network.gathers = each.is;
                break;
              case 'limit':
                requests.network.cutsAfterMs = each.ms;
                break;
              case 'cut':
                server.cut();
                break;
              case 'cutRequests':
                requests.cut();
                break;
              case 'forget':
                server.forgetHistory();
                break;
              case 'epoch':
                server.cut();
                requests.cut();
                epochs += 1;
                server.startEpoch(`e${epochs + 1}`);
                break;
              case 'beat':
                server.beat();
                break;
              case 'mute':
              case 'speak':
                server.isMute = each.do === 'mute';
                if (!server.isMute) server.flush();
                break;
              case 'down':
              case 'upAgain':
                server.isUp = each.do === 'upAgain';
                if (!server.isUp) {
                  server.cut();
                  requests.cut();
                }
                break;
              case 'leave':
                third.close();
                break;
              case 'join':
                third.close();
                third = services.where(['eq', 'status', 'up']).subscribe(() => undefined);
                break;
              default:
                env.signal(each.do);
            }
          }
          server.isUp = true;
          server.isMute = false;
          server.flush();
          sockets = 'open';
          Object.assign(requests.network, {
            blocked: new Set(),
            stalled: new Set(),
            gathers: false,
            cutsAfterMs: null,
          });
          env.signal('pageshow');
          env.signal('visible');
          for (let i = 0; i < 12; i += 1) {
            await env.advance(10_000);
            server.beat();
          }
          for (const [i, wish] of wishes.entries()) {
            const state = wish.view().get();
            expect(state.status).toBe('live');
            const truth = ['a', 'b', 'c', 'd', 'e']
              .flatMap((each) => server.get('services', each) ?? [])
              .filter((row) => i === 0 || row['status'] === 'down');
            expect([...state.rows].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(truth);
            open[i]?.close();
          }
          for (const [i, { epoch, version }] of seen.entries()) {
            const before = seen[i - 1];
            if (before?.epoch === epoch) expect(version).toBeGreaterThanOrEqual(before.version);
          }
          const results = await Promise.all(given);
          for (const result of results) expect(result.ok || result.code === 'not_found').toBe(true);
          expect(done.size).toBe(results.filter(({ ok }) => ok).length);
          for (const times of done.values()) expect(times).toBe(1);
          third.close();
          sw.close();
          expect(env.pending).toEqual({ timers: 0, listeners: 0 });
          expect(requests.open).toBe(0);
          expect(env.errors).toEqual([]);
        },
      ),
      { numRuns: RUNS, interruptAfterTimeLimit: 60_000 },
    );
    // The schedules did what they are for. Down to the last of four it seldom goes; two sets above have it as their second.
    for (const each of transports.slice(0, 3)) expect(carried).toContain(each);
  },
  120_000,
);
