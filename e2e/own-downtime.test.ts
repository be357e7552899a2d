/** We are killed and come back: what happened meanwhile is nobody's outage, and nobody is told of our own. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const IDS = Array.from({ length: 20 }, (_, i) => `s${i}`);
/** Those that fail and recover while we are away. */
const BLIPS = new Set(['/s1', '/s2', '/s3']);
const AWAY_MS = 8_000;

let server: TestServer;
let fleet: Server;
let receiver: Server;
let isBlip = false;
let isDead = false;
const heard: string[] = [];

beforeAll(async () => {
  fleet = createServer((request, response) => {
    const isBad = (isBlip && BLIPS.has(request.url ?? '')) || (isDead && request.url === '/s0');
    response.writeHead(isBad ? 503 : 200).end('ok');
  });
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push(body);
      response.writeHead(204).end();
    });
  });
  await Promise.all([listen(fleet), listen(receiver)]);
  server = await TestServer.start();
  const settings = { url: urlOf(receiver) };
  await made('/v1/channels', { id: 'hook', name: 'Hook', kind: 'webhook', settings, secrets: { secret: SECRET } });
  await made('/v1/policies', {
    name: 'All',
    isDefault: true,
    groupWaitMs: 0,
    steps: [{ afterMs: 0, channels: ['hook'] }],
  });
  const check = { intervalMs: 1_000, timeoutMs: 900, failAfter: 2 };
  for (const id of IDS)
    await made('/v1/services', { id, name: id, kind: 'http', target: `${urlOf(fleet)}${id}`, check });
  // A job that beats: it goes on while we are away, and nobody hears it.
  await made('/v1/services', {
    id: 'cron',
    name: 'Cron',
    kind: 'heartbeat',
    check: { intervalMs: 5_000, graceMs: 1_000 },
  });
  await beat();
  await until('all to be up', async () => (await statuses()).every((status) => status === 'up'));
});

afterAll(async () => {
  await server?.close();
  fleet?.close();
  receiver?.close();
});

test('killed for a while: no notice, no outage, and the gap counts for nothing', async () => {
  const from = Date.now();
  await server.kill();
  isBlip = true;
  await waited(AWAY_MS / 2);
  isBlip = false;
  await waited(AWAY_MS / 2);
  await server.launch();
  const back = Date.now();
  await beat();
  // Long enough that each service was looked at more often than a failure needs to be believed.
  await until('every service to be looked at again', async () => {
    const { rows } = (await server.api('GET', '/v1/services?limit=100')).body;
    return rows
      .filter(({ kind }: { kind: string }) => kind === 'http')
      .every(({ observedAt }: { observedAt: number }) => observedAt > back + 3_000);
  });
  expect(await statuses()).toEqual(IDS.map(() => 'up').concat('up'));
  expect((await server.api('GET', '/v1/alerts')).body.rows).toEqual([]);
  expect((await server.api('GET', '/v1/deliveries')).body.rows).toEqual([]);
  expect(heard).toEqual([]);
  for (const id of ['s1', 'cron', 's9']) {
    const { transitions } = (await server.api('GET', `/v1/services/${id}/history?from=${from}`)).body;
    expect(transitions.filter(({ to }: { to: string }) => to === 'down')).toEqual([]);
    const uptime = await server.api('GET', `/v1/services/${id}/uptime?from=${from}&to=${Date.now()}`);
    expect(uptime.status, JSON.stringify(uptime.body)).toBe(200);
    // The gap is not covered, and what is covered was up.
    expect(uptime.body.coverage).toBeLessThan(0.9);
    expect(uptime.body.pct).toBe(100);
  }

  // What really dies afterwards is found and told. Nobody beats for the job any more: it is not part of this.
  expect((await server.api('POST', '/v1/services/cron/pause')).status).toBe(200);
  isDead = true;
  await until('the dead one to be told', () => Promise.resolve(heard.length > 0), 60_000);
  expect(heard.map((body) => JSON.parse(body).data.title)).toEqual([expect.stringContaining('s0')]);
});

async function made(path: string, body: object): Promise<void> {
  const reply = await server.api('POST', path, body);
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
}

async function beat(): Promise<void> {
  expect((await server.api('POST', '/v1/heartbeats/cron')).status).toBe(200);
}

async function statuses(): Promise<readonly string[]> {
  const { rows } = (await server.api('GET', '/v1/services?limit=100')).body;
  return rows.map(({ status }: { status: string }) => status);
}

function listen(of: Server): Promise<void> {
  return new Promise((resolve) => of.listen(0, '127.0.0.1', () => resolve()));
}

function urlOf(of: Server): string {
  const address = of.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/`;
}

/** The time we are away is what is tested: there is no condition to wait for. */
function waited(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
