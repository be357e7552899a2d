/**
 * Unmodified clients of Socket.IO, five releases of them, over WebSocket and polling, against a real server through a network that can
 * be cut or fall silent. After each trouble the app holds what is true. All of them at once: a restart is a restart for everybody.
 */
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io as io40 } from 'socket.io-client-4-0';
import { io as io44 } from 'socket.io-client-4-4';
import { io as io46 } from 'socket.io-client-4-6';
import { io as io47 } from 'socket.io-client-4-7';
import { io as io48, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { CutProxy } from './harness/cut.ts';
import { ownerOf } from './harness/owner.ts';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const ISSUER = 'https://id.example.com';
const SECRET = 'a-secret-of-32-characters-or-more!';

/** A token that ended is given half a minute. Not less than this: it has to be taken before it ends, on a slow machine too. */
const ENDED_S = 1;

type Open = (url: string, options: Readonly<Record<string, unknown>>) => Socket;

const CLIENTS: readonly (readonly [name: string, open: Open, transports: readonly string[]])[] = [
  ['4.0.2, websocket', io40, ['websocket']],
  ['4.0.2, polling', io40, ['polling']],
  ['4.4.1, websocket', io44, ['websocket']],
  ['4.6.1, upgrading', io46, ['polling', 'websocket']],
  ['4.7.5, websocket', io47, ['websocket']],
  ['4.8.4, polling', io48, ['polling']],
  ['4.8.4, websocket', io48, ['websocket']],
];

interface Item {
  readonly id: string;
  readonly name: string;
}

/** An app: applies what it is told, as such apps do. */
class App {
  readonly name: string;
  readonly socket: Socket;
  readonly held = new Map<string, string>();
  readonly log: string[] = [];
  readonly errors: { readonly code: string }[] = [];
  refused: string | null = null;

  constructor(name: string, open: Open, options: Readonly<Record<string, unknown>>, port: number = proxy.port) {
    this.name = name;
    this.socket = open(`http://127.0.0.1:${port}`, { reconnectionDelayMax: 1_000, forceNew: true, ...options });
    this.socket.on('service:bulk-update', (all: readonly Item[]) => {
      this.log.push('list');
      this.held.clear();
      for (const { id, name: called } of all) this.held.set(id, called);
    });
    this.socket.on('service:status', ({ serviceId, details }: { serviceId: string; details: Item }) => {
      this.log.push('change');
      if (this.held.has(serviceId)) this.held.set(serviceId, details.name);
    });
    this.socket.on('connect', () => this.log.push('connect'));
    this.socket.on('disconnect', () => this.log.push('disconnect'));
    this.socket.on('error', (error: { code: string }) => this.errors.push(error));
    this.socket.on('connect_error', (error: Error & { data?: { code: string } }) => {
      this.refused = error.data?.code ?? null;
    });
  }

  holds(truth: Readonly<Record<string, string>>): boolean {
    const names = Object.keys(truth);
    return names.length === this.held.size && names.every((id) => this.held.get(id) === truth[id]);
  }
}

let server: TestServer;
let proxy: CutProxy;
let key: string;
let apps: readonly App[];
let expiring: App;
let isFresh = false;
const truth: Record<string, string> = {};

beforeAll(async () => {
  server = await TestServer.start();
  proxy = await CutProxy.open(server.port);
  key = (await server.api('POST', '/v1/keys', { name: 'all', scope: 'admin' })).body.secret;
  await server.stop();
  writeFileSync(
    join(server.data, 'statewire.yaml'),
    `dialects:
  socketIo:
    pingIntervalMs: 1000
    pingTimeoutMs: 4000
    namespaces:
      /ops:
        channels:
          - name: agents
            auto: true
            view: { collection: agents }
            list: { event: 'agents', data: { id: id } }
            change: { event: 'agent', data: { id: id } }
        calls: []
        status: ready
        error: trouble
auth: {jwt: [{issuer: '${ISSUER}', audience: statewire, secret: '${SECRET}', defaultOrg: main, defaultScopes: [read]}]}
`,
  );
  await server.launch();
  await write('a', 'A');
  await write('b', 'B');
  apps = CLIENTS.map(([name, open, transports]) => new App(name, open, { auth: { token: key }, transports }));
  // Not through the network that is cut: its token is to end while it is connected.
  const auth = (show: (auth: { token: string }) => void): void => show({ token: jwt(isFresh ? 3_600 : ENDED_S) });
  expiring = new App('expiring', io48, { transports: ['websocket'], auth }, server.port);
});

afterAll(async () => {
  for (const { socket } of [...(apps ?? []), expiring]) socket?.disconnect();
  await proxy?.close();
  await server?.close();
});

function jwt(seconds: number): string {
  const now = Math.floor(Date.now() / 1000);
  const parts = [
    { alg: 'HS256', typ: 'JWT' },
    { iss: ISSUER, aud: 'statewire', sub: 'ada', iat: now, exp: now + seconds },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...parts, createHmac('sha256', SECRET).update(parts.join('.')).digest('base64url')].join('.');
}

/** Makes or renames a service; null deletes it. */
async function write(id: string, name: string | null): Promise<void> {
  const isThere = Object.hasOwn(truth, id);
  const reply =
    name === null
      ? await server.api('DELETE', `/v1/services/${id}`)
      : isThere
        ? await server.api('PATCH', `/v1/services/${id}`, { name })
        : await server.api('POST', '/v1/services', { id, name, kind: 'heartbeat', check: { intervalMs: 600_000 } });
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
  if (name === null) delete truth[id];
  else truth[id] = name;
}

/** How many lines the server holds, of whatever wire. */
async function connections(): Promise<string | undefined> {
  const text = await (
    await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
  ).text();
  return /^statewire_connections (\d+)$/mu.exec(text)?.[1];
}

async function everybodyHoldsTheTruth(): Promise<void> {
  await until(`everybody to hold ${JSON.stringify(truth)}`, () => apps.every((app) => app.holds(truth))).catch(
    (error: Error) => {
      const wrong = apps.filter((app) => !app.holds(truth));
      throw new Error(
        `${error.message}\n${wrong.map(({ name, held, log, refused }) => `${name}: ${JSON.stringify([...held])} ${log.join(' ')} ${refused}`).join('\n')}`,
      );
    },
  );
}

test('[SI1] [SI2] all releases are told everything when they connect, and each change after that', async () => {
  await everybodyHoldsTheTruth();
  await write('a', 'A2');
  await write('c', 'C');
  await everybodyHoldsTheTruth();
  await write('b', null);
  await everybodyHoldsTheTruth();
  expect(apps.map(({ errors }) => errors).flat()).toEqual([]);
});

test('[SI3] after a cut they hold the truth; releases that give their offset back are told what is newer and no more', async () => {
  await write('d', 'D');
  await everybodyHoldsTheTruth();
  const before = apps.map(({ log }) => log.length);
  proxy.cut();
  await until('everybody to notice', () => apps.every(({ socket }) => !socket.connected));
  for (const name of ['A3', 'A4']) await write('a', name);
  for (const name of ['D3', 'D4']) await write('d', name);
  proxy.mend();
  await everybodyHoldsTheTruth();
  for (const [index, { name, socket, log }] of apps.entries()) {
    const since = log.slice(before[index]);
    if (/^4\.[04]/u.test(name)) {
      expect(since, name).toContain('list');
      continue;
    }
    expect(socket.recovered, name).toBe(true);
    // Four changes of two services.
    expect([name, since.filter((each) => each === 'change' || each === 'list')]).toEqual([name, ['change', 'change']]);
  }
  proxy.cut();
  await until('everybody to notice', () => apps.every(({ socket }) => !socket.connected));
  await write('c', null);
  await write('e', 'E');
  proxy.mend();
  await everybodyHoldsTheTruth();
});

test('[SI3] connections that stay open and carry nothing are noticed, and the truth is held again', async () => {
  const before = apps.map(({ log }) => log.length);
  proxy.stall();
  await write('a', 'A5');
  await everybodyHoldsTheTruth();
  for (const [index, { name, log }] of apps.entries()) {
    // One that polls finds out by its next request, which may be before it was told to be gone.
    if (!name.includes('polling')) expect(log.slice(before[index]), name).toContain('disconnect');
  }
});

test('[SI4] a bad token is refused in words, and nothing leaves before', async () => {
  const heard: string[] = [];
  const raw = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`);
  onTestFinished(() => raw.close());
  raw.on('message', (data: Buffer) => heard.push(data.toString()));
  await until('the handshake', () => heard.some((text) => text.startsWith('0{')));
  raw.send(`40${JSON.stringify({ token: 'sw_wrong', pid: 'p'.repeat(20), offset: 'e;status=0.0' })}`);
  await until('the refusal', () => heard.some((text) => text.startsWith('44')));
  expect(heard.filter((text) => !text.startsWith('0{') && text !== '2')).toEqual([
    expect.stringMatching(/^44\{"message":".+","data":\{"code":"auth_invalid"/u),
  ]);
  const app = new App('bad', io48, { auth: { token: 'sw_wrong' }, transports: ['websocket'] });
  onTestFinished(() => void app.socket.disconnect());
  await until('the refusal', () => app.refused === 'auth_invalid');
  expect(app.log).toEqual([]);
});

test('[SI4] pages of others may come with a token, and never with the cookie of whoever signed in', async () => {
  const cookie = await ownerOf(server);
  for (const [origin, isOwn] of [
    [server.url, true],
    ['https://evil.example', false],
  ] as const) {
    const headers = { origin, cookie };
    const asked = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers });
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-credentials')).toBe(isOwn ? 'true' : null);
    const raw = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`, { headers });
    onTestFinished(() => raw.close());
    const heard: string[] = [];
    raw.on('message', (data: Buffer) => heard.push(data.toString()));
    raw.on('open', () => raw.send('40'));
    await until('an answer', () => heard.some((text) => /^4[04]/u.test(text)));
    expect([origin, heard.find((text) => text.startsWith('4'))]).toEqual([
      origin,
      isOwn ? expect.stringMatching(/^40\{"sid"/u) : expect.stringMatching(/^44.*auth_required/u),
    ]);
  }
});

