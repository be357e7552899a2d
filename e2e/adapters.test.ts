/**
 * One list of behaviours, held against every adapter: each follows a source that is really there (the library itself, its server
 * where it has one), and what is asked is what the server says of the run.
 */
import { Client as McpClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createClient, type Client } from '@statewire/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { followTask } from '../packages/adapters/src/mcp.ts';
import { RunReporter } from '../packages/adapters/src/reporter.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { Peer } from '../packages/server/src/testing/peers/peer.ts';
import { A2aPeer } from './adapters/a2a.ts';
import { AgUiPeer } from './adapters/ag-ui.ts';
import { AiPeer } from './adapters/ai-sdk.ts';
import { BullPeer } from './adapters/bullmq.ts';
import { McpPeer } from './adapters/mcp.ts';
import { FAULT, type Peer as Source, type Work } from './adapters/peer.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let client: Client;

beforeAll(async () => {
  server = await TestServer.start();
  const { secret } = (await server.api('POST', '/v1/keys', { name: 'adapters', scope: 'report' })).body;
  client = createClient({ url: server.url, token: secret });
  for (const id of ['scans', 'rows'])
    expect((await server.api('POST', '/v1/services', { id, name: id, kind: 'heartbeat' })).status).toBe(201);
});

afterAll(async () => {
  client.close();
  await server.close();
});

const peers: readonly (readonly [string, () => Promise<Source>])[] = [
  ['BullMQ', () => BullPeer.start('rows')],
  ['AI SDK', () => Promise.resolve(new AiPeer())],
  ['AG-UI', () => AgUiPeer.start()],
  ['MCP', () => McpPeer.start()],
  ['A2A', () => A2aPeer.start()],
];

