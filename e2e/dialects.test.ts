/**
 * One list of behaviours, held against every wire that this server speaks: its own, Supabase Realtime, Socket.IO, plain topics. Each is
 * spoken by an app as apps speak it (real clients where there are any), through a network that can be cut. All at once, so that a
 * cut is a cut for everybody.
 */
import { createClient } from '@statewire/client';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { CutProxy } from './harness/cut.ts';
import { Phoenix } from './harness/phoenix.ts';
import { TestServer } from './harness/server.ts';
import { CLIENTS as SUPABASE } from './harness/supabase-clients.ts';
import { until } from './harness/until.ts';

/** An app that shows the services: what it holds, and what it was told is wrong. */
interface App {
  readonly wire: string;
  readonly held: ReadonlyMap<string, string>;
  /** Codes, in the order in which they were told. */
  readonly told: readonly string[];
  /** Messages about services so far: after an end, none come. */
  readonly heard: () => number;
  readonly close: () => void;
}

type Open = (key: string) => App;

const open: Readonly<Record<string, Open>> = {
  native: (key) => {
    const held = new Map<string, string>();
    const told: string[] = [];
    let heard = 0;
    const client = createClient({ url: `http://127.0.0.1:${proxy.port}`, token: key });
    const view = client.services.where({ kind: 'heartbeat' }).subscribe(({ rows, error, status }) => {
      if (error !== null && told.at(-1) !== error.code) told.push(error.code);
      if (status !== 'live') return;
      heard += 1;
      held.clear();
      for (const { id, name } of rows) held.set(id, name);
    });
    const close = (): void => {
      view.close();
      client.close();
    };
    return { wire: 'native', held, told, heard: () => heard, close };
  },

  // The wire tells changes; what is there already such apps read first, and again whenever they are subscribed anew.
  supabase: (key) => {
    const held = new Map<string, string>();
    const told: string[] = [];
    let heard = 0;
    const [, connect] = SUPABASE.at(-1) ?? [];
    if (connect === undefined) throw new Error('there is a client');
    const client = connect(proxy.port, key);
    // What happens while it reads comes after what it reads.
    let since: (() => void)[] = [];
    const read = async (): Promise<void> => {
      since = [];
      const { status, body } = await server.api('GET', '/v1/services', undefined, { key });
      if (status !== 200) return;
      held.clear();
      for (const { id, name } of body.rows) held.set(id, name);
      for (const apply of since) apply();
    };
    client
      .channel('contract')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'services' }, ({ eventType, new: row, old }) => {
        heard += 1;
        const apply = (): void => void (eventType === 'DELETE' ? held.delete(old.id) : held.set(row.id, row.name));
        since.push(apply);
        apply();
      })
      .subscribe((status, error) => {
        if (status === 'SUBSCRIBED') read().catch(() => told.push('unread'));
        else if (status === 'CHANNEL_ERROR')
          told.push(/\b(?:auth_[a-z]+|forbidden)\b/u.exec(String(error))?.[0] ?? 'error');
      });
    return { wire: 'supabase', held, told, heard: () => heard, close: () => client.end() };
  },

  'socket.io': (key) => {
    const held = new Map<string, string>();
    const told: string[] = [];
    let heard = 0;
    const socket = io(`http://127.0.0.1:${proxy.port}`, {
      auth: { token: key },
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelayMax: 1_000,
    });
    socket.on('service:bulk-update', (all: readonly { id: string; name: string }[]) => {
      heard += 1;
      held.clear();
      for (const { id, name } of all) held.set(id, name);
    });
    socket.on('service:status', ({ serviceId, details }: { serviceId: string; details: { name: string } }) => {
      heard += 1;
      held.set(serviceId, details.name);
    });
    socket.on('error', ({ code }: { code: string }) => told.push(code));
    socket.on('connect_error', ({ data }: { data?: { code: string } }) => {
      if (data !== undefined) told.push(data.code);
    });
    return { wire: 'socket.io', held, told, heard: () => heard, close: () => void socket.disconnect() };
  },

  'plain topics': (key) => {
    const held = new Map<string, string>();
    const told: string[] = [];
    let heard = 0;
    let isOver = false;
    let ws: WebSocket | null = null;
    const connect = (): void => {
      ws = new WebSocket(`ws://127.0.0.1:${proxy.port}/ws/mcp-status?token=${key}`);
      ws.on('open', () => ws?.send('{"type":"subscribe","topic":"mcp_server_status"}'));
      ws.on('open', () => held.clear());
      ws.on('message', (data: Buffer) => {
        const { type, code, data: said } = JSON.parse(data.toString());
        if (type === 'error') told.push(code);
        if (type !== 'status_update') return;
        heard += 1;
        if (said.new_status === 'removed') held.delete(said.server_id);
        else held.set(said.server_id, said.name);
      });
      ws.on('error', () => {});
      ws.on('close', (code) => {
        if (!isOver && code !== 4401) setTimeout(connect, AGAIN_MS);
      });
    };
    connect();
    const close = (): void => {
      isOver = true;
      ws?.close();
    };
    return { wire: 'plain topics', held, told, heard: () => heard, close };
  },
};
const WIRES = Object.keys(open);
const AGAIN_MS = 300;

