/**
 * Kill -9 between a transition and its delivery, again and again: the process that reports, decides and sends is killed at a
 * random moment after the report was acknowledged, sometimes while a receiver is being told. Every alert must arrive at
 * least once, signed, and be one row.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../packages/server/src/lib/clock.ts';
import { Random } from '../packages/server/src/testing/random.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

/** Each is a start; `KILLS=50` in the nightly run. */
const KILLS = Number(process.env['KILLS'] ?? 12);
const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const seed = systemClock.now() % 1_000_000;

let server: TestServer;
let receiver: Server;
/** Subject to how often it arrived; a delivery's id to how often. */
const arrived = new Map<string, number>();
const ids = new Map<string, number>();
const problems: string[] = [];
let asked = 0;
let slowMs = 0;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked += 1;
      try {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        const text = Buffer.concat(chunks).toString('utf8');
        new Webhook(SECRET).verify(text, headers);
        const { data } = JSON.parse(text) as { data: { state: string; refs: string[]; parts?: { refs: string[] }[] } };
        for (const { refs } of data.parts ?? [data])
          for (const ref of refs) arrived.set(ref, (arrived.get(ref) ?? 0) + 1);
        const id = headers['webhook-id'] ?? '';
        ids.set(id, (ids.get(id) ?? 0) + 1);
      } catch (error) {
        problems.push(String(error));
      }
      systemClock.after(slowMs, () => response.writeHead(204).end());
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  server = await TestServer.start();
});

afterAll(async () => {
  await server?.close();
  receiver?.closeAllConnections();
  receiver?.close();
});

test(
  `[SN1, SN2] ${KILLS} kills, seed ${seed}: every alert arrives and is one row`,
  { timeout: 1_200_000 },
  async () => {
    const random = new Random(seed);
    const made = async (path: string, body: object): Promise<void> => {
      const reply = await server.api('POST', path, body);
      expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    };
    await made('/v1/channels', {
      id: 'hook',
      name: 'Hook',
      kind: 'webhook',
      settings: { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/` },
      secrets: { secret: SECRET },
      rate: { perMinute: 600, burst: 100 },
    });
    await made('/v1/policies', {
      id: 'all',
      name: 'All',
      isDefault: true,
      groupBy: ['subject'],
      groupWaitMs: 0,
      groupIntervalMs: 0,
      steps: [{ afterMs: 0, channels: ['hook'] }],
    });
    await made('/v1/rules', {
      id: 'bot-down',
      name: 'Bot down',
      severity: 'critical',
      on: { collection: 'agents', where: null },
      when: { kind: 'status', is: ['down'] },
      forMs: 0,
      policy: 'all',
    });
    let mid = 0;
    const queuedAtKill: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      slowMs = random.int(400);
      const before = asked;
      const reply = await server.api('POST', '/v1/reports', {
        collection: 'agents',
        id: `bot-${kill}`,
        name: `Bot ${kill}`,
        phase: 'failed',
        health: 'unhealthy',
        final: true,
      });
      expect(reply.status, JSON.stringify(reply.body)).toBe(200);
      // Half of the kills wait until somebody is being told; the others come at any moment.
      if (kill % 2 === 0) await pause(random.int(150));
      else await until('somebody to be told', () => asked > before, 20_000);
      if (asked > before) mid += 1;
      await server.kill();
      await server.launch();
      const { rows } = (await server.api('GET', '/v1/deliveries?limit=1000')).body;
      queuedAtKill.push(rows.filter(({ state }: { state: string }) => state === 'queued').length);
    }
    slowMs = 0;
    const wanted = Array.from({ length: KILLS }, (_, kill) => `agents/bot-${kill}`);
    await until('every alert to arrive', () => wanted.every((ref) => arrived.has(ref)), 180_000);
    const settled = async (): Promise<{ key: string; state: string; kind: string; refs: string[]; id: string }[]> =>
      (await server.api('GET', '/v1/deliveries?limit=1000')).body.rows;
    await until('nothing to be queued', async () => (await settled()).every(({ state }) => state !== 'queued'), 60_000);
    const rows = await settled();
    expect(problems).toEqual([]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
    for (const ref of wanted) {
      const about = rows.filter(({ refs, kind }) => kind === 'alert' && refs.includes(ref));
      expect(about, `rows about ${ref}`).toHaveLength(1);
    }
    expect(rows.filter(({ state }) => state !== 'delivered' && state !== 'summarized')).toEqual([]);
    for (const { id, state } of rows)
      if (state === 'delivered') expect(ids.has(id), `${id} is delivered and never arrived`).toBe(true);
    expect(mid, 'kills while a receiver was being told').toBeGreaterThan(KILLS / 5);
    const repeats = [...ids.values()].filter((n) => n > 1).length;
    console.log(
      `outbox-kill: seed ${seed}, ${KILLS} kills, ${mid} of them while a receiver was told, ${rows.length} rows, ` +
        `${asked} sendings, ${repeats} notices sent more than once, 0 lost; most queued after a kill ${Math.max(...queuedAtKill)}`,
    );
  },
);

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(ms, resolve));
}
