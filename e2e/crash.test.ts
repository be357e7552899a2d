/** kill -9 of the whole server, again and again, under acknowledged writes and open subscriptions. */
import { createClient, type Client } from '@statewire/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

/** Each is a start; `KILLS=50` in the nightly run. */
const KILLS = Number(process.env['KILLS'] ?? 10);
const WRITERS = 4;

let server: TestServer;
let client: Client;

beforeAll(async () => {
  server = await TestServer.start();
  client = createClient({ url: server.url, token: ADMIN_KEY });
});

afterAll(async () => {
  client?.close();
  await server?.close();
});

test(`${KILLS} kills: nothing acknowledged is missing, subscribers resume, and nobody is blamed for our gap`, async () => {
  // A heartbeat and an agent that would both be late if our own absence counted against them.
  await server.api('POST', '/v1/services', {
    id: 'beat',
    name: 'Beat',
    kind: 'heartbeat',
    check: { intervalMs: 1_000, graceMs: 5_000 },
  });
  await server.api('POST', '/v1/heartbeats/beat');
  await server.api('POST', '/v1/reports', {
    collection: 'agents',
    id: 'bot',
    name: 'Bot',
    phase: 'running',
    health: 'healthy',
    periodMs: 60_000,
  });

  const acked = new Map<string, number>();
  const writer = { isOn: true };
  let epoch = '';
  const write = async (lane: number): Promise<void> => {
    for (let n = 1; writer.isOn; n++) {
      const id = `w${lane}`;
      try {
        const reply = await server.api('POST', '/v1/reports', {
          collection: 'executions',
          id,
          agent: 'bot',
          title: `Writer ${lane}`,
          state: 'running',
          leaseMs: 3_600_000,
          done: n,
          seq: n,
        });
        if (reply.status === 200) acked.set(id, n);
        else n -= 1;
      } catch (error) {
        // The process died under the request: not acknowledged, so nothing is promised. Say it again.
        if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
        n -= 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const live = client.executions.subscribe(() => {});
  const writers = Array.from({ length: WRITERS }, (_, lane) => write(lane));
  const restarts: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const floor = new Map(acked);
    await until('some acknowledged writes', () =>
      [...acked].some(([id, n]) => n > (floor.get(id) ?? 0) + 3 + (kill % 7)),
    );
    await server.kill();
    const promised = new Map(acked);
    const startedAt = performance.now();
    await server.launch();
    restarts.push(performance.now() - startedAt);
    const { body } = await server.api('GET', '/v1/executions');
    epoch ||= body.epoch;
    expect(body.epoch).toBe(epoch);
    for (const [id, n] of promised) {
      const row = body.rows.find((each: { id: string }) => each.id === id);
      expect(row?.progress.done, `${id} after kill ${kill}`).toBeGreaterThanOrEqual(n);
    }
    await server.api('POST', '/v1/heartbeats/beat');
  }
  writer.isOn = false;
  await Promise.all(writers);
  const { body } = await server.api('GET', '/v1/executions');
  await until('the subscriber to hold the truth', async () => {
    // After many cuts the client may wait longer than the beat's six seconds: the source goes on living meanwhile.
    await server.api('POST', '/v1/heartbeats/beat');
    const state = live.view.get();
    return (
      state.status === 'live' &&
      body.rows.every((row: { id: string; version: number }) => state.get(row.id)?.version === row.version)
    );
  });
  for (const collection of ['services/beat', 'agents/bot']) {
    const { transitions } = (await server.api('GET', `/v1/${collection}/history`)).body;
    expect(
      transitions.filter((each: { to: string }) => each.to === 'down' || each.to === 'unknown'),
      collection,
    ).toEqual([]);
  }
  const sorted = restarts.sort((a, b) => a - b);
  console.log(
    `restart to healthy after kill -9: median ${Math.round(sorted[Math.floor(KILLS / 2)] ?? 0)} ms, max ${Math.round(sorted.at(-1) ?? 0)} ms; ${[...acked.values()].reduce((a, b) => a + b, 0)} acknowledged writes`,
  );
  live.close();
});
