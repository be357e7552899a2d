/**
 * What the tests of Supabase's own client say that it does, where a server takes part in it. Those tests are not in its package, and
 * nearly all of them speak to a socket that is made up; here the same behaviours are asked of the unmodified client and this server.
 */
import { RealtimeClient, type RealtimeChannel, type RealtimeClientOptions } from '@supabase/realtime-js';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { CutProxy } from './harness/cut.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let proxy: CutProxy;
let key: string;

beforeAll(async () => {
  server = await TestServer.start();
  proxy = await CutProxy.open(server.port);
  key = (await server.api('POST', '/v1/keys', { name: 'app', scope: 'read' })).body.secret;
});

afterAll(async () => {
  await proxy?.close();
  await server?.close();
});

type Vsn = '1.0.0' | '2.0.0';

/** A client and the names of a test of its own: one server serves them all. */
interface Desk {
  readonly tag: string;
  readonly client: RealtimeClient;
  readonly open: (options?: RealtimeClientOptions) => RealtimeClient;
}

function deskOf(vsn: Vsn, tag: string): Desk {
  const open = (options: RealtimeClientOptions = {}): RealtimeClient => {
    const url = `ws://127.0.0.1:${proxy.port}/realtime/v1`;
    const client = new RealtimeClient(url, { params: { apikey: key }, vsn, reconnectAfterMs: () => 50, ...options });
    onTestFinished(() => void client.disconnect());
    return client;
  };
  return { tag, client: open(), open };
}

/** Subscribes and waits for the first word about it. */
async function subscribed(channel: RealtimeChannel): Promise<{ readonly told: string[]; readonly errors: string[] }> {
  const told: string[] = [];
  const errors: string[] = [];
  channel.subscribe((status, error) => {
    told.push(status);
    if (error !== undefined) errors.push(error.message);
  });
  await until(`${channel.topic} to be told of`, () => told.length > 0);
  return { told, errors };
}

const make = (id: string, name = id) =>
  server.api('POST', '/v1/services', { id, name, kind: 'heartbeat', check: { intervalMs: 600_000 } });

