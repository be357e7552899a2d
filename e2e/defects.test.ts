/**
 * The mistakes that status servers usually make, by the numbers of the list they were collected in, against a real server:
 * each title says what must hold instead. The client's are in packages/client/src/defects.test.ts.
 */
import { createServer, type Server } from 'node:http';
import { createClient, type Client, type RecordState } from '@statewire/client';
import type { Service } from '@statewire/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, TestServer, type Reply } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let target: Server;
let sw: Client;
/** What the target answers, by path. */
const answers = new Map<string, number>();
const asked: string[] = [];

beforeAll(async () => {
  target = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    response.writeHead(answers.get(path) ?? 200).end('ok');
  });
  await listen(target, 0);
  server = await TestServer.start();
  sw = client(ADMIN_KEY);
});

afterAll(async () => {
  sw?.close();
  await server?.close();
  target?.close();
});

test('T10 a question that means nothing is refused by name, and a deletion reaches a view with a condition', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/live`, 'statewire.v1');
  const heard: string[] = [];
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  socket.addEventListener('message', ({ data }) => heard.push(String(data)));
  socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'subscribe', topic: 'admin:mcp:servers' })));
  expect(await closed).toBeGreaterThanOrEqual(4000);
  expect(heard.join()).toMatch(/"t":"err".*"code":"\w+"/);

  await report('connections', 'a:gone', { agent: 'a', service: 'x', phase: 'connected', health: 'healthy' });
  const view = sw.connections.where({ agent: 'a' }).subscribe(() => undefined);
  await until('the connection to be there', () => view.view.rows.length === 1);
  expect((await server.api('DELETE', '/v1/connections/a:gone')).status).toBeLessThan(300);
  await until('the connection to be gone', () => view.view.rows.length === 0);
  expect(view.view.get().status).toBe('live');
  view.close();
});

test('T13 one failed check is a suspicion; as many as were set make it down, in one step', async () => {
  await addService('t13', { failAfter: 3, recoverAfter: 2 });
  await status('t13', 'up');
  const seen: string[] = [];
  const watch = sw.services.record('t13');
  const stop = watch.subscribe(() => {
    const { row } = watch.get();
    if (row !== null) seen.push(`${row.status} ${row.suspect?.n ?? 0}`);
  });
  answers.set('/t13', 500);
  await status('t13', 'down');
  expect(seen).toContain('up 1');
  expect(seen).toContain('up 2');
  expect(seen.filter((word) => word.startsWith('down'))).not.toEqual([]);
  expect(await transitions('t13')).toEqual(['up>down', 'pending>up']);
  stop();
});

test('T14 an MCP server is asked what it speaks, never GET /health, and one that wants a credential is not dead', async () => {
  answers.set('/t14', 401);
  await addService('t14', {}, 'mcp');
  await until('it to be judged', async () => !['pending', 'unknown'].includes((await row('t14')).status));
  const is = await row('t14');
  expect([is.status, is.reason.code]).toEqual(['degraded', 'needs_auth']);
  expect(asked.filter((path) => path.includes('health'))).toEqual([]);
});

test('T17 a check that finds what is believed already is a sample and no transition', async () => {
  await addService('t17');
  await status('t17', 'up');
  const { version } = await row('t17');
  const before = asked.filter((path) => path === '/t17').length;
  await until('four more checks', () => asked.filter((path) => path === '/t17').length >= before + 4);
  expect(await transitions('t17')).toEqual(['pending>up']);
  expect((await row('t17')).version).toBeGreaterThanOrEqual(version);
  expect((await history('t17')).body.samples.length).toBeGreaterThanOrEqual(4);
});

test('T18 an override has an owner, a reason and an end, and measuring goes on beside it', async () => {
  await addService('t18');
  await status('t18', 'up');
  const endsAt = Date.now() + 2_500;
  const done = await server.api('POST', '/v1/services/t18/override', {
    status: 'maintenance',
    reason: 'new disk',
    until: endsAt,
  });
  expect(done.status).toBeLessThan(300);
  await status('t18', 'maintenance');
  const is = await row('t18');
  expect(is).toMatchObject({ health: 'healthy', observed: 'healthy', override: { reason: 'new disk', until: endsAt } });
  expect(is.override?.by).not.toBe('');
  const checked = asked.filter((path) => path === '/t18').length;
  await until('checks during the override', () => asked.filter((path) => path === '/t18').length > checked);
  // Its checks are the probe's, not a person's.
  expect((await row('t18')).source?.kind).toBe('probe');
  await status('t18', 'up');
  expect((await row('t18')).override).toBeNull();
});

test('T19 who watches one service hears of its status, its health, what is wrong and the recovery', async () => {
  await addService('t19', { failAfter: 1, recoverAfter: 1 });
  const record = sw.services.record('t19');
  const states: RecordState<Service>[] = [];
  const stop = record.subscribe(() => states.push(record.get()));
  await until('it to be up', () => record.row?.status === 'up');
  answers.set('/t19', 503);
  await until('it to be down', () => record.row?.status === 'down');
  expect(record.row).toMatchObject({ health: 'unhealthy', reason: { code: 'http_5xx' } });
  answers.delete('/t19');
  await until('it to be up again', () => record.row?.status === 'up');
  expect(record.row).toMatchObject({ health: 'healthy' });
  const words = states.flatMap(({ row: each }) => (each === null ? [] : [each.status]));
  expect(words.filter((word, i) => word !== words[i - 1]).slice(-3)).toEqual(['up', 'down', 'up']);
  stop();
});

test('T20 a check that passes again is the recovery, and nothing else writes the status in between', async () => {
  answers.set('/t20', 500);
  await addService('t20', { failAfter: 2, recoverAfter: 2 });
  await status('t20', 'down');
  answers.delete('/t20');
  await status('t20', 'up');
  const before = asked.filter((path) => path === '/t20').length;
  await until('three more checks', () => asked.filter((path) => path === '/t20').length >= before + 3);
  expect(await transitions('t20')).toEqual(['down>up', 'unknown>down', 'pending>unknown']);
});

test('T22 what is down is looked at all the same, and seen to come back', async () => {
  const late = createServer((_, response) => response.end('ok'));
  await listen(late, 0);
  const { port } = addressOf(late);
  await closed(late);
  await server.api('POST', '/v1/services', {
    id: 't22',
    name: 't22',
    kind: 'http',
    target: `http://127.0.0.1:${port}/`,
    check: { intervalMs: 1_000, timeoutMs: 900, failAfter: 1, recoverAfter: 1 },
  });
  await status('t22', 'down');
  expect((await row('t22')).reason.code).toBe('refused');
  await listen(late, port);
  await status('t22', 'up');
  await closed(late);
});

