/** The examples as their READMEs say to run them, against a real server, and the records they leave there. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { TestServer, type Reply } from './harness/server.ts';
import { until } from './harness/until.ts';

const root = join(import.meta.dirname, '..');
const NODE = [process.execPath, '--conditions=source'];
let server: TestServer;
let report: string;
let read: string;

beforeAll(async () => {
  server = await TestServer.start();
  report = await key('report');
  read = await key('read');
});

afterAll(() => server.close());

test('agent-python: a run with steps, through a restart of the server, to its end', async () => {
  const site = await Site.open(3);
  const agent = new Program(['python3', 'examples/agent-python/agent.py', ...site.addresses], {
    STATEWIRE_KEY: report,
    STATEWIRE_SERVICE: 'shop',
  });
  await until('the first call', () => site.held === 1);
  await until('presence', async () => (await row('agents', 'link-checker-py'))?.status === 'up');
  const before = await row('agents', 'link-checker-py');
  expect(before).toMatchObject({ phase: 'running', activity: 'Checking 3 links', fresh: 'live' });

  await server.kill();
  site.answer(200);
  await until('the second call, without the server', () => site.held === 1);
  await server.launch();
  await until('what was said meanwhile', async () => (await runOf('link-checker-py'))?.progress.done === 1);
  const working = await runOf('link-checker-py');
  expect(working).toMatchObject({ state: 'running', leaseMs: 30_000, attempt: 1 });
  await until('the lease to be renewed', async () => (await runOf('link-checker-py'))?.leaseUntil > working.leaseUntil);

  site.answer(404);
  await until('the third call', () => site.held === 1);
  site.drop();
  expect(await agent.ended, agent.out).toBe(0);
  expect(agent.out).toBe('succeeded: 3 checked, 2 broken\n');
  const run = await runOf('link-checker-py');
  expect(run).toMatchObject({ state: 'succeeded', progress: { done: 3, pct: 100, message: '2 of 3 are broken' } });
  expect(run?.steps.map(({ id, state }: { id: string; state: string }) => `${id} ${state}`)).toEqual([
    '1 succeeded',
    '2 failed',
    '3 failed',
  ]);
  expect(await row('connections', 'link-checker-py:shop')).toMatchObject({ phase: 'failed', calls: 3, errors: 1 });
  expect(await row('agents', 'link-checker-py')).toMatchObject({ phase: 'offline', currentExecution: null });
});

test('agent-python: SIGTERM ends it with a goodbye', async () => {
  const site = await Site.open(2);
  const agent = new Program(['python3', 'examples/agent-python/agent.py', ...site.addresses], {
    STATEWIRE_KEY: report,
  });
  await until('the first call', () => site.held === 1);
  agent.child.kill('SIGTERM');
  expect(await agent.ended, agent.out).toBe(143);
  expect(await runOf('link-checker-py')).toMatchObject({ state: 'canceled', reason: { code: 'terminated' } });
  expect(await row('agents', 'link-checker-py')).toMatchObject({ phase: 'offline' });
});

test.each([
  // A call that is under way is taken back in Node, and awaited in Python.
  { name: 'agent-node-rest', command: [process.execPath, 'examples/agent-node-rest/agent.mjs'], calls: 1 },
  { name: 'agent-python', command: ['python3', 'examples/agent-python/agent.py'], calls: 2 },
])('$name: waits as long as it is told to, and stops when somebody asks', async ({ name, command, calls }) => {
  const agent = name === 'agent-python' ? 'link-checker-py' : 'link-checker-node';
  const site = await Site.open(3);
  const front = await Front.open();
  const known = await runOf(agent);
  const program = new Program([...command, ...site.addresses], {
    STATEWIRE_URL: front.url,
    STATEWIRE_KEY: report,
    STATEWIRE_READ_KEY: read,
    STATEWIRE_SERVICE: 'mail',
  });
  await until('the first call', () => site.held === 1);
  site.answer(200);
  const isNewRun = async () => (await runOf(agent))?.id !== known?.id;
  await until('the first step', async () => (await isNewRun()) && (await runOf(agent))?.progress.done === 1);
  const [first = 0, second = 0] = front.reportedAt;
  expect(second - first, 'Retry-After: 2').toBeGreaterThanOrEqual(1_990);
  await until('the second call', () => site.held === 1);

  const { id } = await runOf(agent);
  expect((await server.api('POST', `/v1/executions/${id}/cancel`)).status).toBe(200);
  const { asked } = front;
  await until('the agent to know', () => program.child.exitCode !== null || front.asked >= asked + 2);
  site.answer(200);
  expect(await program.ended, program.out).toBe(0);
  expect(program.out).toBe(`canceled: ${calls} checked, 0 broken\n`);
  expect(await row('executions', id)).toMatchObject({
    state: 'canceled',
    cancelRequested: true,
    progress: { done: calls, total: 3 },
  });
  expect(await row('connections', `${agent}:mail`)).toMatchObject({ phase: 'connected', calls, errors: 0 });
  expect(await row('agents', agent)).toMatchObject({ phase: 'offline', currentExecution: null });
});

test('agent-report: one run with a step for each file', async () => {
  const agent = new Program([...NODE, 'report.ts'], { STATEWIRE_KEY: report }, 'examples/agent-report');
  expect(await agent.ended, agent.out).toBe(0);
  const run = await runOf('file-hasher');
  expect(run).toMatchObject({ state: 'succeeded', progress: { done: 3, total: 3, pct: 100 } });
  expect(run?.steps.map(({ title }: { title: string }) => title.split(':')[0])).toEqual([
    'README.md',
    'package.json',
    'report.ts',
  ]);
  expect(await row('agents', 'file-hasher')).toMatchObject({ currentExecution: null });
});

test('quickstart: prints what is not well, and what is well again', async () => {
  const watch = new Program([...NODE, 'watch.ts'], { STATEWIRE_KEY: read }, 'examples/quickstart');
  const beat = (status: string) => server.api('GET', `/v1/heartbeats/backup?create=true&status=${status}`);
  await beat('ok');
  await beat('fail');
  await until('the bad news', () => watch.out.includes('down      backup: '));
  await beat('ok');
  await until('the good news', () => watch.out.includes('well      backup'));
  watch.child.kill('SIGINT');
  expect(await watch.ended, watch.out).toBe(0);
});

async function key(scope: 'read' | 'report'): Promise<string> {
  return (await server.api('POST', '/v1/keys', { name: `the ${scope}er`, scope })).body.secret;
}

async function row(collection: string, id: string): Promise<Reply['body']> {
  const { status, body } = await server.api('GET', `/v1/${collection}/${id}`);
  return status === 200 ? body : null;
}

/** The newest run of an agent. */
async function runOf(agent: string): Promise<Reply['body']> {
  const filter = encodeURIComponent(JSON.stringify(['eq', 'agent', agent]));
  return (await server.api('GET', `/v1/executions?filter=${filter}`)).body.rows.at(-1) ?? null;
}

