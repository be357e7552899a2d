/**
 * The fault table of docs/concepts/mcp-probe.md: every way a server was seen to fail, against a server that fails
 * in exactly that way, and what the probe makes of it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProbeResult } from '../packages/server/src/collect/probes/probe.ts';
import {
  errorOf,
  INITIALIZED,
  json,
  resultOf,
  send,
  startRaw,
  startScripted,
  toolNamed,
  type Script,
  type ScriptedCall,
} from '../packages/server/src/testing/peers/faults.ts';
import { systemClock, type Clock } from '../packages/server/src/lib/clock.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { freeze } from '../packages/server/src/testing/peers/freeze.ts';
import { waitFor } from '../packages/server/src/testing/peers/peer.ts';
import { planOf } from '../packages/server/src/testing/peers/plan.ts';
import { createProbing, type Probing } from '../packages/server/src/testing/peers/probing.ts';

/** For what processes and sockets do by themselves: far more than a busy machine needs, ms. */
const WAIT_MS = 30_000;
/** For faults that are found by waiting: it is waited out. */
const SILENCE_MS = 700;
/** For faults that are found by what came: far more than a busy machine needs, and never waited out. */
const TIMEOUT_MS = 10_000;
/** Compressed once: a script shares the thread with the probe, and each 64 MiB cost it a quarter of a second. */
const BOMB = gzipSync(Buffer.alloc(64 * 1_048_576));
const SECRET = { authorization: 'Bearer wrong' };

let probing: Probing;
const closing: (() => Promise<void>)[] = [];

beforeEach(() => {
  probing = createProbing({ probeBodyBytesMax: 262_144, probeHeaderBytesMax: 16_384 });
});

afterEach(async () => {
  await probing.probers.close();
  for (const close of closing.splice(0)) await close();
});

/** What a probe said, in one line. */
function said({ observation }: ProbeResult): string {
  return `${observation.verdict} ${observation.reason.code} ${observation.phase}${observation.final ? ' final' : ''}`;
}

async function scripted(script?: Script): Promise<Awaited<ReturnType<typeof startScripted>>> {
  const server = await startScripted(script);
  closing.push(() => server.close());
  return server;
}

const onAny =
  (act: (call: ScriptedCall) => boolean): Script =>
  (call) =>
    act(call);
/** Misbehaves in requests that want an answer. */
const onAsk =
  (act: (res: ServerResponse, call: ScriptedCall) => void): Script =>
  (call) => {
    if (call.id === null) return false;
    act(call.res, call);
    return true;
  };
const on =
  (method: string, act: (call: ScriptedCall) => boolean): Script =>
  (call) =>
    call.method === method && act(call);

