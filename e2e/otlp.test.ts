/**
 * An agent that knows OpenTelemetry and nothing of us: a process of its own calls a real MCP server with a span around each
 * call. The server is killed and comes back: the edge in the live view is down with the reason, and up again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createClient } from '@statewire/client';
import type { Connection } from '@statewire/model';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { Peer } from '../packages/server/src/testing/peers/peer.ts';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let reporter: string;
let reader: string;

beforeAll(async () => {
  server = await TestServer.start();
  const key = async (scope: string): Promise<string> =>
    (await server.api('POST', '/v1/keys', { name: scope, scope })).body.secret;
  reporter = await key('report');
  reader = await key('read');
});

afterAll(() => server.close());

test.each(['json', 'protobuf'])(
  '[OT1] [OT3] [OT5] [OT9] %s: the edge follows the death and the return of the MCP server',
  async (form) => {
    const port = await freePort();
    const peer = new Peer({ bin: 'mcp-server-everything', args: ['streamableHttp'], env: { PORT: `${port}` }, port });
    onTestFinished(() => peer.stop());
    await peer.start();
    const target = `http://127.0.0.1:${port}/mcp`;
    const service = { id: `tools-${form}`, name: 'Tools', kind: 'mcp', target };
    expect((await server.api('POST', '/v1/services', service)).status).toBe(201);

    const client = createClient({ url: server.url, token: reader });
    onTestFinished(() => client.close());
    let edge: Connection | undefined;
    client.connections.where({ agent: `bot-${form}` }).subscribe(({ rows }) => {
      edge = rows[0];
    });
    const agent = spawnAgent({ form, target });
    onTestFinished(() => void agent.kill('SIGKILL'));

    await until('the edge to be up', () => edge?.status === 'up' && edge.calls > 3);
    expect(edge).toMatchObject({ id: `bot-${form}:tools-${form}`, phase: 'connected', errors: 0 });
    expect(edge?.tools).toMatchObject([{ name: 'echo', errors: 0 }]);
    expect(edge?.latencyMs).toBeGreaterThan(0);
    const seen = (await server.api('GET', `/v1/agents/bot-${form}`)).body;
    expect(seen).toMatchObject({ name: `bot-${form}`, status: 'up', release: '4.5.6' });

    await peer.kill();
    await until('the edge to be down', () => edge?.status === 'down' && edge.reason.code === 'refused');
    expect(edge).toMatchObject({ phase: 'failed', lastErrorCode: 'ECONNREFUSED' });
    expect(edge?.reason.text).toContain('ECONNREFUSED');

    await peer.start();
    await until('the edge to be up again', () => edge?.status === 'up');
    expect(edge).toMatchObject({ phase: 'connected', reason: { code: 'ok' } });
    expect(edge?.errors).toBeGreaterThan(0);
  },
  240_000,
);

function spawnAgent({ form, target }: { readonly form: string; readonly target: string }): ChildProcess {
  return spawn(process.execPath, ['e2e/fixtures/otel/agent.ts'], {
    stdio: 'inherit',
    env: {
      PATH: process.env['PATH'] ?? '',
      OTLP_URL: `${server.url}/otlp/v1/traces`,
      OTLP_KEY: reporter,
      OTLP_FORM: form,
      MCP_URL: target,
      SERVICE_NAME: `bot-${form}`,
    },
  });
}
