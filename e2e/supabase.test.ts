/**
 * Unmodified clients of Supabase Realtime, six releases of them, against a real server through a network that can be cut.
 * After each trouble the app holds what is true.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { CutProxy } from './harness/cut.ts';
import { TestServer, type Reply } from './harness/server.ts';
import { CLIENTS, newest, type Client, type Open } from './harness/supabase-clients.ts';
import { until } from './harness/until.ts';

const SECRET = { kind: 'heartbeat', name: 'secret', check: { intervalMs: 600_000 } } as const;

let server: TestServer;
let proxy: CutProxy;
let reader: string;

beforeAll(async () => {
  server = await TestServer.start();
  proxy = await CutProxy.open(server.port);
  reader = (await server.api('POST', '/v1/keys', { name: 'reader', scope: 'read' })).body.secret;
});

afterAll(async () => {
  await proxy.close();
  await server.close();
});

/** An app with one client: what it holds by what it was told. */
interface App {
  readonly tag: string;
  readonly client: Client;
  readonly held: Map<string, string>;
  /** What was told of records that it knows. */
  readonly types: string[];
  readonly inserted: Set<string>;
  readonly logged: Set<string>;
  readonly subscribed: Set<string>;
}

function appOf(name: string, open: Open): App {
  const client = open(proxy.port, reader);
  onTestFinished(() => client.end());
  const tag = name.replaceAll(/\W+/gu, '-').toLowerCase();
  const lists = { inserted: new Set<string>(), logged: new Set<string>(), subscribed: new Set<string>() };
  const app: App = { tag, client, held: new Map(), types: [], ...lists };
  const told = (channel: string) => (status: string) =>
    void (status === 'SUBSCRIBED' ? app.subscribed.add(channel) : app.subscribed.delete(channel));
  client
    .channel(`app-${tag}`)
    .on(
      'postgres_changes',
      { event: '*', schema: 'public', table: 'mcp_servers', filter: `name=like.${tag}%` },
      ({ eventType, new: row, old }) => {
        // Shortly after a restart everybody is told what was deleted before it, also who never held it. How often a record is
        // updated is the server's own affair as well: its state may follow within a moment.
        const isNews = eventType !== app.types.at(-1) && (eventType !== 'DELETE' || app.held.has(old.id));
        if (isNews) app.types.push(eventType);
        if (eventType === 'DELETE') app.held.delete(old.id);
        else app.held.set(row.id, row.name);
      },
    )
    .subscribe(told('filtered'));
  client
    .channel(`inserts-${tag}`)
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'services' }, ({ new: row }) =>
      app.inserted.add(row.id),
    )
    .on('postgres_changes', { event: '*', schema: '*', table: 'mcp_server_status_logs' }, ({ new: row }) =>
      app.logged.add(row.server_id),
    )
    .subscribe(told('inserts'));
  return app;
}

