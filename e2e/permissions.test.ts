/**
 * The permission matrix: every kind of caller, every collection, every operation, over REST and over a live connection, held
 * against a table that was written by hand (permission-table.ts). Each cell is one real request or frame to a real server.
 */
import { collections } from '@statewire/model';
import { PROTOCOL_VERSION, SSE_PATH, SUBPROTOCOL } from '@statewire/protocol';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Phoenix } from './harness/phoenix.ts';
import { TestServer, type Reply } from './harness/server.ts';
import { until as untilSo } from './harness/until.ts';
import { words } from './harness/words.ts';
import { CUSTOM, DOORS, HOLDS, TABLE } from './permission-table.ts';

const PASSWORD = 'correct horse battery staple';
const PEOPLE = ['owner', 'admin', 'operator', 'viewer', ...Object.keys(CUSTOM)];
const KEYS = ['read', 'report', 'admin'];
/** Keys that have what a role of `CUSTOM` has, one by one. */
const CHOSEN = ['night', 'clerk'];
const CALLERS = [...PEOPLE, ...KEYS.map((scope) => `key ${scope}`), ...CHOSEN.map((id) => `key ${id}`)];
const FIVE = ['read', 'create', 'change', 'delete', 'report'];
const WAIT_MS_MAX = 30_000;
/** Less than a connection may send at once. */
const MUTS_AT_ONCE = 40;

interface Access {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
}

let server: TestServer;
const callers: Record<string, Access> = {};
/** Routes there are, as `POST /v1/alerts/{id}/ack`. */
let routes: ReadonlySet<string>;
let cells = 0;

