/** A dependency dies with what stands on it: one signed notice, one recovery, through a kill of the process in between. */
import { createServer, type Server } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const APPS = Array.from({ length: 10 }, (_, i) => `app${i}`);

let server: TestServer;
let fleet: Server;
let receiver: Server;
let isBroken = false;

/** What the receiver was told, after the published library has verified it. */
interface Heard {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly text: string;
  readonly thread: string;
}
const heard: Heard[] = [];

beforeAll(async () => {
  // Everything of the fleet fails together, as behind one broken link.
  fleet = createServer((_, response) => response.writeHead(isBroken ? 503 : 200).end('ok'));
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const header = (name: string): string => String(request.headers[name] ?? '');
      const headers = {
        'webhook-id': header('webhook-id'),
        'webhook-timestamp': header('webhook-timestamp'),
        'webhook-signature': header('webhook-signature'),
      };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the body documented in docs/reference/webhooks.md; the assertions read it.
      const told = new Webhook(SECRET).verify(body, headers) as { type: string; data: Omit<Heard, 'id' | 'type'> };
      heard.push({ ...told.data, id: headers['webhook-id'], type: told.type });
      response.writeHead(204).end();
    });
  });
  await Promise.all([listen(fleet), listen(receiver)]);
  server = await TestServer.start();
  const make = async (path: string, body: unknown): Promise<void> => {
    const made = await server.api('POST', path, body);
    expect(made.status, JSON.stringify(made.body)).toBe(201);
  };
  await make('/v1/channels', {
    id: 'hook',
    name: 'Hook',
    kind: 'webhook',
    settings: { url: urlOf(receiver) },
    secrets: { secret: SECRET },
  });
  await make('/v1/policies', {
    id: 'all',
    name: 'All',
    isDefault: true,
    groupWaitMs: 3_000,
    steps: [{ afterMs: 0, channels: ['hook'] }],
  });
  const check = { intervalMs: 1_000, timeoutMs: 900, failAfter: 2, recoverAfter: 2 };
  await make('/v1/services', { id: 'db', name: 'Database', kind: 'http', target: urlOf(fleet), check });
  for (const id of APPS) {
    const target = `${urlOf(fleet)}${id}`;
    await make('/v1/services', { id, name: id, kind: 'http', target, check, dependsOn: ['services/db'] });
  }
  await becomes('up');
});

afterAll(async () => {
  await server?.close();
  fleet?.close();
  receiver?.close();
});

const list = async (collection: string): Promise<Record<string, unknown>[]> =>
  (await server.api('GET', `/v1/${collection}?limit=100`)).body.rows;

async function becomes(status: string): Promise<void> {
  await until(`everything to be ${status}`, async () => {
    const services = await list('services');
    return services.length === 11 && services.every((service) => service['status'] === status);
  });
}

test('[AL6] [AL13] eleven services fail behind one: one page, one recovery notice, through a kill', async () => {
  isBroken = true;
  await becomes('down');
  await server.kill();
  await server.launch();
  await until('the page', () => Promise.resolve(heard.length > 0), 30_000);
  const page = (await list('alerts')).find((alert) => alert['subject'] === 'services/db');
  expect(page).toMatchObject({ state: 'firing', severity: 'critical', policy: 'all' });
  await until('all to fold', async () => {
    const alerts = await list('alerts');
    const folded = alerts.filter((alert) => alert['state'] === 'suppressed' && alert['parent'] === page?.['id']);
    return folded.length === APPS.length;
  });
  expect(heard[0]).toMatchObject({ type: 'alert.firing', title: expect.stringContaining('Database is down') });

  // Taken up at one door, it shows on the record.
  const acked = await server.api('POST', `/v1/alerts/${String(page?.['id'])}/ack`, { note: 'on it' });
  expect(acked.status).toBe(200);
  await until('the record to show it', async () => {
    return (await server.api('GET', '/v1/services/db')).body.overlay.acked === true;
  });

  isBroken = false;
  await becomes('up');
  await until('the recovery', () => Promise.resolve(heard.some(({ type }) => type.startsWith('recovery'))), 30_000);
  await until('all to be over', async () => (await list('alerts')).every((alert) => alert['state'] === 'resolved'));
  expect([...new Set(heard.map(({ id }) => id))]).toHaveLength(2);
  expect(heard.at(-1)).toMatchObject({ type: 'recovery.resolved', thread: heard[0]?.thread });
  await until('both to be delivered', async () =>
    (await list('deliveries')).every(({ state }) => state === 'delivered'),
  );
  const kinds = (await list('deliveries')).map(({ kind }) => String(kind));
  expect(kinds.toSorted()).toEqual(['alert', 'recovery']);
});

test('[AL1] a rule is tried on a record before it is enabled, and says what it found', async () => {
  const tried = await server.api('POST', '/v1/rules/latency/test', { ref: 'services/db' });
  expect(tried.status).toBe(200);
  expect(tried.body).toMatchObject({ is: 'false', isSelected: true, evidence: { q: 'p95', limitMs: 2_000 } });
  const wrong = await server.api('POST', '/v1/rules/latency/test', { ref: 'jobs/x' });
  expect(wrong.status).toBe(404);
});

function listen(target: Server): Promise<void> {
  return new Promise((resolve) => target.listen(0, '127.0.0.1', () => resolve()));
}

function urlOf(target: Server): string {
  const address = target.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return `http://127.0.0.1:${address.port}/`;
}