/** Faults of one exchange: name, script, what the first probe says. */
const exchanges: readonly (readonly [name: string, script: Script, expected: string])[] = [
  [
    'a body that drips a byte at a time',
    onAsk((res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => res.write(' '), 20);
      res.on('close', () => clearInterval(drip));
    }),
    'unhealthy timeout_body failed',
  ],
  [
    'headers and then nothing',
    onAsk((res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.flushHeaders();
    }),
    'unhealthy timeout_body failed',
  ],
  [
    'an event stream with headers and then nothing',
    onAsk((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
    }),
    'unhealthy timeout_body failed',
  ],
  ['silence', onAsk(() => undefined), 'unhealthy timeout failed'],
  [
    'an event stream that stays open after the answer',
    (call) => {
      if (call.method !== 'initialize' && call.method !== 'tools/list') return false;
      call.res.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'open' });
      const result = call.method === 'initialize' ? INITIALIZED : { tools: [toolNamed('hello')] };
      call.res.write(`: hello\n\nid: 1\ndata: \n\nevent: message\ndata: ${JSON.stringify(resultOf(call, result))}\n\n`);
      return true;
    },
    'healthy ok ready',
  ],
  [
    'a web page with 200',
    onAsk((res) => send(res, 200, '<!doctype html><h1>Hi</h1>', { 'content-type': 'text/html' })),
    'unhealthy not_mcp failed',
  ],
  [
    'plain text with 200',
    onAsk((res) => send(res, 200, 'pong', { 'content-type': 'text/plain' })),
    'unhealthy not_mcp failed',
  ],
  [
    'bad JSON',
    onAsk((res) => send(res, 200, '{"jsonrpc":"2.0","id":', { 'content-type': 'application/json' })),
    'unhealthy bad_payload failed',
  ],
  ['JSON that is no JSON-RPC', onAsk((res) => json(res, 200, { status: 'ok' })), 'unhealthy bad_payload failed'],
  [
    'the literal null',
    onAsk((res) => send(res, 200, 'null', { 'content-type': 'application/json' })),
    'unhealthy bad_payload failed',
  ],
  [
    'JSON 100,000 levels deep',
    onAsk((res) =>
      send(res, 200, `${'['.repeat(100_000)}${']'.repeat(100_000)}`, { 'content-type': 'application/json' }),
    ),
    'unhealthy bad_payload failed',
  ],
  [
    'an answer with a wrong id',
    onAsk((res) => json(res, 200, { jsonrpc: '2.0', id: 987, result: INITIALIZED })),
    'unhealthy bad_payload failed',
  ],
  [
    'an answer with the id as a string',
    onAsk((res, call) => json(res, 200, { jsonrpc: '2.0', id: String(call.id), result: INITIALIZED })),
    'unhealthy bad_payload failed',
  ],
  [
    'noise in the event stream',
    onAsk((res) => send(res, 200, 'data: hello there\n\n', { 'content-type': 'text/event-stream' })),
    'unhealthy bad_payload failed',
  ],
  [
    'an event stream that ends without an answer',
    onAsk((res) => send(res, 200, ': bye\n\n', { 'content-type': 'text/event-stream' })),
    'unhealthy no_answer failed',
  ],
  ['202 to a question', onAsk((res) => send(res, 202, '')), 'unhealthy no_answer failed'],
  ['401', onAny(({ res }) => json(res, 401, { error: 'no' })), 'degraded needs_auth needs_auth'],
  ['403 without credentials', onAny(({ res }) => json(res, 403, { error: 'no' })), 'degraded needs_auth needs_auth'],
  [
    '403 for a missing scope',
    onAny(({ res }) => send(res, 403, '', { 'www-authenticate': 'Bearer error="insufficient_scope", scope="x"' })),
    'degraded insufficient_scope needs_auth',
  ],
  [
    '403 for the host name',
    onAny(({ res }) =>
      send(res, 403, 'Access is only allowed at localhost:8931 (Host header)', { 'content-type': 'text/plain' }),
    ),
    'degraded host_rejected ready',
  ],
  ['429', onAny(({ res }) => send(res, 429, '', { 'retry-after': '7' })), 'degraded rate_limited ready'],
  ['302', onAny(({ res }) => send(res, 302, '', { location: '/elsewhere' })), 'unhealthy misconfigured failed'],
  [
    '308',
    onAny(({ res }) => send(res, 308, '', { location: 'http://127.0.0.1:1/' })),
    'unhealthy misconfigured failed',
  ],
  ['500', onAny(({ res }) => send(res, 500, 'oops')), 'unhealthy http_5xx failed'],
  ['503', onAny(({ res }) => send(res, 503, 'busy')), 'unhealthy http_5xx failed'],
  ['404 everywhere', onAny(({ res }) => send(res, 404, 'Not found')), 'unhealthy not_mcp failed'],
  ['405 everywhere', onAny(({ res }) => send(res, 405, '')), 'unhealthy not_mcp failed'],
  [
    'initialize refused with an error',
    on('initialize', (call) => json(call.res, 200, errorOf(call, -32603))),
    'unhealthy handshake_failed failed',
  ],
  [
    'initialize without a version',
    on('initialize', (call) => json(call.res, 200, resultOf(call, {}))),
    'unhealthy bad_payload failed',
  ],
  [
    'tools/list refused with an error',
    on('tools/list', (call) => json(call.res, 200, errorOf(call, -32603))),
    'degraded rpc_error ready',
  ],
  ['tools/list never answered', on('tools/list', () => true), 'degraded timeout ready'],
  [
    'an empty list of tools',
    on('tools/list', (call) => json(call.res, 200, resultOf(call, { tools: [] }))),
    'degraded no_tools ready',
  ],
  [
    'a list of tools that is none',
    on('tools/list', (call) => json(call.res, 200, resultOf(call, { tools: 'many' }))),
    'degraded bad_payload ready',
  ],
  [
    'a schema 1,000 levels deep',
    on('tools/list', (call) => {
      const deep = `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`;
      const body = `{"jsonrpc":"2.0","id":${String(call.id)},"result":{"tools":[{"name":"deep","inputSchema":${deep}}]}}`;
      return send(call.res, 200, body, { 'content-type': 'application/json' });
    }),
    'degraded bad_payload ready',
  ],
  [
    'a huge list in one page',
    on('tools/list', (call) => {
      const tools = Array.from({ length: 3_000 }, (_, n) => toolNamed(`tool-${n}`, 'x'.repeat(100)));
      return json(call.res, 200, resultOf(call, { tools }));
    }),
    'degraded too_large ready',
  ],
  [
    'a huge list in small pages',
    on('tools/list', (call) => {
      const tools = Array.from({ length: 100 }, (_, n) => toolNamed(`tool-${n}`, 'x'.repeat(100)));
      return json(call.res, 200, resultOf(call, { tools, nextCursor: 'more' }));
    }),
    'degraded too_large ready',
  ],
  [
    'pages without end',
    on('tools/list', (call) => json(call.res, 200, resultOf(call, { tools: [], nextCursor: 'again' }))),
    'degraded too_large ready',
  ],
  [
    'a body without end',
    onAsk((res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      const pour = (): void => {
        while (res.write('x'.repeat(65_536)));
        res.once('drain', pour);
      };
      pour();
    }),
    'unhealthy too_large failed',
  ],
  [
    'one event without end',
    onAsk((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: ');
      const pour = (): void => {
        while (res.write('x'.repeat(65_536)));
        res.once('drain', pour);
      };
      pour();
    }),
    'unhealthy too_large failed',
  ],
  [
    'two thousand content encodings',
    onAsk((res) =>
      send(res, 200, 'x', {
        'content-type': 'application/json',
        'content-encoding': Array.from({ length: 2_000 }, () => 'gzip').join(','),
      }),
    ),
    'unhealthy bad_payload failed',
  ],
  [
    'an unknown content encoding',
    onAsk((res) => send(res, 200, 'x', { 'content-type': 'application/json', 'content-encoding': 'snappy' })),
    'unhealthy bad_payload failed',
  ],
  [
    'a gzip bomb',
    onAsk((res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      res.end(BOMB);
    }),
    'unhealthy too_large failed',
  ],
  [
    'gzip that is no gzip',
    onAsk((res) => send(res, 200, 'not gzip', { 'content-type': 'application/json', 'content-encoding': 'gzip' })),
    'unhealthy bad_payload failed',
  ],
  [
    'a connection cut in the middle of the body',
    onAsk((res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      res.write('{"json', () => res.destroy());
    }),
    'unhealthy reset failed',
  ],
];

