import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as BinaryExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type Reply, type World } from '../../testing/http-world.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await createWorld({
    limits: { otlpTargetsMs: 0, otlpSpansMax: 50, otlpNewRecordsMax: 4, otlpBytesMax: 60_000 },
  });
  key = await world.key('report');
  for (const [id, target] of [
    ['search', 'http://search.internal:8080/mcp'],
    ['files', 'https://files.internal/mcp'],
  ]) {
    await world.call('POST', '/v1/services', { key: ADMIN_KEY, body: { id, name: id, kind: 'mcp', target } });
  }
});
afterEach(async () => {
  expect(world.errors).toEqual([]);
  await world.close();
});

const row = (collection: string, id: string) => world.keep.live.get('main', collection, id)?.row;

const NOW = Date.now();

interface Given {
  readonly attributes?: Readonly<Record<string, boolean | number | string>>;
  readonly ms?: number;
  readonly at?: number;
  readonly fault?: string;
  readonly kind?: number;
}

/** A span as OTLP's JSON has it. */
function spanOf({ attributes = {}, ms = 10, at = NOW, fault, kind = 3 }: Given): object {
  return {
    name: 'tools/call',
    kind,
    startTimeUnixNano: `${BigInt(at - ms) * 1_000_000n}`,
    endTimeUnixNano: `${BigInt(at) * 1_000_000n}`,
    attributes: pairs({
      'mcp.method.name': 'tools/call',
      'server.address': 'search.internal',
      'server.port': 8080,
      ...attributes,
    }),
    status: fault === undefined ? {} : { code: 2, message: fault },
  };
}

function pairs(attributes: Readonly<Record<string, boolean | number | string>>): readonly object[] {
  return Object.entries(attributes).map(([name, value]) => ({
    key: name,
    value: typeof value === 'number' ? { intValue: `${value}` } : { stringValue: value },
  }));
}

function request(
  spans: readonly Given[],
  resource: Readonly<Record<string, string>> = { 'service.name': 'bot' },
): object {
  return { resourceSpans: [{ resource: { attributes: pairs(resource) }, scopeSpans: [{ spans: spans.map(spanOf) }] }] };
}

const send = (body: unknown, query = ''): Promise<Reply> =>
  world.call('POST', `/otlp/v1/traces${query}`, { key, body });

describe('[OT3] spans of one edge are one report', () => {
  test('newest state, counts, latency and tools, whatever their order; totals go on with the next request', async () => {
    const reply = await send(
      request([
        { ms: 30, at: NOW, attributes: { 'gen_ai.tool.name': 'find' } },
        {
          ms: 10,
          at: NOW - 500,
          fault: 'connect failed',
          attributes: { 'error.type': 'ECONNREFUSED', 'gen_ai.tool.name': 'find' },
        },
        { ms: 20, at: NOW - 900, attributes: { 'gen_ai.tool.name': 'get', 'mcp.session.id': 's1' } },
      ]),
    );
    expect([reply.status, reply.json]).toEqual([200, {}]);
    expect(row('connections', 'bot:search')).toMatchObject({
      agent: 'bot',
      service: 'search',
      status: 'up',
      phase: 'connected',
      latencyMs: 20,
      calls: 3,
      errors: 1,
      lastErrorCode: 'ECONNREFUSED',
      tools: [
        { name: 'find', calls: 2, errors: 1 },
        { name: 'get', calls: 1, errors: 0 },
      ],
      facts: { calls: { v: 'ok', text: '3 calls, 1 errors, p50 20.0 ms, max 30.0 ms' } },
    });
    expect(row('agents', 'bot')).toMatchObject({ name: 'bot', status: 'up', phase: 'running' });
    await send(
      request([{ at: NOW + 1_000, fault: 'connect ECONNREFUSED', attributes: { 'error.type': 'ECONNREFUSED' } }]),
    );
    expect(row('connections', 'bot:search')).toMatchObject({
      status: 'down',
      phase: 'failed',
      reason: { code: 'refused', text: 'ECONNREFUSED: connect ECONNREFUSED' },
      calls: 4,
      errors: 2,
    });
    await send(request([{ at: NOW + 2_000 }]));
    expect(row('connections', 'bot:search')).toMatchObject({ status: 'up', calls: 5, errors: 2 });
  });

  test('what comes late does not turn it back', async () => {
    await send(request([{ at: NOW }]));
    await send(request([{ at: NOW - 60_000, fault: 'x', attributes: { 'error.type': 'ECONNRESET' } }]));
    expect(row('connections', 'bot:search')).toMatchObject({ status: 'up', calls: 1 });
  });

  test('one version for one request', async () => {
    const before = world.keep.live.version('main');
    await send(request(Array.from({ length: 40 }, () => ({}))));
    expect(world.keep.live.version('main')).toBe(before + 1);
  });
});