test('T28 where no WebSocket comes through, the same views are live over plain requests', async () => {
  for (const transport of ['sse', 'poll', 'get'] as const) {
    const id = `t28-${transport}`;
    await addService(id, { failAfter: 1 });
    await status(id, 'up');
    const plain = createClient({ url: server.url, token: ADMIN_KEY, transports: [transport] });
    const { view } = plain.services.where({ id }).subscribe(() => undefined);
    await until('the view to be live', () => view.get().status === 'live' && view.rows[0]?.status === 'up');
    expect(plain.connection.get().transport).toBe(transport);
    answers.set(`/${id}`, 500);
    await until('the change', () => view.rows[0]?.status === 'down');
    plain.close();
  }
});

test('T33 of a batch that comes late, what is older than what is known moves nothing', async () => {
  await report('connections', 't33:a', { agent: 't33', service: 'a', phase: 'connected', health: 'healthy', seq: 1 });
  await report('connections', 't33:b', { agent: 't33', service: 'b', phase: 'connected', health: 'healthy', seq: 1 });
  await report('connections', 't33:a', { phase: 'failed', health: 'unhealthy', final: true, seq: 9 });
  const batch = ['a', 'b'].map((service) => ({
    collection: 'connections',
    id: `t33:${service}`,
    phase: 'reconnecting',
    health: 'degraded',
    final: true,
    seq: 5,
  }));
  expect((await server.api('POST', '/v1/reports', batch)).status).toBe(200);
  const rows = await Promise.all(
    ['a', 'b'].map(async (service) => (await server.api('GET', `/v1/connections/t33:${service}`)).body),
  );
  expect(rows.map(({ phase, health }) => [phase, health])).toEqual([
    ['failed', 'unhealthy'],
    ['reconnecting', 'degraded'],
  ]);
  // And a write that names the version it saw is refused when that is no longer the newest.
  const service = await addService('t33');
  await server.api('PATCH', '/v1/services/t33', { name: 'newer' });
  const old = await server.api(
    'PATCH',
    '/v1/services/t33',
    { name: 'older' },
    {
      headers: { 'if-match': `"${service.version}"` },
    },
  );
  expect(old.status).toBeGreaterThanOrEqual(409);
  expect((await row('t33')).name).toBe('newer');
});

