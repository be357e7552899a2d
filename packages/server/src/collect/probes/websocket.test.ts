import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import type { ProbeObservation } from '../observation.ts';
import type { CheckPlan } from './plan.ts';

const { probers } = createProbing();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Peer {
  readonly port: number;
  readonly clients: () => number;
}

async function serve(
  onSocket: (socket: WebSocket) => void,
  admit: (headers: Readonly<Record<string, string | string[] | undefined>>) => number = () => 101,
): Promise<Peer> {
  const http: Server = createServer();
  const server = new WebSocketServer({ noServer: true });
  server.on('connection', onSocket);
  http.on('upgrade', (request, socket, head) => {
    const status = admit(request.headers);
    if (status === 101) server.handleUpgrade(request, socket, head, (made) => server.emit('connection', made, request));
    else socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\nretry-after: 7\r\n\r\n`);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const client of server.clients) client.terminate();
    http.close();
  });
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, clients: () => server.clients.size };
}

async function probe(
  port: number,
  probeSettings: object = {},
  more: Partial<CheckPlan> = {},
): Promise<ProbeObservation> {
  const settings = { kind: 'websocket', protocols: [], message: null, expect: null, ...probeSettings } as const;
  return (
    await probers.probe(
      planOf('websocket', `ws://127.0.0.1:${port}/live`, { timeoutMs: 500, probe: settings, ...more }),
    )
  ).observation;
}

const said = ({ verdict, reason, facts }: ProbeObservation): string =>
  `${verdict} ${reason.code} ${Object.entries(facts)
    .map(([name, { v }]) => `${name}:${v}`)
    .join(' ')}`;

const echo = (socket: WebSocket): void => {
  socket.on('message', (data: Buffer) => socket.send(data.toString('utf8')));
};

test('[CK6] the handshake and a pong', async () => {
  const { port } = await serve(() => undefined);
  expect(said(await probe(port))).toBe('healthy ok reach:ok protocol:ok answer:ok');
});

test('[CK6] a message and the reply that is expected, judged by conditions', async () => {
  const { port } = await serve((socket) => {
    socket.send('hello');
    echo(socket);
  });
  const settings = { message: '{"op":"ping","n":[1]}', expect: '"op"' };
  const conditions = ['json.op == "ping" && json.n[0] == 1 && body contains "op" && latency < 5s'];
  expect(said(await probe(port, settings, { conditions }))).toBe(
    'healthy ok reach:ok protocol:ok answer:ok conditions:ok',
  );
  expect(said(await probe(port, { ...settings, expect: 'never' }))).toBe(
    'unhealthy no_message reach:ok protocol:ok answer:fail',
  );
  expect(said(await probe(port, {}, { conditions: ['body == "hello"'] }))).toContain('healthy ok');
});

test.each([
  [401, {}, 'degraded needs_auth reach:ok auth:fail'],
  [401, { credentials: { token: 'x1234' } }, 'degraded credentials_rejected reach:ok auth:fail'],
  [403, {}, 'degraded needs_auth reach:ok auth:fail'],
  [404, {}, 'unhealthy http_4xx reach:ok protocol:fail'],
  [429, {}, 'degraded rate_limited reach:ok protocol:warn'],
  [503, {}, 'unhealthy http_5xx reach:ok protocol:fail'],
])('[CK6] a handshake refused with %i', async (status, more, expected) => {
  const { port } = await serve(
    () => undefined,
    () => status,
  );
  expect(said(await probe(port, {}, more))).toBe(expected);
});

test('[CK6] headers, secrets and the token are sent', async () => {
  const { port } = await serve(
    () => undefined,
    (headers) =>
      headers['x-a'] === '1' && headers['x-b'] === 's3cret' && headers['authorization'] === 'Bearer t0ken' ? 101 : 404,
  );
  const more = { headers: { 'X-A': '1' }, secretHeaders: { 'X-B': 's3cret' }, credentials: { token: 't0ken' } };
  expect(said(await probe(port, {}, more))).toContain('healthy ok');
  expect(said(await probe(port, {}, { headers: { 'x-a': 'a\nb' } }))).toContain('unknown bad_request');
});

test('[CK6] a server that closes, one that floods, and a message that is too large', async () => {
  const shut = await serve((socket) => socket.close(1013));
  expect(said(await probe(shut.port, { expect: 'x' }))).toBe('unhealthy closed reach:ok protocol:ok answer:fail');
  const flood = await serve((socket) => {
    for (let i = 0; i < 3_000; i += 1) socket.send('no');
  });
  expect(said(await probe(flood.port, { expect: 'yes' }, { timeoutMs: 3_000 }))).toContain('unhealthy too_large');
  const large = await serve((socket) => socket.send('x'.repeat(2_000_000)));
  expect(said(await probe(large.port, { expect: 'y' }, { timeoutMs: 3_000 }))).toContain('unhealthy too_large');
});

test('[CK6] two hundred probes leave no socket behind', async () => {
  const peer = await serve(echo);
  for (let i = 0; i < 200; i += 1) await probe(peer.port, { message: 'a', expect: 'a' });
  await expect.poll(peer.clients).toBe(0);
});
