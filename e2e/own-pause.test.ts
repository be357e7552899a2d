import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { freeze } from '../packages/server/src/testing/peers/freeze.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

/** Longer than a beat may be late; `STOPPED_S=32` in the nightly run. */
const STOPPED_MS = Number(process.env['STOPPED_S'] ?? 12) * 1_000;

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test(`[OW4] a real server that is stopped for ${STOPPED_MS / 1_000} s: who went on is not late, no alert, and the dead one is found afterwards`, async () => {
  const target = createServer((_, response) => response.end('here'));
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const address = target.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const server = await TestServer.start();
  const over = new AbortController();
  try {
    const heartbeat = { kind: 'heartbeat', check: { intervalMs: 5_000, graceMs: 2_500 } };
    for (const id of ['alive', 'dead']) {
      expect((await server.api('POST', '/v1/services', { id, name: id, ...heartbeat })).status).toBe(201);
    }
    await server.api('POST', '/v1/services', {
      id: 'web',
      name: 'web',
      kind: 'http',
      target: `http://127.0.0.1:${port}/`,
      check: { intervalMs: 1_000, timeoutMs: 800, failAfter: 1 },
    });
    const beat = (id: string): Promise<unknown> =>
      fetch(`${server.url}/v1/heartbeats/${id}`, {
        method: 'POST',
        headers: { authorization: 'Bearer e2e-admin-key-0123456789abcdef' },
        signal: AbortSignal.timeout(2_000),
      }).catch(() => null);
    const beating = (async () => {
      while (!over.signal.aborted) {
        await beat('alive');
        await rest(1_000);
      }
    })();
    await beat('dead');
    const status = async (id: string): Promise<string> => (await server.api('GET', `/v1/services/${id}`)).body.status;
    for (const id of ['alive', 'dead', 'web']) await until(`${id} to be up`, async () => (await status(id)) === 'up');

    // All of its time is left when we stop, however long the start took.
    await beat('dead');
    await freeze(server.pid);
    await rest(STOPPED_MS);
    process.kill(server.pid, 'SIGCONT');

    const seen = new Set<string>();
    const resumedAt = performance.now();
    await until('the dead one to be found', async () => {
      for (const id of ['alive', 'web']) seen.add(await status(id));
      return (await status('dead')) === 'down';
    });
    expect([...seen]).toEqual(['up']);
    // It had up to 7.5 s left when we stopped, and they were not spent.
    expect(performance.now() - resumedAt).toBeGreaterThan(1_500);
    const { body } = await server.api('GET', '/v1/system');
    expect(body.lastPause.ms).toBeGreaterThan(STOPPED_MS - 3_000);
    const alerts: { subject: string }[] = (await server.api('GET', '/v1/alerts?limit=100')).body.rows;
    expect(alerts.filter(({ subject }) => subject !== 'services/dead')).toEqual([]);
    for (const id of ['alive', 'web']) {
      const history = (await server.api('GET', `/v1/services/${id}/history`)).body;
      const transitions: { to: string }[] = history.transitions;
      expect(transitions.map(({ to }) => to)).toEqual(['up']);
    }
    over.abort();
    await beating;
  } finally {
    over.abort();
    await server.close();
    target.closeAllConnections();
    target.close();
  }
});