let server: TestServer;
let proxy: CutProxy;
let apps: readonly App[];
const truth: Record<string, string> = {};

beforeAll(async () => {
  server = await TestServer.start({ STATEWIRE_CONFIG: new URL('fixtures/dialects.yaml', import.meta.url).pathname });
  proxy = await CutProxy.open(server.port);
  const key = (await server.api('POST', '/v1/keys', { name: 'all', scope: 'read' })).body.secret;
  await write('a', 'A');
  await write('b', 'B');
  apps = openAll(key);
});

afterAll(async () => {
  for (const app of apps ?? []) app.close();
  await proxy?.close();
  await server?.close();
});

function openAll(key: string): readonly App[] {
  return WIRES.map((wire) => {
    const app = open[wire]?.(key);
    if (app === undefined) throw new Error(`no app speaks ${wire}`);
    return app;
  });
}

async function write(id: string, name: string | null): Promise<void> {
  const isThere = Object.hasOwn(truth, id);
  const made = { id, name, kind: 'heartbeat', check: { intervalMs: 600_000 } };
  const reply =
    name === null
      ? await server.api('DELETE', `/v1/services/${id}`)
      : await server.api(
          isThere ? 'PATCH' : 'POST',
          isThere ? `/v1/services/${id}` : '/v1/services',
          isThere ? { name } : made,
        );
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
  if (name === null) delete truth[id];
  else truth[id] = name;
}

function isTrue({ held }: App): boolean {
  const ids = Object.keys(truth);
  return ids.length === held.size && ids.every((id) => held.get(id) === truth[id]);
}

async function allHoldTheTruth(of: readonly App[] = apps): Promise<void> {
  await allAre('to hold the truth', isTrue, of);
}

/** Fails with what those hold and were told that are not so. */
async function allAre(what: string, isSo: (app: App) => boolean, of: readonly App[] = apps): Promise<void> {
  const late = (): string =>
    of
      .filter((app) => !isSo(app))
      .map(({ wire, held, told }) => `${wire} holds ${JSON.stringify([...held])}, was told ${told.join(' ')}`)
      .join('\n');
  await until(`everybody ${what}`, () => of.every(isSo)).catch((error: Error) => {
    throw new Error(`${error.message} ${JSON.stringify(truth)}\n${late()}`);
  });
}

test('[DI1] who joins holds everything', () => allHoldTheTruth());

test('[DI2] what changes, comes and goes is told', async () => {
  await write('a', 'A2');
  await allHoldTheTruth();
  await write('c', 'C');
  await allHoldTheTruth();
  await write('b', null);
  await allHoldTheTruth();
});

test('[DI3] after a cut, whatever changed, came and went, the truth is held', async () => {
  proxy.cut();
  await write('a', 'A3');
  await write('b', 'B3');
  await write('c', null);
  proxy.mend();
  await allHoldTheTruth();
  await write('a', 'A4');
  await allHoldTheTruth();
});

test('[DI3] after a kill and what is written before anybody is back, the truth is held', async () => {
  await server.kill();
  await server.launch();
  await write('a', 'A5');
  await write('b', null);
  await write('d', 'D');
  await allHoldTheTruth();
});

test('[DI4] a bad credential is refused in words, and nothing is told', async () => {
  const strangers = openAll('sw_wrong');
  onTestFinished(() => strangers.forEach((app) => app.close()));
  await allAre('to be refused', ({ told }) => told[0] === 'auth_invalid', strangers);
  expect(strangers.map(({ wire, held, heard }) => [wire, held.size, heard()])).toEqual(
    WIRES.map((wire) => [wire, 0, 0]),
  );
});

test('[DI5] a credential that ends while connected is told, and nothing follows', async () => {
  const made = (await server.api('POST', '/v1/keys', { name: 'short', scope: 'read' })).body;
  const guests = openAll(made.secret);
  onTestFinished(() => guests.forEach((app) => app.close()));
  await allHoldTheTruth(guests);
  expect((await server.api('DELETE', `/v1/keys/${made.key.id}`)).status).toBeLessThan(300);
  await allAre('to be told', ({ told }) => told.some((code) => code.startsWith('auth_')), guests);
  const before = guests.map(({ heard }) => heard());
  await write('a', 'A6');
  // The others hear it: by then the guests would have.
  await allHoldTheTruth();
  expect(guests.map(({ heard }) => heard())).toEqual(before);
});

