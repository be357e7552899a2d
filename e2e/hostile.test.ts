/**
 * Hostile input on every door of one running server. The cases are data (corpus/README.md says how they are written);
 * this file sends them over real sockets and looks at the server after each: it is the same process, a canary's change
 * reaches a subscriber within a second, nothing was logged as an error, and no answer says more than it should.
 */
import { createClient, type Client } from '@statewire/client';
import { collections } from '@statewire/model';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '@statewire/protocol';
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRaw, startScripted, type ScriptedServer } from '../packages/server/src/testing/peers/faults.ts';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { ADMIN_KEY, COLLECTS, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

/** What a case may be made of; `bytesOf` turns it into bytes. */
type Piece =
  | string
  | { readonly hex: string }
  | { readonly repeat: Pieces; readonly times: number }
  | { readonly count: string; readonly times: number }
  | { readonly url: Pieces }
  | { readonly gzip: Pieces; readonly layers?: number }
  | { readonly jwt: JwtPiece }
  | { readonly frame: FramePiece }
  | { readonly frames: string; readonly times: number };
type Pieces = Piece | readonly Piece[];

interface JwtPiece {
  readonly alg?: string;
  readonly secret?: string;
  /** Seconds from now. */
  readonly expires?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A WebSocket frame, right unless it says otherwise. */
interface FramePiece {
  readonly op?: number;
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly masked?: boolean;
  /** The length that is claimed, as 8 bytes of hexadecimal digits, whatever the payload has. */
  readonly length64?: string;
  readonly payload?: Pieces;
}

interface Case {
  readonly id: string;
  readonly door: string;
  readonly phase: string;
  readonly expect: string;
  readonly source: string;
}

interface RestCase extends Case {
  readonly request?: Pieces;
  readonly bytes?: Pieces;
  readonly as?: Pieces | null;
  readonly headers?: Pieces;
  readonly type?: string | null;
  readonly json?: unknown;
  readonly body?: Pieces;
  /** Written a few bytes at a time. */
  readonly trickle?: number;
  readonly cleanup?: string;
}

interface LiveCase extends Case {
  readonly upgrade?: { readonly path?: string; readonly headers?: Pieces };
  readonly as?: Pieces;
  readonly json?: readonly unknown[];
  readonly bytes?: Pieces;
  /** Fields that the expected frame has. */
  readonly match?: object;
  /** Codes that may come beside the expected one. */
  readonly also?: readonly string[];
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, Pieces>>;
  readonly body?: Pieces;
  /** Instead of an HTTP answer. */
  readonly bytes?: Pieces;
  /** Goes on until the probe gives up: a byte at a time, or as fast as it is taken. */
  readonly drip?: string;
  readonly pour?: string;
}

interface ProbeCase extends Case {
  readonly service: { readonly kind: string; readonly target?: string; readonly check?: object };
  /** By JSON-RPC method, `*` for every other question. */
  readonly answers?: Readonly<Record<string, Answer>>;
}

interface ConfigCase extends Case {
  readonly yaml?: Pieces;
  readonly env?: Readonly<Record<string, string>>;
}

const rest = [...corpus('rest-requests'), ...corpus('rest-bodies')] as readonly RestCase[];
const live = [...corpus('live-frames'), ...corpus('live-order')] as readonly LiveCase[];
const probes = corpus('probe') as readonly ProbeCase[];
const configs = corpus('config') as readonly ConfigCase[];

/** What all cases of a door together may leave behind, garbage not counted. */
const MEMORY_MAX = 32 * 1_048_576;
/** However the heap was stretched, of the whole process. */
const MEMORY_ALL_MAX = 640 * 1_048_576;
const CANARY_MS_MAX = 1_000;
const ANSWER_MS_MAX = 5_000;
/** A word that only another organization's records hold. */
const FOREIGN = 'zebra-7431';
/** Where source lies, and what a stack trace looks like. */
const TOO_MUCH = new RegExp(`${FOREIGN}|${ADMIN_KEY}|node_modules|node:internal|packages/|\\n\\s+at `, 'u');
const JWT = { issuer: 'https://corpus.example', audience: 'statewire', secret: randomBytes(24).toString('hex') };

let server: TestServer;
let canary: Canary;
let peer: ScriptedServer;
let banner: Awaited<ReturnType<typeof startRaw>>;
let forbidden: Awaited<ReturnType<typeof startRaw>>;
let config: string;
/** What `${NAME}` stands for. */
const names: Record<string, string> = { ADMIN: ADMIN_KEY };
const answersOf = new Map<string, ProbeCase>();
const { errors, closes } = documented();
/** How much of the log was read. */
let heard = 0;

beforeAll(async () => {
  peer = await startScripted(({ req, res, method, id }) => {
    const found = answersOf.get((req.url ?? '').split('/')[1] ?? '');
    const answer = found?.answers?.[method] ?? (id === null ? undefined : found?.answers?.['*']);
    if (answer === undefined) return false;
    names['ID'] = String(id);
    play(answer, res);
    return true;
  });
  banner = await startRaw((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
  forbidden = await startRaw((socket) => socket.end());
  config = mkdtempSync(join(tmpdir(), 'statewire-hostile-'));
  const { issuer, audience, secret } = JWT;
  writeFileSync(
    join(config, 'corpus.yaml'),
    JSON.stringify({
      egress: { mode: 'public', allow: [{ cidr: '127.0.0.1/32', ports: [peer.port, banner.port] }] },
      auth: { jwt: [{ issuer, audience, secret }] },
    }),
  );
  server = await TestServer.start({
    ...COLLECTS,
    STATEWIRE_EGRESS: 'public',
    STATEWIRE_CONFIG: join(config, 'corpus.yaml'),
    STATEWIRE_COLLECTIONS: 'e2e/fixtures/custom-app/collections.ts',
  });
  Object.assign(names, {
    READ: await keyOf('main', 'read'),
    REPORT: await keyOf('main', 'report'),
    OTHER: await keyOf('main', 'admin'),
    STRANGER: await keyOf('acme', 'admin'),
    PEER: `127.0.0.1:${peer.port}`,
    BANNER: `127.0.0.1:${banner.port}`,
    FORBIDDEN: `127.0.0.1:${forbidden.port}`,
  });
  const revoked = await server.api('POST', '/v1/keys', { name: 'revoked', scope: 'admin' });
  names['REVOKED'] = revoked.body.secret;
  await server.api('DELETE', `/v1/keys/${revoked.body.key.id}`);
  for (const [key, text] of [
    [ADMIN_KEY, 'Fixture'],
    [names['STRANGER'] ?? '', FOREIGN],
  ] as const) {
    const id = key === ADMIN_KEY ? 'fixture' : 'zebra';
    const made = [
      await server.api('POST', '/v1/services', { id, name: text, kind: 'heartbeat' }, { key }),
      await server.api('POST', '/v1/agents', { id, name: text }, { key }),
      await server.api('POST', '/v1/executions', { id, agent: id, title: text, leaseMs: 86_400_000 }, { key }),
      await server.api('POST', '/v1/jobs', { id, title: text, kind: 'scan', leaseMs: 86_400_000 }, { key }),
      // Theirs is not published; ours is for everybody.
      await server.api('POST', '/v1/pages', pageOf(id, text, key === ADMIN_KEY), { key }),
      await server.api('POST', '/v1/orders', { id, title: text, note: text }, { key }),
    ];
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
  }
  const locked = await server.api('POST', '/v1/pages', { ...pageOf('locked', 'Locked', true), access: 'password' });
  const secured = await server.api('POST', '/v1/pages/locked/secure', {
    password: randomBytes(12).toString('hex'),
    token: randomBytes(24).toString('hex'),
  });
  expect([locked.status, secured.status]).toEqual([201, 200]);
  const listed = await server.api('GET', '/v1/services');
  Object.assign(names, { EPOCH: listed.body.epoch, VERSION: String(listed.body.version) });
  canary = await Canary.open();
});

afterAll(async () => {
  canary?.close();
  await server?.close();
  await Promise.all([peer?.close(), banner?.close(), forbidden?.close()]);
  if (config !== undefined) rmSync(config, { recursive: true, force: true });
});

test('the corpus has at least 250 cases, each with its own id and where it comes from', () => {
  const all: readonly Case[] = [...rest, ...live, ...probes, ...configs];
  expect(all.length).toBeGreaterThanOrEqual(250);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  for (const { id, source } of all) expect(source, id).not.toBe('');
});

door('rest', rest, async (each) => {
  const answer = await sendRest(each);
  const { status, code } = readAnswer(answer);
  harmless(answer);
  if (each.cleanup !== undefined) expect((await server.api('DELETE', each.cleanup)).status).toBe(200);
  if (each.expect === 'ignored') expect(answer).toBe('');
  else {
    const found = status === 0 ? 'reject' : code === '' ? String(status) : `${status} ${code}`;
    expect(each.expect.split('|'), `${found}: ${answer.slice(0, 600)}`).toContain(found);
  }
  if (code !== '') expect(errors).toContain(code);
});

door('live', live, async (each) => {
  const wire = await Wire.open(each.upgrade?.path, each.upgrade?.headers);
  try {
    if (/^\d/u.test(each.expect)) {
      expect(String(wire.status)).toBe(each.expect);
      return;
    }
    expect(wire.status).toBe(101);
    const isWelcome = each.phase === 'pre-auth' || (await wire.greet(each));
    expect(isWelcome, 'the greeting was refused').toBe(true);
    const before = wire.frames.length;
    for (const message of each.json ?? []) wire.say(filled(JSON.stringify(message)));
    if (each.bytes !== undefined) wire.write(bytesOf(each.bytes));
    await meets(wire, each, before);
  } finally {
    for (const frame of wire.frames) {
      harmless(JSON.stringify(frame));
      if (typeof frame['code'] === 'string') expect(errors).toContain(frame['code']);
    }
    if (wire.closedWith !== null && wire.closedWith >= 3000) expect(closes).toContain(wire.closedWith);
    wire.destroy();
  }
});

door('probe', probes, async (each) => {
  const id = each.id;
  const { kind, target = `http://\${PEER}/${id}`, check = {} } = each.service;
  answersOf.set(id, each);
  const before = forbidden.accepted();
  const made = await server.api('POST', '/v1/services', {
    id,
    name: 'Hostile',
    kind,
    target: filled(target),
    check: { intervalMs: 3_600_000, timeoutMs: 500, failAfter: 1, degradeAfter: 1, ...check },
  });
  try {
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    let row: { status: string; phase: string; reason: { code: string } } = made.body;
    await until(`the first look of ${id}`, async () => {
      row = (await server.api('GET', `/v1/services/${id}`)).body;
      return row.status !== 'pending';
    });
    const inventory = await server.api('GET', `/v1/services/${id}/inventory`);
    expect(inventory.status).toBe(200);
    harmless(JSON.stringify([row, inventory.body]));
    expect(`${row.status} ${row.reason.code}`, JSON.stringify(row)).toBe(each.expect);
    expect(forbidden.accepted(), 'connections to an address that may not be reached').toBe(before);
  } finally {
    await server.api('DELETE', `/v1/services/${id}`);
    answersOf.delete(id);
  }
});

door(
  'config',
  configs,
  async (each) => {
    const { code, output } = await serveWith(each);
    const [wanted, ...where] = each.expect.split(' ');
    expect(output).not.toMatch(TOO_MUCH);
    expect(output.length, 'the refusal is short enough to read').toBeLessThan(20_000);
    if (wanted === 'ok') expect(code, output).toBe(0);
    else {
      // 2: the configuration is wrong; 1: the server found something else that stops a start.
      expect([1, 2], output).toContain(code);
      expect(output).toContain(where.join(' '));
    }
  },
  // Each is a process of its own that loads the whole server.
  3,
);

/** Runs the cases of one door, looks after each, and compares the server at the end with how it was at the start. */
function door<C extends Case>(name: string, cases: readonly C[], run: (each: C) => Promise<void>, atOnce = 1): void {
  describe(name, () => {
    let before: Gauges;

    beforeAll(async () => {
      // Warm: what is compiled once, and the heap that the largest input needs while it is refused, is not what a case
      // leaves behind. From here on nothing may add up.
      for (let i = 0; i < 200; i++) await canary.sings();
      if (atOnce === 1) for (const each of cases.filter(isBig)) await run(each);
      await until('the store to be measured', async () => {
        const { store } = (await server.api('GET', '/v1/system')).body;
        return store.measuredAt !== null;
      });
      await until('only the canary to be connected', async () => {
        before = await gauges();
        return before.connections === 1;
      });
    });

    const all = test.for(cases);
    const each = atOnce === 1 ? all : test.concurrent.for(cases);
    each('$id', async (one) => {
      await run(one);
      expect(await canary.sings(), 'ms until the canary was seen').toBeLessThan(CANARY_MS_MAX);
      expect(canary.drops.filter((state) => state !== 'live')).toEqual([]);
      expect(process.kill(server.pid, 0)).toBe(true);
      const said = server.output.slice(heard);
      heard = server.output.length;
      expect(said).not.toMatch(/"level":"(?:error|fatal)"|uncaught|Warning:/u);
    });

    test(`${name}: memory, descriptors, records and counters are as before`, async () => {
      let after = await gauges();
      const grown = (): number => after.memory - before.memory;
      await until('memory and descriptors to come back', async () => {
        after = await gauges();
        const isBack =
          grown() < MEMORY_MAX && after.descriptors <= before.descriptors && after.connections === before.connections;
        if (!isBack) await new Promise((resolve) => setTimeout(resolve, 500));
        return isBack;
      }).catch(() => undefined);
      console.log(
        `${name}: ${cases.length} cases, memory ${(grown() / 1_048_576).toFixed(1)} MiB more, ${Math.round(after.resident / 1_048_576)} resident`,
      );
      expect(grown()).toBeLessThan(MEMORY_MAX);
      expect(after.resident).toBeLessThan(MEMORY_ALL_MAX);
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
      expect(after.records).toEqual(before.records);
      expect(after.connections).toBe(before.connections);
      expect(after.uncaught).toBe(0);
    });
  });
}

/** Made of a hundred thousand pieces or more. */
function isBig(each: Case): boolean {
  return /"(?:times":\d{6}|pour")/u.test(JSON.stringify(each));
}

interface Gauges {
  /** Heap and what it holds outside, without garbage. */
  readonly memory: number;
  /** Of the whole process, as the system counts it. */
  readonly resident: number;
  /** Open files and sockets; 0 where the system does not say. */
  readonly descriptors: number;
  readonly connections: number;
  readonly uncaught: number;
  readonly records: readonly unknown[];
}

async function gauges(): Promise<Gauges> {
  const system = (await server.api('GET', '/v1/system')).body;
  const metrics: string = (await server.api('GET', '/metrics')).body;
  const fds = `/proc/${server.pid}/fd`;
  const records: unknown[] = [];
  // Numbers of the fleet and the process live in `metrics` and move by themselves; so does the canary. What was down had an
  // alert, which stays when the service has gone.
  const moving = ['metrics', 'alerts', 'deliveries'];
  for (const collection of [...Object.keys(collections), 'orders', 'notes', 'visits'].filter(
    (name) => !moving.includes(name),
  )) {
    for (const key of [ADMIN_KEY, names['STRANGER'] ?? '']) {
      const { rows } = (await server.api('GET', `/v1/${collection}`, undefined, { key })).body;
      records.push(...rows.filter(({ id }: { id: string }) => id !== 'canary'));
    }
  }
  return {
    memory: await server.memory(),
    resident: system.memory.rssBytes,
    descriptors: existsSync(fds) ? readdirSync(fds).length : 0,
    connections: system.live.connections,
    uncaught: Number(/^statewire_uncaught_total (\d+)$/mu.exec(metrics)?.[1]),
    records,
  };
}

/** A run that is reported and the subscriber that sees it. */
class Canary {
  readonly #client: Client;
  readonly #waiting = new Map<number, () => void>();
  #n = 0;
  /** Every state of the connection after the first `live`: none, unless it was cut. */
  readonly drops: string[] = [];

  private constructor(client: Client) {
    this.#client = client;
  }

  static async open(): Promise<Canary> {
    const client = createClient({ url: server.url, token: names['READ'] ?? '', intervalMs: 0 });
    const canary = new Canary(client);
    client.executions.where({ id: 'canary' }).subscribe((state) => canary.#see(state.get('canary')?.progress.done));
    // Beside it a subscriber of everything: what one caller stores must not keep another from reading.
    for (const all of [client.services, client.agents, client.executions, client.jobs]) all.subscribe(() => undefined);
    await canary.sings();
    client.connection.subscribe(() => canary.drops.push(client.connection.state));
    return canary;
  }

  /** Changes the record and resolves with the ms until the subscriber saw it. */
  async sings(): Promise<number> {
    this.#n += 1;
    const n = this.#n;
    const since = performance.now();
    const seen = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the canary's change ${n} was not seen`)), ANSWER_MS_MAX);
      this.#waiting.set(n, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    const report = {
      collection: 'executions',
      id: 'canary',
      agent: 'canary',
      title: 'Canary',
      state: 'running',
      done: n,
      leaseMs: 86_400_000,
    };
    const [reply] = await Promise.all([
      server.api('POST', '/v1/reports', report, { key: names['REPORT'] ?? '' }),
      seen,
    ]);
    expect(reply.status).toBe(200);
    return performance.now() - since;
  }

  close(): void {
    this.#client.close();
  }

  #see(done: number | undefined): void {
    for (const [n, tell] of this.#waiting) {
      // Values in between may be skipped; the last never is.
      if (done === undefined || done < n) continue;
      this.#waiting.delete(n);
      tell();
    }
  }
}

/** A status page that shows the service of the same id. */
function pageOf(id: string, title: string, isPublished: boolean): object {
  return {
    id,
    slug: id,
    title,
    isPublished,
    groups: [{ name: title, services: [{ id: id === 'locked' ? 'fixture' : id }] }],
  };
}

async function keyOf(org: string, scope: string): Promise<string> {
  const made = await server.api('POST', '/v1/keys', { name: `${org} ${scope}`, scope, org });
  expect(made.status).toBe(201);
  return made.body.secret;
}

/** Sends a request and resolves with everything that came back: '' when that was nothing. */
function sendRest(each: RestCase): Promise<string> {
  const bytes = each.bytes === undefined ? requestOf(each) : bytesOf(each.bytes);
  return new Promise((resolve, reject) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    const chunks: Buffer[] = [];
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    const timer = setTimeout(
      () => reject(new Error(`no end after ${ANSWER_MS_MAX} ms:\n${Buffer.concat(chunks).toString('latin1')}`)),
      ANSWER_MS_MAX,
    );
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', done);
    // A server that hangs up while we still write has answered as well.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    const sent = each.trickle === undefined ? write(socket, bytes) : trickle(socket, bytes, each.trickle);
    if (each.expect === 'ignored') {
      // Nothing will come; a whole canary's round later it still has not.
      void sent.then(() => canary.sings()).then(done, reject);
    }
  });
}

function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}

async function trickle(socket: Socket, bytes: Buffer, step: number): Promise<void> {
  for (let from = 0; from < bytes.length && !socket.destroyed; from += step) {
    await write(socket, bytes.subarray(from, from + step));
  }
}

function requestOf(each: RestCase): Buffer {
  const as = each.as === undefined ? (each.phase === 'pre-auth' ? null : '${ADMIN}') : each.as;
  const hasBody = each.json !== undefined || each.body !== undefined;
  const body = each.json === undefined ? bytesOf(each.body ?? '') : bytesOf(JSON.stringify(each.json));
  const { type = 'application/json' } = each;
  const extra = bytesOf(each.headers ?? '');
  return Buffer.concat([
    bytesOf(each.request ?? ''),
    Buffer.from(' HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'),
    ...(as === null ? [] : [Buffer.from('Authorization: Bearer '), bytesOf(as), Buffer.from('\r\n')]),
    ...(type === null || !hasBody ? [] : [Buffer.from(`Content-Type: ${type}\r\n`)]),
    ...(hasBody && !/^(?:content-length|transfer-encoding):/imu.test(extra.toString('latin1'))
      ? [Buffer.from(`Content-Length: ${body.length}\r\n`)]
      : []),
    extra,
    Buffer.from('\r\n'),
    body,
  ]);
}

function readAnswer(answer: string): { readonly status: number; readonly code: string } {
  const status = Number(/^HTTP\/1\.1 (\d{3})/u.exec(answer)?.[1] ?? '0');
  const isProblem = /^content-type: application\/problem\+json/imu.test(answer) && !answer.endsWith('\r\n\r\n');
  return { status, code: isProblem ? (/"code":"([a-z_]+)"/u.exec(answer)?.[1] ?? 'none') : '' };
}

/** No answer tells of other organizations, of keys, or of the inside of the server. */
function harmless(answer: string): void {
  expect(answer).not.toMatch(TOO_MUCH);
}

type Frame = Readonly<Record<string, unknown>>;

/** A WebSocket below any library: what is written is what a case says, byte by byte. */
class Wire {
  readonly #socket: Socket;
  #input = Buffer.alloc(0);
  #tell = (): void => {};
  status = 0;
  readonly frames: Frame[] = [];
  /** The code of the server's close frame, or 1006 when it hung up without one. */
  closedWith: number | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(path = '/live', headers: Pieces = ''): Promise<Wire> {
    const wire = new Wire(connect({ port: server.port, host: '127.0.0.1', noDelay: true }));
    wire.#socket.on('error', () => undefined);
    wire.#socket.on('data', (chunk: Buffer) => wire.#read(chunk));
    wire.#socket.on('close', () => {
      wire.closedWith ??= 1006;
      wire.#tell();
    });
    const extra = bytesOf(headers).toString('latin1');
    const lines = [
      `GET ${path} HTTP/1.1`,
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
    ].filter((line) => !extra.toLowerCase().includes(`${line.split(':', 1)[0] ?? ''}:`.toLowerCase()));
    wire.#socket.write(Buffer.from(`${lines.join('\r\n')}\r\n${extra}\r\n`, 'latin1'));
    await wire.until('an answer to the upgrade', () => wire.status !== 0);
    return wire;
  }

  write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  say(text: string): void {
    this.write(frameOf({ payload: text }));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Says hello (and subscribes); false when the server does not welcome. */
  async greet({ phase, as = '${ADMIN}' }: LiveCase): Promise<boolean> {
    const token = bytesOf(as).toString('latin1');
    const subs = phase === 'subscribed' ? [{ t: 'sub', s: 1, c: 'services' }] : [];
    this.say(JSON.stringify({ t: 'hello', p: PROTOCOL_VERSION, token, client: 'corpus', subs }));
    const last = phase === 'subscribed' ? 's' : 'welcome';
    await this.until(last, () => this.closedWith !== null || this.frames.some(({ t }) => t === last));
    return this.closedWith === null;
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new Error(`waited for ${what}; found ${JSON.stringify(this.frames.slice(-5))} ${this.closedWith}`)),
        ANSWER_MS_MAX,
      );
      this.#tell = () => {
        if (!isSo()) return;
        clearTimeout(timer);
        this.#tell = () => {};
        resolve();
      };
    });
  }

  #read(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    if (this.status === 0) {
      const end = this.#input.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.status = Number(/^HTTP\/1\.1 (\d+)/u.exec(this.#input.toString('latin1', 0, end))?.[1] ?? '0');
      this.#input = this.#input.subarray(end + 4);
    }
    while (this.status === 101 && this.#take());
    this.#tell();
  }

  /** Takes one frame of the server off the input. */
  #take(): boolean {
    const [first = 0, short = 0] = this.#input;
    if (this.#input.length < 2) return false;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (this.#input.length < head) return false;
    const length =
      short === 127 ? Number(this.#input.readBigUInt64BE(2)) : short === 126 ? this.#input.readUInt16BE(2) : short;
    if (this.#input.length < head + length) return false;
    const payload = this.#input.subarray(head, head + length);
    this.#input = this.#input.subarray(head + length);
    if (first === 0x81) this.frames.push(JSON.parse(payload.toString()) as Frame);
    else if (first === 0x88) this.closedWith ??= length >= 2 ? payload.readUInt16BE(0) : 1005;
    return true;
  }
}

/** Checks that what came since `before` is what the case expects, and, unless it ends, that the connection lives on. */
async function meets(wire: Wire, each: LiveCase, before: number): Promise<void> {
  const since = (): readonly Frame[] => wire.frames.slice(before);
  const [kind = '', word = ''] = each.expect.split(' ');
  const [, close] = /close (\d+)$/u.exec(each.expect) ?? [];
  const fits = (frame: Frame): boolean =>
    kind === 'ok'
      ? word === frame['t'] && frame['ok'] !== false
      : (kind === 'err' || kind === 'mr') && frame['t'] === kind && frame['code'] === word;
  if (kind === 'err' || kind === 'mr' || kind === 'ok') {
    await wire.until(each.expect, () => since().some(fits) || wire.closedWith !== null);
    const found = since().find(fits);
    expect(found, JSON.stringify([since(), wire.closedWith])).toMatchObject(each.match ?? {});
  }
  if (close !== undefined) {
    await wire.until(each.expect, () => wire.closedWith !== null);
    expect(wire.closedWith, JSON.stringify(since())).toBe(Number(close));
    return;
  }
  if (kind === 'reject') {
    await wire.until('the end', () => wire.closedWith !== null);
    expect(wire.closedWith).toBe(1006);
    return;
  }
  wire.say('{"t":"p","i":77}');
  await wire.until('an answer to a ping', () => wire.closedWith !== null || since().some(({ i }) => i === 77));
  expect(wire.closedWith, JSON.stringify(since())).toBe(null);
  const refused = since().flatMap((frame) => (typeof frame['code'] === 'string' && !fits(frame) ? frame['code'] : []));
  expect(refused.filter((code) => each.also?.includes(code) !== true)).toEqual([]);
}

/** Answers a probe as a case says. */
function play({ status = 200, headers = {}, body = '', bytes, drip, pour }: Answer, res: ServerResponse): void {
  const sink = bytes === undefined ? res : res.socket;
  if (sink === null) return;
  if (bytes === undefined) {
    const all = Object.entries(headers).map(([name, value]) => [name, bytesOf(value).toString('latin1')]);
    res.writeHead(status, { 'content-type': 'application/json', ...Object.fromEntries(all) });
  }
  const first = bytesOf(bytes ?? body);
  if (drip === undefined && pour === undefined) {
    sink.end(first);
    return;
  }
  if (first.length > 0) sink.write(first);
  else if (bytes === undefined) res.flushHeaders();
  if (drip !== undefined) {
    const timer = setInterval(() => sink.write(filled(drip)), 20);
    sink.on('close', () => clearInterval(timer));
  }
  const flood = (): void => {
    while (sink.writable && sink.write(filled(pour ?? '')));
    sink.once('drain', flood);
  };
  if (pour !== undefined) flood();
}

/** Starts `statewire serve` with a configuration; a start that succeeds is stopped again and counts as code 0. */
async function serveWith(each: ConfigCase): Promise<{ readonly code: number | null; readonly output: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'statewire-config-'));
  const file = join(dir, 'given.yaml');
  if (each.yaml !== undefined) writeFileSync(file, bytesOf(each.yaml));
  const env = Object.entries(each.env ?? {}).map(([name, value]) => [name, value.replace('${DATA}', server.data)]);
  const child = spawn(process.execPath, ['--conditions=source', 'packages/cli/src/main.ts', 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: dir,
      STATEWIRE_PORT: String(await freePort()),
      STATEWIRE_DATA: join(dir, 'data'),
      STATEWIRE_DEMO: '0',
      NODE_COMPILE_CACHE: join(config, 'compiled'),
      ...(each.yaml === undefined ? {} : { STATEWIRE_CONFIG: file }),
      ...Object.fromEntries(env),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('"listening"')) child.kill('SIGTERM');
    });
  }
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  rmSync(dir, { recursive: true, force: true });
  return { code, output: output.replaceAll(dir, '') };
}