const BEHAVIOURS: Readonly<Record<string, (desk: Desk) => Promise<void>>> = {
  async 'connects, says so, and is closed after disconnect'({ client }) {
    expect(client.isConnected()).toBe(false);
    client.connect();
    await until('it to be open', () => client.isConnected());
    expect(client.connectionState()).toBe('open');
    void client.disconnect();
    await until('it to be closed', () => client.connectionState() === 'closed');
  },
  async 'a heartbeat is sent and answered'({ client }) {
    const said: string[] = [];
    client.onHeartbeat((status) => said.push(status));
    client.connect();
    await until('it to be open', () => client.isConnected());
    await client.sendHeartbeat();
    await until('the answer', () => said.includes('ok'));
    expect(said.slice(0, 2)).toEqual(['sent', 'ok']);
  },
  async 'what is pushed before the socket is open is sent when it is'({ client, tag }) {
    const { told } = await subscribed(client.channel(tag));
    expect(told).toEqual(['SUBSCRIBED']);
  },
  async 'subscribing again while joined changes nothing'({ client, tag }) {
    const channel = client.channel(tag);
    const { told } = await subscribed(channel);
    for (let n = 0; n < 10; n += 1) channel.subscribe();
    expect([channel.state, told]).toEqual(['joined', ['SUBSCRIBED']]);
  },
  async 'unsubscribing is answered, closes the channel, and the topic can be joined again'({ client, tag }) {
    const channel = client.channel(tag);
    const { told } = await subscribed(channel);
    expect(await channel.unsubscribe()).toBe('ok');
    expect([channel.state, told]).toEqual(['closed', ['SUBSCRIBED', 'CLOSED']]);
    expect((await subscribed(client.channel(tag))).told).toEqual(['SUBSCRIBED']);
  },
  async 'channels are removed one by one and all at once'({ client, tag }) {
    const channels = [1, 2, 3].map((n) => client.channel(`${tag}-${n}`));
    for (const channel of channels) await subscribed(channel);
    const [first] = channels;
    expect(first === undefined ? '' : await client.removeChannel(first)).toBe('ok');
    expect(client.getChannels()).toHaveLength(2);
    expect(await client.removeAllChannels()).toEqual(['ok', 'ok']);
    expect(client.getChannels()).toEqual([]);
  },
  async 'the server echoes its bindings, and the client finds its own in them'({ client, tag }) {
    const channel = client
      .channel(tag)
      .on('postgres_changes', { event: '*', schema: '*' }, () => {})
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'services' }, () => {})
      .on('postgres_changes', { event: 'UPDATE', schema: 'public', table: 'services', filter: 'id=eq.1' }, () => {});
    expect(await subscribed(channel)).toEqual({ told: ['SUBSCRIBED'], errors: [] });
  },
  async 'with wait it is subscribed when the database is listened to'({ client, tag }) {
    const seen: string[] = [];
    const channel = client
      .channel(tag, { config: { postgres_changes_options: { wait: true, timeout: 5_000 } } })
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'services' }, ({ new: row }) =>
        seen.push(String(row['id'])),
      );
    expect((await subscribed(channel)).told).toEqual(['SUBSCRIBED']);
    await make(tag);
    await until('the row', () => seen.includes(tag));
  },
  async 'a table that there is not is an error with its reason'({ client, tag }) {
    const channel = client.channel(tag);
    channel.on('postgres_changes', { event: '*', schema: 'public', table: 'no_such_table' }, () => {});
    const { told, errors } = await subscribed(channel);
    expect(told[0]).toBe('CHANNEL_ERROR');
    expect(errors[0]).toContain('no_such_table');
  },
  async 'inserts, updates and deletes come to the listeners that asked for them, and to no other'({ client, tag }) {
    const heard: Record<string, string[]> = { '*': [], INSERT: [], UPDATE: [], DELETE: [], other: [] };
    const channel = client.channel(tag);
    const at = { schema: 'public', table: 'services', filter: `id=eq.${tag}` };
    channel.on('postgres_changes', { event: '*', ...at }, ({ eventType }) => heard['*']?.push(eventType));
    channel.on('postgres_changes', { event: 'INSERT', ...at }, ({ eventType }) => heard['INSERT']?.push(eventType));
    channel.on('postgres_changes', { event: 'UPDATE', ...at }, ({ eventType }) => heard['UPDATE']?.push(eventType));
    channel.on('postgres_changes', { event: 'DELETE', ...at }, ({ eventType }) => heard['DELETE']?.push(eventType));
    channel.on('postgres_changes', { event: '*', ...at, filter: 'id=eq.other' }, ({ eventType }) =>
      heard['other']?.push(eventType),
    );
    await subscribed(channel);
    await make(tag);
    await until('the insert', () => heard['INSERT']?.length === 1);
    await server.api('PATCH', `/v1/services/${tag}`, { name: 'other' });
    await until('the update', () => (heard['UPDATE']?.length ?? 0) > 0);
    await server.api('DELETE', `/v1/services/${tag}`);
    await until('the delete', () => heard['DELETE']?.length === 1 && heard['*']?.at(-1) === 'DELETE');
    expect(new Set(heard['UPDATE'])).toEqual(new Set(['UPDATE']));
    expect(heard).toMatchObject({ INSERT: ['INSERT'], DELETE: ['DELETE'], other: [] });
    expect(heard['*']?.[0]).toBe('INSERT');
  },
  async 'a change says its schema, table, time, rows and no errors'({ client, tag }) {
    const seen: object[] = [];
    const channel = client
      .channel(tag)
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'mcp_servers' }, (change) => {
        if (change.new['id'] === tag) seen.push(change);
      });
    await subscribed(channel);
    await server.api('POST', '/v1/services', {
      id: tag,
      name: 'One',
      kind: 'heartbeat',
      check: { intervalMs: 600_000 },
    });
    await until('the row', () => seen.length === 1);
    expect(seen[0]).toMatchObject({
      schema: 'public',
      table: 'mcp_servers',
      eventType: 'INSERT',
      commit_timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u),
      new: { id: tag, name: 'One' },
      old: {},
      errors: null,
    });
  },
  async 'a system message says that the database is listened to, and one that replication is ready'({ client, tag }) {
    const said: string[] = [];
    const channel = client
      .channel(tag, { config: { broadcast: { replication_ready: true } } })
      .on('postgres_changes', { event: '*', schema: 'public', table: 'services' }, () => {})
      .on('system', {}, ({ extension, status, channel: of }) => said.push(`${extension} ${status} ${of}`));
    await subscribed(channel);
    await until('both', () => said.length === 2);
    expect(said.toSorted()).toEqual([`postgres_changes ok ${tag}`, `system ok ${tag}`]);
  },
  async 'a broadcast goes to others, and to oneself when asked for'({ open, tag }) {
    const heard: string[] = [];
    const of = (name: string, self: boolean): RealtimeChannel =>
      open()
        .channel(tag, { config: { broadcast: { self, ack: true } } })
        .on('broadcast', { event: 'a' }, ({ payload }) => heard.push(`${name} a ${payload['n']}`))
        .on('broadcast', { event: '*' }, ({ event }) => heard.push(`${name} * ${event}`));
    const [one, two] = [of('one', true), of('two', false)];
    await subscribed(one);
    await subscribed(two);
    expect(await one.send({ type: 'broadcast', event: 'a', payload: { n: 1 } })).toBe('ok');
    expect(await two.send({ type: 'broadcast', event: 'b', payload: {} })).toBe('ok');
    await until('all', () => heard.length === 5);
    expect(heard.toSorted()).toEqual(['one * a', 'one * b', 'one a 1', 'two * a', 'two a 1']);
  },
  async 'what is sent before joining goes by REST, and httpSend says whether it was taken'({ client, open, tag }) {
    const heard: unknown[] = [];
    await subscribed(
      open()
        .channel(tag)
        .on('broadcast', { event: 'x' }, ({ payload }) => heard.push(payload)),
    );
    expect(await client.channel(tag).httpSend('x', { n: 1 })).toEqual({ success: true });
    await until('it', () => heard.length === 1);
    const stranger = open({ params: { apikey: 'sw_wrong' } }).channel(tag);
    await expect(stranger.httpSend('x', { n: 2 })).rejects.toThrow(/./u);
    expect(heard).toEqual([{ n: 1 }]);
  },
  async 'presence: join, sync, a new state of the same one, leave'({ open, tag }) {
    const said: string[] = [];
    const watcher = open().channel(tag, { config: { presence: { key: 'watcher' } } });
    watcher
      .on('presence', { event: 'sync' }, () => said.push('sync'))
      .on('presence', { event: 'join' }, ({ key: of, newPresences }) =>
        said.push(`join ${of} ${newPresences.map(({ at }) => at).join(' ')}`),
      )
      .on('presence', { event: 'leave' }, ({ key: of }) => said.push(`leave ${of}`));
    await subscribed(watcher);
    const ada = open().channel(tag, { config: { presence: { key: 'ada' } } });
    await subscribed(ada);
    expect(await ada.track({ at: 'home' })).toBe('ok');
    await until('her', () => said.includes('join ada home'));
    expect(await ada.track({ at: 'work' })).toBe('ok');
    await until('her move', () => watcher.presenceState<{ at: string }>()['ada']?.[0]?.at === 'work');
    expect(watcher.presenceState()['ada']).toHaveLength(1);
    expect(await ada.untrack()).toBe('ok');
    await until('her leaving', () => said.at(-1) === 'sync' && said.includes('leave ada'));
    expect(watcher.presenceState()).toEqual({});
  },
  async 'the token of a callback is used, at the latest for joining again'({ open, tag }) {
    let asked = 0;
    // The key is one of Supabase's: here it is nobody's, and a callback may answer after the first join was sent.
    const client = open({ accessToken: async () => ((asked += 1), key), params: { apikey: 'sb_publishable_x' } });
    const { told } = await subscribed(client.channel(tag));
    await until('it to be joined', () => told.at(-1) === 'SUBSCRIBED');
    expect(asked).toBeGreaterThan(0);
    // Who waits for the token first is joined at once.
    const patient = open({ accessToken: async () => key, params: { apikey: 'sb_publishable_x' } });
    await patient.setAuth();
    expect((await subscribed(patient.channel(tag))).told[0]).toBe('SUBSCRIBED');
  },
  async 'a token that is set is told to joined channels, a bad one ends them'({ client, tag }) {
    const { told } = await subscribed(client.channel(tag));
    await client.setAuth(key);
    await client.setAuth('sw_wrong');
    await until('the error', () => told.includes('CHANNEL_ERROR'));
    expect(told).not.toContain('CLOSED');
  },
  async 'after the connection was lost every channel is joined again, by itself'({ client, tag }) {
    const heard: unknown[] = [];
    const channels = [1, 2, 3].map((n) =>
      client
        .channel(`${tag}-${n}`, { config: { broadcast: { self: true } } })
        .on('broadcast', { event: 'x' }, () => heard.push(n)),
    );
    const all = await Promise.all(channels.map(subscribed));
    proxy.cut();
    await until('it to be lost', () => all.every(({ told }) => told.length > 1));
    proxy.mend();
    await until('all to be back', () => all.every(({ told }) => told.at(-1) === 'SUBSCRIBED'));
    for (const channel of channels) void channel.send({ type: 'broadcast', event: 'x', payload: {} });
    await until('each to be heard', () => heard.length === 3);
  },
  async 'a join that is refused is tried again, and one that works then is joined'({ client, tag }) {
    const id = `late-${tag}`;
    const made = (await server.api('POST', '/v1/keys', { name: id, permissions: ['agents:read'] })).body;
    await client.setAuth(made.secret);
    const channel = client.channel(tag);
    channel.on('postgres_changes', { event: '*', schema: 'public', table: 'services' }, () => {});
    const { told } = await subscribed(channel);
    expect(told[0]).toBe('CHANNEL_ERROR');
    await client.setAuth(key);
    await until('it to be joined', () => told.at(-1) === 'SUBSCRIBED');
  },
};

