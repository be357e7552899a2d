import { expect, test } from 'vitest';
import { startRaw } from '../../testing/peers/faults.ts';
import { freePort } from '../../testing/free-port.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import { parseHostPort } from './tcp.ts';

const { probers } = createProbing();

test('[TC1] a port that accepts is healthy, one that refuses is not', async () => {
  const server = await startRaw(() => undefined);
  const open = await probers.probe(planOf('tcp', `127.0.0.1:${server.port}`));
  expect(open.observation).toMatchObject({ verdict: 'healthy', phase: 'ready', facts: { reach: { v: 'ok' } } });
  expect(open.observation.latencyMs).toBeGreaterThanOrEqual(0);
  await server.close();
  const shut = await probers.probe(planOf('tcp', `tcp://127.0.0.1:${await freePort()}`));
  expect(shut.observation).toMatchObject({ verdict: 'unhealthy', phase: 'failed', reason: { code: 'refused' } });
});

test.each([
  ['db.example.org:5432', 'db.example.org', 5432],
  ['tcp://10.0.0.1:80', '10.0.0.1', 80],
  ['[::1]:443', '::1', 443],
  ['https://example.org/path', 'example.org', 443],
])('[TC2] %s is %s port %i', (target, host, port) => {
  expect(parseHostPort(target, 443)).toEqual({ ok: true, value: { host, port } });
});

test.each(['example.org', 'example.org:0', 'example.org:65536', 'a b:80', ':80', '', 'user@host:80', '::1:80'])(
  '[TC2] "%s" is no target',
  (target) => {
    expect(parseHostPort(target)).toMatchObject({ ok: false, code: 'bad_target' });
  },
);

test('[TC3] a kind that is not probed says so', async () => {
  const { observation } = await probers.probe(planOf('heartbeat', ''));
  expect(observation).toMatchObject({ verdict: 'unknown', reason: { code: 'not_probed' } });
});