test('[OT5] a service is found by its id, its label, its URL or its address, and never made', async () => {
  await world.call('PATCH', '/v1/services/files', {
    key: ADMIN_KEY,
    body: { labels: { 'peer.service': 'the-files' } },
  });
  const found: readonly (readonly [Given['attributes'], string])[] = [
    [{ 'peer.service': 'files' }, 'files'],
    [{ 'peer.service': 'the-files' }, 'files'],
    [{ 'server.address': 'files.internal', 'server.port': 443 }, 'files'],
    [{ 'server.address': 'FILES.internal', 'server.port': '' }, 'files'],
    [{ 'url.full': 'https://files.internal/other', 'server.address': '', 'server.port': '' }, 'files'],
    [{}, 'search'],
  ];
  for (const [i, [attributes = {}, id]] of found.entries()) {
    const reply = await send(request([{ attributes }], { 'service.name': `bot${i}` }));
    expect(reply.json, JSON.stringify(attributes)).toEqual({});
    expect(row('connections', `bot${i}:${id}`), JSON.stringify(attributes)).toBeDefined();
  }
  const reply = await send(
    request([{}, { attributes: { 'server.port': 9_999 } }, { attributes: { 'server.port': 9_999 } }]),
  );
  expect(reply.json).toEqual({
    partialSuccess: {
      rejectedSpans: '2',
      errorMessage:
        'no service is called search.internal:9999 and none is at it; make it, or set peer.service to the id of one (2)',
    },
  });
  expect(row('connections', 'bot:search')).toMatchObject({ calls: 1 });
  expect([...world.keep.live.entries('main', 'services')]).toHaveLength(2);
});

test('[OT5] two services at one address are told apart by their URL, else the call is rejected', async () => {
  const twin = { id: 'twin', name: 'twin', kind: 'mcp', target: 'http://search.internal:8080/two' };
  await world.call('POST', '/v1/services', { key: ADMIN_KEY, body: twin });
  const url = 'http://search.internal:8080/two';
  expect((await send(request([{ attributes: { 'url.full': url } }]))).json).toEqual({});
  expect(row('connections', 'bot:twin')).toBeDefined();
  expect(JSON.stringify((await send(request([{}]))).json)).toContain('several services are at search.internal:8080');
});

test('[OT4] spans that are not about agents and services are taken, and nothing follows', async () => {
  const http = {
    name: 'GET',
    kind: 3,
    attributes: pairs({ 'server.address': 'search.internal', 'server.port': 8080 }),
  };
  const body = { resourceSpans: [{ scopeSpans: [{ spans: [http, {}, null, 7] }] }, null, { scopeSpans: 'x' }] };
  const before = world.keep.live.version('main');
  expect((await send(body)).json).toEqual({});
  expect(world.keep.live.version('main')).toBe(before);
  expect(
    (await send(request([{ kind: 1, attributes: { 'gen_ai.agent.id': 'a7', 'gen_ai.agent.name': 'Seven' } }]))).json,
  ).toEqual({});
  expect(row('agents', 'a7')).toMatchObject({ name: 'Seven' });
  expect([...world.keep.live.entries('main', 'connections')]).toEqual([]);
});