test.each(exchanges)('[MCP-F1] %s', async (_name, script, expected) => {
  const server = await scripted(script);
  const timeoutMs = timeoutOf(expected);
  const result = await probing.probers.probe(planOf('mcp', server.url, { timeoutMs }));
  expect(said(result)).toBe(expected);
  expect(result.observation.ms).toBeLessThan(timeoutMs + 5_000);
  expect(result.observation.facts['reach']?.v).toBe('ok');
  // A person reads the text: no address, no header, nothing the server said.
  expect(JSON.stringify(result.observation)).not.toMatch(/127\.0\.0\.1|oops|elsewhere|hello there/);
});

function timeoutOf(expected: string): number {
  return expected.includes(' timeout') ? SILENCE_MS : TIMEOUT_MS;
}

/** Faults below HTTP: what the server writes on the bare socket. */
const bytes: readonly (readonly [name: string, onSocket: Parameters<typeof startRaw>[0], expected: string])[] = [
  ['a socket that says nothing', () => undefined, 'unhealthy timeout failed'],
  ['a socket that closes at once', (socket) => socket.destroy(), 'unhealthy reset failed'],
  [
    'a banner of another protocol',
    (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
    'unhealthy not_http failed',
  ],
  [
    'headers without end',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const pour = (): void => {
        while (socket.writable && socket.write(`x-filler: ${'y'.repeat(1_000)}\r\n`));
        socket.once('drain', pour);
      };
      pour();
    },
    'unhealthy too_large failed',
  ],
  [
    'headers that trickle',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const trickle = setInterval(() => socket.write('x: y\r\n'), 20);
      socket.on('close', () => clearInterval(trickle));
    },
    'unhealthy timeout failed',
  ],
  [
    'a second answer nobody asked for',
    (socket) => {
      socket.on('data', () => {
        const body = '{"jsonrpc":"2.0","id":7,"result":{}}';
        const one = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
        socket.write(one + one);
      });
    },
    'unhealthy bad_payload failed',
  ],
];

test.each(bytes)('[MCP-F2] %s', async (_name, onSocket, expected) => {
  const server = await startRaw(onSocket);
  closing.push(() => server.close());
  const result = await probing.probers.probe(planOf('mcp', server.url, { timeoutMs: timeoutOf(expected) }));
  expect(said(result)).toBe(expected);
});

