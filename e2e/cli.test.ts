/** The `statewire` command against a real server and real peers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, startScripted } from '../packages/server/src/testing/peers/faults.ts';
import { startRedis } from '../packages/server/src/testing/peers/program.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { binPath, Peer } from '../packages/server/src/testing/peers/peer.ts';
import { start, statewire } from './harness/cli.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let at: Record<string, string>;

beforeAll(async () => {
  server = await TestServer.start();
  at = { STATEWIRE_URL: server.url, STATEWIRE_KEY: ADMIN_KEY };
});

afterAll(async () => {
  await server?.close();
});

describe('usage', () => {
  test('help names every command', async () => {
    const { code, out } = await statewire(['help']);
    expect(code).toBe(0);
    for (const name of ['serve', 'demo', 'check', 'report', 'beat', 'tail', 'import', 'export', 'doctor'])
      expect(out).toMatch(new RegExp(`^ {2}${name} `, 'mu'));
  });

  test.each([
    [['nonsense'], 'found no command "nonsense"'],
    [['beat'], 'found no slug'],
    [['report', 'jobs'], 'expected <collection>/<id>'],
    [['tail'], 'found no collection'],
    [['import'], 'found 0 files'],
    [['import', '/nowhere/kuma.db'], 'cannot read /nowhere/kuma.db: ENOENT'],
    [['import', '/dev/null'], '--format: found nothing'],
    [['check'], 'found nothing to check'],
    [['check', 'localhost:1', '--timeout', 'soon'], '--timeout: found soon, expected a number'],
    [['check', 'http://localhost:1/', '--kind', 'ftp'], '--kind: found ftp'],
    [
      ['check', 'localhost:1', '--kind', 'redis', '--condition', 'value = 1'],
      'column 7: found =, expected == to compare',
    ],
    [['check', 'localhost:1', '--kind', 'redis', '--condition', 'status == 1'], 'found status, which a check of kind'],
    [
      ['check', 'localhost:1', '--kind', 'postgres', '--set', 'query=DROP TABLE x'],
      'expected one statement that reads',
    ],
    [['check', 'postgres://me:pw@localhost/shop'], 'found a password in the URL'],
    [['check', 'redis://localhost', '--secret', 'password'], 'expected one in STATEWIRE_SECRET_PASSWORD'],
    [['check', 'redis://localhost', '--secret', 'pin=1'], '--secret: found pin, expected password or token'],
    [['beat', 'x', '--unknown'], "Unknown option '--unknown'"],
  ])('%j is refused with what is right', async (args, message) => {
    const { code, err } = await statewire(args, at);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test('without a key nothing is sent', async () => {
    const { code, err } = await statewire(['beat', 'x'], { STATEWIRE_URL: server.url });
    expect(code).toBe(2);
    expect(err).toContain('set STATEWIRE_KEY');
  });

  test('a server that is not there is said in words', async () => {
    const { code, err } = await statewire(['beat', 'x'], {
      STATEWIRE_URL: 'http://127.0.0.1:1',
      STATEWIRE_KEY: ADMIN_KEY,
    });
    expect(code).toBe(1);
    expect(err).toContain('cannot reach http://127.0.0.1:1');
  });
});

test('report makes a job, tail shows it change, beat keeps a heartbeat alive', async () => {
  const tail = start(['tail', 'jobs', 'kind=scan'], at);
  const first = await statewire(
    ['report', 'jobs/night', 'kind=scan', 'title=Night scan', 'state=running', 'total=10', 'done=3'],
    at,
  );
  expect(first).toMatchObject({ code: 0, err: '' });
  await until('the job in the tail', () => /\+ running .*Night scan 30%/u.test(tail.out()));
  await statewire(['report', 'jobs/night', 'state=succeeded', 'done=10'], at);
  await until('its end in the tail', () => /~ succeeded .*Night scan 100%/u.test(tail.out()));
  expect((await tail.stop()).code).toBe(0);

  await server.api('POST', '/v1/services', {
    id: 'nightly',
    name: 'Nightly',
    kind: 'heartbeat',
    check: { intervalMs: 60_000 },
  });
  expect((await statewire(['beat', 'nightly', '--ms', '1200'], at)).code).toBe(0);
  expect((await server.api('GET', '/v1/services/nightly')).body).toMatchObject({ status: 'up', fresh: 'live' });
  expect((await statewire(['beat', 'nightly', '--status', 'fail', '--text', 'disk full'], at)).code).toBe(0);
  const failed = await statewire(['beat', 'nobody'], at);
  expect(failed).toMatchObject({ code: 1 });
  expect(failed.err).toContain('no heartbeat of this name');
});

test('[HO2] what export writes, import takes, and nothing changes by it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'export-'));
  try {
    await server.api('POST', '/v1/services', { id: 'kept', name: 'Kept', kind: 'heartbeat' });
    const written = await statewire(['export'], at);
    expect([written.code, written.out]).toEqual([0, expect.stringContaining('id: kept')]);
    const file = join(dir, 'statewire.yaml');
    writeFileSync(file, written.out);
    const taken = await statewire(['import', file, '--format', 'statewire'], at);
    expect(taken.out).toContain('refused 0, left 0');
    expect((await statewire(['export'], at)).out).toBe(written.out);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('[IM5] import takes a Gatus file and the database of an Uptime Kuma, after a dry run', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'import-'));
  try {
    const gatus = join(dir, 'config.yaml');
    writeFileSync(
      gatus,
      'endpoints:\n  - {name: Home, group: web, url: "https://example.org", conditions: ["[STATUS] == 200"]}\n  - {name: Shell, url: "ssh://example.org"}\n',
    );
    const dry = await statewire(['import', gatus, '--format', 'gatus', '--dry-run'], at);
    expect(dry).toMatchObject({ code: 0, err: '' });
    expect(dry.out).toContain('create  services/gatus-web_home  Home');
    expect(dry.out).toMatch(/left {4}endpoint 2 Shell: found ssh:/u);
    expect((await server.api('GET', '/v1/services/gatus-web_home')).status).toBe(404);
    expect((await statewire(['import', gatus, '--format', 'gatus'], at)).out).toContain('took 1, refused 0, left 1');
    expect((await server.api('GET', '/v1/services/gatus-web_home')).body).toMatchObject({ name: 'Home', group: 'web' });

    const kuma = join(dir, 'kuma.db');
    const database = new DatabaseSync(kuma);
    database.exec(
      "CREATE TABLE monitor (id INTEGER PRIMARY KEY, name TEXT, type TEXT, interval INTEGER, active BOOLEAN); INSERT INTO monitor VALUES (4, 'Nightly dump', 'push', 3600, 0);",
    );
    database.close();
    const taken = await statewire(['import', kuma], at);
    expect(taken).toMatchObject({ code: 0, err: '' });
    expect((await server.api('GET', '/v1/services/kuma-4')).body).toMatchObject({
      kind: 'heartbeat',
      desired: 'paused',
    });
    expect((await statewire(['import', kuma, '--format', 'gatus'], at)).err).toContain('found a database');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('tail goes on when the server comes back', async () => {
  const tail = start(['tail', 'jobs', 'kind=patient'], at);
  await statewire(['report', 'jobs/p', 'kind=patient', 'title=Patient', 'state=running'], at);
  await until('the job in the tail', () => tail.out().includes('+ running'));
  await server.stop();
  await server.launch();
  await statewire(['report', 'jobs/p', 'kind=patient', 'title=Patient', 'state=succeeded'], at);
  await until('its end in the tail', () => tail.out().includes('~ succeeded'));
  expect((await tail.stop()).code).toBe(0);
});

test('report says what is wrong with a report and exits with 1', async () => {
  const { code, err } = await statewire(['report', 'jobs/x', 'state=flying', 'title=X'], at);
  expect(code).toBe(1);
  expect(err).toContain('state');
});

test('tail of a collection that may not be read ends with the reason', async () => {
  const made = await server.api('POST', '/v1/keys', { name: 'reporter', scope: 'report' });
  const { code, err } = await statewire(['tail', 'services'], { ...at, STATEWIRE_KEY: made.body.secret });
  expect(code).toBe(1);
  expect(err).toContain('forbidden');
});

describe('check', () => {
  test('an MCP server over HTTP, over stdio, a closed port', async () => {
    const port = await freePort();
    const peer = await new Peer({
      bin: 'mcp-server-everything',
      args: ['streamableHttp'],
      env: { PORT: String(port) },
      port,
    }).start();
    try {
      const http = await statewire(['check', `http://127.0.0.1:${port}/mcp`]);
      expect(http).toMatchObject({ code: 0 });
      expect(http.out).toMatch(/^healthy: /u);
      expect(http.out).toMatch(/\d+ tools: .*echo/u);
      const json = JSON.parse((await statewire(['check', `http://127.0.0.1:${port}/mcp`, '--json'])).out);
      expect(json).toMatchObject({ verdict: 'healthy', mcp: { era: 'legacy' } });
    } finally {
      await peer.stop();
    }
    const stdio = await statewire(['check', '--', process.execPath, binPath('mcp-server-everything'), 'stdio']);
    expect(stdio).toMatchObject({ code: 0 });
    const closed = await statewire(['check', `127.0.0.1:${port}`]);
    expect(closed.code).toBe(1);
    expect(closed.out).toMatch(/^unhealthy: /u);
  });
});

describe('[CK13] check of other kinds', () => {
  test('conditions, settings and secrets as the API takes them, and the kind by the scheme', async () => {
    const page = await startScripted(({ res }) => json(res, 200, { queue: 7 }));
    const broker = await startRedis({ password: 'pw-of-redis' });
    try {
      const web = ['check', page.url, '--kind', 'http'];
      const well = await statewire([...web, '--condition', 'json.queue < 10', '--degraded', 'latency < 10s']);
      expect(well).toMatchObject({ code: 0 });
      const ill = await statewire([...web, '--condition', 'json.queue < 5']);
      expect(ill.code).toBe(1);
      expect(ill.out).toMatch(/^unhealthy: Expected json\.queue < 5, found 7\./u);
      const redis = [`redis://127.0.0.1:${broker.port}`, '--set', 'command=["DBSIZE"]', '--condition', 'value == 0'];
      const secret = { STATEWIRE_SECRET_PASSWORD: 'pw-of-redis' };
      const admitted = await statewire(['check', ...redis, '--secret', 'password', '--json'], secret);
      expect(JSON.parse(admitted.out)).toMatchObject({ verdict: 'healthy', facts: { query: { v: 'ok' } } });
      expect(admitted.out).not.toContain('pw-of-redis');
      const refused = await statewire(['check', ...redis]);
      expect(refused.out).toMatch(/^degraded: The server answers and asks for credentials/u);
    } finally {
      await page.close();
      await broker.stop();
    }
    const here = await statewire(['check', 'icmp://127.0.0.1', '--set', 'packets=1']);
    expect(here.out).toMatch(/^healthy: /u);
  });
});

describe('doctor and serve', () => {
  test('doctor finds a sound machine and the running server', async () => {
    const { code, out } = await statewire(['doctor'], {
      STATEWIRE_DATA: server.data,
      STATEWIRE_PORT: String(server.port),
    });
    expect(code).toBe(0);
    expect(out).toContain(`healthy at ${server.url}`);
    expect(out).toMatch(/data .*sound/u);
  });

  test('[AT4] doctor --audit looks at the file and at the running server, and says when the answer is no verdict', async () => {
    await server.api('POST', '/v1/services', { id: 'noted', name: 'Noted', kind: 'heartbeat' });
    const offline = await statewire(['doctor', '--audit'], { STATEWIRE_DATA: server.data });
    expect(offline).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ok {3}audit main +whole: \d+ rows, head \d+ /mu),
    });
    const [, head = ''] = /head \d+ ([\w-]{43})/u.exec(offline.out) ?? [];
    const online = await statewire(['doctor', '--audit', '--url', server.url, '--head', head], at);
    expect(online).toMatchObject({ code: 0, out: expect.stringContaining(head) });
    const foreign = await statewire(['doctor', '--audit', '--url', server.url, '--head', 'A'.repeat(43)], at);
    expect(foreign).toMatchObject({ code: 1, out: expect.stringMatching(/^BAD {2}audit main/mu) });
    const other = createServer((_, response) => response.end('{}'));
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const lost = await statewire(['doctor', '--audit', '--url', `http://127.0.0.1:${port}`], at);
    other.close();
    expect(lost).toMatchObject({ code: 1, out: expect.stringContaining('no verdict on an audit log') });
  });

  test('a second server on the same data is refused and says who holds it', async () => {
    const { code, err } = await statewire(['serve'], {
      STATEWIRE_DATA: server.data,
      STATEWIRE_PORT: '0',
      STATEWIRE_DEMO: '0',
    });
    expect(code).toBe(1);
    expect(err).toMatch(/lock|holds|in use/u);
  });

  test('a taken port and a broken configuration stop the start with a reason', async () => {
    const data = mkdtempSync(join(tmpdir(), 'statewire-cli-'));
    try {
      const taken = await statewire(['serve'], {
        STATEWIRE_DATA: data,
        STATEWIRE_PORT: String(server.port),
        STATEWIRE_DEMO: '0',
      });
      expect(taken.code).toBe(1);
      expect(taken.err).toContain(`port ${server.port} in use`);
      const broken = await statewire(['serve'], {
        STATEWIRE_DATA: data,
        STATEWIRE_EGRESS: 'some',
        STATEWIRE_PORT: 'x',
      });
      expect(broken.code).toBe(2);
      expect(broken.err).toContain('STATEWIRE_EGRESS');
      expect(broken.err).toContain('STATEWIRE_PORT');
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  });
});
