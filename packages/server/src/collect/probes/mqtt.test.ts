import { Aedes, type AuthenticateError } from 'aedes';
import { createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import type { ProbeObservation } from '../observation.ts';
import type { CheckPlan } from './plan.ts';

const { probers } = createProbing();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

class Refusal extends Error implements AuthenticateError {
  readonly returnCode = 4;
}

/** A real broker on loopback: `probe` and a password, one retained message, one topic nobody may read. */
async function broker(password: string | null): Promise<{ port: number; open: () => number }> {
  const aedes = await Aedes.createBroker({
    authenticate: (_client, user, given, done) => {
      const isRight = password === null || (user === 'probe' && given?.toString() === password);
      if (isRight) done(null, true);
      else done(new Refusal('no'), false);
    },
    authorizeSubscribe: (_client, subscription, done) =>
      done(null, subscription.topic === 'secret' ? null : subscription),
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const retained = {
    cmd: 'publish',
    topic: 'plant/state',
    payload: '{"ok":true,"t":21.5}',
    qos: 0,
    retain: true,
    dup: false,
  } as const;
  await new Promise<void>((resolve) => aedes.publish(retained, () => resolve()));
  closing.push(() => {
    aedes.close();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, open: () => sockets.size };
}

async function probe(port: number, topic: string | null, more: Partial<CheckPlan> = {}): Promise<ProbeObservation> {
  const settings = { kind: 'mqtt', user: 'probe', encryption: 'off', topic } as const;
  return (await probers.probe(planOf('mqtt', `127.0.0.1:${port}`, { timeoutMs: 600, probe: settings, ...more })))
    .observation;
}

const said = ({ verdict, reason, facts }: ProbeObservation): string =>
  `${verdict} ${reason.code} ${Object.entries(facts)
    .map(([name, { v }]) => `${name}:${v}`)
    .join(' ')}`;

const credentials = { password: 'pw-1234' };

test('[CK9] a connection, and the retained message of a topic', async () => {
  const { port } = await broker('pw-1234');
  expect(said(await probe(port, null, { credentials }))).toBe('healthy ok reach:ok protocol:ok auth:ok');
  const conditions = ['json.ok && json.t > 20 && value contains "t"'];
  expect(said(await probe(port, 'plant/state', { credentials, conditions }))).toBe(
    'healthy ok reach:ok protocol:ok auth:ok query:ok conditions:ok',
  );
  expect(said(await probe(port, 'plant/none', { credentials }))).toBe(
    'unhealthy no_message reach:ok protocol:ok auth:ok query:fail',
  );
  expect(said(await probe(port, 'secret', { credentials }))).toBe('degraded forbidden reach:ok protocol:ok auth:fail');
});

test('[CK9] a refused login is degraded', async () => {
  const { port } = await broker('pw-1234');
  expect(said(await probe(port, null, { credentials: { password: 'wrong' } }))).toBe(
    'degraded credentials_rejected reach:ok protocol:ok auth:fail',
  );
  expect(said(await probe(port, null))).toBe('degraded needs_auth reach:ok protocol:ok auth:fail');
});

test('[CK9] two hundred probes leave no client behind', async () => {
  const peer = await broker(null);
  for (let i = 0; i < 200; i += 1) await probe(peer.port, 'plant/state');
  await expect.poll(peer.open).toBe(0);
});
