/**
 * An agent that knows OpenTelemetry and nothing of us: a process of its own calls a real MCP server with a span around each
 * call. The server is killed and comes back: the edge in the live view is down with the reason, and up again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter as JsonMetrics,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as BinaryMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
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

test.each([
  ['json', JsonMetrics],
  ['protobuf', BinaryMetrics],
] as const)(
  '[OT1] [OT11] %s: what the metrics exporter sends of a histogram stands in the metrics',
  async (form, Exporter) => {
    const reader = new PeriodicExportingMetricReader({
      exporter: new Exporter({
        url: `${server.url}/otlp/v1/metrics`,
        headers: { authorization: `Bearer ${reporter}` },
        temporalityPreference: AggregationTemporalityPreference.DELTA,
      }),
      exportIntervalMillis: 60_000,
    });
    const provider = new MeterProvider({ readers: [reader] });
    onTestFinished(() => provider.shutdown());
    const meter = provider.getMeter('shop');
    const name = `answer.${form}`;
    const answers = meter.createHistogram(name, { unit: 'ms', advice: { explicitBucketBoundaries: [10, 100, 1_000] } });
    meter.createUpDownCounter(`queue.${form}`).add(-3);
    for (const ms of [20, 40, 60, 80, 500]) answers.record(ms, { route: ms > 50 ? '/a' : '/b' });
    await provider.forceFlush();
    const value = async (id: string) => (await server.api('GET', `/v1/metrics/${id}`)).body.values.value;
    expect(await value(`${name}.count`)).toBe(5);
    expect(await value(`${name}.avg`)).toBe(140);
    expect(await value(`${name}.p50`)).toBeGreaterThan(10);
    expect(await value(`${name}.p50`)).toBeLessThanOrEqual(100);
    expect(await value(`${name}.p95`)).toBeGreaterThan(100);
    expect(await value(`${name}.p95`)).toBeLessThanOrEqual(500);
    expect(await value(`queue.${form}`)).toBe(-3);
    // What came since is added to the count; the estimates are of these alone.
    answers.record(5, { route: '/a' });
    await provider.forceFlush();
    expect(await value(`${name}.count`)).toBe(6);
    expect(await value(`${name}.avg`)).toBe(5);
  },
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
