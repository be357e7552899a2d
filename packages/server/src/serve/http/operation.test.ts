import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterEach, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type World, type WorldOptions } from '../../testing/http-world.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function setup(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  closers.push(() => world.close());
  return world;
}

async function listen(world: World): Promise<number> {
  const server = createAdaptorServer({ fetch: world.http.app.fetch });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: it listens on TCP.
  return (server.address() as AddressInfo).port;
}

test('health says ok or unavailable, and nothing about what runs', async () => {
  let trouble: string | null = null;
  const world = await setup({ trouble: () => trouble });
  expect((await world.call('GET', '/health')).json).toEqual({ status: 'ok' });
  trouble = 'store';
  const bad = await world.call('GET', '/health');
  expect([bad.status, bad.json]).toEqual([503, { status: 'unavailable', reason: 'store' }]);
  expect((await world.call('HEAD', '/health')).status).toBe(503);
  for (const reply of [bad])
    expect(`${reply.text}${[...reply.headers.entries()].join()}`).not.toMatch(/0\.0\.0-test|hono|node|statewire\//iu);
});

test('system: the process as it is, for administrators', async () => {
  const world = await setup();
  expect((await world.call('GET', '/v1/system', { key: ADMIN_KEY })).json).toMatchObject({
    version: '0.0.0-test',
    epoch: world.keep.commit.epoch,
    uptimeMs: 5,
  });
});

test('metrics: routes as patterns, never what a caller chose', async () => {
  const world = await setup();
  for (const path of ['/v1/services/one-of-many', '/v1/services/another', '/v1/nothing-like-this', '/health'])
    await world.call('GET', path, { key: ADMIN_KEY });
  const { text, headers } = await world.call('GET', '/metrics', { key: ADMIN_KEY });
  expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(text).toContain('statewire_http_requests_total{method="GET",route="/v1/services/{id}",status="404"} 2');
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).not.toMatch(/one-of-many|another|nothing-like/u);
});

test('metrics without a credential: only when configured, only from this machine, only by its own name', async () => {
  const closed = await setup();
  expect((await fetch(`http://127.0.0.1:${await listen(closed)}/metrics`)).status).toBe(401);
  const open = await setup({ settings: { metricsLoopback: true } });
  const port = await listen(open);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
  expect(
    (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } })).status,
  ).toBe(401);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(
    401,
  );
  expect((await open.call('GET', '/metrics', { headers: { host: 'evil.example' } })).status).toBe(401);
  expect((await fetch(`http://127.0.0.1:${port}/v1/stats`)).status).toBe(401);
});

test('so many requests a minute per caller, then wait; another caller goes on', async () => {
  const world = await setup({ limits: { requestsPerMinuteMax: 5 } });
  const [mine, other] = [await world.key('read'), await world.key('read')];
  const replies = await Promise.all(Array.from({ length: 8 }, () => world.call('GET', '/v1/stats', { key: mine })));
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(5);
  const refused = replies.find(({ status }) => status === 429);
  expect(refused?.json).toMatchObject({ code: 'rate_limited', retry: 'later' });
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await world.call('GET', '/v1/stats', { key: other })).status).toBe(200);
});

test('guessing keys is counted by address, and X-Forwarded-For of a stranger does not reset the count', async () => {
  const world = await setup({ limits: { requestsPerMinuteMax: 5 } });
  const guess = (i: number) =>
    world.call('GET', '/v1/stats', { key: `guess-${i}`, headers: { 'x-forwarded-for': `10.0.0.${i}` } });
  const statuses = (await Promise.all(Array.from({ length: 8 }, (_, i) => guess(i)))).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(5);
  expect(statuses.filter((status) => status === 429)).toHaveLength(3);
});

test('a mistake of ours says an id and nothing else; the log has the rest', async () => {
  const world = await setup();
  world.keep.live.get = () => {
    throw new Error('boom at /srv/secret/path.ts');
  };
  const reply = await world.call('GET', '/v1/services/x', { key: ADMIN_KEY });
  expect(reply.status).toBe(500);
  expect(reply.text).not.toMatch(/boom|srv/u);
  expect(world.errors).toHaveLength(1);
  expect(JSON.stringify(world.errors)).toContain(String(/[0-9a-f-]{36}/u.exec(reply.text)?.[0]));
});