test('[DI6] a permission that is lost while connected is told, nothing of it follows, and it comes back', async () => {
  const maker = await member();
  const made = await server.api(
    'POST',
    '/v1/keys',
    { name: 'made', permissions: ['services:read', 'agents:read'] },
    { key: null, headers: maker.headers },
  );
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const guests = openAll(made.body.secret);
  onTestFinished(() => guests.forEach((app) => app.close()));
  await allHoldTheTruth(guests);
  const less = { id: 'less', name: 'less', permissions: ['agents:read', 'keys:create'] };
  expect((await server.api('POST', '/v1/roles', less)).status).toBe(201);
  expect((await server.api('PATCH', `/v1/members/${maker.id}`, { role: 'less' })).status).toBe(200);
  await allAre('to be told', ({ told }) => told.includes('forbidden'), guests);
  const before = guests.map(({ heard }) => heard());
  await write('a', 'A7');
  await allHoldTheTruth();
  expect(guests.map(({ heard }) => heard())).toEqual(before);
  expect((await server.api('PATCH', `/v1/members/${maker.id}`, { role: 'admin' })).status).toBe(200);
  const again = openAll(made.body.secret);
  onTestFinished(() => again.forEach((app) => app.close()));
  await allHoldTheTruth(again);
});

test('[DI7] a flood is let go in the form of its wire, and the others go on', async () => {
  const { pid } = server;
  const key = (await server.api('POST', '/v1/keys', { name: 'flood', scope: 'read' })).body.secret;
  const phoenix = await Phoenix.open(server.url, key);
  const beat = JSON.stringify([null, '1', 'phoenix', 'heartbeat', {}]);
  const floods: readonly (readonly [wire: string, ws: WebSocket, first: string | null, flood: string])[] = [
    [
      'native',
      dial('/live', 'statewire.v1'),
      JSON.stringify({ t: 'hello', p: 1, client: 'x', token: key }),
      '{"t":"p","i":1}',
    ],
    ['supabase', phoenix.socket, null, beat],
    ['socket.io', dial('/socket.io/?EIO=4&transport=websocket'), `40${JSON.stringify({ token: key })}`, '42["x"]'],
    ['plain topics', dial(`/ws/mcp-status?token=${key}`), null, '{"type":"ping"}'],
  ];
  const codes = new Map<string, number>();
  const heard: string[] = [];
  for (const [, ws] of floods) ws.on('message', (data: Buffer) => heard.push(data.toString()));
  for (const [wire, ws, first, flood] of floods) {
    ws.on('close', (code) => codes.set(wire, code));
    ws.on('error', () => {});
    await until(`${wire} to be open`, () => ws.readyState === WebSocket.OPEN);
    if (first !== null) {
      ws.send(first);
      // Before that somebody is turned away for another reason than too much.
      await until(`${wire} to be let in`, () => heard.some((text) => text.startsWith(LET_IN[wire] ?? '-')));
      heard.length = 0;
    }
    for (let n = 0; n < 10_000 && ws.readyState === WebSocket.OPEN; n += 1) ws.send(flood);
  }
  await until('all floods to be let go', () => codes.size === floods.length);
  // Engine.IO has no codes of its own; the others say that it was too much, or that it is no moment to come back.
  expect([...codes.keys()].toSorted()).toEqual(WIRES.toSorted());
  expect([codes.get('native'), codes.get('plain topics'), codes.get('supabase')]).toEqual([4429, 4429, 1013]);
  await write('a', 'A8');
  await allHoldTheTruth();
  expect(server.pid).toBe(pid);
  expect(server.output).not.toContain('"msg":"uncaught"');
});

/** What a wire says to whoever may come in. */
const LET_IN: Readonly<Record<string, string>> = { native: '{"t":"welcome"', 'socket.io': '40{"sid"' };

function dial(path: string, protocol?: string): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${server.port}${path}`, protocol);
}

interface Person {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An admin beside the owner, who may lose it. */
async function member(): Promise<Person> {
  await joined('owner', [...server.output.matchAll(/#\/welcome\/([\w-]+)/gu)].at(-1)?.[1]);
  const invited = await server.api('POST', '/v1/invites', { email: 'maker@example.org', role: 'admin' });
  return joined('maker', /#\/welcome\/([\w-]+)/u.exec(invited.body.path)?.[1]);
}

async function joined(name: string, token: string | undefined): Promise<Person> {
  const headers = { origin: server.url };
  const body = { token, email: `${name}@example.org`, name, password: 'correct horse battery staple' };
  const made = await server.api('POST', '/v1/welcome', body, { key: null, headers });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const cookie = made.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
  return { id: made.body.user.id, headers: { ...headers, cookie: cookie.join('; ') } };
}