test('[MCP-F3] nothing listens: refused', async () => {
  const result = await probing.probers.probe(planOf('mcp', `http://127.0.0.1:${await freePort()}/mcp`));
  expect(said(result)).toBe('unhealthy refused failed');
  expect(result.observation.facts['reach']).toMatchObject({ v: 'fail', code: 'refused' });
});

test('[MCP-F3] https on a plain port is a TLS fault', async () => {
  const server = await scripted();
  const result = await probing.probers.probe(planOf('mcp', `https://127.0.0.1:${server.port}/mcp`));
  expect(said(result)).toBe('unhealthy tls_failed failed');
});

test('[MCP-F4] credentials that were sent and refused are not the same as none', async () => {
  const server = await scripted(({ res }) => send(res, 401, ''));
  const plan = planOf('mcp', server.url, { secretHeaders: SECRET });
  const result = await probing.probers.probe(plan);
  expect(said(result)).toBe('degraded credentials_rejected needs_auth');
  expect(result.observation.facts['auth']).toMatchObject({ v: 'warn', code: 'credentials_rejected' });
  expect(JSON.stringify(result)).not.toContain('wrong');
});

test('[MCP-F4] the auth fact names who gives credentials, read from the resource metadata', async () => {
  const server = await scripted(({ req, res }) => {
    if (req.url === '/meta') return json(res, 200, { authorization_servers: ['https://sign-in.example.org/tenant'] });
    return send(res, 401, '', {
      'www-authenticate': `Bearer resource_metadata="http://${req.headers.host ?? ''}/meta"`,
    });
  });
  const result = await probing.probers.probe(planOf('mcp', server.url));
  expect(result.observation.facts['auth']?.text).toContain('Credentials come from sign-in.example.org.');
  await probing.probers.probe(planOf('mcp', server.url));
  expect(server.calls.filter((call) => call === 'GET')).toHaveLength(1);
});

test('[MCP-F5] Retry-After is what the probe asks to wait', async () => {
  const server = await scripted(({ res }) => send(res, 429, '', { 'retry-after': '7' }));
  const { observation } = await probing.probers.probe(planOf('mcp', server.url));
  expect((observation.nextAt ?? 0) - observation.at).toBeGreaterThanOrEqual(7_000);
  expect((observation.nextAt ?? 0) - observation.at).toBeLessThan(8_000);
});

test('[MCP-F6] redirects are not followed', async () => {
  const elsewhere = await scripted();
  const server = await scripted(({ res }) => send(res, 307, '', { location: elsewhere.url }));
  await probing.probers.probe(planOf('mcp', server.url, { followRedirects: true }));
  expect(elsewhere.connections.accepted).toBe(0);
});

test.each([-32601, -32600, -32603])('[MCP-F7] error %i to a ping is a sign of life', async (code) => {
  const server = await scripted(on('ping', (call) => json(call.res, 200, errorOf(call, code))));
  const plan = planOf('mcp', server.url, { timeoutMs: TIMEOUT_MS });
  for (let probe = 0; probe < 3; probe += 1) expect(said(await probing.probers.probe(plan))).toBe('healthy ok ready');
  // Asked once: from then on the server is asked what it does answer.
  expect(server.calls.filter((call) => call === 'ping')).toHaveLength(1);
  expect(server.sessions.size).toBe(1);
});

test('[MCP-F8] a silent ping is confirmed with tools/list before it counts, and remembered', async () => {
  const server = await scripted(on('ping', () => true));
  const plan = planOf('mcp', server.url, { timeoutMs: SILENCE_MS * 3 });
  for (let probe = 0; probe < 3; probe += 1) expect(said(await probing.probers.probe(plan))).toBe('healthy ok ready');
  expect(server.calls.filter((call) => call === 'ping')).toHaveLength(1);
});

test('[MCP-F8] a silent ping and a silent list are a timeout, and the session is kept', async () => {
  let isSilent = false;
  const server = await scripted(() => isSilent);
  const plan = planOf('mcp', server.url, { timeoutMs: SILENCE_MS });
  await probing.probers.probe(plan);
  isSilent = true;
  expect(said(await probing.probers.probe(plan))).toBe('unhealthy timeout failed');
  isSilent = false;
  const back = await probing.probers.probe(plan);
  expect(said(back)).toBe('healthy ok ready');
  expect(back.observation.mcp?.sessionsLost).toBe(0);
  expect(server.calls.filter((call) => call === 'initialize')).toHaveLength(1);
});

