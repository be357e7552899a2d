/**
 * Private channels, broadcasts by REST and what is told again, with unmodified clients against a real server: who may do what in
 * a topic is what the policies of the configuration say of the token's claims.
 */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Phoenix } from './harness/phoenix.ts';
import { TestServer } from './harness/server.ts';
import { CLIENTS, newest, type Channel, type Client, type Heard, type Open } from './harness/supabase-clients.ts';
import { until } from './harness/until.ts';

const SECRET = 'a shared secret of at least 32 characters';
const dir = mkdtempSync(join(tmpdir(), 'statewire-topics-'));
/** The oldest release, realtime-js 2.9.3, knows no private channels: to the server its channels are public ones. */
const PRIVATE = { config: { private: true, broadcast: { ack: true } } };

let server: TestServer;
let key: string;

beforeAll(async () => {
  const policies = [
    { topic: 'team:{claims.app_metadata.team}:*' },
    { topic: 'news:*', may: ['read'], claims: { plan: 'paid' } },
    { topic: 'ops', needs: 'alerts:ack', of: ['broadcast'] },
  ];
  const config = {
    auth: { jwt: [{ issuer: 'test', audience: 'app', secret: SECRET }] },
    realtime: { topics: policies },
  };
  writeFileSync(join(dir, 'statewire.yaml'), JSON.stringify(config));
  server = await TestServer.start({ STATEWIRE_CONFIG: join(dir, 'statewire.yaml') });
  key = (await server.api('POST', '/v1/keys', { name: 'app', scope: 'read' })).body.secret;
});

afterAll(async () => {
  await server?.close();
  rmSync(dir, { recursive: true, force: true });
});

