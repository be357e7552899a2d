import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

/** The official client against our own endpoint, in both eras, and our own prober against it. */
const ERAS = ['legacy', 'auto'] as const;

let server: TestServer;
let reader: { readonly id: string; readonly secret: string };

beforeAll(async () => {
  server = await TestServer.start();
  reader = await makeKey('read');
  for (const id of ['shop', 'search'])
    await server.api('POST', '/v1/services', { id, name: id, kind: 'heartbeat', check: { intervalMs: 3_600_000 } });
  await report('shop', 'unhealthy');
  await report('search', 'healthy');
});

afterAll(() => server.close());

async function makeKey(scope: 'admin' | 'read'): Promise<{ readonly id: string; readonly secret: string }> {
  const made = await server.api('POST', '/v1/keys', { name: `mcp ${scope}`, scope });
  return { id: made.body.key.id, secret: made.body.secret };
}

async function report(id: string, health: 'healthy' | 'unhealthy'): Promise<void> {
  const told = await server.api('POST', '/v1/reports', {
    collection: 'services',
    id,
    health,
    final: true,
    reason: { code: 'said', text: `it is ${health}` },
  });
  expect(told.status, JSON.stringify(told.body)).toBeLessThan(300);
}

async function connect(key: string | null, mode: 'auto' | 'legacy'): Promise<Client> {
  const client = new Client({ name: 'e2e', version: '1' }, { versionNegotiation: { mode } });
  onTestFinished(() => client.close());
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit: { headers } }));
  return client;
}

test.each(ERAS)('[ME7] the official client asks what is down and why (%s)', async (mode) => {
  const client = await connect(reader.secret, mode);
  expect(client.getNegotiatedProtocolVersion()).toMatch(mode === 'auto' ? /^2026-/u : /^2025-/u);
  expect(client.getServerVersion()?.name).toBe('statewire');
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    'list_down',
    'explain_status',
    'show_history',
    'search_records',
    'list_jobs',
  ]);
  // The client checks what comes against the schema that the tool declared.
  const down = await client.callTool({ name: 'list_down', arguments: {} });
  expect(down.structuredContent).toMatchObject({ counts: { total: 2, down: 1 }, items: [{ ref: 'services/shop' }] });
  expect(down.content[0]?.text).toContain('it is unhealthy');
  for (const [name, args] of [
    ['explain_status', { record: 'shop' }],
    ['show_history', { record: 'shop', window: '24h' }],
    ['search_records', { query: 'sear' }],
    ['list_jobs', {}],
  ] as const)
    expect((await client.callTool({ name, arguments: args })).isError ?? false, name).toBe(false);
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).toEqual(
    expect.arrayContaining(['statewire://services/shop', 'statewire://services/search']),
  );
  const read = await client.readResource({ uri: 'statewire://services/shop' });
  expect(JSON.parse(read.contents[0]?.text ?? '{}')).toMatchObject({ id: 'shop', status: 'down' });
});

test.each(ERAS)('[ME1] without a credential the official client gets in nowhere (%s)', async (mode) => {
  await expect(connect(null, mode)).rejects.toThrow(/401|unauthorized/iu);
});

test('[ME2] who may acknowledges an alert, with why, and it is in their name', async () => {
  await until('the shipped rule to have opened an alert', async () => (await alerts()).length > 0);
  const [alert] = await alerts();
  expect(alert).toBeDefined();
  const client = await connect(ADMIN_KEY, 'auto');
  const refused = await client.callTool({ name: 'acknowledge_alert', arguments: { alert: alert?.id, why: '' } });
  expect(refused.isError).toBe(true);
  const done = await client.callTool({
    name: 'acknowledge_alert',
    arguments: { alert: alert?.id, why: 'the team restarts it' },
  });
  expect(done.structuredContent).toMatchObject({ alert: alert?.id, state: 'acknowledged' });
  expect((await server.api('GET', `/v1/alerts/${alert?.id}`)).body).toMatchObject({
    state: 'acknowledged',
    note: 'the team restarts it',
  });
});

async function alerts(): Promise<readonly { readonly id: string; readonly state: string }[]> {
  const filter = encodeURIComponent(JSON.stringify(['eq', 'subject', 'services/shop']));
  const { body } = await server.api('GET', `/v1/alerts?filter=${filter}`);
  return body.rows.filter(({ state }: { readonly state: string }) => state === 'firing' || state === 'acknowledged');
}

test('[ME5] a listener hears of the record it named and of no other, until its key is revoked', async () => {
  const key = await makeKey('read');
  const client = await connect(key.secret, 'auto');
  const heard: string[] = [];
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.push(params.uri));
  const listening = await client.listen({ resourceSubscriptions: ['statewire://services/search'] });
  expect(listening.honoredFilter.resourceSubscriptions).toEqual(['statewire://services/search']);
  await report('shop', 'healthy');
  await report('search', 'unhealthy');
  await until('the change to be heard', () => heard.length > 0);
  expect(new Set(heard)).toEqual(new Set(['statewire://services/search']));
  expect((await server.api('DELETE', `/v1/keys/${key.id}`)).status).toBeLessThan(300);
  expect(['graceful', 'remote']).toContain(await listening.closed);
  await expect(client.listTools()).rejects.toThrow(/401|unauthorized/iu);
});

test('[ME5] streams of one credential are bounded, and places of those that ended are free again', async () => {
  const key = await makeKey('read');
  const client = await connect(key.secret, 'auto');
  const open = [];
  for (let i = 0; i < 20; i += 1)
    open.push(await client.listen({ resourceSubscriptions: ['statewire://services/shop'] }));
  await expect(client.listen({ resourceSubscriptions: ['statewire://services/shop'] })).rejects.toThrow();
  await open.pop()?.close();
  await until('the place to be free', async () => {
    const again = await client.listen({ resourceSubscriptions: ['statewire://services/shop'] }).catch(() => null);
    return again !== null;
  });
});

test('[ME7] the server watches itself through its own endpoint', async () => {
  const made = await server.api('POST', '/v1/services', {
    id: 'itself',
    name: 'Statewire by MCP',
    kind: 'mcp',
    target: `${server.url}/mcp`,
    check: { intervalMs: 5_000, headers: { authorization: `Bearer ${reader.secret}` } },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  await until('the prober to have seen it', async () => {
    const { status, mcp } = (await server.api('GET', '/v1/services/itself')).body;
    return status === 'up' && mcp?.tools === 5;
  });
  expect((await server.api('GET', '/v1/services/itself')).body.mcp).toMatchObject({
    era: 'modern',
    serverName: 'statewire',
  });
});

test('[ME1] mcp: off leaves nothing at the path', async () => {
  const closed = await TestServer.start({ STATEWIRE_MCP: '0' });
  onTestFinished(() => closed.close());
  for (const method of ['GET', 'POST', 'DELETE'])
    expect((await closed.api(method, '/mcp', method === 'GET' ? undefined : {})).status, method).toBe(404);
});