test.each([400, 401, 404])('[MCP-F9] a session lost with %i is re-opened inside the same probe', async (status) => {
  let isLost = false;
  const server = await scripted((call) => {
    if (call.method !== 'ping' || !isLost) return false;
    isLost = false;
    return json(call.res, status, errorOf(call, -32000));
  });
  const plan = planOf('mcp', server.url, { timeoutMs: TIMEOUT_MS });
  await probing.probers.probe(plan);
  await probing.probers.probe(plan);
  isLost = true;
  const result = await probing.probers.probe(plan);
  expect(said(result)).toBe('healthy ok ready');
  expect(result.observation.mcp?.sessionsLost).toBe(1);
});

test('[MCP-F9] a server that refuses every ping like a lost session is asked for its tools instead', async () => {
  const server = await scripted(on('ping', (call) => json(call.res, 400, errorOf(call, -32000))));
  const plan = planOf('mcp', server.url, { timeoutMs: TIMEOUT_MS });
  for (let probe = 0; probe < 6; probe += 1) expect(said(await probing.probers.probe(plan))).toBe('healthy ok ready');
  expect(server.calls.filter((call) => call === 'initialize').length).toBeLessThanOrEqual(2);
});

test('[MCP-F10] a server cached as legacy that answers -32022 is asked as modern in the same probe', async () => {
  let isUpgraded = false;
  const server = await scripted((call) => {
    if (!isUpgraded || call.id === null) return false;
    if (call.method === 'server/discover') return json(call.res, 200, resultOf(call, discovered));
    if (call.method === 'tools/list')
      return json(call.res, 200, resultOf(call, { tools: [toolNamed('a')], resultType: 'complete' }));
    return json(call.res, 400, errorOf(call, -32022));
  });
  const plan = planOf('mcp', server.url, { timeoutMs: TIMEOUT_MS });
  expect((await probing.probers.probe(plan)).observation.mcp?.era).toBe('legacy');
  isUpgraded = true;
  const result = await probing.probers.probe(plan);
  expect(said(result)).toBe('healthy ok ready');
  expect(result.observation.mcp).toMatchObject({
    era: 'modern',
    protocolVersion: '2026-07-28',
    serverName: 'upgraded',
  });
});

const discovered = {
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: {} },
  resultType: 'complete',
  ttlMs: 0,
  cacheScope: 'private',
  _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'upgraded', version: '2' } },
};

test('[MCP-F11] a discover result without its result type is a legacy shrug', async () => {
  const server = await scripted(
    on('server/discover', (call) =>
      json(call.res, 200, resultOf(call, { supportedVersions: ['2026-07-28'], capabilities: {} })),
    ),
  );
  const { observation } = await probing.probers.probe(planOf('mcp', server.url));
  expect(observation.mcp).toMatchObject({ era: 'legacy', serverName: 'scripted' });
});

test('[MCP-F11] a modern server of another revision is degraded, and says which it speaks', async () => {
  const server = await scripted((call) => {
    const error = { code: -32022, message: 'Unsupported', data: { supported: ['2027-01-01'] } };
    return json(call.res, 400, { jsonrpc: '2.0', id: call.id, error });
  });
  const { observation } = await probing.probers.probe(planOf('mcp', server.url));
  expect(`${observation.verdict} ${observation.reason.code}`).toBe('degraded unsupported_version');
  expect(observation.reason.text).toContain('2027-01-01');
});

test.each([
  ['401', 401],
  ['503', 503],
  ['429', 429],
])('[MCP-F12] %s to discover is no evidence of an era', async (_name, status) => {
  const server = await scripted(on('server/discover', ({ res }) => send(res, status, '')));
  await probing.probers.probe(planOf('mcp', server.url));
  expect(server.calls).not.toContain('initialize');
});

test('[MCP-F12] a legacy server that ignores discover is found by initialize within one probe', async () => {
  const server = await scripted(on('server/discover', () => true));
  const result = await probing.probers.probe(planOf('mcp', server.url, { timeoutMs: TIMEOUT_MS }));
  expect(said(result)).toBe('healthy ok ready');
});

/** Probers whose clock can be set forward between two probes: `discover` is asked again after seconds to minutes. */
function laterProbing(): { readonly probing: Probing; readonly later: (ms: number) => void } {
  let aheadMs = 0;
  const clock: Clock = {
    now: () => systemClock.now() + aheadMs,
    mono: () => systemClock.mono() + aheadMs,
    after: (ms, fn) => systemClock.after(ms, fn),
    soon: (fn) => systemClock.soon(fn),
    random: () => systemClock.random(),
  };
  const made = createProbing({}, clock);
  closing.push(() => made.probers.close());
  return { probing: made, later: (ms) => void (aheadMs += ms) };
}

