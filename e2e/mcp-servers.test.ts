/** The MCP probe against real servers from npm, and against their deaths. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drift } from '../packages/server/src/collect/probes/mcp/inventory.ts';
import type { ProbeResult } from '../packages/server/src/collect/probes/probe.ts';
import {
  errorOf,
  INITIALIZED,
  json,
  resultOf,
  startScripted,
  toolNamed,
} from '../packages/server/src/testing/peers/faults.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { freeze } from '../packages/server/src/testing/peers/freeze.ts';
import { binPath, Peer, waitFor } from '../packages/server/src/testing/peers/peer.ts';
import { planOf } from '../packages/server/src/testing/peers/plan.ts';
import { createProbing, type Probing } from '../packages/server/src/testing/peers/probing.ts';

/** For what processes and sockets do by themselves: far more than a busy machine needs, ms. */
const WAIT_MS = 30_000;
const HERE = dirname(fileURLToPath(import.meta.url));
/** On a busy machine the first answer takes seconds, and an era is only told by an answer. */
const SLOW_MS = 60_000;

let probing: Probing;
let folder: string;
const closing: (() => Promise<void>)[] = [];

beforeEach(() => {
  probing = createProbing();
  folder = mkdtempSync(join(tmpdir(), 'statewire-mcp-'));
});

afterEach(async () => {
  await probing.probers.close();
  for (const close of closing.splice(0)) await close();
  rmSync(folder, { recursive: true, force: true });
});

function said({ observation }: ProbeResult): string {
  return `${observation.verdict} ${observation.reason.code} ${observation.phase}`;
}

async function peer(
  bin: string,
  argsOf: (port: number) => readonly string[],
  env: Record<string, string> = {},
): Promise<Peer> {
  const port = await freePort();
  const started = new Peer({ bin, args: argsOf(port), env: { PORT: String(port), ...env }, port });
  closing.push(() => started.stop());
  return started.start();
}

const everything = (how: string): Promise<Peer> => peer('mcp-server-everything', () => [how]);
const context7 = (): Promise<Peer> => peer('context7-mcp', (port) => ['--transport', 'http', '--port', String(port)]);
const modern = (): Promise<Peer> => peer(join(HERE, 'peers', 'modern.ts'), () => []);

/** A stdio check of an installed program. */
function stdio(bin: string, args: readonly string[], env: Record<string, string> = {}): ReturnType<typeof planOf> {
  const command = { argv: [process.execPath, binPath(bin), ...args], env, cwd: null };
  return planOf('mcp', `stdio:${bin}`, { command, timeoutMs: 20_000 });
}

test('[MCP-P1] everything over streamable HTTP: healthy, a held session, tools listed once', async () => {
  const server = await everything('streamableHttp');
  const plan = planOf('mcp', `http://127.0.0.1:${server.port}/mcp`);
  const first = await probing.probers.probe(plan);
  expect(said(first)).toBe('healthy ok ready');
  expect(first.observation.mcp).toMatchObject({ transport: 'http', era: 'legacy', protocolVersion: '2025-11-25' });
  expect(first.inventory?.tools.length).toBe(first.observation.mcp?.tools);
  expect(first.inventory?.tools.map((tool) => tool.name)).toContain('echo');
  const second = await probing.probers.probe(plan);
  expect(said(second)).toBe('healthy ok ready');
  expect(second.inventory).toBeNull();
  expect(second.observation.mcp?.tools).toBe(first.observation.mcp?.tools);
  expect(Object.keys(first.observation.facts).toSorted()).toEqual([
    'auth',
    'inventory',
    'prompts',
    'protocol',
    'reach',
    'resources',
  ]);
});

test('[MCP-P1] everything over the old SSE transport', async () => {
  const server = await everything('sse');
  const plan = planOf('mcp', `http://127.0.0.1:${server.port}/sse`);
  for (let probe = 0; probe < 3; probe += 1) expect(said(await probing.probers.probe(plan))).toBe('healthy ok ready');
  expect((await probing.probers.probe(plan)).observation.mcp).toMatchObject({ transport: 'sse', sessionsLost: 0 });
});

test('[MCP-P1] everything over stdio, with a canary that works and one that does not', async () => {
  const plan = stdio('mcp-server-everything', ['stdio']);
  const good = await probing.probers.probe({ ...plan, canary: { tool: 'echo', args: { message: 'hi' } } });
  expect(said(good)).toBe('healthy ok ready');
  expect(good.observation.facts['canary']).toMatchObject({ v: 'ok' });
  const bad = await probing.probers.probe({ ...plan, canary: { tool: 'no-such-tool', args: {} } });
  expect(said(bad)).toMatch(/^degraded (tool_error|rpc_error) ready$/);
});