function bytesOf(pieces: Pieces): Buffer {
  if (!Array.isArray(pieces)) return bytesOfPiece(pieces as Piece);
  return Buffer.concat(pieces.map((piece: Piece) => bytesOfPiece(piece)));
}

function bytesOfPiece(piece: Piece): Buffer {
  if (typeof piece === 'string') return Buffer.from(filled(piece));
  if ('hex' in piece) return Buffer.from(piece.hex.replaceAll(' ', ''), 'hex');
  if ('repeat' in piece) {
    const once = bytesOf(piece.repeat);
    return Buffer.alloc(once.length * piece.times, once);
  }
  if ('count' in piece) {
    const text = filled(piece.count);
    return Buffer.from(Array.from({ length: piece.times }, (_, n) => text.replaceAll('#', String(n))).join(''));
  }
  if ('url' in piece) return Buffer.from(encodeURIComponent(bytesOf(piece.url).toString()));
  if ('jwt' in piece) return Buffer.from(tokenOf(piece.jwt));
  if ('frame' in piece) return frameOf(piece.frame);
  if ('frames' in piece) {
    const text = filled(piece.frames);
    return Buffer.concat(
      Array.from({ length: piece.times }, (_, n) => frameOf({ payload: text.replaceAll('#', String(n)) })),
    );
  }
  let packed = bytesOf(piece.gzip);
  for (let layer = 0; layer < (piece.layers ?? 1); layer++) packed = gzipSync(packed);
  return packed;
}