function tokenOf(sub: string, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const said = { iss: 'test', aud: 'app', sub, org: 'main', scope: 'read', exp, ...claims };
  const body = `${part({ alg: 'HS256' })}.${part(said)}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

const red = { app_metadata: { team: 'red' } };
const blue = { app_metadata: { team: ['blue', 'green'] } };

function person(open: Open, sub: string, claims: object): Client {
  const client = open(server.port, key);
  client.auth(tokenOf(sub, claims));
  onTestFinished(() => client.end());
  return client;
}

/** Joins and keeps what is heard; resolves with how it ended. */
async function joined(client: Client, name: string, options: Readonly<Record<string, unknown>> = PRIVATE) {
  const heard: Heard[] = [];
  let status = '';
  let why = '';
  const channel = client.channel(name, options);
  channel
    .on('broadcast', { event: '*' }, (message) => heard.push(message))
    .on('presence', { event: 'sync' }, () => {})
    .subscribe((told, error) => {
      status = told;
      why = error?.message ?? '';
    });
  await until(`${name} to be joined or refused`, () => status !== '');
  return { channel, heard, status, why };
}

test.each(CLIENTS.slice(1))(
  '[SB11] [AT3] %s: a private channel is for those whom a policy names, another one than the public, and a row for who is not let in',
  async (name, open) => {
    const topic = `team:red:${name}`;
    const ada = await joined(person(open, 'ada', red), topic);
    const bob = person(open, `bob of ${name}`, blue);
    const cleo = await joined(person(open, 'cleo', red), topic);
    expect([ada.status, cleo.status]).toEqual(['SUBSCRIBED', 'SUBSCRIBED']);
    const refused = await joined(bob, topic);
    expect(refused.status).toBe('CHANNEL_ERROR');
    expect(refused.why).toContain('Unauthorized: You do not have permissions to read from this Channel topic');
    await until('the refusal to be a row', async () => {
      const { body } = await server.api('GET', '/v1/audit?action=topics:read&outcome=forbidden');
      const rows: readonly { readonly actor: { readonly id: string }; readonly target: { readonly id: string } }[] =
        body.rows;
      return rows.some(({ actor, target }) => actor.id === `test|bob of ${name}` && target.id === topic.slice(0, 64));
    });
    const outside = await joined(person(open, 'dora', blue), topic, { config: { broadcast: { ack: true } } });
    expect(outside.status).toBe('SUBSCRIBED');

    const say = (channel: Channel, x: number) => channel.send({ type: 'broadcast', event: 'move', payload: { x } });
    expect(await say(outside.channel, 1)).toBe('ok');
    expect(await say(ada.channel, 2)).toBe('ok');
    await until('it to be heard', () => cleo.heard.length > 0);
    expect(cleo.heard.map(({ payload }) => payload.x)).toEqual([2]);
    expect(outside.heard).toEqual([]);
    expect(await ada.channel.track({ name: 'Ada' })).toBe('ok');
    await until('her to be seen', () => Object.keys(cleo.channel.presenceState()).length === 1);
    expect(outside.channel.presenceState()).toEqual({});

    // Who may only read is told so when it speaks, and nobody hears it.
    const reader = await joined(person(open, 'emma', { plan: 'paid' }), `news:${name}`);
    const other = await joined(person(open, 'finn', { plan: 'paid' }), `news:${name}`);
    expect([reader.status, other.status]).toEqual(['SUBSCRIBED', 'SUBSCRIBED']);
    expect(await say(reader.channel, 3)).toBe('error');
    expect(await reader.channel.track({ name: 'Emma' })).toBe('error');
    expect((await joined(person(open, 'gus', { plan: 'free' }), `news:${name}`)).status).toBe('CHANNEL_ERROR');
    expect(other.heard).toEqual([]);
  },
);

test.each(CLIENTS.slice(1))(
  '[SB12] %s: what is sent before joining goes by REST and is heard by who is there',
  async (name, open) => {
    const topic = `team:red:rest ${name}/ü`;
    const there = await joined(person(open, 'ada', red), topic);
    const inPublic = await joined(person(open, 'ada', red), topic, { config: { private: false } });
    const send = (client: Client, x: number, options: Readonly<Record<string, unknown>>) =>
      client.channel(topic, options).send({ type: 'broadcast', event: 'move', payload: { x } });
    expect(await send(person(open, 'bob', blue), 1, PRIVATE)).toBe('error');
    expect(await send(person(open, 'cleo', red), 2, PRIVATE)).toBe('ok');
    // The key of the app, without a person.
    const app = open(server.port, key);
    onTestFinished(() => app.end());
    expect(await send(app, 3, { config: { private: false } })).toBe('ok');
    await until('both to hear', () => there.heard.length > 0 && inPublic.heard.length > 0);
    expect(there.heard.map(({ event, payload }) => [event, payload.x])).toEqual([['move', 2]]);
    expect(inPublic.heard.map(({ payload }) => payload.x)).toEqual([3]);
  },
);

test.each(newest(1))(
  '[SB12] [SB13] %s: httpSend in text and bytes, kept and told again to who asks',
  async (_, open) => {
    const topic = 'team:red:log';
    const ada = person(open, 'ada', red).channel(topic, PRIVATE);
    const since = Date.now() - 1;
    expect(await ada.httpSend?.('said', { x: 1 })).toEqual({ success: true });
    expect(await ada.httpSend?.('said', { x: 2 }, { persist: { ttl: 60 } })).toEqual({ success: true });
    expect(await ada.httpSend?.('bytes', new Uint8Array([7, 8]))).toEqual({ success: true });
    const bob = person(open, 'bob', blue).channel(topic, PRIVATE);
    await expect(bob.httpSend?.('said', { x: 9 })).rejects.toThrow('Unauthorized');

    const asked = (replay: object) => ({ config: { private: true, broadcast: { replay } } });
    const late = await joined(person(open, 'cleo', red), topic, asked({ since }));
    await until('all three', () => late.heard.length === 3);
    expect(late.heard.map(({ event }) => event)).toEqual(['said', 'said', 'bytes']);
    expect(late.heard.every(({ meta }) => meta?.replayed === true)).toBe(true);
    expect(new Uint8Array(late.heard[2]?.payload as unknown as ArrayBuffer)).toEqual(new Uint8Array([7, 8]));
    const last = await joined(person(open, 'dora', red), topic, asked({ since, limit: 1 }));
    await until('the last', () => last.heard.length === 1);
    expect(last.heard[0]?.event).toBe('bytes');
    const none = await joined(person(open, 'emma', red), topic, asked({ since: Date.now() + 60_000 }));
    expect(await ada.httpSend?.('said', { x: 4 })).toEqual({ success: true });
    await until('what is new', () => none.heard.length === 1);
    expect(none.heard[0]?.meta).toBeUndefined();
  },
);

test('[SB11] a policy that asks for a permission ends when the permission does, on an open channel', async () => {
  const invited = await server.api('POST', '/v1/invites', { email: 'op@example.org', role: 'operator' });
  const token = /#\/welcome\/([\w-]+)/u.exec(invited.body.path)?.[1] ?? '';
  const account = { token, email: 'op@example.org', name: 'Op', password: 'correct horse battery staple' };
  const own = { key: null, headers: { origin: server.url } };
  const welcomed = await server.api('POST', '/v1/welcome', account, own);
  const cookie = welcomed.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
  const { id } = welcomed.body.user;
  expect((await server.api('PATCH', `/v1/members/${id}`, { role: 'admin' })).status).toBe(200);
  const permissions = ['alerts:ack', 'services:read'];
  const mine = { key: null, headers: { ...own.headers, cookie: cookie.join('; ') } };
  const { secret } = (await server.api('POST', '/v1/keys', { name: 'op', permissions }, mine)).body;

  const line = await Phoenix.open(server.url, secret);
  onTestFinished(() => line.end());
  const reply = await line.join('ops', { private: true, presence: { enabled: true } });
  expect(reply.payload.status).toBe('ok');
  // Presence is not what the policy gives: no state of it is told, and nobody may show themselves.
  expect(line.of('ops').map(({ event }) => event)).toEqual(['phx_reply']);
  const tracked = await line.answer(line.say('realtime:ops', 'presence', { event: 'track', payload: { a: 1 } }));
  expect(tracked.payload).toMatchObject({ status: 'error' });
  expect((await server.api('PATCH', `/v1/members/${id}`, { role: 'viewer' })).status).toBe(200);
  await line.heard('the end', ({ topic, event }) => topic === 'realtime:ops' && event === 'phx_error');
  expect(line.of('ops').at(-2)?.payload.message).toContain('Unauthorized');
  expect((await line.join('ops', { private: true })).payload.status).toBe('error');
  expect((await line.join('ops', { private: false })).payload.status).toBe('ok');
});

test('[SB12] REST is asked who calls before anything else, and says what is wrong', async () => {
  const path = '/realtime/v1/api/broadcast';
  const post = (body: unknown, headers: Readonly<Record<string, string>> = { apikey: key }, at = path) =>
    server.api('POST', at, body, { key: null, headers });
  const message = { topic: 'lobby', event: 'hi', payload: { x: 1 } };
  expect((await post({ messages: [message] })).status).toBe(202);
  expect((await post({ messages: [message] }, {}, `${path}?apikey=${key}&vsn=2.0.0`)).status).toBe(202);
  expect((await post({ messages: [message] }, { apikey: key, authorization: '' })).status).toBe(202);
  expect((await post({ messages: 'x' }, {})).status).toBe(401);
  expect((await post({ messages: [message] }, { apikey: 'sw_wrong' })).status).toBe(401);
  for (const messages of [
    'x',
    [],
    [{ ...message, topic: '' }],
    [{ ...message, topic: 'ü'.repeat(128) }],
    [{ ...message, payload: 'text' }],
    Array.from({ length: 101 }, () => message),
  ]) {
    expect((await post({ messages })).status, JSON.stringify(messages).slice(0, 60)).toBe(422);
  }
  expect((await post({ messages: [{ ...message, payload: { x: 'x'.repeat(70_000) } }] })).status).toBe(413);
  expect((await post({ messages: [message, { ...message, private: true }] })).status).toBe(403);
  expect((await post({ x: 1 }, { apikey: key }, `${path}/lobby/events/hi`)).status).toBe(202);
  expect((await post({ x: 1 }, { apikey: key }, `${path}/lobby/events/hi?persist=true`)).status).toBe(400);
  const asked = await fetch(`${server.url}${path}`, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-headers': 'apikey,authorization,content-type' },
  });
  expect(asked.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect(asked.headers.get('access-control-allow-headers')).toContain('apikey');
});

test.each(newest(1))(
  '[SB13] %s: what was answered for is told again after a kill -9, once and in order',
  async (_, open) => {
    const topic = 'team:red:crash';
    const replay = { config: { private: true, broadcast: { ack: true, replay: { since: Date.now() - 1 } } } };
    const ada = await joined(person(open, 'ada', red), topic);
    expect(await ada.channel.send({ type: 'broadcast', event: 'said', payload: { x: 1 } })).toBe('ok');
    expect(await ada.channel.httpSend?.('said', { x: 2 })).toEqual({ success: true });
    expect(await ada.channel.httpSend?.('bytes', new Uint8Array([7, 8]))).toEqual({ success: true });
    await server.kill();
    await server.launch();
    const bob = await joined(person(open, 'bob', red), topic, replay);
    expect(await bob.channel.send({ type: 'broadcast', event: 'said', payload: { x: 4 } })).toBe('ok');
    await until('all of before', () => bob.heard.length === 3);
    expect(bob.heard.map(({ event, payload }) => [event, payload.x])).toEqual([
      ['said', 1],
      ['said', 2],
      ['bytes', undefined],
    ]);
    const cleo = await joined(person(open, 'cleo', red), topic, replay);
    await until('all of it', () => cleo.heard.length === 4);
    expect(cleo.heard.at(-1)?.payload.x).toBe(4);
    const blueOne = await joined(person(open, 'dora', blue), topic, replay);
    expect(blueOne.status).toBe('CHANNEL_ERROR');
  },
);
