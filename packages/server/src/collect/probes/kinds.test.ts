/** What every kind that speaks over a connection has in common: how it ends when the other side does not play along. */
import { afterEach, expect, test } from 'vitest';
import type { Socket } from 'node:net';
import { probeDefaults, type ServiceKind } from '@statewire/model';
import { startRaw } from '../../testing/peers/faults.ts';
import { freePort } from '../../testing/free-port.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import { createEgress } from '../egress/egress.ts';
import { systemClock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import type { ProbeObservation } from '../observation.ts';
import { createProbers } from './index.ts';
import type { CheckPlan } from './plan.ts';

const { probers } = createProbing({ probeBodyBytesMax: 200_000 });
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const KINDS = [
  'postgres',
  'mysql',
  'redis',
  'nats',
  'mqtt',
  'grpc',
  'websocket',
  'a2a',
  'langgraph',
  'openai',
] as const;
type Kind = (typeof KINDS)[number];

const WEB: ReadonlySet<ServiceKind> = new Set(['a2a', 'langgraph', 'openai']);

function targetOf(kind: Kind, port: number): string {
  if (kind === 'websocket') return `ws://127.0.0.1:${port}/`;
  return WEB.has(kind) ? `http://127.0.0.1:${port}` : `127.0.0.1:${port}`;
}

async function probe(kind: Kind, port: number, more: Partial<CheckPlan> = {}): Promise<ProbeObservation> {
  const plan = planOf(kind, targetOf(kind, port), {
    timeoutMs: 400,
    credentials: { password: 'hunter2-pw', token: 'hunter2-tk' },
    ...more,
  });
  const { observation } = await probers.probe(plan);
  expect(JSON.stringify(observation), 'a secret in an observation').not.toContain('hunter2');
  return observation;
}

async function serve(onSocket: (socket: Socket) => void): Promise<number> {
  const server = await startRaw(onSocket);
  closing.push(() => server.close());
  return server.port;
}

test.each(KINDS)('[CK3] %s: nothing listens', async (kind) => {
  const observation = await probe(kind, await freePort());
  expect(observation).toMatchObject({
    verdict: 'unhealthy',
    reason: { code: 'refused' },
    facts: { reach: { v: 'fail' } },
  });
});

test.each(KINDS)('[CK3] %s: somebody listens and says nothing', async (kind) => {
  const port = await serve(() => undefined);
  const observation = await probe(kind, port);
  expect(observation).toMatchObject({
    verdict: 'unhealthy',
    reason: { code: 'timeout' },
    facts: { reach: { v: 'ok' } },
  });
  expect(observation.ms).toBeLessThan(2_000);
});

test.each(KINDS)('[CK3] %s: the connection is cut at once, and in the middle', async (kind) => {
  const atOnce = await probe(kind, await serve((socket) => socket.destroy()));
  expect(atOnce).toMatchObject({ verdict: 'unhealthy', facts: { reach: { v: 'ok' } } });
  expect(['reset', `not_${kind}`]).toContain(atOnce.reason.code);
  const beginnings: Readonly<Partial<Record<Kind, string>>> = {
    redis: '+PO',
    nats: 'INFO {',
    mysql: '\x4a\0\0\0\x0a8.0',
    mqtt: '\x20',
    postgres: 'R\0\0',
  };
  const begin = beginnings[kind] ?? 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{';
  const inside = await probe(kind, await serve((socket) => socket.once('data', () => undefined).end(begin, 'latin1')));
  expect(inside.verdict).toBe('unhealthy');
  expect(['reset', 'not_http', 'unexpected_status', `not_${kind}`]).toContain(inside.reason.code);
});

test.each(KINDS)('[CK3] %s: somebody speaks something else', async (kind) => {
  for (const garbage of [
    'SSH-2.0-OpenSSH_9.2p1\r\n',
    '\0\xff\x16\x03garbage'.repeat(50),
    '\r\n\r\n\r\n',
    'zzzzzzzzzzzzzzzzzzzz',
  ]) {
    const port = await serve((socket) => void socket.write(garbage, 'latin1'));
    const observation = await probe(kind, port);
    expect(observation.verdict, garbage).toBe('unhealthy');
    expect(observation.facts['reach']?.v, garbage).toBe('ok');
    expect(observation.reason.code).toMatch(
      /^(not_|timeout|reset|bad_payload|too_large|error|refused_by_broker|unsupported)/,
    );
  }
});

test.each(KINDS)('[CK3] %s: an answer without an end is cut at the limit', async (kind) => {
  const chunk = Buffer.alloc(65_536, 'x');
  const heads: Readonly<Partial<Record<Kind, string>>> = {
    redis: '$900000\r\n',
    nats: 'INFO {"a":"',
    mqtt: '\x20\xff\xff\x7f',
  };
  const head = heads[kind] ?? 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const port = await serve((socket) => {
    socket.write(head, 'latin1');
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  });
  const observation = await probe(kind, port, { timeoutMs: 2_000 });
  expect(observation.verdict).toBe('unhealthy');
  expect(observation.ms).toBeLessThan(3_000);
});

test.each(KINDS)("[CK3] %s: an address that may not be reached is nobody's outage", async (kind) => {
  const port = await serve(() => undefined);
  const egress = createEgress({ mode: 'public', allow: [] });
  const closed = createProbers({ clock: systemClock, egress, limits, env: {}, onTrip: () => undefined });
  const { observation } = await closed.probe(planOf(kind, targetOf(kind, port)));
  expect(observation).toMatchObject({ verdict: 'unknown', reason: { code: 'egress_denied' } });
});

test('[CK3] two hundred probes of each kind leave no socket behind', async () => {
  const open = new Set<Socket>();
  const port = await serve((socket) => {
    open.add(socket);
    // A socket that is not read never hears that the other side has gone.
    socket.resume();
    socket.on('close', () => open.delete(socket));
    socket.write('-ERR what?\r\n');
  });
  for (const kind of KINDS) {
    for (let i = 0; i < 10; i += 1) {
      await Promise.all(Array.from({ length: 20 }, () => probe(kind, port, { timeoutMs: 50 })));
    }
    await expect.poll(() => open.size, { timeout: 5_000, message: kind }).toBe(0);
  }
}, 120_000);

test.each(KINDS)('[CK1] %s has settings of its own, with defaults', (kind) => {
  expect(probeDefaults(kind)).toMatchObject({ kind });
});