test('[SB1] [SB2] [SB4] [SB8] [SB14] every release joins, filters, and holds the truth after a cut and after a crash', async () => {
  const apps = CLIENTS.map(([name, open]) => appOf(name, open));
  /** Waits until it is so for each of them, and says for whom it is not. */
  const all = async (what: string, isSo: (app: App) => boolean): Promise<void> => {
    for (const app of apps) await until(`${what}, ${app.tag}`, () => isSo(app));
  };
  const each = async (does: (tag: string) => Promise<Reply>): Promise<void> => {
    for (const { tag } of apps) {
      const { status, body } = await does(tag);
      expect(status, JSON.stringify(body)).toBeLessThan(300);
    }
  };
  const make = (id: string, name: string) =>
    server.api('POST', '/v1/services', { id, name, kind: 'heartbeat', check: { intervalMs: 600_000 } });
  const rename = (id: string, name: string) => server.api('PATCH', `/v1/services/${id}`, { name });
  await all('both channels to be subscribed', ({ subscribed }) => subscribed.size === 2);

  await each((tag) => make(tag, `${tag}-1`));
  await each((tag) => make(`${tag}-other`, 'other'));
  await all('the insert', ({ held, tag }) => held.get(tag) === `${tag}-1`);
  for (const { types } of apps) expect(types[0]).toBe('INSERT');
  await each((tag) => rename(tag, `${tag}-2`));
  await all('the update', ({ held, tag }) => held.get(tag) === `${tag}-2`);
  await each((tag) => rename(tag, 'gone'));
  await all('leaving the filter', ({ held, tag }) => !held.has(tag));
  for (const { types } of apps) expect(types).toEqual(['INSERT', 'UPDATE', 'DELETE']);
  await each((tag) => make(`${tag}-gone`, `${tag}-gone`));
  await each((tag) => make(`${tag}-left`, `${tag}-left`));
  await all('two more', ({ held, tag }) => held.has(`${tag}-gone`) && held.has(`${tag}-left`));

  // While they are away one is changed, one is made, one is deleted and one leaves the filter. Supabase's own server tells none of it.
  proxy.cut();
  await each((tag) => rename(tag, `${tag}-3`));
  await each((tag) => rename(`${tag}-left`, 'left'));
  await each((tag) => server.api('DELETE', `/v1/services/${tag}-gone`));
  await each((tag) => make(`${tag}-new`, `${tag}-new`));
  proxy.mend();
  await all('what happened meanwhile', ({ held, tag }) => held.get(tag) === `${tag}-3` && held.has(`${tag}-new`));
  await all('what is gone', ({ held, tag }) => !held.has(`${tag}-gone`) && !held.has(`${tag}-left`));
  await all('what was made', ({ inserted, logged, tag }) => inserted.has(`${tag}-new`) && logged.has(`${tag}-new`));

  // Deleted while they are away, by a process that is not there any more when they come back.
  proxy.cut();
  await each((tag) => server.api('DELETE', `/v1/services/${tag}-new`));
  await server.kill();
  await server.launch();
  await each((tag) => rename(tag, `${tag}-4`));
  proxy.mend();
  await all('what happened over the crash', ({ held, tag }) => held.get(tag) === `${tag}-4` && !held.has(`${tag}-new`));
  for (const { held, tag } of apps) expect([...held.keys()]).toEqual([tag]);
});

test.each(CLIENTS)(
  '[SB6] [SB7] %s: broadcasts and presence reach another client, and the sender when it asks',
  async (name, open) => {
    const clients = [open(proxy.port, reader), open(proxy.port, reader)] as const;
    onTestFinished(() => clients.forEach((client) => client.end()));
    const heard: string[] = [];
    const joined: string[] = [];
    const [a, b] = clients.map((client, index) => {
      const channel = client.channel(`room-${name}`, {
        config: { broadcast: { self: index === 0, ack: true }, presence: { key: `p${index}` } },
      });
      channel
        .on('broadcast', { event: 'cursor' }, ({ payload }) => heard.push(`${index}:${payload.x}`))
        .on('presence', { event: 'sync' }, () => {})
        .subscribe((told) => told === 'SUBSCRIBED' && joined.push(`${index}`));
      return channel;
    });
    if (a === undefined || b === undefined) throw new Error('two channels');
    await until('both to be subscribed', () => joined.length === 2);
    expect(await a.send({ type: 'broadcast', event: 'cursor', payload: { x: 1 } })).toBe('ok');
    await until('everybody to hear the first', () => heard.length === 2);
    expect(heard.sort()).toEqual(['0:1', '1:1']);
    expect(await b.send({ type: 'broadcast', event: 'cursor', payload: { x: 2 } })).toBe('ok');
    await until('the other to hear the second', () => heard.includes('0:2'));
    expect(heard).not.toContain('1:2');
    expect(await a.track({ name: 'Ada' })).toBe('ok');
    await until('the other to see who is there', () => b.presenceState()['p0'] !== undefined);
    expect(b.presenceState()['p0']).toMatchObject([{ name: 'Ada' }]);
    clients[0].end();
    await until('the other to see that nobody is there', () => b.presenceState()['p0'] === undefined);
  },
);