test.each<[what: string, slow: (call: ScriptedCall) => boolean]>([
  ['silence', () => true],
  ['a proxy that gave up waiting (408)', ({ res }) => send(res, 408, '')],
  ['headers and no body', ({ res }) => (res.writeHead(200, { 'content-type': 'application/json' }), true)],
])('[MCP-F12] a slow server of both eras is never told as legacy: %s', async (_what, slow) => {
  let isSlow = true;
  const server = await scripted((call) => {
    if (call.method !== 'server/discover') return false;
    return isSlow ? slow(call) : json(call.res, 200, resultOf(call, discovered));
  });
  const { probing: ours, later } = laterProbing();
  const plan = planOf('mcp', server.url, { timeoutMs: TIMEOUT_MS });
  const first = await ours.probers.probe(plan);
  expect(said(first)).toBe('healthy ok ready');
  expect(first.observation.mcp).toMatchObject({ era: 'unknown', serverName: 'scripted', tools: 1 });
  // What becomes the accepted list must be comparable with the lists that follow.
  expect(first.inventory).toBeNull();
  isSlow = false;
  expect((await ours.probers.probe(plan)).observation.mcp).toMatchObject({ era: 'unknown' });
  later(5_000);
  const settled = await ours.probers.probe(plan);
  expect(settled.observation.mcp).toMatchObject({ era: 'modern', serverName: 'upgraded', sessionsLost: 0 });
  // The legacy session is not left behind.
  expect(server.sessions.size).toBe(0);
});

test.each(['hold', 'fresh'] as const)('[MCP-F12] silence alone never becomes an era (%s)', async (mode) => {
  let isSilent = true;
  const server = await scripted((call) => call.method === 'server/discover' && isSilent);
  const { probing: ours, later } = laterProbing();
  const plan = planOf('mcp', server.url, { timeoutMs: TIMEOUT_MS, mode });
  const lists: boolean[] = [];
  for (let probe = 0; probe < 3; probe += 1) {
    const result = await ours.probers.probe(plan);
    expect(result.observation.mcp?.era).toBe('unknown');
    lists.push(result.inventory !== null);
    // Asked again when it is due, not with every probe: each silence costs much of a probe's time.
    await ours.probers.probe(plan);
    later(60_000);
  }
  expect(lists).toEqual([false, false, true]);
  expect(server.calls.filter((call) => call === 'server/discover')).toHaveLength(3);
  isSilent = false;
  expect((await ours.probers.probe(plan)).observation.mcp?.era).toBe('legacy');
});

test('[MCP-F13] the version header is never sent on initialize, and on everything after it', async () => {
  const server = await scripted();
  await probing.probers.probe(planOf('mcp', server.url));
  const headers = server.headers.filter((_, n) => server.calls[n] === 'initialize');
  expect(headers).toHaveLength(1);
  expect(headers[0]).not.toHaveProperty('mcp-protocol-version');
  const list = server.headers[server.calls.indexOf('tools/list')];
  expect(list).toMatchObject({ 'mcp-protocol-version': '2025-11-25' });
});

test('[MCP-F14] a kept-alive socket that died between two questions is replaced, once', async () => {
  const used = new WeakSet();
  const server = await scripted(({ req }) => {
    if (!used.has(req.socket)) {
      used.add(req.socket);
      return false;
    }
    // Exactly what a restarted server does to a pooled socket.
    req.socket.resetAndDestroy();
    return true;
  });
  const result = await probing.probers.probe(planOf('mcp', server.url, { timeoutMs: TIMEOUT_MS }));
  expect(said(result)).toBe('healthy ok ready');
  expect(server.connections.accepted).toBeGreaterThan(1);
});

test('[MCP-F15] a canary that reports an error inside a good answer is degraded', async () => {
  const server = await scripted(
    on('tools/call', (call) => json(call.res, 200, resultOf(call, { content: [], isError: true }))),
  );
  const plan = planOf('mcp', server.url, { canary: { tool: 'hello', args: {} } });
  const result = await probing.probers.probe(plan);
  expect(said(result)).toBe('degraded tool_error ready');
  expect(result.observation.facts['canary']).toMatchObject({ v: 'fail', code: 'tool_error' });
});

