import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const SERVICES = 12;

/** Everything there is behind one network, which can be cut: then nobody answers anything. */
async function startWorld(): Promise<{ readonly port: number; isCut: boolean; readonly server: Server }> {
  const world = {
    port: 0,
    isCut: false,
    server: createServer((_, response) => {
      if (!world.isCut) response.end('here');
    }),
  };
  await new Promise<void>((resolve) => world.server.listen(0, '127.0.0.1', resolve));
  const address = world.server.address();
  world.port = typeof address === 'object' && address !== null ? address.port : 0;
  return world;
}

test('[OW2] [OW3] twelve services and the canary are silent at once: one condition and one alert of ours, nobody is down, and it ends by itself', async () => {
  const world = await startWorld();
  const folder = mkdtempSync(join(tmpdir(), 'statewire-own-'));
  const config = join(folder, 'statewire.yaml');
  writeFileSync(config, `probes:\n  canary: http://127.0.0.1:${world.port}/canary\n`);
  const server = await TestServer.start({ STATEWIRE_CONFIG: config });
  try {
    for (let i = 0; i < SERVICES; i++) {
      const check = { intervalMs: 1_000, timeoutMs: 500, connectTimeoutMs: 500 };
      const target = `http://127.0.0.1:${world.port}/s${i}`;
      expect(
        (await server.api('POST', '/v1/services', { id: `s${i}`, name: `s${i}`, kind: 'http', target, check })).status,
      ).toBe(201);
    }
    const services = async (): Promise<{ status: string; observed: string; facts: { reach?: { code: string } } }[]> =>
      (await server.api('GET', '/v1/services?limit=100')).body.rows;
    const conditions = async (): Promise<unknown[]> => (await server.api('GET', '/v1/system')).body.conditions;
    const ours = async (): Promise<{ rule: string; state: string }[]> =>
      (await server.api('GET', '/v1/alerts?limit=100')).body.rows;
    await until('all to be up', async () => (await services()).every(({ status }) => status === 'up'));
    expect(await conditions()).toEqual([]);

    world.isCut = true;
    await until('the condition', async () => (await conditions()).length === 1);
    const seen = new Set<string>();
    await until(
      'the one alert',
      async () => {
        for (const { status } of await services()) seen.add(status);
        return (await ours()).some(({ state }) => state === 'firing');
      },
      60_000,
    );
    expect((await services()).every(({ observed }) => observed === 'unknown')).toBe(true);
    expect([...seen]).toEqual(['up']);
    expect((await ours()).map(({ rule }) => rule)).toEqual(['own-fault']);
    expect((await server.api('GET', '/health')).status).toBe(200);

    world.isCut = false;
    await until('its end', async () => (await conditions()).length === 0);
    await until('the recovery', async () => (await ours()).every(({ state }) => state === 'resolved'), 60_000);
    expect((await services()).map(({ status }) => status)).toEqual(Array.from({ length: SERVICES }, () => 'up'));
    expect((await ours()).map(({ rule }) => rule)).toEqual(['own-fault']);

    // One that fails alone is theirs.
    await server.api('PATCH', '/v1/services/s0', { target: 'http://127.0.0.1:9/' });
    await until(
      'the one that is gone',
      async () => (await services()).filter(({ status }) => status === 'down').length === 1,
    );
    expect(await conditions()).toEqual([]);
  } finally {
    await server.close();
    world.server.closeAllConnections();
    world.server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
