/** What nobody's client says, over real sockets: refused in the wire's own form, and others are served as before. */
import { WebSocket } from 'ws';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CutProxy } from './harness/cut.ts';
import { Phoenix } from './harness/phoenix.ts';
import { TestServer } from './harness/server.ts';
import { newest } from './harness/supabase-clients.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let key: string;
let witness: Phoenix;
let pid: number;

beforeAll(async () => {
  server = await TestServer.start();
  pid = server.pid;
  key = (await server.api('POST', '/v1/keys', { name: 'reader', scope: 'read' })).body.secret;
  witness = await Phoenix.open(server.url, key);
  expect((await witness.listen('witness', 'services')).payload.status).toBe('ok');
});

/** Somebody who behaves is answered and told what happens, and the process is the same one. */
afterEach(async ({ task }) => {
  const id = `after-${task.id.replaceAll(/\W/gu, '-')}`;
  expect((await server.api('POST', `/v1/heartbeats/${id}?create=true&period=600000`)).status).toBe(200);
  await witness.heard('what happened', ({ payload }) => payload.data?.record?.id === id);
  expect(server.pid).toBe(pid);
  expect(server.output).not.toContain('"msg":"uncaught"');
});

afterAll(async () => {
  witness?.end();
  await server?.close();
});

const texts = ['77', '77', 'realtime:room', 'move', ''].map((text) => Buffer.from(text));
const whole = Buffer.concat([
  Buffer.from([3, ...texts.map(({ length }) => length), 1]),
  ...texts,
  Buffer.from('{"x":1}'),
]);

test('[SB9] binary frames that are cut anywhere, of wrong lengths and other kinds', async () => {
  const line = await Phoenix.open(server.url, key);
  const flaws = () => line.frames.filter(({ topic, payload }) => topic === 'phoenix' && payload.status === 'error');
  const frames = [
    ...Array.from({ length: whole.length }, (_, cut) => whole.subarray(0, cut)),
    Buffer.concat([Buffer.from([3, 255, 255, 255, 255, 255, 1]), whole]),
    Buffer.concat([Buffer.from([3, 0, 0, 255, 0, 0, 1]), whole]),
    Buffer.concat([Buffer.from([9]), whole.subarray(1)]),
    Buffer.concat([whole.subarray(0, 6), Buffer.from([7]), whole.subarray(7)]),
    Buffer.concat([whole, Buffer.from([0xff, 0xfe])]),
  ];
  for (const frame of frames) line.socket.send(frame);
  for (const text of ['', '{', '[]', '[1,2]', 'null', '"x"', '[null,"1","t","e",[]]', '{"topic":1}', '[[[[]]]]'])
    line.socket.send(text);
  await until('each to be refused', () => flaws().length === frames.length + 9);
  expect(line.closed).toBe(null);
  // The same one whole, of a topic that was not joined.
  line.socket.send(whole);
  await line.heard('unmatched topic', ({ event, payload }) => event === 'phx_reply' && payload.status === 'error');
  expect((await line.listen('later', 'services')).payload.status).toBe('ok');
  line.end();
});

test('[SB9] 10,000 joins in one go, and the next connection is served', async () => {
  const line = await Phoenix.open(server.url, key);
  for (let n = 0; n < 10_000; n += 1) line.say(`realtime:${n}`, 'phx_join', { config: {} });
  await until('the end of the connection', () => line.closed !== null);
  expect(line.closed).toBe(1013);
  const refused = line.frames.filter(({ payload }) => payload.status === 'error');
  expect(refused.some(({ payload }) => String(payload.response?.reason).startsWith('too_many_subs:'))).toBe(true);
  expect(String(refused.at(-1)?.payload.message)).toMatch(/^rate_limited: /u);
  const next = await Phoenix.open(server.url, key);
  expect((await next.listen('next', 'services')).payload.status).toBe('ok');
  next.end();
});