test('[MCP-F16] names that mean something to JavaScript change nothing but the list', async () => {
  const server = await scripted(
    on('tools/list', (call) => {
      const tools =
        '[{"name":"__proto__","inputSchema":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}]';
      const body = `{"jsonrpc":"2.0","id":${String(call.id)},"__proto__":{"polluted":1},"result":{"tools":${tools}}}`;
      return send(call.res, 200, body, { 'content-type': 'application/json' });
    }),
  );
  const result = await probing.probers.probe(planOf('mcp', server.url));
  expect(said(result)).toBe('healthy ok ready');
  expect(result.inventory?.tools.map((tool) => tool.name)).toEqual(['__proto__']);
  expect({}).not.toHaveProperty('polluted');
});

test('[MCP-F17] an SSE endpoint on another origin is refused and gets none of our headers', async () => {
  const thief = await scripted();
  const server = await scripted(({ method, res }) => {
    if (method !== 'GET') return send(res, 404, '');
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(`event: endpoint\ndata: ${thief.url}\n\n`);
    return true;
  });
  const result = await probing.probers.probe(planOf('mcp', server.url, { secretHeaders: SECRET }));
  expect(said(result)).toBe('unhealthy misconfigured failed');
  expect(thief.connections.accepted).toBe(0);
});

test('[MCP-F18] a stream that a server ends politely at once is not reopened in a loop', async () => {
  const server = await scripted(on('GET', ({ res }) => send(res, 200, '', { 'content-type': 'text/event-stream' })));
  const plan = planOf('mcp', server.url);
  for (let probe = 0; probe < 5; probe += 1) await probing.probers.probe(plan);
  await waitFor(() => server.calls.includes('GET'), WAIT_MS);
  expect(server.calls.filter((call) => call === 'GET')).toHaveLength(1);
  expect(probing.trips).toEqual([]);
});

test('[MCP-F19] fresh mode ends each session, whatever the probe found', async () => {
  const server = await scripted(on('tools/list', (call) => json(call.res, 200, errorOf(call, -32603))));
  const plan = planOf('mcp', server.url, { mode: 'fresh' });
  for (let probe = 0; probe < 5; probe += 1)
    expect(said(await probing.probers.probe(plan))).toBe('degraded rpc_error ready');
  expect(server.calls.filter((call) => call === 'initialize')).toHaveLength(5);
  expect(server.sessions.size).toBe(0);
  expect(await waitFor(() => server.connections.open === 0, WAIT_MS)).toBe(true);
});

test('[MCP-F19] forget ends the held session and its stream', async () => {
  const server = await scripted(
    on('GET', ({ res }) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
      return true;
    }),
  );
  const plan = planOf('mcp', server.url);
  await probing.probers.probe(plan);
  expect(await waitFor(() => server.calls.includes('GET'), WAIT_MS)).toBe(true);
  expect(server.sessions.size).toBe(1);
  await probing.probers.forget(plan.org, plan.id);
  expect(server.sessions.size).toBe(0);
  expect(await waitFor(() => server.connections.open === 0, WAIT_MS)).toBe(true);
  expect(probing.trips).toEqual([]);
});

test('[MCP-F19] a changed check ends what the old one held', async () => {
  const [before, after] = [await scripted(), await scripted()];
  await probing.probers.probe(planOf('mcp', before.url));
  await probing.probers.probe(planOf('mcp', after.url));
  expect(before.sessions.size).toBe(0);
  expect(after.sessions.size).toBe(1);
});

test('[MCP-F19] closing during a probe ends it and leaves nothing', async () => {
  const server = await scripted(on('tools/list', () => true));
  const running = probing.probers.probe(planOf('mcp', server.url, { timeoutMs: 60_000 }));
  await waitFor(() => server.calls.includes('tools/list'), WAIT_MS);
  await probing.probers.close();
  // Our own hanging up judges nobody.
  expect(said(await running)).toBe('unknown aborted stopped');
  expect(server.sessions.size).toBe(0);
  expect(await waitFor(() => server.connections.open === 0, WAIT_MS)).toBe(true);
});

test('[MCP-F19] closing during a probe over the old SSE transport ends it too', async () => {
  const server = await scripted(({ method, res }) => {
    if (method !== 'GET') return send(res, 404, '');
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(': no endpoint yet\n\n');
    return true;
  });
  const running = probing.probers.probe(planOf('mcp', server.url, { timeoutMs: 60_000 }));
  await waitFor(() => server.calls.includes('GET'), WAIT_MS);
  await probing.probers.close();
  expect(said(await running)).toBe('unknown aborted stopped');
  expect(await waitFor(() => server.connections.open === 0, WAIT_MS)).toBe(true);
});

// Children.