test('[MCP-P1] memory over stdio', async () => {
  const result = await probing.probers.probe(
    stdio('mcp-server-memory', [], { MEMORY_FILE_PATH: join(folder, 'memory.json') }),
  );
  expect(said(result)).toBe('healthy ok ready');
  expect(result.observation.mcp).toMatchObject({ transport: 'stdio', serverName: 'memory-server' });
});

test('[MCP-P1] context7 over stdio and HTTP speaks the modern era', async () => {
  const server = await context7();
  const results = [
    await probing.probers.probe(
      planOf('mcp', `http://127.0.0.1:${server.port}/mcp`, { id: 'http', timeoutMs: SLOW_MS }),
    ),
    await probing.probers.probe({ ...stdio('context7-mcp', []), id: 'stdio', timeoutMs: SLOW_MS }),
  ];
  for (const result of results) {
    expect(said(result)).toBe('healthy ok ready');
    expect(result.observation.mcp).toMatchObject({
      era: 'modern',
      protocolVersion: '2026-07-28',
      serverName: 'Context7',
    });
  }
});

test('[MCP-P1] context7 behind a proxy that knows no server/discover speaks the legacy era', async () => {
  const server = await context7();
  const port = await oldProxy(server.port);
  const plan = planOf('mcp', `http://127.0.0.1:${port}/mcp`);
  for (let probe = 0; probe < 3; probe += 1) {
    const result = await probing.probers.probe(plan);
    expect(said(result)).toBe('healthy ok ready');
    expect(result.observation.mcp).toMatchObject({ era: 'legacy', serverName: 'Context7', sessionsLost: 0 });
  }
});

test('[MCP-P1] a modern-only server: discover, tools, canary in both outcomes', async () => {
  const server = await modern();
  const plan = planOf('mcp', `http://127.0.0.1:${server.port}/mcp`, { canary: { tool: 'add', args: { a: 1, b: 2 } } });
  const result = await probing.probers.probe(plan);
  expect(said(result)).toBe('healthy ok ready');
  expect(result.observation.mcp).toMatchObject({
    era: 'modern',
    serverName: 'modern-fixture',
    serverVersion: '3.2.1',
    tools: 2,
  });
  const bad = await probing.probers.probe({ ...plan, canary: { tool: 'broken', args: {} } });
  expect(said(bad)).toBe('degraded tool_error ready');
});

test('[MCP-P2] supabase with a fake token answers but cannot list its tools: degraded', async () => {
  const plan = stdio('mcp-server-supabase', ['--access-token', `sbp_${'0'.repeat(40)}`]);
  for (let probe = 0; probe < 2; probe += 1) {
    const result = await probing.probers.probe(plan);
    expect(said(result)).toBe('degraded rpc_error ready');
    expect(result.observation.facts['protocol']).toMatchObject({ v: 'ok' });
    expect(result.observation.facts['inventory']).toMatchObject({ v: 'fail', code: 'rpc_error' });
  }
});

test('[MCP-P2] redis without Redis is silent: unhealthy, and nothing is left of it', async () => {
  const plan = { ...stdio('mcp-server-redis', ['redis://127.0.0.1:1']), timeoutMs: 3_000 };
  const result = await probing.probers.probe(plan);
  expect(said(result)).toBe('unhealthy timeout failed');
  expect(result.evidence).toContain('ECONNREFUSED');
  await probing.probers.close();
  expect(children()).toEqual([]);
});

test('[MCP-P2] notion without its token needs sign-in and is never down; with it, healthy', async () => {
  const server = await peer(
    'notion-mcp-server',
    (port) => ['--transport', 'http', '--port', String(port), '--auth-token', 'let-me-in'],
    { NOTION_TOKEN: 'ntn_fake' },
  );
  const plan = planOf('mcp', `http://127.0.0.1:${server.port}/mcp`, { timeoutMs: 10_000 });
  const without = await probing.probers.probe(plan);
  expect(said(without)).toBe('degraded needs_auth needs_auth');
  expect(without.observation.facts).toMatchObject({ reach: { v: 'ok' }, auth: { v: 'warn', code: 'needs_auth' } });
  const wrong = await probing.probers.probe({ ...plan, secretHeaders: { Authorization: 'Bearer wrong' } });
  expect(wrong.observation.verdict).toBe('degraded');
  expect(wrong.observation.phase).toBe('needs_auth');
  const right = await probing.probers.probe({ ...plan, secretHeaders: { Authorization: 'Bearer let-me-in' } });
  expect(said(right)).toBe('healthy ok ready');
  expect(right.observation.facts['auth']).toMatchObject({ v: 'ok', code: 'accepted' });
});