test('[OT6] what is too much is counted as rejected, and the rest is taken', async () => {
  const spans = Array.from({ length: 60 }, (_, i) => ({ attributes: { 'gen_ai.agent.id': `a${i % 3}` } }));
  const reply = await send(request(spans));
  const { partialSuccess } = reply.json;
  expect(partialSuccess).toMatchObject({ errorMessage: expect.stringContaining('more than 50 spans') });
  expect(partialSuccess).toMatchObject({
    errorMessage: expect.stringContaining('more than 4 new records'),
  });
  // Three agents and one edge are four new records; two edges of 17 and 16 spans, and ten spans too many.
  expect(partialSuccess).toMatchObject({ rejectedSpans: String(10 + 17 + 16) });
});

test('[OT10] numbers become metrics of the app, those of the server stay its own', async () => {
  const numbers = (name: string, asInt: string) => ({ name, unit: 'x', gauge: { dataPoints: [{ asInt }] } });
  const metrics = [numbers('queue', '7'), numbers('fleet', '1'), { name: 'h', summary: { dataPoints: [{}] } }];
  const body = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
  const reply = await world.call('POST', '/otlp/v1/metrics', { key, body });
  expect(reply.json).toMatchObject({ partialSuccess: { rejectedDataPoints: '2' } });
  expect(reply.text).toContain('metrics/fleet is derived by the server');
  expect(row('metrics', 'queue')).toMatchObject({ kind: 'gauge', unit: 'x', values: { value: 7 } });
  expect(await world.call('POST', '/otlp/v1/metrics', { key: await world.key('read'), body })).toMatchObject({
    status: 403,
    json: { code: 7 },
  });
});

test('[OT12] two processes of one service are two agents where they say which they are', async () => {
  for (const instance of ['i-1', 'i-2']) {
    await send(request([{}], { 'service.name': 'Worker pool', 'service.instance.id': instance }));
  }
  await send(request([{}], { 'service.name': 'bot' }));
  // Who names an agent means that one, whichever process it runs in.
  await send(request([{}], { 'service.name': 'bot', 'service.instance.id': 'i-3', 'gen_ai.agent.id': 'planner' }));
  const agents = Array.from(
    world.keep.live.entries('main', 'agents'),
    ({ id, row: { name } }) => `${id}: ${JSON.stringify(name)}`,
  ).sort();
  expect(agents).toEqual([
    'bot: "bot"',
    'planner: "bot"',
    'worker-pool@i-1: "Worker pool (i-1)"',
    'worker-pool@i-2: "Worker pool (i-2)"',
  ]);
});

test('[OT7] silence is told from calm when a period is given', async () => {
  await send(request([{}]), '?period=60000');
  expect(row('connections', 'bot:search')).toMatchObject({ fresh: 'live', dueAt: expect.any(Number) });
  expect((await send(request([{}]), '?period=1')).json).toMatchObject({ code: 3, details: [] });
});