beforeAll(async () => {
  server = await TestServer.with(words());
  const token = [...server.output.matchAll(/#\/welcome\/([\w-]+)/gu)].at(-1)?.[1] ?? '';
  callers['owner'] = await joined(token, 'owner');
  for (const [id, permissions] of Object.entries(CUSTOM)) {
    const made = await server.api('POST', '/v1/roles', { id, name: id, permissions });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
  }
  for (const role of PEOPLE.slice(1)) callers[role] = await person(role, role);
  for (const scope of KEYS) {
    const made = await server.api('POST', '/v1/keys', { name: scope, scope });
    callers[`key ${scope}`] = { id: made.body.key.id, headers: { authorization: `Bearer ${made.body.secret}` } };
  }
  for (const id of CHOSEN) {
    const made = await server.api('POST', '/v1/keys', { name: id, permissions: CUSTOM[id] });
    expect(made.body.key, JSON.stringify(made.body)).toMatchObject({
      scope: null,
      permissions: CUSTOM[id],
      holds: 'all',
    });
    callers[`key ${id}`] = { id: made.body.key.id, headers: { authorization: `Bearer ${made.body.secret}` } };
  }
  const { paths } = (await server.api('GET', '/openapi.json')).body;
  routes = new Set(
    Object.entries<object>(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    ),
  );
});

afterAll(() => server?.close());

test('[PM1] the table has every collection of the server', () => {
  expect(Object.keys(TABLE).toSorted()).toEqual(
    Object.keys(collections)
      .filter((name) => name !== 'instructions')
      .toSorted(),
  );
});

test.each(CALLERS)('[PM1] REST, every operation on every collection, by %s', async (caller) => {
  const wrong: string[] = [];
  for (const [collection, operation, isMeant] of operationsFor(caller)) {
    for (const { method, path, body, route } of requestsFor(collection, operation)) {
      if (!routes.has(route)) continue;
      const reply = await call(caller, method, path, body);
      judge(wrong, { where: `${method} ${path}`, caller, isMeant, isForbidden: isForbiddenReply(reply) });
      if (reply.status === 401 || reply.status >= 500) wrong.push(`${caller}: ${method} ${path} -> ${reply.status}`);
    }
  }
  for (const [method, path, permission, letter, body = {}] of DOORS) {
    const reply = await call(caller, method, path, method === 'GET' || method === 'DELETE' ? undefined : body);
    const [area = '', operation = ''] = permission.split(':');
    const isMeant = mayBe(caller, area, operation, letter);
    judge(wrong, { where: `${method} ${path}`, caller, isMeant, isForbidden: isForbiddenReply(reply) });
  }
  expect(wrong).toEqual([]);
});

test('[PM6] answers over many records hold nothing of what the caller may not read', async () => {
  await server.api('POST', '/v1/heartbeats/seen?create=true&period=60000');
  await server.api('POST', '/v1/reports', { collection: 'agents', id: 'seen', name: 'Seen', health: 'healthy' });
  const moved = async (caller: string): Promise<readonly string[]> => {
    const { body } = await call(caller, 'GET', '/v1/activity?limit=1000');
    return [...new Set<string>(body.transitions.map(({ collection }: { collection: string }) => collection))];
  };
  expect(await moved('viewer')).toEqual(expect.arrayContaining(['agents', 'services']));
  expect(await moved('night')).toEqual(['services']);
  const scraped = async (caller: string): Promise<string> => (await call(caller, 'GET', '/v1/prometheus')).body;
  expect(await scraped('viewer')).toContain('statewire_alerts{');
  const measured = await scraped('meter');
  expect(measured).toContain('statewire_status{');
  expect(measured).not.toContain('statewire_alerts{');
  expect((await call('night', 'GET', '/v1/prometheus')).status).toBe(403);
});

test.each(CALLERS)('[PM1] a live connection, every operation on every collection, by %s', async (caller) => {
  const wrong: string[] = [];
  const asked = operationsFor(caller);
  for (let at = 0; at < asked.length; at += MUTS_AT_ONCE) {
    const line = await Line.open(caller);
    const slice = asked.slice(at, at + MUTS_AT_ONCE);
    const answers = await Promise.all(
      slice.map(([collection, operation], i) => line.ask(i + 1, collection, operation)),
    );
    slice.forEach(([collection, operation, isMeant], i) => {
      judge(wrong, {
        where: `live ${collection}:${operation}`,
        caller,
        isMeant,
        isForbidden: answers[i] === 'forbidden',
      });
    });
    line.close();
  }
  expect(wrong).toEqual([]);
});

test.each(CALLERS)('[PM1] [SB3] the door for Supabase clients, reading every table, by %s', async (caller) => {
  // Fresh enough to be told again to whoever joins: what may not be read must not leave this way either.
  await server.api('POST', '/v1/heartbeats/told-again?create=true&period=60000');
  const line = await Phoenix.open(server.url, await keyOf(caller));
  const wrong: string[] = [];
  const names: Readonly<Record<string, string>> = { mcp_servers: 'services', agent_mcp_connection_logs: 'connections' };
  const tables = [...Object.keys(TABLE).map((name) => [name, name] as const), ...Object.entries(names)];
  const answers = await Promise.all(tables.map(([table]) => line.listen(table, table)));
  tables.forEach(([table, collection], i) => {
    const isMeant = mayBe(caller, collection, 'read', TABLE[collection]?.[0][0] ?? '');
    const { status, response } = answers[i]?.payload ?? {};
    const reason = response?.reason ?? '';
    judge(wrong, { where: `table ${table}`, caller, isMeant, isForbidden: reason.startsWith('forbidden:') });
    if (!isMeant && line.of(table).length > 1) wrong.push(`${caller}: more than a refusal came of ${table}`);
    if (isMeant && status !== 'ok') wrong.push(`${caller}: ${table} -> ${reason}`);
  });
  // One table too many, and nothing of the others is told.
  const { payload } = await line.listen('both', 'services', 'keys-of-nobody', 'members');
  if (payload.status !== 'error' || line.of('both').length > 1) wrong.push(`${caller}: a channel with a strange table`);
  line.end();
  expect(wrong).toEqual([]);
});

test.each(CALLERS)('[PM1] [PT4] [PT5] the door of plain topics, reading and reporting, by %s', async (caller) => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/mcp-status?token=${await keyOf(caller)}`);
  const heard: Frame[] = [];
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString())));
  await untilSo('the socket to be open', () => socket.readyState === WebSocket.OPEN);
  const wrong: string[] = [];
  const asked = operationsFor(caller).filter(([, operation]) => operation === 'read' || operation === 'report');
  const cellsAsked = asked.map(([collection, operation, isMeant]) => {
    const isRead = operation === 'read';
    const { collection: _, id, ...data } = reportOf(collection);
    const topic = isRead ? `all:${collection}` : `report:${collection}:${id}`;
    socket.send(JSON.stringify(isRead ? { type: 'subscribe', topic } : { type: 'publish', topic, data }));
    return { topic, isRead, isMeant };
  });
  for (const { topic, isRead, isMeant } of cellsAsked) {
    await untilSo(`an answer about ${topic}`, () => heard.some(({ subject }) => subject === topic));
    const answer = heard.find(({ subject }) => subject === topic);
    judge(wrong, { where: `topic ${topic}`, caller, isMeant, isForbidden: answer?.['code'] === 'forbidden' });
    if (isRead && isMeant && answer?.['type'] !== 'subscribed')
      wrong.push(`${caller}: ${topic} -> ${String(answer?.['code'])}`);
    if (!isMeant && heard.some((each) => each['topic'] === topic)) wrong.push(`${caller}: ${topic} was told`);
  }
  socket.terminate();
  expect(wrong).toEqual([]);
});

test.each(CALLERS)(
  '[PM1] [SI4] [SI5] the door of Socket.IO, reading, reporting and commands, by %s',
  async (caller) => {
    const token = await keyOf(caller);
    const wrong: string[] = [];
    const asked = operationsFor(caller).filter(([, operation]) => !['create', 'change', 'delete'].includes(operation));
    for (let at = 0; at < asked.length; at += MUTS_AT_ONCE) {
      const socket = io(server.url, { auth: { token }, transports: ['websocket'], forceNew: true });
      const lists = new Set<string>();
      for (const name of Object.keys(TABLE)) socket.on(`list:${name}`, () => lists.add(name));
      const answers = await Promise.all(
        asked.slice(at, at + MUTS_AT_ONCE).map(async ([collection, operation, isMeant]) => {
          const { collection: _, id, ...fields } = reportOf(collection);
          const isReport = operation === 'report';
          const answer = await new Promise<{ ok: boolean; code?: string }>((resolve) => {
            if (operation === 'read') socket.emit('subscribe', `all:${collection}`, resolve);
            else
              socket.emit(`${collection}:${operation}`, isReport ? id : 'none-such', isReport ? fields : {}, resolve);
          });
          return { collection, operation, isMeant, answer };
        }),
      );
      for (const { collection, operation, isMeant, answer } of answers) {
        const isForbidden = answer.code === 'forbidden';
        judge(wrong, { where: `socket.io ${collection}:${operation}`, caller, isMeant, isForbidden });
        if (operation !== 'read') continue;
        if (isMeant !== lists.has(collection)) wrong.push(`${caller}: the list of ${collection}, ${answer.code}`);
      }
      socket.disconnect();
    }
    expect(wrong).toEqual([]);
  },
);

test('[PM1] at least 2,000 cells were exercised', () => {
  expect(cells).toBeGreaterThan(2_000);
  console.info(`permission matrix: ${cells} cells`);
});

test('[PM4] a change of role, of what a role holds, and a suspension reach an open connection at once', async () => {
  callers['changing'] = await person('changing', 'viewer');
  const { id } = callers['changing'];
  const line = await Line.open('changing');
  line.say({ t: 'sub', s: 1, c: 'services', iv: 0 });
  line.say({ t: 'sub', s: 2, c: 'members', iv: 0 });
  await line.until('services', ({ t, s }) => t === 'subd' && s === 1);
  await line.until('no members', ({ t, s, code }) => t === 'err' && s === 2 && code === 'forbidden');
  expect(await line.ask(101, 'alerts', 'ack')).toBe('forbidden');

  const role = async (to: string): Promise<void> => {
    const changed = await server.api('PATCH', `/v1/members/${id}`, { role: to });
    expect(changed.status, JSON.stringify(changed.body)).toBe(200);
  };
  await role('admin');
  // Told that it is worth asking again, which is what our client does.
  await line.until('more', ({ t, scope }) => t === 'authd' && scope === 'changed');
  line.say({ t: 'sub', s: 3, c: 'members', iv: 0 });
  await line.until('members', ({ t, s }) => t === 'subd' && s === 3);
  expect(await line.ask(102, 'alerts', 'ack')).toBe('not_found');

  await role('clerk');
  await line.until('services to leave', ({ t, s, code }) => t === 'err' && s === 1 && code === 'forbidden');
  expect(await line.ask(103, 'alerts', 'ack')).toBe('forbidden');
  expect(await line.ask(104, 'customers', 'change')).toBe('not_found');
  // The clerk reads members; nothing of it left.
  expect(line.frames.some(({ t, s }) => t === 'err' && s === 3)).toBe(false);

  await server.api('POST', '/v1/roles', {
    id: 'shrinking',
    name: 'shrinking',
    permissions: ['members:read', 'alerts:ack'],
  });
  await role('shrinking');
  expect(await line.ask(105, 'alerts', 'ack')).toBe('not_found');
  expect((await server.api('DELETE', '/v1/roles/shrinking')).body.code).toBe('precondition');
  await server.api('PATCH', '/v1/roles/shrinking', { permissions: ['alerts:read'] });
  await line.until('members to leave', ({ t, s, code }) => t === 'err' && s === 3 && code === 'forbidden');
  expect(await line.ask(106, 'alerts', 'ack')).toBe('forbidden');

  expect((await server.api('POST', `/v1/members/${id}/suspend`)).status).toBe(200);
  await line.closed('the suspension');
  expect((await call('changing', 'GET', '/v1/me')).status).toBe(401);
  expect((await server.api('POST', `/v1/members/${id}/restore`)).status).toBe(200);
  expect((await call('changing', 'GET', '/v1/me')).body.principal.permissions).toEqual(['alerts:read']);
});

test('[PM2] nobody makes a key that may do more than they may', async () => {
  await server.api('POST', '/v1/roles', { id: 'smith', name: 'smith', permissions: ['keys:create', 'jobs:*'] });
  callers['smith'] = await person('smith', 'smith');
  for (const scope of KEYS) {
    const made = await call('smith', 'POST', '/v1/keys', { name: scope, scope });
    expect(made.body.code, scope).toBe('forbidden');
  }
  expect((await call('admin', 'POST', '/v1/keys', { name: 'admin', scope: 'admin' })).status).toBe(201);
});

test('[PM7] a key has a scope or permissions, and nobody puts into it what they do not hold', async () => {
  for (const body of [
    { name: 'both', scope: 'read', permissions: ['services:read'] },
    { name: 'neither' },
    { name: 'none', permissions: [] },
    { name: 'no such text', permissions: ['services'] },
  ]) {
    expect((await server.api('POST', '/v1/keys', body)).body.code, body.name).toBe('bad_field');
  }
  const beyond = await call('smith', 'POST', '/v1/keys', { name: 'beyond', permissions: ['jobs:read', 'alerts:ack'] });
  expect(beyond.body.code).toBe('forbidden');
  expect((await call('smith', 'POST', '/v1/keys', { name: 'within', permissions: ['jobs:read'] })).status).toBe(201);
});

test('[PM8] a key has no more than its maker has now: less, nothing and all of it again, on an open connection', async () => {
  callers['maker'] = await person('maker', 'admin');
  const { id } = callers['maker'];
  const permissions = ['members:read', 'services:read', 'alerts:ack', 'keys:create'];
  const made = await call('maker', 'POST', '/v1/keys', { name: 'made', permissions });
  expect(made.body.key).toMatchObject({ answersTo: id, holds: 'all' });
  callers['made'] = { id: made.body.key.id, headers: { authorization: `Bearer ${made.body.secret}` } };
  // What a key makes answers to the same person.
  const child = await call('made', 'POST', '/v1/keys', { name: 'child', permissions: ['members:read'] });
  expect(child.body.key).toMatchObject({ answersTo: id });
  callers['child'] = { id: child.body.key.id, headers: { authorization: `Bearer ${child.body.secret}` } };
  const line = await Line.open('made');
  line.say({ t: 'sub', s: 1, c: 'members', iv: 0 });
  line.say({ t: 'sub', s: 2, c: 'services', iv: 0 });
  await line.until('members', ({ t, s }) => t === 'subd' && s === 1);
  await line.until('services', ({ t, s }) => t === 'subd' && s === 2);
  expect(await line.ask(201, 'alerts', 'ack')).toBe('not_found');

  expect((await server.api('PATCH', `/v1/members/${id}`, { role: 'viewer' })).status).toBe(200);
  await line.until('to be told', ({ t, scope }) => t === 'authd' && scope === 'changed');
  await line.until('members to leave', ({ t, s, code }) => t === 'err' && s === 1 && code === 'forbidden');
  expect(await line.ask(202, 'alerts', 'ack')).toBe('forbidden');
  expect(line.frames.some(({ t, s }) => t === 'err' && s === 2)).toBe(false);
  expect((await call('made', 'GET', '/v1/services')).status).toBe(200);
  expect((await call('child', 'GET', '/v1/members')).status).toBe(401);
  const { keys } = (await server.api('GET', '/v1/keys')).body;
  expect(keys.find((key: { name: string }) => key.name === 'made')).toMatchObject({ holds: 'some', permissions });

  expect((await server.api('POST', `/v1/members/${id}/suspend`)).status).toBe(200);
  await line.closed('the suspension of the maker');
  expect((await call('made', 'GET', '/v1/services')).status).toBe(401);
  expect((await server.api('POST', `/v1/members/${id}/restore`)).status).toBe(200);
  expect((await server.api('PATCH', `/v1/members/${id}`, { role: 'admin' })).status).toBe(200);
  expect((await call('made', 'GET', '/v1/members')).status).toBe(200);

  const again = await Line.open('made');
  again.say({ t: 'sub', s: 1, c: 'members', iv: 0 });
  await again.until('members', ({ t, s }) => t === 'subd' && s === 1);
  expect((await server.api('DELETE', `/v1/members/${id}`)).status).toBe(200);
  await again.closed('the removal of the maker');
  expect((await call('made', 'GET', '/v1/services')).status).toBe(401);
});

test('[PM4] [SB3] the same for a Supabase client: told of the loss, refused after it, let in again', async () => {
  callers['listener'] = await person('listener', 'admin');
  const { id } = callers['listener'];
  const permissions = ['members:read', 'services:read', 'keys:create'];
  const made = await call('listener', 'POST', '/v1/keys', { name: 'listener', permissions });
  const line = await Phoenix.open(server.url, made.body.secret);
  expect((await line.listen('members', 'members')).payload.status).toBe('ok');
  expect((await line.listen('services', 'services')).payload.status).toBe('ok');
  expect((await line.listen('both', 'services', 'members')).payload.status).toBe('ok');

  expect((await server.api('PATCH', `/v1/members/${id}`, { role: 'viewer' })).status).toBe(200);
  for (const name of ['members', 'both']) {
    await line.heard(`the end of ${name}`, ({ topic, event }) => topic === `realtime:${name}` && event === 'phx_error');
    expect(line.of(name).at(-2)?.payload).toMatchObject({ extension: 'system', status: 'error' });
    expect(line.of(name).at(-2)?.payload.message).toMatch(/^forbidden: /u);
  }
  expect((await line.listen('members', 'members')).payload.response?.reason).toMatch(/^forbidden: /u);
  const heardSoFar = line.of('members').length;
  // Members change while only services may be heard; the service that comes after it is the proof of its silence.
  await person('unseen', 'viewer');
  await server.api('POST', '/v1/heartbeats/after-loss?create=true&period=60000');
  await line.heard('what it may hear still', ({ topic, payload }) => {
    return topic === 'realtime:services' && payload.data?.record?.id === 'after-loss';
  });
  expect(line.of('members')).toHaveLength(heardSoFar);
  expect(line.of('both').at(-1)?.event).toBe('phx_error');

  expect((await server.api('PATCH', `/v1/members/${id}`, { role: 'admin' })).status).toBe(200);
  expect((await line.listen('members', 'members')).payload.status).toBe('ok');
  expect((await server.api('POST', `/v1/members/${id}/suspend`)).status).toBe(200);
  await line.heard(
    'the end by suspension',
    ({ topic, event }) => topic === 'realtime:services' && event === 'phx_error',
  );
  expect((await line.listen('services', 'services')).payload.response?.reason).toMatch(/^auth_/u);
  line.end();
});

test('[SB3] nothing leaves before it is known who is calling: an answer is the first, and to a stranger the only frame', async () => {
  await server.api('POST', '/v1/heartbeats/missed?create=true&period=60000');
  const key = await keyOf('viewer');
  const stranger = await Phoenix.open(server.url, `${key.slice(0, -1)}!`);
  const guest = await Phoenix.open(server.url, key);
  for (const name of ['services', 'mcp_servers']) {
    expect((await stranger.listen(name, name)).payload.response?.reason).toMatch(/^auth_invalid: /u);
    await guest.listen(name, name);
    await guest.heard(`what ${name} missed`, ({ topic, payload }) => {
      return topic === `realtime:${name}` && payload.data?.record?.id === 'missed';
    });
    expect(
      guest
        .of(name)
        .map(({ event }) => event)
        .slice(0, 2),
    ).toEqual(['phx_reply', 'presence_state']);
  }
  // A guest whose later token is a stranger's hears an error and nothing of what happens after it.
  expect((await stranger.join('services', {}, key)).payload.status).toBe('ok');
  expect(stranger.of('services').map(({ event }) => event)).not.toContain('postgres_changes');
  guest.say('realtime:services', 'access_token', { access_token: `${key.slice(0, -1)}!` });
  await guest.heard('the end', ({ topic, event }) => topic === 'realtime:services' && event === 'phx_error');
  stranger.end();
  guest.end();
});

test('[PM4] the same on a stream of events', async () => {
  callers['streaming'] = await person('streaming', 'viewer');
  const { id, headers } = callers['streaming'];
  const hello = JSON.stringify({
    t: 'hello',
    p: PROTOCOL_VERSION,
    client: 'matrix',
    subs: [{ t: 'sub', s: 1, c: 'services', iv: 0 }],
  });
  const abort = new AbortController();
  const response = await fetch(`${server.url}${SSE_PATH}`, {
    method: 'POST',
    headers: { ...headers, origin: server.url, 'content-type': 'application/json' },
    body: hello,
    signal: abort.signal,
  });
  expect(response.status).toBe(200);
  let heard = '';
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const until = async (what: RegExp): Promise<void> => {
    while (!what.test(heard)) {
      const read = await reader?.read();
      if (read === undefined || read.done) throw new Error(`the stream ended before ${what}: ${heard.slice(-500)}`);
      heard += read.value;
    }
  };
  await until(/"t":"subd"/u);
  await server.api('PATCH', `/v1/members/${id}`, { role: 'clerk' });
  await until(/"t":"err","s":1,"code":"forbidden"/u);
  abort.abort();
});

/** The operations of the table, and whether this caller is meant to have each. */
function operationsFor(
  caller: string,
): readonly (readonly [collection: string, operation: string, isMeant: boolean])[] {
  return Object.entries(TABLE).flatMap(([collection, [five, commands]]) => {
    const letters = [...FIVE.map((operation, i) => [operation, five[i] ?? '-'] as const), ...Object.entries(commands)];
    return letters
      .filter(([, letter]) => letter !== '-')
      .map(([operation, letter]) => [collection, operation, mayBe(caller, collection, operation, letter)] as const);
  });
}

function mayBe(caller: string, area: string, operation: string, letter: string): boolean {
  // A key of chosen permissions is held to them like the role of the same.
  const custom = CUSTOM[caller.replace(/^key /u, '')];
  if (custom === undefined) return HOLDS[caller]?.includes(letter) ?? false;
  return custom.some((text) => {
    const [of, what] = text.split(':');
    return (of === '*' || of === area) && (what === '*' || what === operation);
  });
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly route: string;
}

/** An API key with what this caller may do: people have none by themselves, and that door takes no cookies. */
async function keyOf(caller: string): Promise<string> {
  const headers: Access['headers'] = callers[caller]?.headers ?? {};
  const bearer = headers['authorization']?.slice('Bearer '.length);
  if (bearer !== undefined) return bearer;
  const { permissions } = (await call(caller, 'GET', '/v1/me')).body.principal;
  const made = await call('owner', 'POST', '/v1/keys', { name: `as ${caller}`, permissions });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body.secret;
}

function requestsFor(collection: string, operation: string): readonly Asked[] {
  const all = `/v1/${collection}`;
  const one = `${all}/none-such`;
  switch (operation) {
    case 'read':
      return [
        { method: 'GET', path: all, route: `GET ${all}` },
        { method: 'GET', path: one, route: `GET ${all}/{id}` },
      ];
    case 'create':
      return [{ method: 'POST', path: all, body: {}, route: `POST ${all}` }];
    case 'change':
      return [{ method: 'PATCH', path: one, body: {}, route: `PATCH ${all}/{id}` }];
    case 'delete':
      return [{ method: 'DELETE', path: one, route: `DELETE ${all}/{id}` }];
    case 'report':
      return [{ method: 'POST', path: '/v1/reports', body: reportOf(collection), route: 'POST /v1/reports' }];
    default:
      return [{ method: 'POST', path: `${one}/${operation}`, body: {}, route: `POST ${all}/{id}/${operation}` }];
  }
}

/** A report that fits, of a record that nothing else in here is about. */
function reportOf(collection: string): { readonly collection: string; readonly id: string } {
  const fields: Readonly<Record<string, object>> = {
    services: { observed: 'healthy' },
    agents: { name: 'reported' },
    connections: { agent: 'reported', service: 'reported' },
    executions: { agent: 'reported', title: 'reported', state: 'running' },
    jobs: { kind: 'scan', title: 'reported', state: 'running' },
    metrics: { value: 1 },
  };
  return { collection, id: 'reported', ...fields[collection] };
}

function call(caller: string, method: string, path: string, body?: object): Promise<Reply> {
  const headers = { ...callers[caller]?.headers, origin: server.url };
  return server.api(method, path, body, { key: null, headers });
}

function isForbiddenReply({ status, body }: Reply): boolean {
  // A list of reports is answered line by line.
  return status === 403 || (status < 300 && body?.results?.[0]?.code === 'forbidden');
}

function judge(
  wrong: string[],
  {
    where,
    caller,
    isMeant,
    isForbidden,
  }: { readonly where: string; readonly caller: string; readonly isMeant: boolean; readonly isForbidden: boolean },
): void {
  cells += 1;
  if (isMeant === isForbidden)
    wrong.push(`${caller}: ${where} is ${isMeant ? 'forbidden' : 'allowed'} and should not be`);
}

async function person(name: string, role: string): Promise<Access> {
  const invited = await server.api('POST', '/v1/invites', { email: `${name}@example.org`, role });
  expect(invited.status, JSON.stringify(invited.body)).toBe(201);
  return joined(/#\/welcome\/([\w-]+)/u.exec(invited.body.path)?.[1] ?? '', name);
}

async function joined(token: string, name: string): Promise<Access> {
  const body = { token, email: `${name}@example.org`, name, password: PASSWORD };
  const made = await server.api('POST', '/v1/welcome', body, { key: null, headers: { origin: server.url } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const cookie = made.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
  return { id: made.body.user.id, headers: { cookie } };
}

type Frame = Readonly<Record<string, unknown>>;

/** A live connection of a caller, which keeps every frame. */
class Line {
  readonly frames: Frame[] = [];
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  private constructor(caller: string) {
    const headers = callers[caller]?.headers ?? {};
    this.#socket = new WebSocket(`${server.url.replace('http', 'ws')}/live`, SUBPROTOCOL, {
      headers: { origin: server.url, ...('cookie' in headers ? headers : {}) },
    });
    this.#socket.on('open', () =>
      this.say({
        t: 'hello',
        p: PROTOCOL_VERSION,
        client: 'matrix',
        token: headers['authorization']?.slice('Bearer '.length),
      }),
    );
    this.#socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString('utf8')));
      for (const look of this.#waiting) look();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#isOver = true;
      for (const look of this.#waiting) look();
    });
  }

  static async open(caller: string): Promise<Line> {
    const line = new Line(caller);
    await line.until('a welcome', ({ t }) => t === 'welcome');
    return line;
  }

  say(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** The code that this operation is answered with; `ok` when it is done. */
  async ask(n: number, collection: string, operation: string): Promise<unknown> {
    if (operation === 'read') {
      this.say({ t: 'sub', s: n, c: collection, iv: 0 });
      const answer = await this.until(`sub ${collection}`, ({ t, s }) => (t === 'subd' || t === 'err') && s === n);
      return answer['t'] === 'subd' ? 'ok' : answer['code'];
    }
    const ops: Readonly<Record<string, string>> = { create: 'create', change: 'patch', delete: 'del', report: 'put' };
    const op = ops[operation] ?? 'call';
    const { collection: _, id, ...fields } = reportOf(collection);
    const frame = op === 'put' ? { k: id, f: fields } : { k: 'none-such', f: {} };
    this.say({ t: 'mut', m: `m${n}`, c: collection, op, ...frame, ...(op === 'call' ? { name: operation } : {}) });
    const answer = await this.until(`${collection}:${operation}`, ({ t, m }) => t === 'mr' && m === `m${n}`);
    return answer['ok'] === true ? 'ok' : answer['code'];
  }

  async until(what: string, isSo: (frame: Frame) => boolean): Promise<Frame> {
    await this.#wait(what, () => this.frames.some(isSo));
    const found = this.frames.find(isSo);
    if (found === undefined) throw new Error(`${what} was there and is gone`);
    return found;
  }

  closed(what: string): Promise<void> {
    return this.#wait(`the end by ${what}`, () => this.#isOver);
  }

  close(): void {
    this.#socket.terminate();
  }

  async #wait(what: string, isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`waited for ${what}; heard ${JSON.stringify(this.frames.slice(-4))}`));
      }, WAIT_MS_MAX);
      const look = (): void => {
        if (!isSo()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }
}