test.each([
  ['streamableHttp', '/mcp', everything],
  ['sse', '/sse', everything],
  ['modern', '/mcp', modern],
])(
  '[MCP-P3] SIGKILL of a %s server with a held stream is noticed by the stream, then it is refused',
  async (how, path, start) => {
    const server = await start(how);
    const plan = planOf('mcp', `http://127.0.0.1:${server.port}${path}`);
    expect(said(await probing.probers.probe(plan))).toBe('healthy ok ready');
    // The stream is opened behind the probe's back; give it the time a real interval would.
    await holdsStream(server);
    await server.kill();
    expect(await waitFor(() => probing.trips.some((trip) => trip.cause !== 'list_changed'), 1_000)).toBe(true);
    const trip = probing.trips.find((trip) => trip.cause !== 'list_changed');
    expect(trip).toMatchObject({ org: 'main', id: 'peer' });
    const down = await probing.probers.probe(plan);
    expect(said(down)).toBe('unhealthy refused failed');
  },
);

test.each([
  ['streamableHttp', '/mcp'],
  ['sse', '/sse'],
])('[MCP-P4] a stopped %s server times out, and goes on with the same session', async (how, path) => {
  const server = await everything(how);
  const plan = planOf('mcp', `http://127.0.0.1:${server.port}${path}`, { timeoutMs: 800 });
  await probing.probers.probe(plan);
  await freeze(server.pid);
  const stopped = await probing.probers.probe(plan);
  expect(said(stopped)).toBe('unhealthy timeout failed');
  // The kernel still accepts: a TCP check would call this server fine.
  expect(stopped.observation.facts['reach']).toMatchObject({ v: 'ok' });
  server.signal('SIGCONT');
  const back = await probing.probers.probe({ ...plan, timeoutMs: 5_000 });
  expect(said(back)).toBe('healthy ok ready');
  expect(back.observation.mcp?.sessionsLost).toBe(0);
});

test.each([
  ['streamableHttp', '/mcp'],
  ['sse', '/sse'],
])('[MCP-P5] a restart of a %s server that loses the session is not an outage', async (how, path) => {
  const server = await everything(how);
  const plan = planOf('mcp', `http://127.0.0.1:${server.port}${path}`);
  await probing.probers.probe(plan);
  await server.kill();
  await server.start();
  const back = await probing.probers.probe(plan);
  expect(said(back)).toBe('healthy ok ready');
  expect(back.observation.mcp?.sessionsLost).toBe(1);
  expect((await probing.probers.probe(plan)).observation.mcp?.sessionsLost).toBe(1);
});

test('[MCP-P6] a tool that is added is announced and found; a description changed in silence is found by its hash', async () => {
  const server = await modern();
  const plan = planOf('mcp', `http://127.0.0.1:${server.port}/mcp`, { inventoryMs: 60_000 });
  const accepted = (await probing.probers.probe(plan)).inventory;
  await holdsStream(server);
  await fetch(`http://127.0.0.1:${server.port}/drift`);
  expect(await waitFor(() => probing.trips.some((trip) => trip.cause === 'list_changed'), WAIT_MS)).toBe(true);
  const added = (await probing.probers.probe(plan)).inventory;
  if (accepted === null || added === null) throw new Error('the tools were not listed');
  expect(drift(accepted, added)).toEqual({ added: ['extra'], removed: [], changed: [] });
  expect(added.fingerprint).not.toBe(accepted.fingerprint);
  await fetch(`http://127.0.0.1:${server.port}/rewrite`);
  const rewritten = (await probing.probers.probe({ ...plan, id: 'other' })).inventory;
  if (rewritten === null) throw new Error('the tools were not listed');
  expect(drift(added, rewritten)).toEqual({ added: [], removed: [], changed: ['add'] });
});

test('[MCP-P6] a server without sessions that was away is asked anew what it is and which tools it has', async () => {
  const server = await modern();
  const plan = planOf('mcp', `http://127.0.0.1:${server.port}/mcp`, { inventoryMs: 60_000 });
  expect((await probing.probers.probe(plan)).inventory).not.toBeNull();
  expect((await probing.probers.probe(plan)).inventory).toBeNull();
  await server.kill();
  expect(said(await probing.probers.probe(plan))).toBe('unhealthy refused failed');
  await server.start();
  const back = await probing.probers.probe(plan);
  expect(said(back)).toBe('healthy ok ready');
  expect(back.inventory).not.toBeNull();
});