describe.each(peers)('%s', (_wire, start) => {
  let peer: Source;
  let reporter: RunReporter;
  let adapter: { close(): void };

  const record = async ({ id }: Pick<Work, 'id'>): Promise<Record<string, unknown>> =>
    (await server.api('GET', `/v1/${peer.collection}/${encodeURIComponent(id)}`)).body;
  const shows = async (work: Pick<Work, 'id'>, expected: object): Promise<void> => {
    let seen: unknown;
    await until(
      `${work.id} to show ${JSON.stringify(expected)}`,
      async () => {
        seen = await record(work);
        return isLike(seen, expected);
      },
      20_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; it shows ${JSON.stringify(seen)}`);
    });
  };
  const begin = async (title: string): Promise<Work> => {
    const work = await peer.begin(title);
    await shows(work, { state: 'running', ...work.shows });
    return work;
  };

  beforeAll(async () => {
    peer = await start();
    reporter = new RunReporter(client);
    adapter = peer.follow(reporter);
  });

  afterAll(async () => {
    adapter.close();
    await reporter.close();
    await peer.close();
    expect(reporter.error).toBe(null);
  });

  test('[AD10] [AD11] [AD12] runs begin, go on and end as the source says, and who follows later changes nothing', async () => {
    const good = await begin('good');
    await good.end('succeed');
    await shows(good, { state: 'succeeded', title: 'good' });
    const bad = await begin('bad');
    await bad.end('fail');
    await shows(bad, { state: 'failed', reason: { text: FAULT } });
    const off = await begin('off');
    await off.end(peer.isCancelable ? 'cancel' : 'fail');
    await shows(off, { state: peer.isCancelable ? 'canceled' : 'failed' });
    // Seen by its source alone, where a source is asked.
    const witness = await begin('witness');
    await witness.end('succeed');
    await shows(witness, { state: 'succeeded' });
    const ends = [await record(good), await record(bad), await record(off)];

    const second = new RunReporter(client);
    await peer.replay(second);
    await second.close();
    expect(second.error).toBe(null);
    expect([await record(good), await record(bad), await record(off)]).toEqual(ends);
  });
});

test.concurrent('[AD8] [AD11] [AD13] [AD14] removed, tried again, ended while nobody followed, and a Redis that stands still', async ({
  onTestFinished,
}) => {
  const bull = await BullPeer.start('scans');
  const reporter = new RunReporter(client);
  let adapter = bull.follow(reporter, 500);
  onTestFinished(async () => {
    adapter.close();
    await reporter.close();
    await bull.close();
  });
  const state = async ({ id }: Work): Promise<unknown> => (await server.api('GET', `/v1/jobs/${id}`)).body;
  const shows = (work: Work, expected: object): Promise<void> =>
    until(`${work.id} to show ${JSON.stringify(expected)}`, async () => isLike(await state(work), expected));
  const service = async (): Promise<string> => (await server.api('GET', '/v1/services/scans')).body.status;

  const later = await bull.later('later');
  await shows(later, { state: 'delayed', title: 'later' });
  await later.end('cancel');
  await shows(later, { state: 'canceled', reason: { code: 'removed' } });

  const again = await bull.begin('again');
  await shows(again, { state: 'running', attempt: 1 });
  await again.end('fail');
  await shows(again, { state: 'running', attempt: 2, progress: { done: 3 } });
  await again.end('fail');
  await shows(again, { state: 'failed', attempt: 2, reason: { text: FAULT } });
  await until('the queue to be shown as up', async () => (await service()) === 'up');

  const unseen = await bull.begin('unseen');
  await shows(unseen, { state: 'running' });
  adapter.close();
  await unseen.end('succeed');
  await until('the job to have ended', async () => (await bull.queue.getJobs(['active'], 0, 9)).length === 0);
  adapter = bull.follow(reporter, 500);
  await shows(unseen, { state: 'succeeded' });

  // Frozen, as when its machine swaps: nobody can say anything of the job, which is no failure of it.
  const held = await bull.begin('held');
  await shows(held, { state: 'running' });
  await bull.redis.freeze();
  await until('the queue to be shown as down', async () => (await service()) === 'down');
  expect(await state(held)).toMatchObject({ state: 'running', progress: { done: 3 } });
  bull.redis.thaw();
  await until('the queue to be shown as up', async () => (await service()) === 'up');
  await held.end('succeed');
  await shows(held, { state: 'succeeded', attempt: 1 });
});

test.concurrent('[AD8] [AD11] [AD17] tasks of a real MCP server: one ends, one is canceled, one outlives its server and is lost with it', async ({
  onTestFinished,
}) => {
  const port = await freePort();
  const peer = new Peer({ bin: 'mcp-server-everything', args: ['streamableHttp'], env: { PORT: `${port}` }, port });
  onTestFinished(() => peer.stop());
  const connect = async (): Promise<McpClient> => {
    const made = new McpClient({ name: 'chef', version: '1.0.0' }, { versionNegotiation: { mode: 'legacy' } });
    await made.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
    return made;
  };
  await peer.start();
  let mcp = await connect();
  const reporter = new RunReporter(client);
  onTestFinished(() => reporter.close());
  const begin = async (topic: string): Promise<{ readonly id: string; readonly taskId: string }> => {
    const params = { name: 'simulate-research-query', arguments: { topic }, task: { ttl: 60_000 } };
    const { task } = await mcp.request({ method: 'tools/call', params }, z.object({ task: taskSchema }));
    const get = (taskId: string): Promise<z.infer<typeof taskSchema>> =>
      mcp.request({ method: 'tasks/get', params: { taskId } }, taskSchema);
    const adapter = followTask(reporter, { task, get, title: topic, prefix: 'everything' });
    onTestFinished(() => adapter.close());
    return { id: `everything:${task.taskId}`, taskId: task.taskId };
  };
  const shows = (of: { readonly id: string }, expected: object): Promise<void> =>
    until(`${of.id} to show ${JSON.stringify(expected)}`, async () =>
      isLike((await server.api('GET', `/v1/jobs/${of.id}`)).body, expected),
    );

  const off = await begin('fish');
  await mcp.request({ method: 'tasks/cancel', params: { taskId: off.taskId } }, z.looseObject({}));
  const whole = await begin('rice');
  await shows(off, { state: 'canceled', title: 'fish', reason: { text: 'Client cancelled task execution.' } });
  await shows(whole, { state: 'succeeded', title: 'rice' });
  const { progress } = (await server.api('GET', `/v1/jobs/${whole.id}`)).body;
  expect(progress.message).toMatch(/^(?:Gathering|Analyzing|Synthesizing|Generating) /u);

  const orphan = await begin('bread');
  await peer.stop();
  await peer.start();
  // The old session is nobody's: it says nothing about the task.
  await expect(mcp.request({ method: 'tasks/list', params: {} }, z.looseObject({}))).rejects.toThrow();
  await shows(orphan, { state: 'running' });
  mcp = await connect();
  await shows(orphan, { state: 'lost', reason: { code: 'unknown' } });
  await mcp.close();
});

const taskSchema = z.object({
  taskId: z.string(),
  status: z.string(),
  statusMessage: z.string().optional(),
  pollInterval: z.number().optional(),
});

/** Does `found` hold what `expected` says, however much else it holds? */
function isLike(found: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return found === expected;
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(expected).every(([name, value]) => isLike(Reflect.get(found, name), value));
}
