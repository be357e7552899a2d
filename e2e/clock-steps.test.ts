import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, loadConfig } from '@statewire/server';
import { expect, test } from 'vitest';
import { ADMIN_KEY } from './harness/server.ts';
import { until } from './harness/until.ts';

/** The machine's clock, which can be set; timers run as they do. */
class SetClock {
  offsetMs = 0;
  now(): number {
    return Date.now() + this.offsetMs;
  }
  mono(): number {
    return performance.now();
  }
  after(ms: number, fn: () => void): { cancel(): void } {
    const handle = setTimeout(fn, ms);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  }
  soon(fn: () => void): { cancel(): void } {
    const handle = setImmediate(fn);
    return { cancel: () => clearImmediate(handle) };
  }
  random(): number {
    return Math.random();
  }
}

test.each([
  ['forward', 3_600_000],
  ['back', -3_600_000],
])(
  '[WC1] a real server whose clock is set one hour %s: the heartbeat that goes on stays up, the dead one is found',
  async (_way, step) => {
    const data = mkdtempSync(join(tmpdir(), 'statewire-clock-'));
    const clock = new SetClock();
    const env = {
      STATEWIRE_PORT: '0',
      STATEWIRE_DATA: data,
      STATEWIRE_ADMIN_KEY: ADMIN_KEY,
      STATEWIRE_LOG_LEVEL: 'error',
    };
    const server = await createServer({ config: loadConfig({ env }), version: 'e2e', dashboardDir: data, clock });
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
    const call = async (method: string, path: string, body?: object): Promise<{ status: string }> => {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect(answer.status).toBeLessThan(300);
      const text = await answer.text();
      return text.startsWith('{') ? JSON.parse(text) : { status: '' };
    };
    try {
      for (const id of ['alive', 'dead']) {
        const check = { intervalMs: 3_000, graceMs: 1_000 };
        await call('POST', '/v1/services', { id, name: id, kind: 'heartbeat', check });
        await call('POST', `/v1/heartbeats/${id}`);
      }
      await call('POST', '/v1/heartbeats/alive');
      clock.offsetMs += step;
      const seen = new Set<string>();
      const beatenAt = performance.now();
      await until(
        'the dead heartbeat to be found',
        async () => {
          await call('POST', '/v1/heartbeats/alive');
          seen.add((await call('GET', '/v1/services/alive')).status);
          return (await call('GET', '/v1/services/dead')).status === 'down';
        },
        15_000,
      );
      // 4 s after its last beat, by a clock that nobody sets; a forward step must not have found it at once.
      expect(performance.now() - beatenAt).toBeGreaterThan(3_000);
      expect([...seen]).toEqual(['up']);
    } finally {
      await server.close();
      rmSync(data, { recursive: true, force: true });
    }
  },
  40_000,
);