test('[MCP-P6] a list of resources that failed once is asked again with the next probe, not after minutes', async () => {
  let failures = 1;
  const scripted = await startScripted((call) => {
    if (call.method === 'initialize')
      return json(call.res, 200, resultOf(call, { ...INITIALIZED, capabilities: { tools: {}, resources: {} } }));
    // Without sessions, so that every question is answered here.
    if (call.method === 'ping') return json(call.res, 200, resultOf(call, {}));
    if (call.method === 'tools/list') return json(call.res, 200, resultOf(call, { tools: [toolNamed('hello')] }));
    if (call.method !== 'resources/list') return false;
    return json(call.res, 200, failures-- > 0 ? errorOf(call, -32603) : resultOf(call, { resources: [] }));
  });
  closing.push(() => scripted.close());
  const plan = planOf('mcp', scripted.url, { inventoryMs: 300_000 });
  expect(said(await probing.probers.probe(plan))).toBe('degraded rpc_error ready');
  expect(said(await probing.probers.probe(plan))).toBe('healthy ok ready');
  await probing.probers.probe(plan);
  expect(scripted.calls.filter((method) => method === 'resources/list')).toHaveLength(2);
  expect(scripted.calls.filter((method) => method === 'tools/list')).toHaveLength(1);
});

test('[MCP-P7] 1,000 probes leave no process, session or socket behind', async () => {
  const scripted = await startScripted();
  closing.push(() => scripted.close());
  const real = await everything('streamableHttp');
  const script = join(HERE, 'peers', 'stdio.ts');
  const command = { argv: [process.execPath, script, 'good'], env: {}, cwd: null };
  const http = (id: string, url: string, mode: 'hold' | 'fresh'): ReturnType<typeof planOf> =>
    planOf('mcp', url, { id, mode });
  const realUrl = `http://127.0.0.1:${real.port}/mcp`;
  const runs = [
    { times: 300, plan: http('a', scripted.url, 'fresh') },
    { times: 200, plan: http('b', scripted.url, 'hold') },
    { times: 150, plan: http('c', realUrl, 'fresh') },
    { times: 150, plan: http('d', realUrl, 'hold') },
    { times: 170, plan: planOf('mcp', 'stdio:held', { id: 'e', command }) },
    { times: 30, plan: planOf('mcp', 'stdio:fresh', { id: 'f', mode: 'fresh', command }) },
  ];
  // One round first, so that what is loaded and opened once is not counted as left behind.
  for (const { plan } of runs) expect(said(await probing.probers.probe(plan))).toBe('healthy ok ready');
  const ours = descriptors('self');
  const theirs = descriptors(String(real.pid));
  let probes = 0;
  for (const { times, plan } of runs) {
    for (let probe = 0; probe < times; probe += 1) {
      const result = await probing.probers.probe(plan);
      if (result.observation.verdict !== 'healthy') expect(said(result)).toBe('healthy ok ready');
      probes += 1;
    }
  }
  expect(probes).toBe(1_000);
  // Held: one session on the scripted server, one child.
  expect(scripted.sessions.size).toBe(1);
  expect(await waitFor(() => children().filter((pid) => pid !== real.pid).length === 1, WAIT_MS)).toBe(true);
  expect(await waitFor(() => descriptors('self') <= ours + 4, WAIT_MS)).toBe(true);
  expect(await waitFor(() => descriptors(String(real.pid)) <= theirs + 4, WAIT_MS)).toBe(true);
  await probing.probers.close();
  expect(scripted.sessions.size).toBe(0);
  expect(await waitFor(() => scripted.connections.open === 0, WAIT_MS)).toBe(true);
  expect(children().filter((pid) => pid !== real.pid)).toEqual([]);
  // The held stream and the held child's pipes are gone too.
  expect(await waitFor(() => descriptors('self') < ours, WAIT_MS)).toBe(true);
});

/** Waits until the server has a connection that stays: the tripwire. */
async function holdsStream(server: Peer): Promise<void> {
  if (!existsSync('/proc/net/tcp')) return;
  const port = server.port.toString(16).toUpperCase().padStart(4, '0');
  let seen = 0;
  const isHeld = (): boolean => {
    const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
      existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [],
    );
    // State 01 is ESTABLISHED; the second column is our end's peer when it is the server's socket.
    const open = lines.filter((line) => line.includes(`:${port} `) && /\s01\s/.test(line)).length;
    seen = open > 0 ? seen + 1 : 0;
    return seen >= 5;
  };
  expect(await waitFor(isHeld, WAIT_MS)).toBe(true);
}

/** Children of this process that are alive. */
function children(): number[] {
  const tasks = readdirSync('/proc/self/task');
  return tasks.flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** Open file descriptors of a process. */
function descriptors(pid: string): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** A proxy as old bridges are: it answers methods it does not know itself. */
async function oldProxy(target: number): Promise<number> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const id = /"id":(\d+),"method":"server\/discover"/.exec(body)?.[1];
      if (id !== undefined) {
        res.writeHead(200, { 'content-type': 'application/json' });
        res.end(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"Method not found"}}`);
        return;
      }
      const { host: _host, ...headers } = req.headers;
      const onward = request(
        { host: '127.0.0.1', port: target, method: req.method, path: req.url, headers },
        (answer) => {
          res.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(res);
        },
      );
      onward.on('error', () => res.destroy());
      onward.end(body);
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return port;
}