describe('[OT8] refusals are google.rpc.Status in the form of the request', () => {
  const call = (raw: Uint8Array<ArrayBuffer> | string, headers: Record<string, string>, as: string | undefined = key) =>
    world.call('POST', '/otlp/v1/traces', { key: as, raw, headers });
  const json = { 'content-type': 'application/json' };
  const binary = { 'content-type': 'application/x-protobuf' };

  test('JSON', async () => {
    expect(await call('{}', json)).toMatchObject({ status: 200, json: {} });
    expect(await call('{', json)).toMatchObject({ status: 400, json: { code: 3 } });
    expect(await call('{}', json, 'wrong')).toMatchObject({ status: 401, json: { code: 16 } });
    expect(await call('{}', json, await world.key('read'))).toMatchObject({ status: 403, json: { code: 7 } });
    expect(await call(`{"x":"${'y'.repeat(70_000)}"}`, json)).toMatchObject({ status: 413, json: { code: 11 } });
    expect(await call('['.repeat(100), json)).toMatchObject({ status: 400, json: { code: 3 } });
  });

  test('protobuf', async () => {
    const good = await call(new Uint8Array(), binary);
    expect([good.status, good.text, good.headers.get('content-type')]).toEqual([200, '', 'application/x-protobuf']);
    const bad = await call(Uint8Array.from([0x0b]), binary);
    expect([bad.status, bad.headers.get('content-type')]).toEqual([400, 'application/x-protobuf']);
    expect(bad.text.startsWith('\u0008\u0003\u0012')).toBe(true);
    expect(bad.text).toContain('protobuf: found wire type 3');
  });

  test('gzip is bounded by what comes out of it', async () => {
    const packed = { ...json, 'content-encoding': 'gzip' };
    expect(await call(gzipSync('{}'), packed)).toMatchObject({ status: 200 });
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    expect(await call(gzipSync(Buffer.alloc(5_000_000, ' ')), packed)).toMatchObject({
      status: 413,
      json: { code: 11 },
    });
    expect(await call(bomb, packed)).toMatchObject({ status: 413 });
    expect(await call('{}', packed)).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('not gzip') },
    });
    expect(await call('{}', { ...json, 'content-encoding': 'br' })).toMatchObject({ status: 415 });
  });

  test('who sends no form of OTLP gets a problem document', async () => {
    const reply = await call('{}', { 'content-type': 'text/plain' });
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(reply.json).toMatchObject({ status: 415, code: 'unsupported' });
  });
});

describe.each([
  ['JSON', JsonExporter],
  ['protobuf', BinaryExporter],
] as const)('[OT1] the exporter of the OpenTelemetry SDK, %s', (_, Exporter) => {
  test.each(['none', 'gzip'])('compression %s', async (compression) => {
    const server = createAdaptorServer({ fetch: world.http.app.fetch });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: it listens on TCP.
    const { port } = server.address() as AddressInfo;
    const exporter = new Exporter({
      url: `http://127.0.0.1:${port}/otlp/v1/traces`,
      headers: { authorization: `Bearer ${key}` },
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: an enum of these two words that the package does not export.
      compression: compression as NonNullable<
        NonNullable<ConstructorParameters<typeof JsonExporter>[0]>['compression']
      >,
    });
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'sdk-bot', 'service.version': '1.2.3' }),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    const tracer = provider.getTracer('test');
    const call = (attributes: Attributes, failure?: string): void => {
      const made = tracer.startSpan('tools/call find', {
        kind: SpanKind.CLIENT,
        attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'find', ...attributes },
      });
      if (failure !== undefined) {
        made.recordException(Object.assign(new Error(failure), { code: 'ECONNREFUSED' }));
        made.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      }
      made.end();
    };
    call({ 'server.address': 'search.internal', 'server.port': 8080, 'mcp.session.id': 's-1' });
    call({ 'server.address': 'search.internal', 'server.port': 8080 }, 'nobody is there');
    call({ 'peer.service': 'files' });
    await provider.forceFlush();
    await provider.shutdown();
    await new Promise((resolve) => server.close(resolve));
    expect(row('agents', 'sdk-bot')).toMatchObject({ name: 'sdk-bot', release: '1.2.3' });
    expect(row('connections', 'sdk-bot:search')).toMatchObject({
      status: 'down',
      reason: { code: 'refused', text: 'ECONNREFUSED: nobody is there' },
      sessionId: null,
      calls: 2,
      errors: 1,
      tools: [{ name: 'find', calls: 2, errors: 1 }],
    });
    expect(row('connections', 'sdk-bot:files')).toMatchObject({ status: 'up', calls: 1 });
  });
});
