/** A maintenance on a real server that is killed inside its window and started again after it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(async () => {
  await server?.close();
});

async function serviceOf(id: string): Promise<Record<string, unknown>> {
  return (await server.api('GET', `/v1/services/${id}`)).body;
}

test(
  '[MT12] killed inside a window and started after it: the window ended at its own time',
  { timeout: 60_000 },
  async () => {
    for (const id of ['cart', 'blog']) {
      const body = {
        id,
        name: id,
        kind: 'heartbeat',
        group: id === 'cart' ? 'shop' : 'blog',
        check: { intervalMs: 3_600_000 },
      };
      expect((await server.api('POST', '/v1/services', body)).status).toBe(201);
      await server.api('POST', `/v1/heartbeats/${id}`);
    }
    const { updatedAt } = await serviceOf('cart');
    const now = Number(updatedAt);
    const made = await server.api('POST', '/v1/maintenances', {
      id: 'patch',
      title: 'Patch day',
      selector: { collection: 'services', where: ['eq', 'group', 'shop'] },
      schedule: { kind: 'once', from: now - 60_000, to: now + 6_000 },
    });
    expect(made.body).toMatchObject({ state: 'active', affected: ['services/cart'] });
    expect(await serviceOf('cart')).toMatchObject({
      status: 'maintenance',
      health: 'healthy',
      overlay: { maintenance: 'patch' },
    });
    expect(await serviceOf('blog')).toMatchObject({ status: 'up' });
    const marks = (await server.api('GET', '/v1/annotations')).body.rows;
    expect(marks).toMatchObject([
      { subject: 'services/cart', kind: 'maintenance', from: now - 60_000, maintenance: 'patch' },
    ]);

    await server.kill();
    await until('the window to be over', () => Date.now() > now + 6_500);
    await server.launch();
    await until('the maintenance to be over', async () => {
      const { body } = await server.api('GET', '/v1/maintenances/patch');
      return body.state === 'completed';
    });
    expect((await server.api('GET', '/v1/maintenances/patch')).body).toMatchObject({
      endedAt: now + 6_000,
      nextAt: null,
      past: [{ from: now - 60_000, to: now + 6_000 }],
    });
    expect(await serviceOf('cart')).toMatchObject({ status: 'up', since: now + 6_000, overlay: { maintenance: null } });
    const { transitions } = (await server.api('GET', '/v1/services/cart/history')).body;
    expect(transitions.map(({ from, to }: { from: string; to: string }) => `${from}>${to}`)).toEqual([
      'maintenance>up',
      'up>maintenance',
      'pending>up',
    ]);
  },
);

test('[IM1] a scraper with a read key gets what its organization may see', async () => {
  const { body } = await server.api('POST', '/v1/keys', { name: 'prometheus', scope: 'read' });
  const reply = await fetch(`${server.url}/v1/prometheus`, { headers: { authorization: `Bearer ${body.secret}` } });
  const text = await reply.text();
  expect(text).toContain('statewire_up{collection="services",id="cart",name="cart",kind="heartbeat",group="shop"} 1');
  expect(text).not.toContain(ADMIN_KEY);
});
