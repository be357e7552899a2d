/** Apps in the open speak wss: the same clients, unmodified, through a proxy that ends TLS, as every one does that stands before us. */
import { request as ask, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { REALTIME_SUBSCRIBE_STATES, RealtimeClient } from '@supabase/realtime-js';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { makeCertificate } from '../packages/server/src/testing/peers/certificate.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let proxy: Server;
let port = 0;
let key: string;

beforeAll(async () => {
  server = await TestServer.start();
  key = (await server.api('POST', '/v1/keys', { name: 'app', scope: 'read' })).body.secret;
  const day = 86_400_000;
  const { cert, key: secret } = makeCertificate({
    name: 'localhost',
    hosts: ['127.0.0.1', 'localhost'],
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + day),
  });
  // As an operating system trusts its authorities: the clients are told nothing of it.
  setDefaultCACertificates([...getCACertificates('default'), cert]);
  proxy = createServer({ cert, key: secret });
  const onward = (from: IncomingMessage) =>
    ask({
      host: '127.0.0.1',
      port: server.port,
      method: from.method,
      path: from.url,
      headers: { ...from.headers, 'x-forwarded-proto': 'https' },
    });
  proxy.on('request', (from, to) => {
    const there = onward(from);
    there.on('response', (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    there.on('error', () => to.destroy());
    from.pipe(there);
  });
  proxy.on('upgrade', (from, socket) => {
    const there = onward(from);
    there.on('upgrade', (answer, tunnel) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
      tunnel.pipe(socket).pipe(tunnel);
      for (const end of [tunnel, socket]) end.on('error', () => [tunnel, socket].forEach((each) => each.destroy()));
    });
    there.on('response', () => socket.destroy());
    there.on('error', () => socket.destroy());
    there.end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});

afterAll(async () => {
  proxy?.closeAllConnections();
  proxy?.close();
  await server?.close();
});

const make = (id: string) =>
  server.api('POST', '/v1/services', { id, name: id, kind: 'heartbeat', check: { intervalMs: 600_000 } });

test('[SB1] over wss a client of Supabase is told rows and hears others', async () => {
  const seen: string[] = [];
  const heard: unknown[] = [];
  const open = async (): Promise<ReturnType<RealtimeClient['channel']>> => {
    const client = new RealtimeClient(`wss://127.0.0.1:${port}/realtime/v1`, {
      params: { apikey: key },
    });
    onTestFinished(() => void client.disconnect());
    const channel = client.channel('tls', { config: { broadcast: { ack: true } } });
    let isJoined = false;
    channel
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'services' }, ({ new: row }) =>
        seen.push(String(row['id'])),
      )
      .on('broadcast', { event: 'x' }, ({ payload }) => heard.push(payload))
      .subscribe((told) => (isJoined = told === REALTIME_SUBSCRIBE_STATES.SUBSCRIBED));
    await until('it to be joined', () => isJoined);
    return channel;
  };
  const [one] = [await open(), await open()];
  await make('sealed');
  await until('both to see it', () => seen.filter((id) => id === 'sealed').length === 2);
  expect(await one?.send({ type: 'broadcast', event: 'x', payload: { n: 1 } })).toBe('ok');
  await until('the other to hear', () => heard.length === 1);
});

test.each([[['websocket']], [['polling']], [['polling', 'websocket']]])(
  '[SI1] over https and wss a client of Socket.IO holds the truth, by %s',
  async (transports) => {
    const socket = io(`https://127.0.0.1:${port}`, { transports, auth: { token: key }, forceNew: true });
    onTestFinished(() => void socket.disconnect());
    const held = new Set<string>();
    socket.on('service:bulk-update', (all: readonly { readonly id: string }[]) =>
      all.forEach(({ id }) => held.add(id)),
    );
    await until('the list', () => held.has('sealed'));
    const id = `by-${transports.join('-')}`;
    await make(id);
    await until('the new one', () => held.has(id));
  },
);