const CELLS = (['1.0.0', '2.0.0'] as const).flatMap((vsn) =>
  Object.entries(BEHAVIOURS).map(([what, does], n) => [vsn, what, does, `b${n}-v${vsn.slice(0, 1)}`] as const),
);

test.each(CELLS)('[SB16] vsn %s: %s', async (vsn, _, does, tag) => does(deskOf(vsn, tag)));

test('[SB16] vsn 2.0.0: bytes are told as bytes', async () => {
  const { open, tag } = deskOf('2.0.0', 'bytes');
  const heard: unknown[] = [];
  await subscribed(
    open()
      .channel(tag)
      .on('broadcast', { event: 'x' }, ({ payload }) => heard.push(payload)),
  );
  const sender = open().channel(tag, { config: { broadcast: { ack: true } } });
  await subscribed(sender);
  expect(await sender.send({ type: 'broadcast', event: 'x', payload: new Uint8Array([0, 255, 7]).buffer })).toBe('ok');
  await until('them', () => heard.length === 1);
  expect(heard[0]).toEqual(new Uint8Array([0, 255, 7]).buffer);
});

test('[SB8] each change is told once, in order, and nothing of other records', async () => {
  const { client } = deskOf('2.0.0', 'once');
  const told: string[] = [];
  const channel = client.channel('once');
  channel.on(
    'postgres_changes',
    { event: '*', schema: 'public', table: 'customers', filter: 'name=like.in%' },
    ({ eventType, new: row, old }) =>
      told.push(`${eventType} ${String(eventType === 'DELETE' ? old['id'] : row['id'])}`),
  );
  await subscribed(channel);
  const at = '/v1/customers';
  // One after the other is awaited as told, so that none of them is one change with the next.
  for (const [method, path, body, expected] of [
    ['POST', at, { id: 'once', name: 'in 1' }, 'INSERT once'],
    ['PATCH', `${at}/once`, { name: 'in 2' }, 'UPDATE once'],
    ['PATCH', `${at}/once`, { name: 'out' }, 'DELETE once'],
    ['PATCH', `${at}/once`, { name: 'in 3' }, 'INSERT once'],
    ['DELETE', `${at}/once`, undefined, 'DELETE once'],
    ['POST', at, { id: 'other', name: 'out' }, null],
    ['PATCH', `${at}/other`, { name: 'still out' }, null],
    ['DELETE', `${at}/other`, undefined, null],
    ['POST', at, { id: 'last', name: 'in' }, 'INSERT last'],
  ] as const) {
    const before = told.length;
    expect((await server.api(method, path, body)).status).toBeLessThan(300);
    if (expected !== null) await until(expected, () => told.length > before);
  }
  expect(told).toEqual(['INSERT once', 'UPDATE once', 'DELETE once', 'INSERT once', 'DELETE once', 'INSERT last']);
});