test('[SI4] a key that is revoked hears nothing more; a witness does', async () => {
  const made = (await server.api('POST', '/v1/keys', { name: 'short', scope: 'read' })).body;
  const app = new App('short', io48, { auth: { token: made.secret }, transports: ['websocket'] });
  onTestFinished(() => void app.socket.disconnect());
  await until('the list', () => app.holds(truth));
  expect((await server.api('DELETE', `/v1/keys/${made.key.id}`)).status).toBeLessThan(300);
  await until('the end', () => app.refused === 'auth_invalid');
  expect(app.errors).toMatchObject([{ code: 'auth_invalid' }]);
  const before = app.log.filter((each) => each !== 'disconnect').length;
  await write('a', 'A8');
  await everybodyHoldsTheTruth();
  expect(app.log.filter((each) => each !== 'disconnect')).toHaveLength(before);
});

test('[SI6] who breaks off before it was let in leaves nobody behind; a connection is let in once', async () => {
  const before = await connections();
  expect(before).toMatch(/^\d+$/u);
  const base = `${server.url}/socket.io/?EIO=4&transport=polling`;
  for (let n = 0; n < 10; n += 1) {
    const sid = /"sid":"([^"]+)"/u.exec(await (await fetch(base)).text())?.[1] ?? '';
    // In one request: here I am, and gone.
    const body = `40${JSON.stringify({ token: key })}\u001e1`;
    await fetch(`${base}&sid=${sid}`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } });
  }
  await until('nobody to be left', async () => (await connections()) === before);
  const raw = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`);
  onTestFinished(() => raw.close());
  const heard: string[] = [];
  raw.on('message', (data: Buffer) => heard.push(data.toString()));
  raw.on('open', () => raw.send(`40${JSON.stringify({ token: key })}`));
  await until('to be let in', () => heard.some((text) => text.startsWith('40{"sid"')));
  raw.send('41');
  // Before it is gone another one would be a fault that the official server answers by hanging up.
  await until('it to be gone', async () => (await connections()) === before);
  raw.send(`40${JSON.stringify({ token: key })}`);
  await until('the refusal', () => heard.some((text) => /^44.*bad_request/u.test(text)));
});

test('[SI5] refreshing is a command, by whoever may; it is answered', async () => {
  const [app] = apps.slice(-1);
  if (app === undefined) throw new Error('an app');
  let answer: { ok?: boolean; code?: string } = {};
  app.socket.emit('request:refresh', 'no-such', (given: typeof answer) => (answer = given));
  await until('the answer', () => answer.ok === false);
  expect(answer.code).toBe('not_found');
  const reader = (await server.api('POST', '/v1/keys', { name: 'reader', scope: 'read' })).body.secret;
  const other = new App('reader', io48, { auth: { token: reader }, transports: ['websocket'] });
  onTestFinished(() => void other.socket.disconnect());
  await until('the list', () => other.holds(truth));
  other.socket.emit('request:refresh', 'a');
  await until('the refusal', () => other.errors.length > 0);
  expect(other.errors).toMatchObject([{ code: 'forbidden' }]);
});

test('[SI6] floods, giants and nonsense: the server lets go and lives', async () => {
  const { pid } = server;
  const dial = async (): Promise<{ ws: WebSocket; heard: string[]; isClosed: () => boolean }> => {
    const ws = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`);
    const heard: string[] = [];
    ws.on('message', (data: Buffer) => heard.push(data.toString()));
    ws.on('error', () => {});
    onTestFinished(() => ws.close());
    await until('the handshake', () => heard.length > 0);
    return { ws, heard, isClosed: () => ws.readyState === WebSocket.CLOSED };
  };
  const enter = async (): ReturnType<typeof dial> => {
    const dialed = await dial();
    dialed.ws.send(`40${JSON.stringify({ token: key })}`);
    await until('to be connected', () => dialed.heard.some((text) => text.startsWith('42')));
    return dialed;
  };
  let round = 0;
  // What is said is answered in the words of the wire while it is taken, and then the connection goes: not at the first word of it.
  for (const [flood, words] of [
    [() => `40${JSON.stringify({ token: key })}`, /^44\{.*"code":"bad_request"/u],
    [(n: number) => `40/other-${n},{}`, /^44\/other-\d+,\{"message":"Invalid namespace"/u],
    [(n: number) => `42["subscribe","no:${n}"]`, /^42\["error",\{"code":"not_found"/u],
    [() => '42["x",1]', /^42\["error",\{"code":"unknown_frame"/u],
  ] as const) {
    const before = await connections();
    const { ws, heard, isClosed } = await enter();
    if (flood(0).startsWith('40{')) {
      ws.send('41');
      await until('it to be gone', async () => (await connections()) === before);
    }
    const refusals = (): number => heard.filter((text) => words.test(text)).length;
    ws.send(flood(0));
    await until(`the answer to ${flood(0)}`, () => refusals() === 1);
    expect(isClosed()).toBe(false);
    for (let n = 1; n < 10_000 && ws.readyState === WebSocket.OPEN; n += 1) ws.send(flood(n));
    await until('the flood to be let go', isClosed);
    // Events are a caller's, and it is told what was too much.
    if (flood(0).startsWith('42')) expect(heard.at(-1)).toMatch(/"code":"rate_limited"/u);
    // Whoever behaves is served while this goes on.
    round += 1;
    await write('a', `A8-${round}`);
    await everybodyHoldsTheTruth();
  }
  for (const text of [
    '42["x",',
    '4',
    '9',
    '42{}',
    '45999999999-["x"]',
    '42["connect"]',
    `42["x","${'x'.repeat(70_000)}"]`,
  ]) {
    const { ws, isClosed } = await enter();
    ws.send(text);
    ws.send(Buffer.from([1, 2, 3]));
    await until(`${text.slice(0, 20)} to be let go`, isClosed);
  }
  const deep = await enter();
  deep.ws.send(`42["subscribe",${'['.repeat(20_000)}${']'.repeat(20_000)}]`);
  await until('the answer', () => deep.heard.some((text) => text.includes('"code":')));
  expect((await server.api('GET', '/health')).status).toBe(200);
  expect(server.pid).toBe(pid);
  expect(server.output).not.toContain('"msg":"uncaught"');
  await write('a', 'A9');
  await everybodyHoldsTheTruth();
});

test('[SI2] [SI8] another namespace has words of its own, over the same connection; after a cut both hold the truth', async () => {
  const report = (id: string) => server.api('POST', '/v1/reports', { collection: 'agents', id, health: 'healthy' });
  expect((await report('ann')).status).toBeLessThan(300);
  const main = new App('two', io48, { auth: { token: key }, transports: ['websocket'], forceNew: false });
  const at = (namespace: string): Socket =>
    io48(`http://127.0.0.1:${proxy.port}${namespace}`, { auth: { token: key }, transports: ['websocket'] });
  const [ops, strange, wrong] = [at('/ops'), at('/nowhere'), at('/ops/')];
  onTestFinished(() => {
    for (const socket of [main.socket, ops, strange, wrong]) socket.disconnect();
  });
  const agents = new Set<string>();
  const refused: string[] = [];
  ops.on('agents', (all: readonly { readonly id: string }[]) => {
    agents.clear();
    for (const { id } of all) agents.add(id);
  });
  for (const socket of [strange, wrong]) socket.on('connect_error', ({ message }: Error) => refused.push(message));
  await until('both', () => main.holds(truth) && agents.has('ann'));
  await until('the refusals', () => refused.length === 2);
  expect(new Set(refused)).toEqual(new Set(['Invalid namespace']));
  expect(main.held.has('ann')).toBe(false);
  // Words of one are none of the other.
  let trouble = '';
  ops.on('trouble', ({ code }: { readonly code: string }) => (trouble = code));
  ops.emit('request:refresh', 'a');
  await until('the refusal', () => trouble === 'unknown_frame');
  proxy.cut();
  await until('it to be noticed', () => !ops.connected && !main.socket.connected);
  expect((await report('bea')).status).toBeLessThan(300);
  await write('a', 'A5-ops');
  proxy.mend();
  await until('the truth', () => main.holds(truth) && agents.has('bea'));
  await everybodyHoldsTheTruth();
});

test('[SI8] bytes are refused in words, in the ack or by the error event, and the connection stays', async () => {
  const app = new App('bytes', io48, { auth: { token: key }, transports: ['websocket'] });
  onTestFinished(() => void app.socket.disconnect());
  await until('the list', () => app.holds(truth));
  const answers: { readonly code?: string }[] = [];
  app.socket.emit('subscribe', new Uint8Array([1, 2]), (answer: { readonly code?: string }) => answers.push(answer));
  app.socket.emit('request:refresh', 'a', { deep: [{ in: new ArrayBuffer(3) }] });
  await until('both refusals', () => answers.length + app.errors.length === 2);
  expect([answers[0]?.code, app.errors[0]?.code]).toEqual(['bad_request', 'bad_request']);
  await write('a', 'A5-bytes');
  await until('the change', () => app.holds(truth));
  expect(app.log.filter((each) => each === 'disconnect')).toEqual([]);
});

test('[SI4] a token that ends is told, the connection is closed, and a fresh one goes on', async () => {
  await until('the first token to be taken', () => expiring.log.includes('list'));
  await until('the end to be told', () => expiring.errors.some(({ code }) => code === 'auth_expired'));
  await until('the connection to be closed', () => expiring.log.includes('disconnect'));
  isFresh = true;
  await write('a', 'A6');
  await until('a good token', () => expiring.socket.connected && expiring.held.get('a') === 'A6');
  await everybodyHoldsTheTruth();
});

test('[SI3] after a kill and after a stop, with changes right behind them, they hold the truth', async () => {
  await server.kill();
  await server.launch();
  await write('a', 'A7');
  await write('d', null);
  await everybodyHoldsTheTruth();
  // Nobody is told that it is the end: all come back.
  expect(await server.stop()).toBe(0);
  await server.launch();
  await write('a', 'A10');
  await everybodyHoldsTheTruth();
  for (const { name, socket } of apps) if (!/^4\.[04]/u.test(name)) expect(socket.recovered, name).toBe(true);
});