class Program {
  out = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor([command = '', ...args]: readonly string[], env: Readonly<Record<string, string>>, folder = '.') {
    this.child = spawn(command, args, {
      cwd: join(root, folder),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', STATEWIRE_URL: server.url, ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }
}

/** A site with so many pages, whose answers the test gives. */
class Site {
  readonly addresses: readonly string[];
  readonly #waiting: ServerResponse[] = [];

  private constructor(port: number, pages: number, http: Server) {
    this.addresses = Array.from({ length: pages }, (_, i) => `http://127.0.0.1:${port}/${i}`);
    http.on('request', (_, response) => this.#waiting.push(response));
  }

  static async open(pages: number): Promise<Site> {
    const http = await listening();
    return new Site(portOf(http), pages, http);
  }

  get held(): number {
    return this.#waiting.length;
  }

  answer(status: number): void {
    this.#waiting.shift()?.writeHead(status).end('page');
  }

  drop(): void {
    this.#waiting.shift()?.destroy();
  }
}

/** A gateway before the server that refuses the first report for two seconds. */
class Front {
  readonly reportedAt: number[] = [];
  /** How often a run was read. */
  asked = 0;
  readonly url: string;

  private constructor(http: Server) {
    this.url = `http://127.0.0.1:${portOf(http)}`;
    http.on('request', (request, response) => {
      const isReport = request.url === '/v1/reports';
      if (isReport) this.reportedAt.push(performance.now());
      if (request.method === 'GET') this.asked += 1;
      if (isReport && this.reportedAt.length === 1) {
        request.resume();
        response.writeHead(429, { 'retry-after': '2' }).end();
        return;
      }
      void request
        .toArray()
        .then((chunks: Buffer[]) =>
          fetch(`${server.url}${request.url ?? ''}`, {
            method: request.method ?? 'GET',
            headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
            ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
          }),
        )
        .then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
    });
  }

  static async open(): Promise<Front> {
    return new Front(await listening());
  }
}

async function listening(): Promise<Server> {
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return http;
}

function portOf(http: Server): number {
  const address = http.address();
  if (typeof address !== 'object' || address === null)
    throw new Error('found no port, expected the site to listen on one');
  return address.port;
}
