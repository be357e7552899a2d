import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { SUBPROTOCOL } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { startRedis } from '../packages/server/src/testing/peers/program.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const BEARER = 'Bearer tr0ub4dor-and-3-of-them';
const PASSWORD = 'c0rrect-h0rse-battery';
const SECRETS = /tr0ub4dor|c0rrect-h0rse/;

/** Everything the server keeps, as bytes. */
function stored(data: string): string {
  const files = readdirSync(data).filter((name) => name.startsWith('statewire.db'));
  expect(files.length).toBeGreaterThan(0);
  return files.map((name) => readFileSync(join(data, name)).toString('latin1')).join('\n');
}

test('[OW6] secrets of checks, end to end: they log in, survive a restart, can be wrong and be removed, and are seen nowhere', async () => {
  const web = createServer((request, response) => {
    response.statusCode = request.headers.authorization === BEARER ? 200 : 401;
    response.end('x');
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const address = web.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const redis = await startRedis({ password: PASSWORD });
  const server = await TestServer.start({ STATEWIRE_LOG_LEVEL: 'debug' });
  const told: string[] = [];
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/live`, SUBPROTOCOL);
  socket.addEventListener('message', ({ data }) => told.push(String(data)));
  socket.addEventListener('open', () => {
    socket.send(JSON.stringify({ t: 'hello', p: 1, token: ADMIN_KEY, client: 'test' }));
    for (const [i, c] of ['services', 'checks'].entries()) socket.send(JSON.stringify({ t: 'sub', s: i + 1, c }));
  });
  const answers: string[] = [];
  const api = async (method: string, path: string, body?: unknown): ReturnType<TestServer['api']> => {
    const reply = await server.api(method, path, body);
    answers.push(JSON.stringify(reply.body));
    return reply;
  };
  const is = (id: string, status: string): Promise<void> =>
    until(`${id} to be ${status}`, async () => (await api('GET', `/v1/services/${id}`)).body.status === status);
  try {
    const pace = { intervalMs: 1_000, degradeAfter: 1, failAfter: 1, recoverAfter: 1 };
    const made = [
      await api('POST', '/v1/services', {
        id: 'web',
        name: 'web',
        kind: 'http',
        target: `http://127.0.0.1:${port}/`,
        check: { ...pace, secretHeaders: { authorization: BEARER } },
      }),
      await api('POST', '/v1/services', {
        id: 'cache',
        name: 'cache',
        kind: 'redis',
        target: `127.0.0.1:${redis.port}`,
        check: { ...pace, secrets: { password: PASSWORD } },
      }),
    ];
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    await is('web', 'up');
    await is('cache', 'up');

    await server.kill();
    await server.launch();
    const { body: since } = await api('GET', '/v1/system');
    for (const id of ['web', 'cache']) {
      await until(`${id} to be looked at again`, async () => {
        const { body } = await api('GET', `/v1/services/${id}`);
        return body.observedAt > since.startedAt;
      });
      await is(id, 'up');
    }

    await api('PATCH', '/v1/services/cache', { check: { secrets: { password: 'wrong' } } });
    await is('cache', 'degraded');
    expect((await api('GET', '/v1/services/cache')).body).toMatchObject({ phase: 'needs_auth', health: 'degraded' });
    await api('PATCH', '/v1/services/cache', { check: { secrets: { password: PASSWORD } } });
    await is('cache', 'up');
    await api('PATCH', '/v1/services/cache', { check: { secrets: { password: null } } });
    await is('cache', 'degraded');
    expect((await api('GET', '/v1/checks/cache')).body.secrets).toEqual([]);
    expect((await api('GET', '/v1/checks/web')).body.secrets).toEqual(['authorization']);
    for (const path of ['/v1/services', '/v1/checks', '/v1/audit', '/v1/export', '/v1/services/web/history'])
      await api('GET', path);

    expect(answers.join('\n')).not.toMatch(SECRETS);
    expect(told.length).toBeGreaterThan(0);
    expect(told.join('\n')).not.toMatch(SECRETS);
    expect(server.output).not.toMatch(SECRETS);
    expect(stored(server.data)).toContain('check-secrets');
    expect(stored(server.data)).not.toMatch(SECRETS);
  } finally {
    socket.close();
    await server.close();
    await redis.stop();
    web.closeAllConnections();
    web.close();
  }
});
