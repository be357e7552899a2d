/** The demo fleet as a newcomer meets it: real servers, real faults, gone with one call. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;

beforeAll(async () => {
  // As after `npm start`: only public addresses may be probed, and the demo's own ports.
  server = await TestServer.start({ STATEWIRE_DEMO: '1', STATEWIRE_EGRESS: 'public' });
});

afterAll(async () => {
  await server?.close();
});

const service = async (id: string) => (await server.api('GET', `/v1/services/${id}`)).body;
const rows = async (collection: string) => (await server.api('GET', `/v1/${collection}`)).body.rows;
const pids = async (): Promise<string> =>
  (await server.api('GET', '/v1/demo')).body.servers.map((each: { name: string }) => each.name).join();

test('real servers of three transports and both eras come up, and one honestly wants a credential', async () => {
  const expected = {
    'demo-everything': 'up',
    'demo-everything-sse': 'up',
    'demo-context7': 'up',
    'demo-memory': 'up',
    'demo-notion': 'degraded',
    'demo-checkout': 'up',
    'demo-search': 'up',
    'demo-search-port': 'up',
    'demo-nightly-backup': 'up',
  };
  await until(
    'the fleet',
    async () => {
      const fleet: { id: keyof typeof expected; status: string }[] = await rows('services');
      // The first of them comes a while after the server is healthy.
      return fleet.length >= Object.keys(expected).length && fleet.every(({ id, status }) => status === expected[id]);
    },
    60_000,
  );
  expect(new Set((await rows('services')).map((row: { id: string }) => row.id))).toEqual(
    new Set(Object.keys(expected)),
  );
  expect(await service('demo-context7')).toMatchObject({ managedBy: 'demo' });
  // A server that is slow to answer at first is of an unknown era, and asked again.
  await until('an era told by an answer', async () => (await service('demo-context7')).mcp.era !== 'unknown', 120_000);
  expect(await service('demo-context7')).toMatchObject({ mcp: { era: 'modern' } });
  expect(await service('demo-everything-sse')).toMatchObject({ mcp: { era: 'legacy', transport: 'sse' } });
  expect(await service('demo-memory')).toMatchObject({ mcp: { transport: 'stdio' } });
  expect(await service('demo-notion')).toMatchObject({ phase: 'needs_auth', reason: { code: 'needs_auth' } });
});

test('agents, executions, jobs and connections are reported through the SDK', async () => {
  await until(
    'two agents',
    async () => (await rows('agents')).filter((row: { status: string }) => row.status === 'up').length === 2,
  );
  await until(
    'a finished execution',
    async () =>
      (await rows('executions')).some(
        (row: { state: string; steps: unknown[] }) => row.state === 'succeeded' && row.steps.length > 0,
      ),
    60_000,
  );
  await until('a job with progress', async () =>
    (await rows('jobs')).some((row: { progress: { done: number } }) => row.progress.done > 0),
  );
  expect((await rows('connections')).length).toBeGreaterThan(0);
});

test.each([
  ['kill', 'down'],
  ['500', 'down'],
  ['401', 'degraded'],
  ['hang', 'down'],
  ['slow', 'down'],
])('the fault %s shows as %s and heals', async (fault, status) => {
  expect((await server.api('POST', `/v1/demo/demo-everything/${fault}`)).status).toBe(200);
  await until(
    `${fault} to show`,
    async () => (await service('demo-everything')).health === { down: 'unhealthy', degraded: 'degraded' }[status],
    60_000,
  );
  expect((await server.api('POST', '/v1/demo/demo-everything/mend')).status).toBe(200);
  await until('it to heal', async () => (await service('demo-everything')).health === 'healthy', 60_000);
});

test('an unknown server or fault is refused', async () => {
  expect((await server.api('POST', '/v1/demo/nobody/kill')).status).toBe(404);
  expect((await server.api('POST', '/v1/demo/demo-everything/explode')).status).toBe(404);
});

test('a clean stop is no outage of the fleet that stops with the server', async () => {
  await until('the fleet to be well', async () =>
    // Health, not status: after all those faults damping still shows the worst of them.
    (await rows('services')).every((row: { health: string }) => row.health === 'healthy' || row.health === 'degraded'),
  );
  const at = Date.now();
  for (let n = 0; n < 3; n++) {
    await server.stop();
    await server.launch();
  }
  const since = (await server.api('GET', '/v1/activity?limit=200')).body.transitions.filter(
    (line: { at: number; collection: string }) => line.at >= at && line.collection === 'services',
  );
  expect(since).toEqual([]);
});

test('removed with one call, with everything it made', async () => {
  expect(await pids()).not.toBe('');
  const programs = async (): Promise<readonly string[]> =>
    (await server.api('GET', '/v1/keys')).body.keys.map(({ name }: { name: string }) => name);
  // One, however often the server was started again.
  expect(await programs()).toEqual(['demo workers']);
  expect((await server.api('DELETE', '/v1/demo')).status).toBe(204);
  expect(await programs()).toEqual([]);
  for (const collection of ['services', 'agents', 'connections', 'executions', 'jobs'])
    expect(await rows(collection), collection).toEqual([]);
  expect((await server.api('GET', '/v1/demo')).body).toEqual({ servers: [] });
});