const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), 'peers', 'stdio.ts');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'statewire-stdio-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function childPlan(how: string, more: Parameters<typeof planOf>[2] = {}): ReturnType<typeof planOf> {
  const command = { argv: [process.execPath, SCRIPT, how], env: { PIDS: join(folder, 'pids') }, cwd: null };
  return planOf('mcp', 'stdio:scripted', { command, timeoutMs: 5_000, ...more });
}

function pids(): number[] {
  return readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const areGone = (): Promise<boolean> => waitFor(() => pids().every((pid) => !isAlive(pid)), WAIT_MS);

test.each([
  ['good', 'healthy ok ready'],
  ['banner', 'degraded protocol_noise ready'],
  ['exit', 'unhealthy exited failed final'],
  ['grandchild', 'healthy ok ready'],
  ['stubborn', 'healthy ok ready'],
])('[MCP-F20] a child that is %s: %s, and nothing is left of it', async (how, expected) => {
  const result = await probing.probers.probe(childPlan(how));
  expect(said(result)).toBe(expected);
  await probing.probers.close();
  expect(await areGone()).toBe(true);
});

test('[MCP-F20] silent and endless children run out of time and space, and nothing is left of them', async () => {
  expect(said(await probing.probers.probe(childPlan('silent', { timeoutMs: SILENCE_MS })))).toBe(
    'unhealthy timeout failed',
  );
  expect(said(await probing.probers.probe(childPlan('endless', { id: 'endless' })))).toBe('unhealthy too_large failed');
  await probing.probers.close();
  expect(await areGone()).toBe(true);
});

test('[MCP-F21] what a dying child said is evidence, not part of the record', async () => {
  const result = await probing.probers.probe(childPlan('exit'));
  expect(result.evidence).toContain('fatal: no configuration');
  expect(JSON.stringify(result.observation)).not.toContain('fatal');
  expect(result.observation.reason.text).toBe('The process ended (exit code 3).');
});

test('[MCP-F21] a command that does not exist, and a service without one', async () => {
  const missing = { argv: [join(folder, 'nothing-here')], env: {}, cwd: null };
  expect(said(await probing.probers.probe(planOf('mcp', 'stdio:gone', { command: missing })))).toBe(
    'unhealthy spawn_failed failed final',
  );
  expect(said(await probing.probers.probe(planOf('mcp', 'stdio:none', { id: 'none' })))).toBe(
    'unknown no_command stopped',
  );
});

test('[MCP-F22] a child gets no variable of ours beside PATH and HOME', async () => {
  const result = await probing.probers.probe(childPlan('env'));
  expect(result.evidence?.trim()).toBe('HOME,PATH,PIDS');
});

test('[MCP-F23] a held child that is killed trips at once, is reported once as final, then started anew', async () => {
  const plan = childPlan('good');
  await probing.probers.probe(plan);
  const [first = 0] = pids();
  process.kill(first, 'SIGKILL');
  expect(await waitFor(() => probing.trips.length > 0, 10_000)).toBe(true);
  expect(probing.trips[0]).toMatchObject({ org: 'main', id: 'peer', cause: 'exited' });
  const down = await probing.probers.probe(plan);
  expect(said(down)).toBe('unhealthy exited failed final');
  expect(down.observation.reason.text).toBe('The process ended (signal SIGKILL).');
  const back = await probing.probers.probe(plan);
  expect(said(back)).toBe('healthy ok ready');
  expect(back.observation.mcp?.sessionsLost).toBe(1);
});

test('[MCP-F23] a stopped child times out and goes on as the same process', async () => {
  const plan = childPlan('good');
  await probing.probers.probe(plan);
  const [pid = 0] = pids();
  await freeze(pid);
  expect(said(await probing.probers.probe(childPlan('good', { timeoutMs: SILENCE_MS })))).toBe(
    'unhealthy timeout failed',
  );
  process.kill(pid, 'SIGCONT');
  expect(said(await probing.probers.probe(plan))).toBe('healthy ok ready');
  expect(pids()).toEqual([pid]);
});

test('[MCP-F24] beyond the number of children that may be held, a child lives for one probe', async () => {
  const few = createProbing({ childrenHeldMax: 1 });
  closing.push(() => few.probers.close());
  await few.probers.probe(childPlan('good', { id: 'a' }));
  await few.probers.probe(childPlan('good', { id: 'b' }));
  expect(await waitFor(() => pids().filter(isAlive).length === 1, WAIT_MS)).toBe(true);
  expect(said(await few.probers.probe(childPlan('good', { id: 'b' })))).toBe('healthy ok ready');
  expect(pids()).toHaveLength(3);
});
