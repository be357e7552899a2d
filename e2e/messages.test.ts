/** Messages at a clock edge, over a real server that is killed and started again, and between customers. */
import { createClient, type Client, type CollectionView } from '@statewire/client';
import type { Message } from '@statewire/model';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const SECRET = 'a-secret-of-at-least-32-characters-for-tests';
const dir = mkdtempSync(join(tmpdir(), 'statewire-messages-'));
const clients: Client[] = [];
let server: TestServer;

beforeAll(async () => {
  writeFileSync(
    join(dir, 'statewire.yaml'),
    `auth:\n  jwt:\n    - issuer: test\n      audience: app\n      secret: ${SECRET}\n`,
  );
  server = await TestServer.start({ STATEWIRE_CONFIG: join(dir, 'statewire.yaml') });
});

afterAll(async () => {
  for (const client of clients) client.close();
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

function tokenFor(sub: string, customer?: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const body = `${part({ alg: 'HS256' })}.${part({ iss: 'test', aud: 'app', sub, org: 'main', scope: 'read', exp, customer })}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

/** A reader, and when each message came to it and went. */
interface Reader {
  readonly view: CollectionView<Message>;
  readonly came: Map<string, number>;
  readonly went: Map<string, number>;
}

function read(token: string): Reader {
  const client = createClient({ url: server.url, token });
  clients.push(client);
  const view = client.messages.view();
  const reader: Reader = { view, came: new Map(), went: new Map() };
  view.subscribe(() => {
    const ids = new Set(view.get().rows.map(({ id }) => id));
    const now = Date.now();
    for (const id of ids) if (!reader.came.has(id)) reader.came.set(id, now);
    for (const id of reader.came.keys()) if (!ids.has(id) && !reader.went.has(id)) reader.went.set(id, now);
  });
  return reader;
}

const live = (readers: readonly Reader[]): Promise<void> =>
  until('every reader to be live', () => readers.every(({ view }) => view.get().status === 'live'));

async function say(fields: object): Promise<void> {
  const said = await server.api('POST', '/v1/messages', { publish: true, ...fields });
  expect(said.status, JSON.stringify(said.body)).toBe(201);
}

test('[MS1] [MS2] a beginning and an end reach every reader within a second of the server’s time', async () => {
  const readers = Array.from({ length: 6 }, (_, i) => read(tokenFor(`u${i}`)));
  await live(readers);
  const startsAt = Date.now() + 3_000;
  const endsAt = startsAt + 3_000;
  await say({ id: 'edge', title: 'At the edge', startsAt, endsAt });
  await until('it to be gone everywhere', () => readers.every(({ went }) => went.has('edge')));
  for (const { came, went } of readers) {
    const [late, over] = [(came.get('edge') ?? 0) - startsAt, (went.get('edge') ?? 0) - endsAt];
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(1_000);
    expect(over).toBeGreaterThanOrEqual(0);
    expect(over).toBeLessThan(1_000);
  }
});

test('[MS2] a kill that spans the edges changes no outcome: what began is there, what is over was never shown', async () => {
  const reader = read(tokenFor('u1'));
  await live([reader]);
  const startsAt = Date.now() + 2_500;
  await say({ id: 'began', title: 'Began meanwhile', startsAt });
  await say({ id: 'passed', title: 'Came and went', startsAt, endsAt: startsAt + 200 });
  await server.kill();
  await until('both edges to pass', () => Date.now() > startsAt + 500);
  await server.launch();
  await until('what began to be shown', () => reader.came.has('began'));
  const { body } = await server.api('GET', '/v1/messages/passed');
  expect(body).toMatchObject({ state: 'expired', activeAt: startsAt, endedAt: startsAt + 200 });
  expect((await server.api('GET', '/v1/messages/began')).body).toMatchObject({ state: 'active', activeAt: startsAt });
  expect(reader.came.has('passed')).toBe(false);
});

test('[MS3] [MS4] users of one customer never get a word that is for another, live or by request', async () => {
  const [acme, other] = [tokenFor('a', 'acme'), tokenFor('b', 'other')];
  const readers = [read(acme), read(other)];
  await live(readers);
  await say({ id: 'acme', title: 'For Acme alone', audience: 'customers', customers: ['acme'] });
  await say({ id: 'all', title: 'For all' });
  await until('both to have what is for all', () => readers.every(({ came }) => came.has('all')));
  expect(readers.map(({ came }) => came.has('acme'))).toEqual([true, false]);
  const listed = await server.api('GET', '/v1/messages', undefined, { key: other });
  expect(JSON.stringify(listed.body)).not.toContain('Acme');
  expect((await server.api('GET', '/v1/messages/acme', undefined, { key: other })).status).toBe(404);
  expect((await server.api('POST', '/v1/messages/acme/dismiss', {}, { key: other })).status).toBe(404);
  const own = await server.api('GET', '/v1/messages/acme', undefined, { key: acme });
  expect(own.body).toMatchObject({ title: 'For Acme alone', state: 'active' });
  expect(Object.keys(own.body)).not.toContain('customers');
  expect((await server.api('GET', '/v1/messages/acme', undefined, { key: ADMIN_KEY })).body.customers).toEqual([
    'acme',
  ]);
});
