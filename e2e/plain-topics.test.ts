/** An app's own status service (examples/plain-topics) and raw sockets, on plain topics of a real server through a network that can be cut. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket as Socket } from 'ws';
import { StatusSyncService } from '../examples/plain-topics/status-sync.ts';
import { CutProxy } from './harness/cut.ts';
import { ownerOf } from './harness/owner.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let proxy: CutProxy;
let key: string;

beforeAll(async () => {
  server = await TestServer.start();
  proxy = await CutProxy.open(server.port);
  key = (await server.api('POST', '/v1/keys', { name: 'all', scope: 'admin' })).body.secret;
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterAll(async () => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await proxy.close();
  await server.close();
});

async function report(id: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const done = await server.api('POST', '/v1/reports', { collection: 'connections', id, ...fields });
  expect(done.status, JSON.stringify(done.body)).toBeLessThan(300);
}

/** A socket that keeps what it hears. */
class Plain {
  readonly heard: Record<string, unknown>[] = [];
  readonly ws: Socket;
  code: number | null = null;

  constructor(path: string, headers: Readonly<Record<string, string>> = {}) {
    this.ws = new Socket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    this.ws.on('message', (data: Buffer) => this.heard.push(JSON.parse(data.toString())));
    this.ws.on('close', (code) => (this.code = code));
    this.ws.on('error', () => {});
    onTestFinished(() => this.ws.close());
  }

  async open(): Promise<this> {
    await until('the socket to be open', () => this.ws.readyState === Socket.OPEN);
    return this;
  }

  say(message: unknown): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  last(topic: string): unknown {
    return this.heard.findLast((each) => each['topic'] === topic)?.['data'];
  }
}

test.each(['the Supabase address', 'a path of its own'])(
  '[PT1] [PT5] [PT8] [PT9] the status service of an app, unmodified, at %s: after a cut and a restart it holds the truth',
  async (where) => {
    const tag = where.startsWith('the') ? 'sb' : 'own';
    if (tag === 'sb') {
      vi.stubEnv('REACT_APP_SUPABASE_URL', `http://127.0.0.1:${proxy.port}`);
      vi.stubEnv('REACT_APP_SUPABASE_ANON_KEY', key);
    } else {
      vi.unstubAllEnvs();
      // Where a page of the app lies; its proxy adds who is signed in.
      vi.stubGlobal('window', { location: { protocol: 'http:', host: `127.0.0.1:${proxy.port}` } });
      const Plainly = globalThis.WebSocket;
      vi.stubGlobal(
        'WebSocket',
        class extends Plainly {
          constructor(url: string) {
            super(`${url}?token=${key}`);
          }
        },
      );
    }
    const link = `${tag}:shop`;
    await report(link, { agent: tag, service: 'shop', phase: 'connected', health: 'healthy', latencyMs: 12 });
    const service = new StatusSyncService();
    onTestFinished(() => service.disconnect());
    let status = '';
    let health: { status?: string; latency?: number } = {};
    let connections: readonly { id: string; status: string }[] = [];
    let count = 0;
    service.subscribe(`connection:${link}:status`, (data) => (status = data.status));
    service.subscribe(`health:${link}`, (data) => (health = data));
    service.subscribe(`agent:${tag}:connections`, (data) => (connections = data));
    service.subscribe('server:shop:connections', (data) => (count = data.count));
    await until('all of it', () => status === 'connected' && health.status === 'healthy' && count > 0);
    expect(connections).toMatchObject([{ id: link, status: 'connected' }]);
    expect(health.latency).toBe(12);

    await report(link, { phase: 'failed', health: 'unhealthy', final: true });
    await until('the failure', () => status === 'error' && connections[0]?.status === 'error');

    service.publishStatus(`connection:${link}:status`, { status: 'connected', latency: 7 });
    await until('what was published to be a record', async () => {
      const { body } = await server.api('GET', `/v1/connections/${link}`);
      return body.phase === 'connected' && body.latencyMs === 7;
    });

    proxy.cut();
    await report(link, { phase: 'disconnected' });
    await report(`${tag}:site`, { agent: tag, service: 'site', phase: 'connected' });
    proxy.mend();
    await until('what happened while it was away', () => status === 'disconnected' && connections.length === 2);

    await server.kill();
    await server.launch();
    await report(link, { phase: 'failed' });
    await until('what happened after the restart', () => status === 'error');
    expect(service.getConnectionStatus()).toBe('connected');
  },
);