test.each(newest(2))(
  '[SB15] %s: all tables at once, those it may read, and some columns of one',
  async (name, open) => {
    const permissions = ['services:read', 'agents:read'];
    const key = (await server.api('POST', '/v1/keys', { name: 'some', permissions })).body.secret;
    const client = open(proxy.port, key);
    onTestFinished(() => client.end());
    const tag = name.replaceAll(/\W+/gu, '-').toLowerCase();
    const all: string[] = [];
    const some: object[] = [];
    let isListening = false;
    client
      .channel('all')
      .on('postgres_changes', { event: '*', schema: '*' }, ({ table, new: row }) => all.push(`${table} ${row.id}`))
      .on(
        'postgres_changes',
        { event: 'INSERT', schema: 'public', table: 'services', select: ['id', 'name'], filter: `id=eq.star-${tag}` },
        ({ new: row }) => some.push(row),
      )
      .subscribe((told) => (isListening = told === 'SUBSCRIBED'));
    await until('the channel to be subscribed', () => isListening);
    await server.api('POST', '/v1/customers', { id: `star-${tag}`, name: 'Star' });
    await server.api('POST', '/v1/reports', {
      collection: 'agents',
      id: `star-${tag}`,
      name: 'Star',
      health: 'healthy',
    });
    await server.api('POST', '/v1/services', { ...SECRET, id: `star-${tag}`, name: 'star' });
    await until(
      'a service and an agent',
      () => all.includes(`services star-${tag}`) && all.includes(`agents star-${tag}`),
    );
    await until('its columns', () => some.length === 1);
    expect(some).toEqual([{ id: `star-${tag}`, name: 'star' }]);
    expect(all.filter((each) => !/^(?:services|agents) /u.test(each))).toEqual([]);
  },
);

test.each(newest(1))(
  '[SB3] %s: a key that may not read is refused in the wire, and one that is revoked hears nothing more',
  async (_, open) => {
    const bad = open(proxy.port, 'sw_wrong');
    let refused = '';
    bad
      .channel('x')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'services' }, () => {})
      .subscribe((told) => (refused = told));
    await until('the refusal', () => refused === 'CHANNEL_ERROR');
    bad.end();

    const made = (await server.api('POST', '/v1/keys', { name: 'short', scope: 'read' })).body;
    const client = open(proxy.port, made.secret);
    onTestFinished(() => client.end());
    const told: string[] = [];
    let rows = 0;
    client
      .channel('y')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'services' }, () => (rows += 1))
      .subscribe((status) => told.push(status));
    await until('the subscription', () => told.includes('SUBSCRIBED'));
    const id = made.id ?? made.key?.id;
    expect((await server.api('DELETE', `/v1/keys/${id}`)).status).toBeLessThan(300);
    await until('the error', () => told.includes('CHANNEL_ERROR'));
    const before = rows;
    // Somebody who may hear it does: by then the other would have heard it too.
    const witness = open(proxy.port, reader);
    onTestFinished(() => witness.end());
    const seen: string[] = [];
    let isWatching = false;
    witness
      .channel('z')
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'services' }, ({ new: row }) =>
        seen.push(row.id),
      )
      .subscribe((status) => (isWatching = status === 'SUBSCRIBED'));
    await until('the witness to be subscribed', () => isWatching);
    expect((await server.api('POST', '/v1/services', { ...SECRET, id: 'after-revoke' })).status).toBe(201);
    await until('the witness to hear it', () => seen.includes('after-revoke'));
    expect(rows).toBe(before);
  },
);

test.each(newest(1))(
  '[SB3] %s: the token of an embed opens nothing here, though it reads the same table at its own door',
  async (_, open) => {
    const made = await server.api('POST', '/v1/embeds', {
      id: 'panel',
      name: 'Panel',
      panel: 'list',
      views: [{ collection: 'services', filter: ['all'], fields: ['name', 'status'] }],
    });
    expect(made.status).toBe(201);
    const { token } = (await server.api('POST', '/v1/embeds/panel/token')).body;
    expect(token).toMatch(/^sw_embed_/u);
    const client = open(proxy.port, token);
    onTestFinished(() => client.end());
    const told: string[] = [];
    client
      .channel('embedded')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'services' }, () => told.push('row'))
      .subscribe((status) => told.push(status));
    await until('the refusal', () => told.includes('CHANNEL_ERROR'));
    expect(told).not.toContain('SUBSCRIBED');
    expect(told).not.toContain('row');
  },
);

test.each(['//', 'http://[', '/realtime/v1/websocket?vsn=%', '/realtime/v1/websocket/', '///realtime/v1/websocket'])(
  '[SB9] an upgrade to %s is refused, and the server lives',
  async (target) => {
    const { pid } = server;
    const socket = connect(server.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
    );
    await until('an answer', () => /^HTTP\/1\.1 40[04] /u.test(answer));
    expect((await server.api('GET', '/health')).status).toBe(200);
    expect(server.pid).toBe(pid);
    expect(server.output).not.toContain('"msg":"uncaught"');
  },
);