test('[SB9] topics and messages of every size', async () => {
  const line = await Phoenix.open(server.url, key);
  for (const name of ['', 'x'.repeat(300), 'ü'.repeat(200), 'x'.repeat(60_000)])
    line.say(`realtime:${name}`, 'phx_join', { config: {} });
  line.say('room', 'phx_join', { config: {} });
  line.say('realtime:room', 'x'.repeat(300));
  await until('six errors', () => line.frames.filter(({ payload }) => payload.status === 'error').length === 6);
  line.say('realtime:room', 'broadcast', { event: 'x', payload: { text: 'x'.repeat(70_000) } });
  await until('a message that is too large to end it', () => line.closed === 1009);
});

test('[SB7] a flood of presence: the one who floods is let go, the others see who is there', async () => {
  const [flood, other] = [await Phoenix.open(server.url, key), await Phoenix.open(server.url, key)];
  const joining = (line: Phoenix, presence: string) =>
    line.join('crowd', { presence: { key: presence, enabled: true } });
  expect((await joining(other, 'other')).payload.status).toBe('ok');
  expect((await joining(flood, 'flood')).payload.status).toBe('ok');
  for (let n = 0; n < 5_000; n += 1) flood.say('realtime:crowd', 'presence', { event: 'track', payload: { n } });
  await until('the end of the flood', () => flood.closed !== null);
  await other.heard('the last to leave', ({ event, payload }) => {
    return (
      event === 'presence_diff' && payload.leaves?.['flood'] !== undefined && payload.joins?.['flood'] === undefined
    );
  });
  const reply = await other.answer(other.say('realtime:crowd', 'presence', { event: 'track', payload: { a: 1 } }));
  expect(reply.payload.status).toBe('ok');
  other.end();
});

test.each(newest(1))(
  '[SB2] %s: half of a connection is noticed by the client, and it holds what is true',
  async (_, open) => {
    const proxy = await CutProxy.open(server.port);
    const client = open(proxy.port, key, { heartbeatIntervalMs: 300 });
    const held = new Map<string, string>();
    let status = '';
    client
      .channel('half')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'services' }, ({ new: row }) =>
        held.set(row.id, row.name),
      )
      .subscribe((told) => (status = told));
    await until('the subscription', () => status === 'SUBSCRIBED');
    proxy.stall();
    expect((await server.api('POST', '/v1/heartbeats/unheard?create=true&period=600000')).status).toBe(200);
    await until('what it could not hear', () => held.has('unheard'));
    client.end();
    await proxy.close();
  },
);

test.each([
  ['another version', () => `?vsn=3.0.0&apikey=${key}`, /^refused$/u],
  ['two versions', () => '?vsn=1.0.0&vsn=9', /"status":"error"/u],
  ['a key of no text', () => '?apikey=%00&vsn=2.0.0', /"status":"error"/u],
  ['a key of 9,000 characters', () => `?apikey=${'x'.repeat(9_000)}`, /"status":"error"|^refused$/u],
])('[SB9] an address that says %s', async (_, query, expected) => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/realtime/v1/websocket${query()}`);
  let end = '';
  socket.on('error', () => (end ||= 'refused'));
  socket.on('open', () => {
    socket.send(JSON.stringify({ topic: 'realtime:x', event: 'phx_join', payload: {}, ref: '1' }));
    socket.send(JSON.stringify(['1', '1', 'realtime:x', 'phx_join', {}]));
  });
  socket.on('message', (data: Buffer) => (end ||= data.toString()));
  await until('an answer', () => end !== '');
  expect(end).toMatch(expected);
  socket.terminate();
});

test('[SB9] a server that stops does not wait for its clients: they are told to come back', async () => {
  const own = await TestServer.start();
  const { secret } = (await own.api('POST', '/v1/keys', { name: 'reader', scope: 'read' })).body;
  const line = await Phoenix.open(own.url, secret);
  expect((await line.listen('a', 'services')).payload.status).toBe('ok');
  // It reads nothing any more, so it does not answer the close either.
  const silent = await Phoenix.open(own.url, secret);
  silent.socket.pause();
  await own.close();
  await until('the code of the close', () => line.closed === 1012);
  silent.end();
});