test('[PT3] [PT4] a channel with filters at the Supabase address; a revoked key hears nothing more, a witness does', async () => {
  const made = (await server.api('POST', '/v1/keys', { name: 'short', scope: 'read' })).body;
  const filters = { table: 'account_tool_instances', filter: 'mcp_server_type=not.is.null,id=eq.mcp-one' };
  const [short, witness] = await Promise.all(
    [made.secret, key].map((token) => new Plain(`/realtime/v1/websocket?apikey=${token}`).open()),
  );
  if (short === undefined || witness === undefined) throw new Error('two sockets');
  for (const each of [short, witness]) each.say({ type: 'subscribe', channel: 'mcp_server_status', filters });
  await until('both to be subscribed', () =>
    [short, witness].every(({ heard }) => heard[0]?.['type'] === 'subscribed'),
  );
  const service = { id: 'mcp-one', kind: 'mcp', name: 'One', target: 'http://127.0.0.1:9/mcp', desired: 'paused' };
  expect((await server.api('POST', '/v1/services', { ...service, id: 'mcp-two' })).status).toBe(201);
  expect((await server.api('POST', '/v1/services', service)).status).toBe(201);
  await until('both to hear it', () => [short, witness].every((each) => each.last('mcp_server_status') !== undefined));
  expect(short.last('mcp_server_status')).toMatchObject({ server_id: 'mcp-one', old_status: null });
  expect(short.heard).toHaveLength(2);

  expect((await server.api('DELETE', `/v1/keys/${made.key.id}`)).status).toBeLessThan(300);
  await until('the end', () => short.code === 4401);
  expect(short.heard.at(-1)).toMatchObject({ type: 'error', code: 'auth_invalid' });
  expect((await server.api('DELETE', '/v1/services/mcp-one')).status).toBeLessThan(300);
  await until('the witness to hear it', () => witness.heard.length === 3);
  expect(witness.last('mcp_server_status')).toMatchObject({ server_id: 'mcp-one', new_status: 'removed' });
  expect(short.heard).toHaveLength(3);
});

test('[PT4] a cookie counts for pages of this server only, and who shows nothing is told nothing', async () => {
  await report('a7:shop', { phase: 'connected' });
  const cookie = await ownerOf(server);
  const own = await new Plain('/ws/mcp-status', { origin: server.url, cookie }).open();
  own.say({ type: 'subscribe', topic: 'agent:a7:connections' });
  await until('the links', () => own.last('agent:a7:connections') !== undefined);
  for (const headers of [{}, { origin: 'https://evil.example', cookie }]) {
    const stranger = await new Plain('/ws/mcp-status', headers).open();
    stranger.say({ type: 'subscribe', topic: 'agent:a7:connections' });
    await until('the end', () => stranger.code === 4401);
    expect(stranger.heard).toMatchObject([{ type: 'error', code: 'auth_required' }]);
  }
  const bearer = await new Plain('/ws/mcp-status', { authorization: `Bearer ${key}` }).open();
  bearer.say({ type: 'subscribe', topic: 'agent:a7:connections' });
  await until('the links', () => bearer.last('agent:a7:connections') !== undefined);
});

test('[PT7] floods, giants and nonsense: the server answers, lets go and lives', async () => {
  const { pid } = server;
  const giant = await new Plain(`/ws/mcp-status?token=${key}`).open();
  giant.say(`{"type":"subscribe","topic":"${'t'.repeat(70_000)}"}`);
  await until('the giant to be let go', () => giant.code === 1009);
  const flood = await new Plain(`/ws/mcp-status?token=${key}`).open();
  for (let n = 0; n < 10_000; n += 1) flood.say({ type: 'subscribe', topic: `health:${n}` });
  await until('the flood to be let go', () => flood.code === 4429);
  expect(flood.heard.filter(({ type }) => type === 'subscribed').length).toBeLessThanOrEqual(100);
  const odd = await new Plain(`/ws/mcp-status?token=${key}`).open();
  odd.ws.send(Buffer.from([1, 2, 3]));
  odd.say('nothing');
  odd.say({ type: 'ping' });
  await until('the pong', () => odd.heard.some(({ type }) => type === 'pong'));
  expect(odd.heard.map(({ type }) => type)).toEqual(['error', 'error', 'pong']);
  expect((await server.api('GET', '/health')).status).toBe(200);
  expect(server.pid).toBe(pid);
  expect(server.output).not.toContain('"msg":"uncaught"');
});

test('[PT2] topics of the configuration come first, at the path it says', async () => {
  const other = await TestServer.start();
  onTestFinished(() => other.close());
  await other.stop();
  writeFileSync(
    join(other.data, 'statewire.yaml'),
    `dialects:
  topics:
    path: /ws/status
    templates:
      - topic: team:{team}:services
        type: services
        views: { services: { collection: services, filter: [eq, group, '{team}'] } }
        say: list
        data: { id: id, state: { field: status, words: { pending: new }, otherwise: unclear } }
`,
  );
  await other.launch();
  const beat = { kind: 'heartbeat', check: { intervalMs: 600_000 } };
  await other.api('POST', '/v1/services', { ...beat, id: 'a', name: 'A', group: 'blue' });
  await other.api('POST', '/v1/services', { ...beat, id: 'b', name: 'B', group: 'red' });
  const made = (await other.api('POST', '/v1/keys', { name: 'r', scope: 'read' })).body;
  const ws = new Socket(`ws://127.0.0.1:${other.port}/ws/status?token=${made.secret}`);
  onTestFinished(() => ws.close());
  const heard: { topic?: string; data?: unknown }[] = [];
  ws.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString())));
  ws.on('open', () => ws.send(JSON.stringify({ type: 'subscribe', topic: 'team:blue:services' })));
  await until('the topic', () => heard.some(({ topic }) => topic !== undefined));
  expect(heard.find(({ topic }) => topic === 'team:blue:services')?.data).toEqual([{ id: 'a', state: 'new' }]);
});