test('T35 what is live is the present state, one row, and a replayed report does not move it back', async () => {
  const said: string[] = [];
  const view = sw.connections.where({ agent: 't35' }).subscribe(({ rows }) => {
    said.push(rows.map(({ phase }) => phase).join());
  });
  const steps = ['connecting', 'connected', 'failed'] as const;
  for (const [i, phase] of steps.entries())
    await report('connections', 't35:x', {
      agent: 't35',
      service: 'x',
      phase,
      health: phase === 'failed' ? 'unhealthy' : 'healthy',
      final: true,
      seq: i + 1,
    });
  await until('the newest', () => view.view.rows[0]?.phase === 'failed');
  const told = said.length;
  for (const [i, phase] of steps.entries())
    await report('connections', 't35:x', { phase, health: 'healthy', final: true, seq: i + 1 });
  await report('connections', 't35:mark', { agent: 't35', service: 'y', phase: 'connected', health: 'healthy' });
  await until('what comes after the replay', () => view.view.rows.length === 2);
  expect(view.view.rows.find(({ id }) => id === 't35:x')).toMatchObject({ phase: 'failed', health: 'unhealthy' });
  expect(said.slice(told).every((line) => line.includes('failed'))).toBe(true);
  // Who comes now gets the state, not the log.
  const late = sw.connections.where({ agent: 't35', phase: 'failed' }).subscribe(() => undefined);
  await until('the state', () => late.view.get().status === 'live');
  expect(late.view.rows).toHaveLength(1);
  view.close();
  late.close();
});

test('T36 nobody reads without a credential, and nobody reports with one that only reads', async () => {
  const stranger = createClient({ url: server.url, token: 'not-a-key' });
  const seen = stranger.services.subscribe(() => undefined);
  await until('the refusal', () => seen.view.get().status === 'denied');
  expect(seen.view.rows).toEqual([]);
  stranger.close();
  expect((await server.api('GET', '/v1/services', undefined, { key: null })).status).toBe(401);

  const reader = client(await key('read'));
  const mayRead = reader.services.subscribe(() => undefined);
  await until('rows', () => mayRead.view.get().status === 'live');
  const result = await reader.connections.report('t36:x', { agent: 't36', service: 'x', phase: 'connected' });
  expect(result).toMatchObject({ ok: false, code: 'forbidden' });
  reader.close();

  const reporter = client(await key('report'));
  expect(await reporter.connections.report('t36:x', { agent: 't36', service: 'x', phase: 'connected' })).toMatchObject({
    ok: true,
  });
  const mayNot = reporter.connections.subscribe(() => undefined);
  await until('the refusal', () => mayNot.view.get().status === 'denied');
  expect(mayNot.view.rows).toEqual([]);
  reporter.close();
});