function filled(text: string): string {
  return text.replaceAll(/\$\{([A-Z]+)\}/gu, (_, name: string) => {
    const value = names[name];
    if (value === undefined) throw new Error(`found \${${name}} in the corpus, which stands for nothing`);
    return value;
  });
}

function tokenOf({ alg = 'HS256', secret = JWT.secret, expires = 3_600, claims = {} }: JwtPiece): string {
  const now = Math.floor(Date.now() / 1000);
  const { issuer: iss, audience: aud } = JWT;
  const payload = { iss, aud, sub: 'eve', org: 'main', scope: 'admin', exp: now + expires, ...claims };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg, typ: 'JWT' })}.${part(payload)}`;
  return `${signed}.${alg === 'none' ? '' : createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function frameOf({ op = 1, fin = true, rsv = 0, masked = true, length64, payload = '' }: FramePiece): Buffer {
  const data = bytesOf(payload);
  const { length } = data;
  const size = length64 !== undefined || length > 65_535 ? 8 : length > 125 ? 2 : 0;
  const head = Buffer.alloc(2 + size);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | op;
  head[1] = (masked ? 0x80 : 0) | (size === 8 ? 127 : size === 2 ? 126 : length);
  if (length64 !== undefined) head.write(length64, 2, 'hex');
  else if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  else if (size === 2) head.writeUInt16BE(length, 2);
  if (!masked) return Buffer.concat([head, data]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, data.map((byte, i) => byte ^ (mask[i & 3] ?? 0))]);
}

/** The codes and close codes of docs/reference/errors.md. */
function documented(): { readonly errors: readonly string[]; readonly closes: readonly number[] } {
  const page = readFileSync('docs/reference/errors.md', 'utf8');
  return {
    errors: [...page.matchAll(/^\| `([a-z_]+)`/gmu)].map(([, code = '']) => code),
    closes: [...page.matchAll(/^\| (\d{4}) /gmu)].map(([, code]) => Number(code)),
  };
}

/** The cases of a file. Nobody but this reads them, and running a case is its check. */
function corpus(file: string): readonly unknown[] {
  return JSON.parse(readFileSync(new URL(`corpus/${file}.json`, import.meta.url), 'utf8')) as readonly unknown[];
}