test('T12 what is logged and what is shown are one: killed in between, they say the same', async () => {
  for (let round = 0; round < 3; round += 1) {
    let acked = 0;
    const reports = (async (): Promise<void> => {
      for (let i = 0; ; i += 1) {
        const health = i % 2 === 0 ? 'unhealthy' : 'healthy';
        const done = await server
          .api('POST', '/v1/reports', {
            collection: 'connections',
            id: 't12:x',
            agent: 't12',
            service: 'x',
            health,
            final: true,
          })
          .catch(() => null);
        if (done?.status !== 200) return;
        acked += 1;
      }
    })();
    await until('some reports', () => acked > 20);
    await server.kill();
    await reports;
    await server.launch();
    const shown = (await server.api('GET', '/v1/connections/t12:x')).body;
    const log = (await server.api('GET', '/v1/connections/t12:x/history?limit=5')).body;
    // Health, not the word on screen: what changes this often is flapping, and then the worst word stays.
    expect(log.transitions[0].to).toBe(shown.health === 'healthy' ? 'up' : 'down');
    expect(log.transitions.length).toBeGreaterThan(0);
  }
});

test('T37 a restart is silent: what is known is known again, no status is told anew and no alert opened', async () => {
  const ids = ['t17', 't18', 't20'];
  for (const id of ids) await status(id, 'up');
  const before = await Promise.all(ids.map(transitions));
  const since = await Promise.all(ids.map(async (id) => (await row(id)).since));
  const alerts = await opened();
  await server.kill();
  await server.launch();
  const back = Date.now();
  const first = await Promise.all(ids.map(row));
  expect(first.map(({ status: word }) => word)).toEqual(['up', 'up', 'up']);
  for (const id of ids) await until(`${id} to be looked at`, async () => ((await row(id)).observedAt ?? 0) > back);
  expect(await Promise.all(ids.map(transitions))).toEqual(before);
  expect(await Promise.all(ids.map(async (id) => (await row(id)).since))).toEqual(since);
  expect(await opened()).toEqual(alerts);
});

/** Alerts that were ever opened about services. */
async function opened(): Promise<readonly string[]> {
  const { rows } = (await server.api('GET', '/v1/alerts?limit=100')).body;
  return rows.map(({ id, startedAt }: { id: string; startedAt: number }) => `${id} ${startedAt}`).toSorted();
}

function client(token: string): Client {
  return createClient({ url: server.url, token });
}

async function key(scope: string): Promise<string> {
  const made = await server.api('POST', '/v1/keys', { name: `defects ${scope}`, scope });
  return made.body.secret;
}

async function addService(id: string, check: object = {}, kind = 'http'): Promise<Service> {
  const made = await server.api('POST', '/v1/services', {
    id,
    name: id,
    kind,
    target: `http://127.0.0.1:${addressOf(target).port}/${id}`,
    check: { intervalMs: 1_000, timeoutMs: 900, ...check },
  });
  expect([made.status, made.body.code]).toEqual([201, undefined]);
  return row(id);
}

async function report(collection: string, id: string, fields: object): Promise<void> {
  const done = await server.api('POST', '/v1/reports', { collection, id, ...fields });
  expect([done.status, done.body.code]).toEqual([200, undefined]);
}

async function row(id: string): Promise<Service> {
  return (await server.api('GET', `/v1/services/${id}`)).body;
}

async function status(id: string, word: string): Promise<void> {
  await until(`${id} to be ${word}`, async () => (await row(id)).status === word);
}

function history(id: string): Promise<Reply> {
  return server.api('GET', `/v1/services/${id}/history?limit=500`);
}

/** Newest first. */
async function transitions(id: string): Promise<readonly string[]> {
  const all: readonly { readonly from: string; readonly to: string }[] = (await history(id)).body.transitions;
  return all.map(({ from, to }) => `${from}>${to}`);
}

function listen(on: Server, port: number): Promise<void> {
  return new Promise((resolve) => on.listen(port, '127.0.0.1', resolve));
}

function closed(on: Server): Promise<void> {
  return new Promise((resolve) => {
    on.close(() => resolve());
    on.closeAllConnections();
  });
}

function addressOf(on: Server): { readonly port: number } {
  const address = on.address();
  if (typeof address !== 'object' || address === null) throw new Error('the target does not listen');
  return address;
}
